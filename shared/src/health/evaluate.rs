//! From an observation to a health status: the guide's, with its arithmetic.
//!
//! A signal is a number between limits ([`Scale`]). A component scores as its worst signal, and the
//! whole as its worst component: `min(database, processing, performance, max(security, 0.51))`. No
//! weights: a weighted mean calls 6 % of errors healthy. Forged traffic alone makes nothing critical.
//!
//! What the score cannot see: a wrong business result that is reported as a success.

use std::time::Duration;

use serde::Serialize;

use super::{
    Component, ComponentName, Horizon, LogSeen, Observation, Scale, Score, Signal, SignalName,
    Status, Thresholds, Tier, horizon,
};

/// Finished outcomes that a rate needs.
const SAMPLE: u64 = 20;
/// Durations that a 95th percentile needs.
const SAMPLE_OF_P95: u64 = 100;
/// Requests of Stripe's own that must be refused before their share says anything.
const FEWEST_REFUSED: u64 = 3;

/// A write and a read of the database, in seconds.
const ROUND_TRIP: Scale = Scale { good: 0.05, health: 0.25, alert: 1.0, zero: 5.0 };
/// How far the roll-up is behind, in seconds. It makes answers slower, never wrong.
const ROLLUP_LAG: Scale = Scale { good: 600.0, health: 900.0, alert: 1_800.0, zero: 3_600.0 };
/// Share of Stripe's own requests that are refused.
const REFUSED_GENUINE: Scale = Scale { good: 0.0, health: 0.01, alert: 0.10, zero: 0.50 };
/// Of the last three probes: one may fail, two may not.
const FRONT_DOOR: Scale = Scale { good: 0.0, health: 1.0, alert: 1.5, zero: 3.0 };
const REACHABLE: Scale = Scale { good: 0.0, health: 0.0, alert: 0.0, zero: 0.0 };

/// A judgement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Health {
    /// Of the whole.
    pub score: Score,
    /// What that is called.
    #[serde(skip)]
    pub status: Status,
    /// The four parts, database first.
    pub components: Vec<Component>,
    /// How the score comes about.
    pub arithmetic: String,
    /// No event was ever logged.
    pub is_empty: bool,
}

/// Judges an observation.
pub fn evaluate(seen: &Observation, thresholds: &Thresholds) -> Health {
    let components = vec![
        Component::new(ComponentName::Database, database(seen)),
        Component::new(ComponentName::Processing, processing(seen, thresholds)),
        Component::new(ComponentName::Performance, performance(seen, thresholds)),
        Component::new(ComponentName::Security, security(seen, thresholds)),
    ];
    let counts = |component: &Component| match component.name {
        ComponentName::Security => component.score.max(Score::NOT_CRITICAL),
        _ => component.score,
    };
    let score = components.iter().map(counts).fold(Score::GOOD, Score::min);
    let terms: Vec<String> = components.iter().map(term).collect();
    let arithmetic = format!("min({}) = {:.2}", terms.join(", "), score.value());
    let is_empty = seen.log.as_ref().is_some_and(|log| !log.has_events);
    Health { score, status: score.status(), components, arithmetic, is_empty }
}

fn term(component: &Component) -> String {
    let name = component.name;
    let of = component.lowest.map(|signal| format!(" by {signal}")).unwrap_or_default();
    let term = format!("{name} {:.2}{of}", component.score.value());
    match name {
        ComponentName::Security => format!("max({term}, {:.2})", Score::NOT_CRITICAL.value()),
        _ => term,
    }
}

fn database(seen: &Observation) -> Vec<Signal> {
    let down = f64::from(u8::from(seen.database.is_none()));
    let basis = if seen.database.is_some() { "answers" } else { "no answer to 3 tries in 2 s" };
    let round_trip = seen.database.as_ref().map(Duration::as_secs_f64);
    let rolled = seen.log.as_ref().and_then(|log| log.rolled_through);
    let lag = rolled.map(|through| seen.at.duration_since(through).as_secs_f64().max(0.0));
    let basis_of_lag = match rolled {
        Some(through) => format!("rolled up through {through}"),
        None => "nothing is rolled up yet".to_owned(),
    };
    vec![
        Signal::judged(SignalName::Reachable, Some(down), REACHABLE, basis),
        Signal::judged(SignalName::RoundTrip, round_trip, ROUND_TRIP, "one write, read back"),
        Signal::judged(SignalName::RollupLag, lag, ROLLUP_LAG, basis_of_lag).never_critical(),
    ]
}

fn processing(seen: &Observation, thresholds: &Thresholds) -> Vec<Signal> {
    let (missed, basis) = match &seen.rhythm {
        Some(rhythm) => (rhythm.missed, rhythm.basis.clone()),
        None => (None, "no history yet".to_owned()),
    };
    vec![
        error_rate(seen.log.as_ref(), thresholds),
        Signal::judged(SignalName::MissedEvents, missed, thresholds.missed_events(), basis)
            .reached_at_limit(),
        refused_genuine(seen.log.as_ref()),
        oldest_unprocessed(seen, thresholds),
        front_door(&seen.front_door),
    ]
}

fn error_rate(log: Option<&LogSeen>, thresholds: &Thresholds) -> Signal {
    let judged = |value, basis: String| {
        Signal::judged(SignalName::ErrorRate, value, thresholds.error_rate(), basis)
    };
    let Some(log) = log else { return judged(None, UNREAD.to_owned()) };
    match horizon::shortest(&log.horizons, SAMPLE, |of| of.outcomes.total()) {
        Ok(horizon) => {
            let outcomes = &horizon.performance.outcomes;
            let (failed, total) = (outcomes.failed, outcomes.total());
            judged(
                outcomes.error_rate(),
                format!("{failed} of {total} outcomes failed in {}", horizon.name()),
            )
        }
        Err(_) if log.last_five_failed => {
            judged(Some(1.0), "the last 5 outcomes all failed".to_owned())
        }
        Err(found) => judged(None, needed(found, SAMPLE, "outcomes")),
    }
}

fn refused_genuine(log: Option<&LogSeen>) -> Signal {
    let hour = log.and_then(|log| of_minutes(&log.horizons, 60));
    let (value, basis) = match hour.map(|hour| &hour.performance) {
        None => (None, UNREAD.to_owned()),
        Some(of) => {
            let deliveries = &of.deliveries;
            let got_in = deliveries.received + deliveries.duplicates + deliveries.other_endpoint;
            let (refused, all) = (of.refused_genuine, of.refused_genuine + got_in);
            let share = if refused < FEWEST_REFUSED { 0.0 } else { refused as f64 / all as f64 };
            (Some(share), format!("{refused} of Stripe's {all} requests refused in the last hour"))
        }
    };
    Signal::judged(SignalName::RefusedGenuine, value, REFUSED_GENUINE, basis)
}

fn oldest_unprocessed(seen: &Observation, thresholds: &Thresholds) -> Signal {
    let (value, basis) = match &seen.unprocessed {
        None => (None, "outcomes are not expected".to_owned()),
        Some(unprocessed) => {
            let age = unprocessed.oldest.map(|at| seen.at.duration_since(at).as_secs_f64());
            (Some(age.unwrap_or(0.0).max(0.0)), unprocessed.basis.clone())
        }
    };
    Signal::judged(SignalName::OldestUnprocessed, value, thresholds.unprocessed(), basis)
}

/// One failure of three may be chance, and scores at the health limit; two are an outage.
fn front_door(probes: &[bool]) -> Signal {
    let failed = probes.iter().filter(|got_through| !**got_through).count();
    let value = (!probes.is_empty()).then_some(failed as f64);
    let basis = match probes.len() {
        0 => "not probed: no public URL is set, or no run was made yet".to_owned(),
        made => format!("{failed} of the last {made} probes failed"),
    };
    let mut signal = Signal::judged(SignalName::FrontDoor, value, FRONT_DOOR, basis);
    if failed == 2 {
        signal.score = Some(Score::new(0.25));
    }
    signal
}

fn performance(seen: &Observation, thresholds: &Thresholds) -> Vec<Signal> {
    let horizons = seen.log.as_ref().map(|log| log.horizons.as_slice());
    let time = |needed_sample, name, limits, value: fn(&Horizon) -> Option<f64>| {
        let count = |of: &crate::metrics::Performance| of.outcomes.processing_time.count();
        sampled(horizons, name, limits, (needed_sample, "processing times"), count, value)
    };
    vec![
        time(SAMPLE, SignalName::AverageProcessingTime, thresholds.processing_time(), |horizon| {
            horizon.performance.outcomes.processing_time.mean()
        }),
        time(
            SAMPLE_OF_P95,
            SignalName::P95ProcessingTime,
            thresholds.p95_processing_time(),
            |horizon| horizon.performance.outcomes.processing_time.quantile(950),
        ),
        sampled(
            horizons,
            SignalName::P95DeliveryLag,
            thresholds.delivery_lag(),
            (SAMPLE_OF_P95, "first deliveries"),
            |of| of.deliveries.lag.count(),
            |horizon| horizon.performance.deliveries.lag.quantile(950),
        ),
    ]
}

/// A value over the shortest horizon that has enough of something.
fn sampled(
    horizons: Option<&[Horizon]>,
    name: SignalName,
    limits: Scale,
    (sample, what): (u64, &str),
    count: impl Fn(&crate::metrics::Performance) -> u64,
    value: impl Fn(&Horizon) -> Option<f64>,
) -> Signal {
    let Some(horizons) = horizons else { return Signal::judged(name, None, limits, UNREAD) };
    match horizon::shortest(horizons, sample, &count) {
        Ok(horizon) => {
            let basis = format!("{} {what} in {}", count(&horizon.performance), horizon.name());
            Signal::judged(name, value(horizon), limits, basis)
        }
        Err(found) => Signal::judged(name, None, limits, needed(found, sample, what)),
    }
}

fn security(seen: &Observation, thresholds: &Thresholds) -> Vec<Signal> {
    let shortest = seen.log.as_ref().and_then(|log| of_minutes(&log.horizons, 5));
    let forged = shortest.and_then(|horizon| {
        let of = &horizon.performance;
        let range = horizon.range;
        let minutes = range.to().duration_since(range.from()).as_secs_f64() / 60.0;
        let forged = of.rejected.saturating_sub(of.refused_genuine);
        // Refusals are counted by the minute, so the running one counts in full.
        (minutes > 0.0).then(|| (forged as f64 / minutes.ceil(), forged, minutes.ceil()))
    });
    let basis = match forged {
        Some((_, forged, minutes)) => format!("{forged} refused in {minutes} minutes"),
        None => UNREAD.to_owned(),
    };
    let tokens = match seen.wrong_tokens {
        Some(count) => format!("{count} wrong tokens in 5 minutes"),
        None => UNREAD.to_owned(),
    };
    vec![
        Signal::judged(
            SignalName::ForgedPerMinute,
            forged.map(|(rate, _, _)| rate),
            thresholds.forged_per_minute(),
            basis,
        ),
        Signal::judged(
            SignalName::AuthenticationFailures,
            seen.wrong_tokens.map(|count| count as f64),
            thresholds.authentication_failures(),
            tokens,
        ),
    ]
}

const UNREAD: &str = "the log could not be read";

fn needed(found: u64, needed: u64, what: &str) -> String {
    format!("no verdict: {found} of {needed} {what} needed in 24 hours")
}

fn of_minutes(horizons: &[Horizon], minutes: u32) -> Option<&Horizon> {
    horizons.iter().find(|horizon| horizon.minutes == minutes)
}

impl Health {
    /// A part's score.
    pub fn component(&self, name: ComponentName) -> Option<&Component> {
        self.components.iter().find(|component| component.name == name)
    }

    /// A signal of any part.
    pub fn signal(&self, name: SignalName) -> Option<&Signal> {
        self.signals().find(|signal| signal.name == name)
    }

    /// Every signal.
    pub fn signals(&self) -> impl Iterator<Item = &Signal> {
        self.components.iter().flat_map(|component| &component.signals)
    }

    /// The worst tier that a signal has reached.
    pub fn worst_tier(&self) -> Option<Tier> {
        self.signals().filter_map(|signal| signal.tier).max()
    }
}

#[cfg(test)]
mod tests;
