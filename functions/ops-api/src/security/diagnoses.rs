//! What was most probably wrong with refused requests. Roll-ups count causes alone, so it is told of the
//! newest entries of the log.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use shared::log::{Cause, Diagnosis, LogEntry, Rejection, TimeRange};
use shared::metrics::Slot;
use shared::store::{Scope, Search};

use crate::config::Config;
use crate::error::ApiError;

/// Newest entries that are read: each is what one instance refused in a minute of one source for one reason.
const SAMPLED: usize = 1_000;

/// What is told of them.
const RULE: &str = "the newest 1000 entries of refused requests; of wrong signatures an instance looks at one body a second, those that it did not look at count as unknown_secret";

/// What was wrong, as far as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnoses {
    /// Requests that were read, all of which are told.
    pub requests: u64,
    /// The minute of the oldest of them; null of none.
    pub since: Option<Timestamp>,
    /// There may be older ones in the range.
    pub incomplete: bool,
    /// What was wrong, the most frequent first.
    pub found: Vec<Finding>,
    /// What is read, and what is not known.
    pub rule: &'static str,
}

/// What was wrong with some of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its name.
    pub diagnosis: &'static str,
    /// What the senders were told.
    pub cause: &'static str,
    /// Requests.
    pub requests: u64,
    /// Of these, those from Stripe's own addresses.
    pub refused_genuine: u64,
    /// The minute of the last of them.
    pub last_seen: Timestamp,
    /// The last signature's time minus ours, in seconds, where that is the cause.
    pub signature_skew: Option<i64>,
    /// What it means, and what to do.
    pub explanation: &'static str,
}

/// Reads the newest refusals of what is told in steps: one bounded page of the log, none where nobody was refused.
pub async fn load(config: &Config, slots: &[Slot], now: Timestamp) -> Result<Diagnoses, ApiError> {
    let mut refused = slots.iter().filter(|slot| slot.point.rejections() > 0).map(|s| s.range);
    let first = refused.next();
    let last = refused.next_back().or(first);
    let range = first.zip(last).and_then(|(a, b)| TimeRange::new(a.from(), b.to()));
    let Some(range) = range else { return Ok(Diagnoses::new(&[], true)) };
    let search = Search { range, before: None, limit: SAMPLED, scope: Scope::Rejections, now };
    let page = config.store.search(&search, |_| true).await?;
    let is_all = page.next.is_none();
    let rejections: Vec<Rejection> = page
        .entries
        .into_iter()
        .filter_map(|entry| match entry {
            LogEntry::Rejection(rejection) => Some(rejection),
            LogEntry::Delivery(_) | LogEntry::Outcome(_) => None,
        })
        .collect();
    Ok(Diagnoses::new(&rejections, is_all))
}

impl Diagnoses {
    /// From rejections, newest first: all of them, or the newest.
    fn new(rejections: &[Rejection], is_all: bool) -> Self {
        let mut found: BTreeMap<(Diagnosis, Cause), Finding> = BTreeMap::new();
        for rejection in rejections {
            let (diagnosis, cause) = (rejection.most_probably(), rejection.cause);
            let finding = found.entry((diagnosis, cause)).or_insert(Finding {
                diagnosis: diagnosis.as_str(),
                cause: cause.as_str(),
                requests: 0,
                refused_genuine: 0,
                last_seen: rejection.minute,
                signature_skew: None,
                explanation: diagnosis.explanation(),
            });
            finding.requests += rejection.count;
            finding.refused_genuine += if rejection.refused_genuine { rejection.count } else { 0 };
            finding.signature_skew = finding.signature_skew.or(rejection.skew_seconds);
        }
        let mut found: Vec<Finding> = found.into_values().collect();
        found.sort_by_key(|finding| Reverse(finding.requests));
        Self {
            requests: found.iter().map(|finding| finding.requests).sum(),
            since: rejections.last().map(|rejection| rejection.minute),
            incomplete: !is_all,
            found,
            rule: RULE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_comes_first_with_its_last_time_and_skew() {
        let rejection = |minute: i64, cause, diagnosis, refused_genuine, skew_seconds, count| {
            let minute = Timestamp::from_second(1_700_000_040 + 60 * minute).unwrap();
            let (instance, source_ip) = ("a".to_owned(), None);
            Rejection {
                minute,
                instance,
                source_ip,
                cause,
                refused_genuine,
                diagnosis,
                skew_seconds,
                count,
            }
        };
        let (mismatch, old) = (Cause::SignatureMismatch, Cause::TimestampTooOld);
        let trimmed = Some(Diagnosis::BodyTrimmed);
        let rejections = [
            rejection(9, old, None, true, None, 1),
            rejection(8, mismatch, trimmed, false, None, 2),
            rejection(7, mismatch, None, false, None, 40),
            rejection(6, old, None, false, Some(-400), 2),
            rejection(5, old, None, false, Some(-900), 1),
            rejection(4, mismatch, trimmed, true, None, 3),
        ];
        let diagnoses = Diagnoses::new(&rejections, false);
        assert_eq!((diagnoses.requests, diagnoses.incomplete), (49, true));
        assert_eq!(diagnoses.since, Some(rejections[5].minute));
        let told: Vec<_> = diagnoses
            .found
            .iter()
            .map(|f| (f.diagnosis, f.requests, f.refused_genuine, f.last_seen, f.signature_skew))
            .collect();
        assert_eq!(
            told,
            [
                ("unknown_secret", 40, 0, rejections[2].minute, None),
                ("body_trimmed", 5, 3, rejections[1].minute, None),
                ("stale", 4, 1, rejections[0].minute, Some(-400)),
            ]
        );
        let none = Diagnoses::new(&[], true);
        assert_eq!((none.requests, none.since, none.incomplete), (0, None, false));
    }
}
