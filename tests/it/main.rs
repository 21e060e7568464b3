//! Hookwatch through its front doors.

mod event_page;
mod failures;
mod hostile_requests;
mod lambda_events;
mod list;
mod rules;
mod store;
mod store_search;
mod stripe_events;
mod webhook;
