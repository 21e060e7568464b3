//! What is seen of a system while it is broken and mended: as values, with real times.

use jiff::Timestamp;

use super::expected::{Expected, Seen, Sighting};
use crate::cloudwatch::{Notification, StateValue};
use crate::schedule::Clock;

/// What has been seen so far.
#[derive(Clone, Debug)]
pub(super) struct Sightings {
    pub(super) broken_at: Timestamp,
    pub(super) mended_at: Option<Timestamp>,
    /// Types of issues, by when they were first seen.
    issues: Vec<(String, Timestamp)>,
    evidence: Option<String>,
    well_at: Option<Timestamp>,
}

/// An issue as the API answers.
pub(super) struct ActiveIssue {
    pub(super) kind: String,
    pub(super) evidence: String,
}

impl Sightings {
    pub(super) fn since(broken_at: Timestamp) -> Self {
        Self { broken_at, mended_at: None, issues: Vec::new(), evidence: None, well_at: None }
    }

    /// Issues that are active at a time, and alarms that are in alarm.
    pub(super) fn look(
        &mut self,
        at: Timestamp,
        active: &[ActiveIssue],
        in_alarm: &[String],
        expected: &Expected,
    ) {
        for issue in active {
            if !self.issues.iter().any(|(kind, _)| *kind == issue.kind) {
                self.issues.push((issue.kind.clone(), at));
            }
            if expected.issue.is_some_and(|(kind, _)| kind == issue.kind) {
                self.evidence = Some(issue.evidence.clone());
            }
        }
        let is_well = active.is_empty()
            && in_alarm.iter().all(|alarm| expected.lasting.contains(&alarm.as_str()));
        match (self.mended_at, is_well) {
            (Some(_), true) => drop(self.well_at.get_or_insert(at)),
            _ => self.well_at = None,
        }
    }

    /// All of it in minutes. `told` is everybody that was ever told of an alarm.
    pub(super) fn seen(&self, told: &[Notification], clock: &Clock) -> Seen {
        let since = |at: Timestamp| clock.minutes(self.broken_at, at);
        let to = |topic: &str| -> Vec<Sighting> {
            told.iter()
                .filter(|told| told.at >= self.broken_at && told.state == StateValue::Alarm)
                .filter(|told| told.action.ends_with(topic))
                .map(|told| Sighting { what: id(&told.alarm).to_owned(), minutes: since(told.at) })
                .collect()
        };
        let issues = self.issues.iter();
        Seen {
            issues: issues
                .map(|(what, at)| Sighting { what: what.clone(), minutes: since(*at) })
                .collect(),
            pages: to("PageTopic"),
            tickets: to("TicketTopic"),
            is_mended: self.mended_at.is_some(),
            well: self.mended_at.zip(self.well_at).map(|(from, to)| clock.minutes(from, to)),
            evidence: self.evidence.clone(),
        }
    }
}

/// An alarm's id: its name without the stack.
pub(super) fn id(alarm: &str) -> &str {
    alarm.split_once(':').map_or(alarm, |(_, id)| id)
}
