//! An outcome: what the application made of an event, in one attempt.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Category, Entity, EventId, Level};

/// One attempt at processing an event, as whoever processed it told us. The event need not have been
/// delivered here.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The event that was processed.
    pub event_id: EventId,
    /// Names the attempt within the event: the same one told twice is one entry.
    pub request_id: String,
    /// When the entry was logged: our clock, and what decides which window it counts in.
    pub logged_at: Timestamp,
    /// When processing ended: the caller's clock, anywhere in time. Data, never a window.
    pub ended_at: Timestamp,
    /// How it ended.
    pub result: ProcessingResult,
    /// How long it took: real work, unlike a delivery's.
    pub processing_time: Duration,
    /// Attempts before this one.
    pub retry_attempts: u32,
    /// The event's type.
    pub event_type: String,
    /// Live or test mode; `None` where the caller does not say.
    pub livemode: Option<bool>,
    /// API version of the event.
    pub api_version: Option<String>,
    /// The connected account.
    pub account: Option<String>,
    /// The object that the event is about.
    pub entity: Option<Entity>,
    /// The caller's, else by [`rule`](Self::rule).
    pub level: Level,
    /// The caller's, else by [`rule`](Self::rule).
    pub category: Category,
    /// Address that the caller names: Stripe's, or its own.
    pub source_ip: Option<String>,
    /// User agent that the caller names.
    pub user_agent: Option<String>,
    /// The caller's session.
    pub session_id: Option<String>,
    /// What ties the entry to other work of the caller.
    pub correlation_id: Option<String>,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProcessingResult {
    /// The event was processed.
    Succeeded,
    /// It was not.
    Failed(Failure),
}

/// Why an attempt failed, as far as the caller says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Failure {
    /// What a person reads; its beginning, where it is long.
    pub message: Option<String>,
    /// Kind of error: `database_error`, `timeout`, the caller's own.
    pub error_type: Option<String>,
    /// A code within the kind.
    pub error_code: Option<String>,
    /// The caller will not try again.
    pub is_last_attempt: bool,
}

/// What an outcome's caller said beside: kept with the entry, not listed. No `Debug`: it is a
/// customer's data.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct OutcomeParticulars {
    /// The error message, where the entry has only its beginning.
    pub message: Option<String>,
    /// Further members of the error's details, a JSON object.
    pub error_details: Option<String>,
    /// A JSON object.
    pub metadata: Option<String>,
}

impl Outcome {
    /// An `ended_at` further than this from `logged_at`, before or after, was told late (or by a
    /// clock that is wrong).
    pub const LATE_AFTER: SignedDuration = SignedDuration::from_secs(60);

    /// When processing began, by the caller's clock.
    pub fn started_at(&self) -> Timestamp {
        let took = SignedDuration::try_from(self.processing_time).unwrap_or(SignedDuration::MAX);
        self.ended_at.saturating_sub(took).unwrap_or(Timestamp::MIN)
    }

    /// Whether it was told late.
    pub fn is_late(&self) -> bool {
        self.logged_at.duration_since(self.ended_at).abs() > Self::LATE_AFTER
    }

    /// The failure, if it failed.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.result {
            ProcessingResult::Succeeded => None,
            ProcessingResult::Failed(failure) => Some(failure),
        }
    }

    /// The level and category of an entry whose caller gives none: a failure is an error, a critical
    /// one where the database or a time limit failed for the last time; a success slower than
    /// `slow_after` is a matter of performance; the account's own events are the system's.
    pub fn rule(
        result: &ProcessingResult,
        event_type: &str,
        processing_time: Duration,
        slow_after: Duration,
    ) -> (Level, Category) {
        const GRAVE: [&str; 2] = ["database_error", "timeout"];
        match result {
            ProcessingResult::Failed(failure) => {
                let grave = failure.error_type.as_deref().is_some_and(|kind| GRAVE.contains(&kind));
                let level = match grave && failure.is_last_attempt {
                    true => Level::Critical,
                    false => Level::Error,
                };
                (level, Category::Error)
            }
            ProcessingResult::Succeeded if processing_time > slow_after => {
                (Level::Warning, Category::Performance)
            }
            ProcessingResult::Succeeded => (Level::Info, Category::of_event_type(event_type)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(5);

    fn rule(result: ProcessingResult, event_type: &str, seconds: u64) -> (Level, Category) {
        Outcome::rule(&result, event_type, Duration::from_secs(seconds), LIMIT)
    }

    #[test]
    fn classes_follow_the_rule() {
        let failed = |kind: &str, is_last_attempt| {
            let error_type = Some(kind.to_owned());
            ProcessingResult::Failed(Failure { error_type, is_last_attempt, ..Failure::default() })
        };
        for (result, event_type, seconds, expected) in [
            (failed("card_error", true), "charge.failed", 0, (Level::Error, Category::Error)),
            (failed("timeout", false), "charge.failed", 9, (Level::Error, Category::Error)),
            (failed("timeout", true), "account.updated", 0, (Level::Critical, Category::Error)),
            (failed("database_error", true), "x", 0, (Level::Critical, Category::Error)),
            (ProcessingResult::Succeeded, "x", 5, (Level::Info, Category::Business)),
            (ProcessingResult::Succeeded, "x", 6, (Level::Warning, Category::Performance)),
            (ProcessingResult::Succeeded, "account.updated", 0, (Level::Info, Category::System)),
        ] {
            assert_eq!(rule(result, event_type, seconds), expected);
        }
    }
}
