//! The operations API's variables.

use std::time::Duration;

use shared::aws::Limits;
use shared::config::{ConfigError, DiagnosticLevel, OutcomesPolicy, Vars};
use shared::health::Thresholds;
use shared::privacy::{PayloadPolicy, PrivacyKey};
use shared::secrets::Secret;
use shared::store::{EntityIndex, EventStore, Retention, connect};

use crate::auth::Tokens;

/// A person waits, and API Gateway gives up after 30 seconds.
const LIMITS: Limits = Limits {
    attempt: Duration::from_secs(3),
    operation: Duration::from_secs(8),
    attempts: 3,
    first_pause: Duration::from_millis(100),
};

/// What the operations API is told at start.
pub struct Config {
    /// Who may ask.
    pub tokens: Secret<Tokens>,
    /// How much the function says about itself.
    pub diagnostics: DiagnosticLevel,
    /// How far back the log goes.
    pub retention: Retention,
    /// Processing time after which a success counts as slow.
    pub slow_after: Duration,
    /// The deployment's thresholds; operators may have set others.
    pub thresholds: Thresholds,
    /// Time between two runs of the health check.
    pub interval: Duration,
    /// What is kept of what applications say.
    pub payload: PayloadPolicy,
    /// What people are searched with.
    pub privacy_key: Option<PrivacyKey>,
    /// Whether the application logs outcomes.
    pub outcomes: OutcomesPolicy,
    /// The log.
    pub store: EventStore,
}

impl Config {
    /// Reads and checks every variable, and the tokens; the first bad one stops start-up.
    pub async fn from_vars(vars: &Vars<'_>) -> Result<Self, ConfigError> {
        let (tokens, privacy_key) = tokio::try_join!(Tokens::load(vars), PrivacyKey::load(vars))?;
        Ok(Self {
            tokens,
            diagnostics: DiagnosticLevel::from_vars(vars)?,
            retention: Retention::from_vars(vars)?,
            slow_after: vars.seconds("WEBHOOK_PROCESSING_TIME_THRESHOLD", 5.0)?,
            thresholds: Thresholds::from_vars(vars)?,
            interval: vars.interval()?,
            payload: PayloadPolicy::from_vars(vars)?,
            privacy_key,
            outcomes: OutcomesPolicy::from_vars(vars)?,
            store: EventStore::new(
                connect(vars, LIMITS)?,
                vars.required("TABLE_NAME")?,
                EntityIndex::from_vars(vars)?,
            ),
        })
    }
}
