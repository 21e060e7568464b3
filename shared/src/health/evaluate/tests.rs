use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::health::{Departure, HORIZONS, IssueKind, Rhythm, Tier, Unprocessed, findings};
use crate::log::{Cause, TimeRange};
use crate::metrics::{Filter, Performance};
use crate::rollup::{CellKey, Label, Measure, RejectionKey, Rollup, Status as Entry};

fn now() -> Timestamp {
    Timestamp::from_second(1_700_000_100).unwrap()
}

/// What was logged in the last 5 minutes.
#[derive(Default)]
struct Logged {
    succeeded: u64,
    failed: u64,
    /// Seconds that all but `slow` of them took.
    took: f64,
    slow: (u64, f64),
    received: u64,
    lag: f64,
    forged: u64,
    refused_genuine: u64,
}

impl Logged {
    fn performance(&self) -> Performance {
        let mut rollup = Rollup::default();
        let mut cell = |status, count: u64, times: &[(u64, f64)]| {
            let mut measure = Measure { count, ..Measure::default() };
            for (n, seconds) in times {
                (0..*n).for_each(|_| measure.add_time((seconds * 1e6) as u64));
            }
            let key = CellKey {
                status,
                event_type: Label::All,
                entity_type: Label::All,
                category: Label::All,
                level: Label::All,
                livemode: Some(true),
                api_version: Label::All,
                account: Label::All,
            };
            rollup.cells.insert(key, measure);
        };
        let quick = self.succeeded - self.slow.0;
        cell(Entry::Succeeded, self.succeeded, &[(quick, self.took), self.slow]);
        cell(Entry::Failed, self.failed, &[(self.failed, self.took)]);
        cell(Entry::Received, self.received, &[(self.received, self.lag)]);
        for (refused_genuine, count) in [(false, self.forged), (true, self.refused_genuine)] {
            let key = RejectionKey { cause: Cause::SignatureMismatch, refused_genuine };
            rollup.rejections.insert(key, count);
        }
        let mut performance = Performance::default();
        performance.add(&rollup, &Filter::default());
        performance
    }

    /// Everything fine but for this.
    fn seen(&self) -> Observation {
        let horizons = HORIZONS.map(|minutes| {
            let from = now() - SignedDuration::from_mins(minutes.into());
            let range = TimeRange::new(from, now()).unwrap();
            Horizon { minutes, range, performance: self.performance() }
        });
        Observation {
            at: now(),
            database: Some(Duration::from_millis(20)),
            log: Some(LogSeen {
                rolled_through: Some(now() - SignedDuration::from_mins(1)),
                horizons: horizons.into(),
                last_five_failed: false,
                has_events: true,
                last_delivery: None,
            }),
            front_door: vec![true; 3],
            wrong_tokens: Some(0),
            unprocessed: None,
            rhythm: None,
            silent_types: Vec::new(),
            recurring: Vec::new(),
            own_troubles: Vec::new(),
        }
    }
}

fn outcomes(failed: u64, of: u64) -> Logged {
    Logged { succeeded: of - failed, failed, took: 0.8, ..Logged::default() }
}

fn missed(events: f64) -> Observation {
    let rhythm = Rhythm {
        missed: Some(events),
        basis: String::new(),
        drop: Departure::No,
        spike: Departure::No,
    };
    Observation { rhythm: Some(rhythm), ..outcomes(0, 100).seen() }
}

fn health(seen: &Observation) -> Health {
    evaluate(seen, &Thresholds::default())
}

#[test]
fn the_worked_examples() {
    let with_log = |change: fn(&mut LogSeen)| {
        let mut seen = Logged::default().seen();
        change(seen.log.as_mut().unwrap());
        seen
    };
    let quiet = Logged { slow: (60, 2.1), ..outcomes(4, 1_000) };
    let all_slow = Logged { took: 16.0, succeeded: 30, ..Logged::default() };
    let p95 = Logged { slow: (10, 11.0), ..outcomes(0, 100) };
    for (name, seen, score, status) in [
        ("0.4 % errors, 0.8 s, p95 2.1 s", quiet.seen(), 0.98, Status::Healthy),
        ("6 % errors", outcomes(6, 100).seen(), 0.82, Status::Degraded),
        ("12 % errors", outcomes(12, 100).seen(), 0.475, Status::Critical),
        ("p95 11 s", p95.seen(), 0.88, Status::Degraded),
        ("average 16 s", all_slow.seen(), 0.483, Status::Critical),
        (
            "database unreachable",
            Observation { database: None, log: None, ..outcomes(0, 100).seen() },
            0.0,
            Status::Critical,
        ),
        (
            "500 forged a minute",
            Logged { forged: 2_500, ..outcomes(0, 100) }.seen(),
            0.574,
            Status::Degraded,
        ),
        (
            "5,000 forged a minute",
            Logged { forged: 25_000, ..outcomes(0, 100) }.seen(),
            0.51,
            Status::Degraded,
        ),
        ("silence at noon", missed(31.0), 0.173, Status::Critical),
        ("a quiet night", missed(1.2), 0.984, Status::Healthy),
        ("the first run", with_log(|log| log.has_events = false), 1.0, Status::Healthy),
        ("1 of 3 failed today", outcomes(1, 3).seen(), 1.0, Status::Healthy),
        ("the last 5 failed", with_log(|log| log.last_five_failed = true), 0.0, Status::Critical),
        (
            "a wrong secret",
            Logged { refused_genuine: 40, ..Logged::default() }.seen(),
            0.0,
            Status::Critical,
        ),
    ] {
        let health = health(&seen);
        let value = health.score.value();
        assert!((value - score).abs() < 0.005, "{name}: {value}, {}", health.arithmetic);
        assert_eq!(health.status, status, "{name}");
        assert!(health.arithmetic.ends_with(&format!("= {value:.2}")), "{}", health.arithmetic);
    }
    let three = health(&outcomes(1, 3).seen());
    assert!(three.signal(SignalName::ErrorRate).unwrap().basis.contains("3 of 20"));
    assert!(health(&with_log(|log| log.has_events = false)).is_empty);
}

#[test]
fn a_tier_is_reached_strictly_beyond_its_limit() {
    use {SignalName as S, Tier::*};
    let average = |seconds| Logged { took: seconds, ..outcomes(0, 100) }.seen();
    let p95 = |seconds| Logged { slow: (10, seconds), took: 0.1, ..outcomes(0, 100) }.seen();
    let lag = |seconds| Logged { received: 100, lag: seconds, ..Logged::default() }.seen();
    let forged = |count| Logged { forged: count, ..Logged::default() }.seen();
    let refused = |refused_genuine, received| {
        Logged { refused_genuine, received, ..Logged::default() }.seen()
    };
    let tokens = |count| Observation { wrong_tokens: Some(count), ..Logged::default().seen() };
    let waiting = |seconds| Observation {
        unprocessed: Some(Unprocessed {
            oldest: Some(now() - SignedDuration::from_secs(seconds)),
            ..Unprocessed::default()
        }),
        ..Logged::default().seen()
    };
    let probes = |failed: usize| Observation {
        front_door: [vec![false; failed], vec![true; 3 - failed]].concat(),
        ..Logged::default().seen()
    };
    let database = |millis| Observation {
        database: Some(Duration::from_millis(millis)),
        ..Logged::default().seen()
    };
    let rolled = |minutes| {
        let mut seen = Logged::default().seen();
        seen.log.as_mut().unwrap().rolled_through =
            Some(now() - SignedDuration::from_mins(minutes));
        seen
    };
    for (name, seen, tier) in [
        (S::ErrorRate, outcomes(4, 100).seen(), None),
        (S::ErrorRate, outcomes(5, 100).seen(), None),
        (S::ErrorRate, outcomes(51, 1_000).seen(), Some(Warning)),
        (S::ErrorRate, outcomes(10, 100).seen(), Some(Warning)),
        (S::ErrorRate, outcomes(101, 1_000).seen(), Some(Critical)),
        (S::ErrorRate, outcomes(19, 19).seen(), None),
        (S::ErrorRate, outcomes(20, 20).seen(), Some(Critical)),
        (S::AverageProcessingTime, average(5.0), None),
        (S::AverageProcessingTime, average(5.1), Some(Warning)),
        (S::AverageProcessingTime, average(15.0), Some(Warning)),
        (S::AverageProcessingTime, average(15.1), Some(Critical)),
        (S::P95ProcessingTime, p95(9.8), None),
        (S::P95ProcessingTime, p95(10.2), Some(Warning)),
        (S::P95ProcessingTime, p95(30.5), Some(Critical)),
        (S::P95DeliveryLag, lag(59.0), None),
        (S::P95DeliveryLag, lag(61.0), Some(Warning)),
        (S::P95DeliveryLag, lag(610.0), Some(Critical)),
        (S::ForgedPerMinute, forged(300), None),
        (S::ForgedPerMinute, forged(301), Some(Warning)),
        (S::ForgedPerMinute, forged(3_001), Some(Critical)),
        (S::AuthenticationFailures, tokens(10), None),
        (S::AuthenticationFailures, tokens(11), Some(Warning)),
        (S::AuthenticationFailures, tokens(101), Some(Critical)),
        (S::RefusedGenuine, refused(2, 0), None),
        (S::RefusedGenuine, refused(3, 297), None),
        (S::RefusedGenuine, refused(3, 290), Some(Warning)),
        (S::RefusedGenuine, refused(30, 200), Some(Critical)),
        (S::MissedEvents, missed(8.9), None),
        (S::MissedEvents, missed(9.0), Some(Warning)),
        (S::MissedEvents, missed(14.0), Some(Critical)),
        (S::OldestUnprocessed, waiting(900), None),
        (S::OldestUnprocessed, waiting(901), Some(Warning)),
        (S::OldestUnprocessed, waiting(3_601), Some(Critical)),
        (S::FrontDoor, probes(1), None),
        (S::FrontDoor, probes(2), Some(Critical)),
        (S::FrontDoor, probes(3), Some(Critical)),
        (S::RoundTrip, database(250), None),
        (S::RoundTrip, database(251), Some(Warning)),
        (S::RoundTrip, database(1_001), Some(Critical)),
        (S::RollupLag, rolled(15), None),
        (S::RollupLag, rolled(16), Some(Warning)),
        (S::RollupLag, rolled(90), Some(Warning)),
    ] {
        let health = health(&seen);
        let signal = health.signal(name).unwrap();
        assert_eq!(signal.tier, tier, "{signal:?}");
        let found = findings(&seen, &health, &Thresholds::default());
        let finding = found.iter().find(|finding| finding.kind == name.issue()).unwrap();
        assert_eq!(finding.tier, tier, "{finding:?}");
    }
}

#[test]
fn probes_that_fail_score_as_documented() {
    for (failed, score) in [(0, 1.0), (1, 0.9), (2, 0.25), (3, 0.0)] {
        let front_door = [vec![false; failed], vec![true; 3 - failed]].concat();
        let seen = Observation { front_door, ..Logged::default().seen() };
        assert!((health(&seen).score.value() - score).abs() < 1e-9, "{failed}");
    }
}

#[test]
fn a_rate_is_taken_over_the_shortest_horizon_with_a_sample() {
    let mut seen = Logged::default().seen();
    let log = seen.log.as_mut().unwrap();
    for (horizon, (failed, of)) in
        log.horizons.iter_mut().zip([(3, 3), (5, 19), (4, 20), (4, 100), (4, 1_000)])
    {
        horizon.performance = outcomes(failed, of).performance();
    }
    let health = health(&seen);
    let signal = health.signal(SignalName::ErrorRate).unwrap();
    assert_eq!(signal.value, Some(0.2));
    assert_eq!(signal.basis, "4 of 20 outcomes failed in the last 60 minutes");
}

#[test]
fn of_two_signals_of_one_kind_the_worse_one_is_found() {
    let seen = Observation { database: None, ..Logged::default().seen() };
    let health = health(&seen);
    let found = findings(&seen, &health, &Thresholds::default());
    let of_database: Vec<_> =
        found.iter().filter(|finding| finding.kind == IssueKind::DatabaseUnhealthy).collect();
    assert_eq!(of_database.len(), 1);
    assert_eq!(of_database.first().unwrap().tier, Some(Tier::Critical));
}
