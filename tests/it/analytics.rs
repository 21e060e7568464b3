//! Analytics, errors, security and reports.

mod failures;
mod golden;
mod groups;
mod questions;
mod refusals;
mod reports;
