//! Hookwatch through its front doors.

mod analytics;
mod event_page;
mod failures;
mod front_door;
mod health;
mod health_life;
mod hostile_requests;
mod lambda_events;
mod list;
mod log_api;
mod metrics;
mod openapi;
mod pages;
mod permissions;
mod rhythm;
mod rules;
mod secrets;
mod store;
mod store_read;
mod store_search;
mod stripe_events;
mod table;
mod template;
mod webhook;
mod wrong_tokens;
