//! The guide's event analytics: groups, largest first.

use std::cmp::Reverse;

use jiff::Timestamp;
use serde::Serialize;

use super::change::change;
use super::{Before, Span};
use crate::config::OutcomesPolicy;
use crate::metrics::{Filter, Group, GroupBy, GroupKey, Groups};

/// The answer of `GET /v1/analytics`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Analytics {
    /// The range.
    #[serde(flatten)]
    pub span: Span,
    /// What is told apart.
    pub group_by: &'static str,
    /// The filter.
    pub event_type: Option<String>,
    /// The filter.
    pub livemode: Option<bool>,
    /// The filter.
    pub account: Option<String>,
    /// What is counted: `outcomes` where they are expected, else `deliveries` (first ones); by
    /// address always `requests`, deliveries and refused ones.
    pub source: &'static str,
    /// Everything counted: the groups and `other`.
    pub total_events: u64,
    /// The same in the period before; null where that is not known.
    pub previous_total_events: Option<u64>,
    /// Their difference as a share of the former.
    pub change: Option<f64>,
    /// The period that changes are from.
    pub before: Option<Before>,
    /// The groups asked for.
    pub groups: Vec<GroupRow>,
    /// The rest.
    pub other: Other,
    /// Entries that may be meant by the filter and are not in the numbers.
    pub uncertain: u64,
    /// Entries that are damaged or of a newer version, and in no number.
    pub unreadable: u64,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupRow {
    /// The value; null where entries have none. Of hours, their beginning.
    pub name: Option<String>,
    /// The beginning of the hour, where hours are told apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hour: Option<Timestamp>,
    /// Entries, as `source` says. Exact, unless `other.without_room` is above 0: then up to as many more.
    pub count: u64,
    /// Share of `total_events`; null of none.
    pub share: Option<f64>,
    /// First deliveries; by address, all of them.
    pub deliveries: u64,
    /// Refused requests; null but by address, since they say nothing else of themselves.
    pub refused: Option<u64>,
    /// Outcomes that succeeded; null by address, where outcomes are not told apart.
    pub succeeded: Option<u64>,
    /// Outcomes that failed; null by address.
    pub failed: Option<u64>,
    /// Share of the outcomes that succeeded; null of none.
    pub success_rate: Option<f64>,
    /// Seconds that processing took.
    pub avg_processing_time: Option<f64>,
    /// Its median.
    pub p50_processing_time: Option<f64>,
    /// What 95 of 100 do not exceed.
    pub p95_processing_time: Option<f64>,
    /// What 99 of 100 do not exceed.
    pub p99_processing_time: Option<f64>,
    /// Entries in the period before; null where that is not known.
    pub previous_count: Option<u64>,
    /// Their difference as a share of the former; null where there was none.
    pub change: Option<f64>,
}

/// What is in no group that is told.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Other {
    /// Entries in all: of further groups, and of those that cannot be told.
    pub count: u64,
    /// Share of `total_events`; null of none.
    pub share: Option<f64>,
    /// Groups beyond the limit.
    pub groups: u64,
    /// Of the entries, those whose group there was no room to tell.
    pub without_room: u64,
    /// Failed outcomes of all these.
    pub failed: u64,
}

/// What of a group is counted.
#[derive(Clone, Copy)]
enum Counted {
    Requests,
    Deliveries,
    Outcomes,
}

impl Counted {
    fn new(by: GroupBy, policy: OutcomesPolicy) -> Self {
        match (by, policy) {
            (GroupBy::SourceIp, _) => Self::Requests,
            (_, OutcomesPolicy::Expected) => Self::Outcomes,
            (_, OutcomesPolicy::None) => Self::Deliveries,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Deliveries => "deliveries",
            Self::Outcomes => "outcomes",
        }
    }

    fn of(self, group: &Group) -> u64 {
        match self {
            Self::Requests => group.deliveries + group.refused,
            Self::Deliveries => group.deliveries,
            Self::Outcomes => group.outcomes(),
        }
    }
}

impl Analytics {
    /// The `limit` largest groups, of equally large ones the first by name; `previous` are those of
    /// the period before, where that is known.
    pub fn new(
        policy: OutcomesPolicy,
        span: Span,
        filter: Filter,
        groups: &Groups,
        previous: Option<(Before, &Groups)>,
        limit: usize,
    ) -> Self {
        let by = groups.by();
        let counted = Counted::new(by, policy);
        let total = counted.of(&groups.total());
        let share = |count: u64| (total > 0).then(|| count as f64 / total as f64);
        let mut ranked: Vec<(&GroupKey, &Group)> = groups
            .iter()
            .filter(|(_, group)| counted.of(group) > 0 || group.outcomes() > 0)
            .collect();
        // What has no delivery may have failed all the same.
        ranked.sort_by_key(|(_, group)| (Reverse(counted.of(group)), Reverse(group.outcomes())));
        let further = ranked.len().saturating_sub(limit);
        ranked.truncate(limit);
        let earlier = |key: &GroupKey| {
            let (before, previous) = previous?;
            let key = earlier(key, before)?;
            Some(previous.get(&key).map_or(0, |group| counted.of(group)))
        };
        let rows: Vec<GroupRow> = ranked
            .iter()
            .map(|(key, group)| {
                let count = counted.of(group);
                let previous_count = earlier(key);
                GroupRow {
                    previous_count,
                    change: previous_count.and_then(|before| change(before, count)),
                    ..GroupRow::new(by, key, group, count, share(count))
                }
            })
            .collect();
        let told: u64 = rows.iter().map(|row| row.count).sum();
        let told_failed: u64 = ranked.iter().map(|(_, group)| group.failed).sum();
        let other = total - told;
        let previous_total = previous.map(|(_, previous)| counted.of(&previous.total()));
        Self {
            span,
            group_by: by.as_str(),
            event_type: filter.event_type,
            livemode: filter.livemode,
            account: filter.account,
            source: counted.name(),
            total_events: total,
            previous_total_events: previous_total,
            change: previous_total.and_then(|before| change(before, total)),
            before: previous.map(|(before, _)| before),
            groups: rows,
            other: Other {
                count: other,
                share: share(other),
                groups: further as u64,
                without_room: counted.of(&groups.without_room),
                failed: groups.total().failed - told_failed,
            },
            uncertain: groups.uncertain,
            unreadable: groups.unreadable,
        }
    }
}

/// The group that one is compared with: an hour with the one so much earlier, where that is an hour of the
/// period before.
fn earlier(key: &GroupKey, before: Before) -> Option<GroupKey> {
    let Some(hour) = key.hour else { return Some(key.clone()) };
    let is_whole = before.shift.as_secs() % 3_600 == 0;
    let hour = hour.checked_sub(before.shift).ok().filter(|_| is_whole)?;
    if hour >= before.through {
        return None;
    }
    Some(GroupKey { name: key.name.clone(), hour: Some(hour) })
}

impl GroupRow {
    fn new(by: GroupBy, key: &GroupKey, group: &Group, count: u64, share: Option<f64>) -> Self {
        let has_outcomes = by != GroupBy::SourceIp;
        let time = &group.processing_time;
        let name = key.name.as_deref().map(str::to_owned);
        Self {
            name: match by {
                GroupBy::Hour => key.hour.map(|hour| hour.to_string()),
                _ => name,
            },
            hour: key.hour,
            count,
            share,
            deliveries: group.deliveries,
            refused: (!has_outcomes).then_some(group.refused),
            succeeded: has_outcomes.then_some(group.succeeded),
            failed: has_outcomes.then_some(group.failed),
            success_rate: group.success_rate(),
            avg_processing_time: time.mean(),
            p50_processing_time: time.quantile(500),
            p95_processing_time: time.quantile(950),
            p99_processing_time: time.quantile(990),
            previous_count: None,
            change: None,
        }
    }
}
