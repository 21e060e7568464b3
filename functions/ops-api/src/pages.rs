//! The pages that people look at: made here, without a script, from what the API's calls are made from.
//!
//! A page loads, turns what it loaded into values (pure) and those into HTML. What others wrote is
//! always escaped (`maud`) and kept apart ([`text::foreign`]).

mod act;
mod chart;
mod dashboard;
mod event;
mod events;
mod figures;
mod find;
mod form;
mod frame;
mod health;
mod issue;
mod link;
mod marks;
mod numbers;
mod period;
mod plot;
mod report;
mod security;
mod text;

use std::sync::Arc;

use axum::{Router, routing};
use jiff::Timestamp;

use crate::auth::{Caller, Permission};
use crate::config::Config;

pub use frame::{error_page, secured};
pub use report::report;

/// The pages, and what their forms do.
pub fn routes() -> Router<Arc<Config>> {
    Router::new()
        .route("/", routing::get(dashboard::show))
        .route("/events", routing::get(events::show))
        .route("/events/{id}", routing::get(event::show))
        .route("/find", routing::get(find::find))
        .route("/issues/{fingerprint}", routing::get(issue::show))
        .route("/issues/{fingerprint}/{action}", routing::post(act::issue))
        .route("/mutes", routing::post(act::mute))
        .route("/mutes/{id}/remove", routing::post(act::unmute))
        .route("/security", routing::get(security::show))
}

/// Whether what is there is for people; the rest is for programs.
pub fn is_page(path: &str) -> bool {
    !path.starts_with("/v1/") && !path.ends_with(".json")
}

/// What the caller can do by the forms of a page.
pub struct Hand {
    /// Whether there are any.
    pub may_act: bool,
    /// The token that they carry.
    pub token: String,
}

impl Hand {
    /// The caller's.
    pub fn of(caller: &Caller, now: Timestamp) -> Self {
        let may_act = caller.role.may(Permission::Act);
        Self { may_act, token: form::token(&caller.hash, now) }
    }
}
