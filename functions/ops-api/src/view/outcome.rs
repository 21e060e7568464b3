//! An outcome in the guide's words.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use shared::log::{Failure, Outcome, OutcomeParticulars};
use shared::store::StoredOutcome;

use super::{FAILED, SUCCEEDED};

/// An outcome, in the guide's names and ours.
#[derive(Debug, Serialize)]
pub struct OutcomeEntry {
    kind: &'static str,
    event_id: String,
    event_type: String,
    /// When processing ended, by the caller's clock.
    timestamp: Timestamp,
    /// When the entry was logged, by ours.
    logged_at: Timestamp,
    started_at: Timestamp,
    late: bool,
    level: &'static str,
    category: &'static str,
    status: &'static str,
    success: bool,
    /// Seconds.
    processing_time: f64,
    retry_attempts: u32,
    error_message: Option<String>,
    error_type: Option<String>,
    error_code: Option<String>,
    entity_type: Option<String>,
    entity_id: Option<String>,
    livemode: Option<bool>,
    account: Option<String>,
    api_version: Option<String>,
    source_ip: Option<String>,
    user_agent: Option<String>,
    request_id: String,
    session_id: Option<String>,
    correlation_id: Option<String>,
}

/// An outcome with all that its caller said.
#[derive(Serialize)]
pub struct OutcomeWithParticulars {
    #[serde(flatten)]
    entry: OutcomeEntry,
    /// Further members of the error's details.
    error_details: Option<Box<RawValue>>,
    metadata: Option<Box<RawValue>>,
    /// Particulars are left out, and a long message is cut: there was no room for all.
    shortened: bool,
}

impl From<&Outcome> for OutcomeEntry {
    fn from(outcome: &Outcome) -> Self {
        let entity = outcome.entity.as_ref();
        let failure = outcome.failure();
        let of_failure =
            |text: fn(&Failure) -> &Option<String>| failure.and_then(|f| text(f).clone());
        Self {
            kind: "outcome",
            event_id: outcome.event_id.to_string(),
            event_type: outcome.event_type.clone(),
            timestamp: outcome.ended_at,
            logged_at: outcome.logged_at,
            started_at: outcome.started_at(),
            late: outcome.is_late(),
            level: outcome.level.as_str(),
            category: outcome.category.as_str(),
            status: outcome_status(outcome),
            success: failure.is_none(),
            processing_time: outcome.processing_time.as_secs_f64(),
            retry_attempts: outcome.retry_attempts,
            error_message: of_failure(|failure| &failure.message),
            error_type: of_failure(|failure| &failure.error_type),
            error_code: of_failure(|failure| &failure.error_code),
            entity_type: entity.map(|entity| entity.entity_type.clone()),
            entity_id: entity.and_then(|entity| entity.id.clone()),
            livemode: outcome.livemode,
            account: outcome.account.clone(),
            api_version: outcome.api_version.clone(),
            source_ip: outcome.source_ip.clone(),
            user_agent: outcome.user_agent.clone(),
            request_id: outcome.request_id.clone(),
            session_id: outcome.session_id.clone(),
            correlation_id: outcome.correlation_id.clone(),
        }
    }
}

impl OutcomeWithParticulars {
    /// The outcome, with its particulars or, where there is no room for them, without.
    pub fn new(stored: &StoredOutcome, with_particulars: bool) -> Self {
        let OutcomeParticulars { message, error_details, metadata } = &stored.particulars;
        let json = |text: &Option<String>| {
            let text = text.clone().filter(|_| with_particulars)?;
            RawValue::from_string(text).ok()
        };
        let mut entry = OutcomeEntry::from(&stored.outcome);
        if let Some(whole) = message.clone().filter(|_| with_particulars) {
            entry.error_message = Some(whole);
        }
        Self {
            entry,
            error_details: json(error_details),
            metadata: json(metadata),
            shortened: !with_particulars,
        }
    }
}

/// The status of an outcome's entry.
pub fn outcome_status(outcome: &Outcome) -> &'static str {
    if outcome.failure().is_some() { FAILED } else { SUCCEEDED }
}
