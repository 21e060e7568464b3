//! What operators and applications ask of the log. Every call is authenticated.
//!
//! A request is read (`gateway`), its sender known (`auth`), its parameters checked (`parameters`,
//! `filter`, `cursor`), the log asked, and the answer put into the guide's words (`view`). `log` alone
//! writes: what applications say became of an event.

mod api;
mod auth;
mod clock;
pub mod config;
mod cursor;
mod error;
mod event;
mod events;
mod filter;
mod gateway;
mod log;
mod metrics;
mod parameters;
mod view;

pub use api::{App, handle};
