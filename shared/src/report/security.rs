//! Who was refused, why and when.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::Span;
use crate::log::Rejections;
use crate::metrics::{GroupKey, Groups, Slot, Step};
use crate::statistics::{BoundedCounts, median};

/// Refused requests in a step below which it is no burst.
const FEWEST_OF_BURST: u64 = 20;
/// Addresses of wrong tokens that are told apart.
const MOST_SOURCES: usize = 10_000;
/// So many times the median of the range's steps is a burst.
const BURST: f64 = 5.0;

/// The answer of `GET /v1/security`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Security {
    /// The range.
    #[serde(flatten)]
    pub span: Span,
    /// Refused requests.
    pub total_rejected: u64,
    /// Of these, those from Stripe's own addresses: our secret or our clock is wrong.
    pub refused_genuine: u64,
    /// The rest: forged, or none of Stripe's.
    pub refused_others: u64,
    /// First deliveries beside them.
    pub received: u64,
    /// Share of refused requests among these and first deliveries; null of none.
    pub rejection_rate: Option<f64>,
    /// Refused requests by cause.
    pub rejections_by_cause: BTreeMap<&'static str, u64>,
    /// The addresses that most were refused from.
    pub sources: Vec<SourceRow>,
    /// Requests from addresses that are not told, refused or not: an address may have that many more.
    pub other_sources: u64,
    /// Stretches with far more refused requests than usual, the newest first.
    pub bursts: Vec<Burst>,
    /// Calls of the operations API with a wrong token.
    pub authentication: Authentication,
    /// What makes a burst.
    pub burst_rule: String,
    /// Length of a step.
    pub step: &'static str,
    /// Refused requests by step, from old to new.
    pub timeline: Vec<SecurityStep>,
    /// Entries that are damaged or of a newer version, and in no number.
    pub unreadable: u64,
}

/// An address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceRow {
    /// The address.
    pub address: String,
    /// Requests that were refused.
    pub rejected: u64,
    /// Deliveries that were accepted.
    pub deliveries: u64,
}

/// Calls with a wrong token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Authentication {
    /// Such calls; a missing token is none.
    pub failures: u64,
    /// The addresses that most came from.
    pub sources: Vec<AddressCount>,
    /// Calls from other addresses, or from unknown ones.
    pub other_sources: u64,
    /// There were too many to be read: the oldest are not in the numbers.
    pub incomplete: bool,
}

/// Calls from an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AddressCount {
    /// The address.
    pub address: String,
    /// Calls.
    pub count: u64,
}

/// A stretch of time with many refused requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Burst {
    /// Its beginning.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// Refused requests.
    pub rejected: u64,
    /// Most of them in one step.
    pub peak: u64,
}

/// A step of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SecurityStep {
    /// Its beginning.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// Refused requests.
    pub rejected: u64,
    /// Of these, those from Stripe's own addresses.
    pub refused_genuine: u64,
    /// Refused requests by cause.
    pub by_cause: BTreeMap<&'static str, u64>,
    /// Calls of the operations API with a wrong token.
    pub authentication_failures: u64,
}

impl Security {
    /// The `limit` addresses that most was refused from. `sources` are groups by address, `tokens` wrong
    /// ones, all of them or the newest.
    pub fn new(
        span: Span,
        sources: &Groups,
        (step, slots): (Step, &[Slot]),
        (tokens, is_all): (&[Rejections], bool),
        limit: usize,
    ) -> Self {
        let sum = |of: fn(&Slot) -> u64| slots.iter().map(of).sum::<u64>();
        let total = sum(|slot| slot.point.rejections());
        let genuine = sum(|slot| slot.point.refused_genuine);
        let received = sum(|slot| slot.point.received);
        let mut by_cause = BTreeMap::new();
        for slot in slots {
            for (cause, count) in &slot.point.rejected {
                *by_cause.entry(cause.as_str()).or_default() += count;
            }
        }
        let (rows, beyond) = ranked(sources, limit);
        Self {
            span,
            total_rejected: total,
            refused_genuine: genuine,
            refused_others: total.saturating_sub(genuine),
            received,
            rejection_rate: (total + received > 0)
                .then(|| total as f64 / (total + received) as f64),
            rejections_by_cause: by_cause,
            sources: rows,
            other_sources: sources.without_room.deliveries + sources.without_room.refused + beyond,
            bursts: bursts(slots),
            authentication: Authentication::new(tokens, is_all, limit),
            burst_rule: format!(
                "at least {FEWEST_OF_BURST} refused requests in a step, and {BURST} times the median of the steps"
            ),
            step: step.as_str(),
            timeline: slots.iter().map(|slot| SecurityStep::new(slot, tokens)).collect(),
            unreadable: sources.unreadable,
        }
    }
}

impl Authentication {
    fn new(tokens: &[Rejections], is_all: bool, limit: usize) -> Self {
        let mut sources = BoundedCounts::default();
        for rejection in tokens.iter().flat_map(|tokens| &tokens.counts) {
            match &rejection.source_ip {
                Some(address) => sources.add(address.clone(), rejection.count, MOST_SOURCES),
                None => sources.add_other(rejection.count),
            }
        }
        let failures = sources.total();
        sources.bound(limit);
        let mut ranked: Vec<AddressCount> = sources
            .iter()
            .map(|(address, count)| AddressCount { address: address.clone(), count })
            .collect();
        ranked.sort_by_key(|source| Reverse(source.count));
        Self { failures, sources: ranked, other_sources: sources.other(), incomplete: !is_all }
    }
}

impl SecurityStep {
    fn new(slot: &Slot, tokens: &[Rejections]) -> Self {
        let within = |minute: Timestamp| slot.range.from() <= minute && minute < slot.range.to();
        let tokens = tokens.iter().filter(|tokens| within(tokens.minute));
        let by_cause = slot.point.rejected.iter().map(|(cause, n)| (cause.as_str(), *n)).collect();
        Self {
            from: slot.range.from(),
            to: slot.range.to(),
            rejected: slot.point.rejections(),
            refused_genuine: slot.point.refused_genuine,
            by_cause,
            authentication_failures: tokens.map(Rejections::total).sum(),
        }
    }
}

/// The addresses that most was refused from, and the requests from others.
fn ranked(sources: &Groups, limit: usize) -> (Vec<SourceRow>, u64) {
    let mut rows: Vec<SourceRow> = sources
        .iter()
        .filter_map(|(GroupKey { name, .. }, group)| {
            let (rejected, deliveries) = (group.refused, group.deliveries);
            Some(SourceRow { address: name.as_deref()?.to_owned(), rejected, deliveries })
        })
        .filter(|row| row.rejected > 0)
        .collect();
    rows.sort_by_key(|row| Reverse(row.rejected));
    let beyond = rows.iter().skip(limit).map(|row| row.rejected + row.deliveries).sum();
    rows.truncate(limit);
    (rows, beyond)
}

/// Neighbouring steps with far more than usual are one burst.
fn bursts(slots: &[Slot]) -> Vec<Burst> {
    let counts = slots.iter().map(|slot| slot.point.rejections() as f64).collect();
    let usual = median(counts).unwrap_or_default();
    let mut found: Vec<Burst> = Vec::new();
    for slot in slots {
        let rejected = slot.point.rejections();
        if rejected < FEWEST_OF_BURST || (rejected as f64) < BURST * usual {
            continue;
        }
        let (from, to) = (slot.range.from(), slot.range.to());
        match found.last_mut().filter(|burst| burst.to == from) {
            Some(burst) => {
                burst.to = to;
                burst.rejected += rejected;
                burst.peak = burst.peak.max(rejected);
            }
            None => found.push(Burst { from, to, rejected, peak: rejected }),
        }
    }
    found.reverse();
    found
}
