//! The operations API's variables.

use std::str::FromStr;
use std::time::Duration;

use shared::config::{ConfigError, DiagnosticLevel, Vars};
use shared::store::{EntityIndex, EventStore, Limits, Retention, connect};

use crate::auth::Tokens;

/// A person waits, and API Gateway gives up after 30 seconds.
const LIMITS: Limits =
    Limits { attempt: Duration::from_secs(3), operation: Duration::from_secs(8), attempts: 3 };

/// What the operations API is told at start.
pub struct Config {
    /// Who may ask.
    pub tokens: Tokens,
    /// How much the function says about itself.
    pub diagnostics: DiagnosticLevel,
    /// How far back the log goes.
    pub retention: Retention,
    /// Processing time after which a success counts as slow.
    pub slow_after: Duration,
    /// Whether the application logs outcomes.
    pub outcomes: OutcomesPolicy,
    /// The log.
    pub store: EventStore,
}

impl Config {
    /// Reads and checks every variable; the first bad one stops start-up.
    pub fn from_vars(vars: &Vars<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            tokens: Tokens::from_vars(vars)?,
            diagnostics: DiagnosticLevel::from_vars(vars)?,
            retention: Retention::from_vars(vars)?,
            slow_after: vars.seconds("WEBHOOK_PROCESSING_TIME_THRESHOLD", 5.0)?,
            outcomes: OutcomesPolicy::from_vars(vars)?,
            store: EventStore::new(
                connect(vars, LIMITS)?,
                vars.required("TABLE_NAME")?,
                EntityIndex::from_vars(vars)?,
            ),
        })
    }
}

/// `WEBHOOK_OUTCOMES`: whether the application logs what became of every event. Never guessed from the
/// log: one stray call would change a report, and a dead application would turn into "100 %".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutcomesPolicy {
    /// It does not: numbers are of deliveries, and there are no rates.
    None,
    /// It does: numbers are of outcomes.
    Expected,
}

impl OutcomesPolicy {
    /// Reads `WEBHOOK_OUTCOMES`: `none` (default) or `expected`.
    pub fn from_vars(vars: &Vars<'_>) -> Result<Self, ConfigError> {
        vars.parsed("WEBHOOK_OUTCOMES", Self::None, "none or expected")
    }
}

impl FromStr for OutcomesPolicy {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "none" => Ok(Self::None),
            "expected" => Ok(Self::Expected),
            _ => Err(()),
        }
    }
}
