//! What a function says about itself: lines of JSON from the first one on, which may be why it does not
//! start.

use std::fmt::Display;
use std::process::ExitCode;

use crate::config::{DiagnosticLevel, Vars};

/// Lets lines out from `WEBHOOK_LOG_LEVEL` on; from INFO on where that cannot be read, which is for the
/// function's configuration to refuse.
pub fn start(vars: &Vars<'_>) {
    let level = DiagnosticLevel::from_vars(vars);
    let level = level.map_or(tracing::Level::INFO, DiagnosticLevel::as_tracing);
    tracing_subscriber::fmt().json().with_max_level(level).with_target(false).init();
}

/// Says in one line why a function ends, for its `main` to return: what that returns as an error itself
/// would be printed as no line of JSON.
pub fn end(error: &dyn Display) -> ExitCode {
    tracing::error!(%error, "the function cannot go on");
    ExitCode::FAILURE
}
