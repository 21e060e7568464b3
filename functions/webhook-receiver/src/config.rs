//! The receiver's variables.

use std::time::Duration;

use shared::aws::Limits;
use shared::config::{ConfigError, DiagnosticLevel, Vars};
use shared::privacy::{PayloadPolicy, PrivacyKey};
use shared::secrets::Secret;
use shared::signing::probe_secret;
use shared::store::{EntityIndex, EventStore, Retention, connect};

use crate::secret::{self, SigningSecret};
use crate::source::Sources;

/// Within what Stripe may wait for, and well within the function's 10 seconds: three full attempts
/// against a database that hangs, four against one that throttles.
const LIMITS: Limits = Limits {
    attempt: Duration::from_millis(1_200),
    operation: Duration::from_millis(4_500),
    attempts: 4,
    first_pause: Duration::from_millis(100),
};

/// What the receiver is told at start.
pub struct Config {
    /// Secrets that a signature may match, at least one.
    pub secrets: Secret<Vec<SigningSecret>>,
    /// What the health check's probes are signed with, where it makes any.
    pub probe_secret: Option<Secret<SigningSecret>>,
    /// What is made of where a request comes from.
    pub sources: Sources,
    /// What is kept of a body.
    pub payload: PayloadPolicy,
    /// What the people in it are hashed with.
    pub privacy_key: Option<PrivacyKey>,
    /// How long entries live.
    pub retention: Retention,
    /// How much the function says about itself.
    pub diagnostics: DiagnosticLevel,
    /// The log.
    pub store: EventStore,
}

impl Config {
    /// Reads and checks every variable, and the secrets; the first bad one stops start-up.
    pub async fn from_vars(vars: &Vars<'_>) -> Result<Self, ConfigError> {
        let (secrets, probe_secret, privacy_key) =
            tokio::try_join!(secret::load(vars), probe_secret(vars), PrivacyKey::load(vars))?;
        if let Some(probe) = &probe_secret {
            let (probe, secrets) = (probe.current().await, secrets.current().await);
            if secrets.iter().any(|secret| secret.is_same_key(&probe)) {
                const OTHER: &str = "must be none of STRIPE_WEBHOOK_SECRETS";
                return Err(ConfigError::new("WEBHOOK_PROBE_SECRET", OTHER));
            }
        }
        Ok(Self {
            secrets,
            probe_secret,
            sources: Sources::from_vars(vars)?,
            payload: PayloadPolicy::from_vars(vars)?,
            privacy_key,
            retention: Retention::from_vars(vars)?,
            diagnostics: DiagnosticLevel::from_vars(vars)?,
            store: EventStore::new(
                connect(vars, LIMITS)?,
                vars.required("TABLE_NAME")?,
                EntityIndex::from_vars(vars)?,
            ),
        })
    }
}
