//! What operators and applications ask of the log. Every call is authenticated.
//!
//! A request is read (`gateway`), its sender known (`auth`), its parameters checked (`parameters`,
//! `filter`, `cursor`), the log asked, and the answer put into the guide's words (`view`). `log` writes
//! what applications say became of an event, `issues`, `thresholds` and `mutes` what operators decide, and
//! `audit` tells of that. `pages` shows all of it to people.

mod analytics;
mod api;
mod audit;
mod auth;
mod cache;
mod clock;
pub mod config;
mod cursor;
mod deployments;
mod error;
mod errors;
mod event;
mod events;
mod filter;
mod first_seen;
#[cfg(any(fuzzing, test))]
pub mod fuzzing;
mod gateway;
mod guesses;
mod health;
mod issues;
mod log;
mod members;
mod metrics;
mod mutes;
mod openapi;
mod origin;
mod pages;
mod paging;
mod parameters;
mod question;
mod reports;
mod security;
mod thresholds;
mod view;

pub use api::{App, handle};
