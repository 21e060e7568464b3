//! Receives Stripe's webhooks: verify, log with one conditional put, answer.
//!
//! A genuine event is never lost and never answered with a 4xx, whatever it contains; a forged one
//! never costs a write of its own. Called by API Gateway through `main`, by tests and benchmarks
//! directly. Everything but [`handler`] is pure.

pub mod config;
pub mod doctor;
pub mod envelope;
#[cfg(any(fuzzing, test))]
pub mod fuzzing;
pub mod handler;
mod layout;
mod pick;
mod probe;
mod refusal;
pub mod secret;
pub mod signature;
pub mod source;
mod unlisted;
