//! What a run finds wrong, or right: one finding for each signal, and one for everything else that is
//! wrong.

use crate::health::{
    Departure, Health, LogSeen, Observation, OwnTrouble, Signal, SignalName, Thresholds, horizon,
};

use super::{IssueKind, Tier};

/// What is found about one thing.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What kind of thing.
    pub kind: IssueKind,
    /// What it is about, where there may be several.
    pub subject: Option<String>,
    /// How bad it is; `None`: not bad.
    pub tier: Option<Tier>,
    /// Whether it is so good that an issue may end; `None`: nothing can be said.
    pub recovered: Option<bool>,
    /// The number, where it is one.
    pub value: Option<f64>,
    /// The limit of the tier that is reached, else of the health tier.
    pub limit: Option<f64>,
    /// What shows it.
    pub evidence: String,
    /// Since when, where that is known already.
    pub since: Option<jiff::Timestamp>,
}

/// Everything that a run finds.
pub fn findings(seen: &Observation, health: &Health, thresholds: &Thresholds) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for signal in health.signals() {
        let finding = of_signal(signal, seen);
        // Two signals may be of one kind: the worse one counts.
        match found.iter_mut().find(|other| other.kind == finding.kind) {
            Some(other) if worse(&finding, other) => *other = finding,
            Some(_) => {}
            None => found.push(finding),
        }
    }
    found.extend(of_rhythm(seen));
    found.extend(seen.log.as_ref().map(quarantined));
    found.extend(seen.silent_types.iter().map(|silent| Finding {
        subject: Some(silent.event_type.clone()),
        value: Some(silent.missed),
        limit: Some(thresholds.missed_events_critical),
        since: Some(silent.last),
        ..wrong(
            IssueKind::LowEventRate,
            Tier::Warning,
            format!("the last one came at {}, {:.0} are missing", silent.last, silent.missed),
        )
    }));
    found.extend(seen.recurring.iter().map(|error| Finding {
        subject: Some(error.message.clone()),
        value: Some(error.count as f64),
        ..wrong(
            IssueKind::RecurringError,
            Tier::Warning,
            format!("{} in the last hour, {}: {}", error.count, error.basis, error.message),
        )
    }));
    found.extend(seen.own_troubles.iter().map(Finding::of_trouble));
    found
}

impl Finding {
    /// The database could not be reached, and can be again.
    pub fn of_outage(since: jiff::Timestamp) -> Self {
        let evidence = format!("it could not be reached from {since} on, and can be again");
        Self { since: Some(since), ..wrong(IssueKind::DatabaseUnhealthy, Tier::Critical, evidence) }
    }

    /// Something of our own that does not work.
    pub fn of_trouble(trouble: &OwnTrouble) -> Self {
        match trouble {
            OwnTrouble::CloudWatch(failure) => {
                wrong(IssueKind::CloudwatchFailing, Tier::Warning, failure.clone())
            }
            OwnTrouble::Table(fault) => Self {
                subject: Some(fault.as_str().to_owned()),
                ..wrong(IssueKind::TableMisconfigured, Tier::Warning, fault.evidence().to_owned())
            },
            OwnTrouble::UnlistedSources(addresses) => wrong(
                IssueKind::UnlistedSource,
                Tier::Warning,
                format!("in the last day from {}", addresses.join(", ")),
            ),
            OwnTrouble::DamagedItem(item) => Self {
                subject: Some(item.clone()),
                ..wrong(IssueKind::DamagedItem, Tier::Warning, format!("{item} cannot be read"))
            },
        }
    }
}

/// Whether an issue of a kind is over when no run finds anything about it; the others need a finding
/// that says so.
pub fn mends_itself(kind: IssueKind, subject: Option<&str>) -> bool {
    subject.is_some()
        || matches!(
            kind,
            IssueKind::CloudwatchFailing | IssueKind::UnlistedSource | IssueKind::DamagedItem
        )
}

fn worse(one: &Finding, other: &Finding) -> bool {
    match (one.tier, other.tier) {
        (a, b) if a != b => a > b,
        // Of two that are right, the one that says least keeps an issue open.
        _ => one.recovered == Some(false) && other.recovered != Some(false),
    }
}

fn wrong(kind: IssueKind, tier: Tier, evidence: String) -> Finding {
    Finding {
        kind,
        subject: None,
        tier: Some(tier.min(kind.worst())),
        recovered: Some(false),
        value: None,
        limit: None,
        evidence,
        since: None,
    }
}

fn of_signal(signal: &Signal, seen: &Observation) -> Finding {
    let limit = match signal.tier {
        Some(Tier::Critical) => signal.limits.alert,
        _ => signal.limits.health,
    };
    let since = match signal.name {
        SignalName::OldestUnprocessed => seen.unprocessed.as_ref().and_then(|them| them.oldest),
        SignalName::MissedEvents => seen.log.as_ref().and_then(|log| log.last_delivery),
        SignalName::RollupLag => seen.log.as_ref().and_then(|log| log.rolled_through),
        _ => None,
    };
    Finding {
        kind: signal.name.issue(),
        subject: None,
        tier: signal.tier.map(|tier| tier.min(signal.name.issue().worst())),
        recovered: signal.has_recovered(),
        value: signal.value,
        limit: Some(limit),
        evidence: signal.basis.clone(),
        since,
    }
}

/// Drops and spikes, and the guide's floor: what the score does not hold.
fn of_rhythm(seen: &Observation) -> Vec<Finding> {
    let Some(rhythm) = &seen.rhythm else { return Vec::new() };
    let judged = |kind, departure: &Departure| match departure {
        Departure::Lasting(evidence) => wrong(kind, Tier::Warning, evidence.clone()),
        Departure::No => right(kind),
        Departure::Short => Finding { recovered: Some(false), ..right(kind) },
        Departure::Unknown => Finding { recovered: None, ..right(kind) },
    };
    vec![
        judged(IssueKind::EventRateDrop, &rhythm.drop),
        judged(IssueKind::EventRateSpike, &rhythm.spike),
    ]
}

fn right(kind: IssueKind) -> Finding {
    Finding { tier: None, recovered: Some(true), ..wrong(kind, Tier::Warning, String::new()) }
}

fn quarantined(log: &LogSeen) -> Finding {
    let hour = log.horizons.iter().find(|horizon| horizon.minutes == 60);
    let count = hour.map_or(0, |hour| hour.performance.deliveries.quarantined);
    match count {
        0 => right(IssueKind::QuarantinedEvents),
        count => Finding {
            value: Some(count as f64),
            limit: Some(0.0),
            ..wrong(
                IssueKind::QuarantinedEvents,
                Tier::Warning,
                format!("{count} in {}", hour.map(horizon::Horizon::name).unwrap_or_default()),
            )
        },
    }
}
