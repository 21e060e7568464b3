//! The health check's variables.

use std::time::Duration;

use shared::config::{ConfigError, DiagnosticLevel, Vars};
use shared::store::{EntityIndex, EventStore, Limits, Retention, connect};

/// Nobody waits; a run that fails is repeated by the next.
const LIMITS: Limits =
    Limits { attempt: Duration::from_secs(5), operation: Duration::from_secs(20), attempts: 4 };

/// What the health check is told at start.
pub struct Config {
    /// How long rollups are kept, and how far back the log goes.
    pub retention: Retention,
    /// How much the function says about itself.
    pub diagnostics: DiagnosticLevel,
    /// The log.
    pub store: EventStore,
}

impl Config {
    /// Reads and checks every variable; the first bad one stops start-up.
    pub fn from_vars(vars: &Vars<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            retention: Retention::from_vars(vars)?,
            diagnostics: DiagnosticLevel::from_vars(vars)?,
            // It writes no entry that an object could be found by.
            store: EventStore::new(
                connect(vars, LIMITS)?,
                vars.required("TABLE_NAME")?,
                EntityIndex::OFF,
            ),
        })
    }
}
