//! The health check's variables.

use std::time::Duration;

use aws_sdk_cloudwatch::Client;
use shared::aws::Limits;
use shared::config::{ConfigError, DiagnosticLevel, OutcomesPolicy, Vars};
use shared::health::Thresholds;
use shared::store::{EntityIndex, EventStore, Retention, connect};

use crate::cloudwatch;
use crate::cloudwatch::alarm::{Links, Topics};
use crate::front_door::FrontDoor;

/// Nobody waits; a run that fails is repeated by the next.
const LIMITS: Limits = Limits {
    attempt: Duration::from_secs(5),
    operation: Duration::from_secs(20),
    attempts: 4,
    first_pause: Duration::from_millis(100),
};

/// Where the sections are that alarms point to, unless `RUNBOOK_URL` says otherwise.
const RUNBOOK: &str = "infra/README.md";

/// What the health check is told at start.
pub struct Config {
    /// How long rollups are kept, and how far back the log goes.
    pub retention: Retention,
    /// How much the function says about itself.
    pub diagnostics: DiagnosticLevel,
    /// The log.
    pub store: EventStore,
    /// The deployment's thresholds; operators may have set others.
    pub thresholds: Thresholds,
    /// Time between two runs.
    pub interval: Duration,
    /// Whether the application logs outcomes.
    pub outcomes: OutcomesPolicy,
    /// The stack's name: of metrics, alarms and their tags.
    pub stack: String,
    /// Where metrics go and alarms are.
    pub cloudwatch: Client,
    /// What alarms tell.
    pub topics: Topics,
    /// What alarms point to.
    pub links: Links,
    /// Where probes are posted, if they are.
    pub front_door: Option<FrontDoor>,
}

impl Config {
    /// Reads and checks every variable; the first bad one stops start-up.
    pub async fn from_vars(vars: &Vars<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            retention: Retention::from_vars(vars)?,
            diagnostics: DiagnosticLevel::from_vars(vars)?,
            // It writes no entry that an object could be found by.
            store: EventStore::new(
                connect(vars, LIMITS)?,
                vars.required("TABLE_NAME")?,
                EntityIndex::OFF,
            ),
            thresholds: Thresholds::from_vars(vars)?,
            interval: vars.interval()?,
            outcomes: OutcomesPolicy::from_vars(vars)?,
            stack: vars.required("STACK_NAME")?,
            cloudwatch: cloudwatch::connect(vars)?,
            topics: Topics {
                page: vars.required("PAGE_TOPIC_ARN")?,
                ticket: vars.required("TICKET_TOPIC_ARN")?,
            },
            links: Links {
                runbook: vars.optional("RUNBOOK_URL").unwrap_or_else(|| RUNBOOK.to_owned()),
                issues: vars.optional("OPS_URL"),
            },
            front_door: FrontDoor::from_vars(vars).await?,
        })
    }
}
