use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudwatch::types::StandardUnit;
use jiff::SignedDuration;
use shared::rollup::{Bucket, CellKey, Grain, Label, Measure, RejectionKey, Rollup, Status};

use super::*;

fn now() -> Timestamp {
    "2026-11-24T12:03:20.5Z".parse().unwrap()
}

fn window() -> Bucket {
    Grain::Window.bucket_of(now())
}

fn all_known() -> Gauges {
    let components = ComponentScores {
        database: Some(1.0),
        processing: Some(0.9),
        performance: Some(0.8),
        security: Some(0.51),
    };
    Gauges {
        health_score: 0.8,
        components,
        error_rate: Some(0.01),
        average_processing_time: Some(1.5),
        p95_processing_time: Some(4.0),
        oldest_unprocessed: Some(60.0),
        rollup_lag: Some(300.0),
        missed_events: Some(0.5),
        refused_genuine: Some(0.0),
        forged_per_minute: Some(2.0),
        authentication_failures: Some(1.0),
        front_door: Some(true),
        active_issues: Some(ActiveIssues { warning: 2, critical: 1 }),
    }
}

/// A window with every kind of entry, and more durations than one datum may hold.
fn full() -> Rollup {
    let mut rollup = Rollup::default();
    for (status, count) in [
        (Status::Received, 6),
        (Status::Quarantined, 1),
        (Status::Duplicate, 2),
        (Status::OtherEndpoint, 1),
        (Status::Succeeded, 200),
        (Status::Failed, 3),
    ] {
        for event_type in ["invoice.paid", "charge.failed"] {
            let mut measure = Measure { count, ..Measure::default() };
            (1..=count).for_each(|n| measure.add_time(n * n * 1_000));
            rollup.cells.insert(cell(status, event_type), measure);
        }
    }
    let cause = shared::log::Cause::SignatureMismatch;
    let rejection = |refused_genuine| RejectionKey { cause, refused_genuine };
    rollup.rejections = BTreeMap::from([(rejection(true), 4), (rejection(false), 7)]);
    rollup.store_time.add(12_000);
    rollup
}

fn cell(status: Status, event_type: &str) -> CellKey {
    CellKey {
        status,
        event_type: Label::of(Some(event_type)),
        entity_type: Label::All,
        category: Label::All,
        level: Label::All,
        livemode: Some(true),
        api_version: Label::All,
        account: Label::All,
    }
}

/// Name and dimensions: what CloudWatch bills as one metric.
fn metric(datum: &MetricDatum) -> String {
    let dimensions = datum
        .dimensions()
        .iter()
        .map(|d| format!("{}={}", d.name().unwrap(), d.value().unwrap()))
        .collect::<Vec<_>>();
    format!("{}{{{}}}", datum.metric_name().unwrap(), dimensions.join(","))
}

fn count(data: &[MetricDatum], name: &str) -> f64 {
    data.iter().find(|datum| metric(datum) == name).unwrap().value().unwrap()
}

#[test]
fn a_full_run_has_26_metrics() {
    let mut data = all_known().data(now());
    data.extend(window_data(window(), &full(), &[]));
    data.extend(heartbeat(now()));
    let metrics: BTreeSet<String> = data.iter().map(metric).collect();
    assert_eq!(metrics.len(), 26, "{metrics:?}");
}

#[test]
fn a_gauge_is_one_datum_of_now() {
    let data = all_known().data(now());
    assert_eq!(data.len(), 17);
    for (name, value, unit) in [
        ("HealthScore{}", 0.8, StandardUnit::None),
        ("ComponentScore{Component=Database}", 1.0, StandardUnit::None),
        ("ComponentScore{Component=Security}", 0.51, StandardUnit::None),
        ("P95ProcessingTime{}", 4.0, StandardUnit::Seconds),
        ("FrontDoor{}", 1.0, StandardUnit::Count),
        ("ActiveIssues{Severity=warning}", 2.0, StandardUnit::Count),
        ("ActiveIssues{Severity=critical}", 1.0, StandardUnit::Count),
    ] {
        let datum = data.iter().find(|datum| metric(datum) == name).unwrap();
        assert_eq!((datum.value(), datum.unit()), (Some(value), Some(&unit)), "{name}");
        assert_eq!(datum.timestamp().unwrap().to_millis().unwrap(), now().as_millisecond());
    }
    assert_eq!(count(&heartbeat(now()), "Heartbeat{}"), 1.0);
}

#[test]
fn what_is_unknown_or_no_number_is_left_out() {
    let known: Vec<String> = Gauges::default().data(now()).iter().map(metric).collect();
    assert_eq!(known, ["HealthScore{}"]);
    let odd = Gauges {
        health_score: f64::NAN,
        error_rate: Some(f64::INFINITY),
        front_door: Some(false),
        ..Gauges::default()
    };
    let data = odd.data(now());
    assert_eq!(data.len(), 1);
    assert_eq!(count(&data, "FrontDoor{}"), 0.0);
}

#[test]
fn a_window_is_counted_at_its_start() {
    let data = window_data(window(), &full(), &[]);
    for (outcome, expected) in [
        ("received", 14.0),
        ("duplicate", 6.0),
        ("succeeded", 400.0),
        ("failed", 6.0),
        ("rejected", 11.0),
    ] {
        assert_eq!(count(&data, &format!("Events{{Outcome={outcome}}}")), expected, "{outcome}");
    }
    for datum in &data {
        let at = datum.timestamp().unwrap().to_millis().unwrap();
        assert_eq!(at, (now() - SignedDuration::from_millis(200_500)).as_millisecond());
    }
    let quiet: Vec<String> =
        window_data(window(), &Rollup::default(), &[]).iter().map(metric).collect();
    assert_eq!(quiet.len(), 5, "five counts of 0 and no duration: {quiet:?}");
}

#[test]
fn durations_go_with_their_counts_150_at_a_time() {
    let data = window_data(window(), &full(), &[]);
    for (name, unit, count, sum) in [
        // Twice the squares of 1 to 200 and of 1 to 3, in milliseconds.
        ("ProcessingTime{}", StandardUnit::Seconds, 406.0, 5_373.428),
        ("DeliveryLag{}", StandardUnit::Seconds, 14.0, 0.184),
        ("StoreTime{}", StandardUnit::Milliseconds, 1.0, 12.0),
    ] {
        let of_name: Vec<_> = data.iter().filter(|datum| metric(datum) == name).collect();
        assert_eq!(of_name.len(), if name == "ProcessingTime{}" { 2 } else { 1 }, "{name}");
        let mut found = (0.0, 0.0);
        for datum in of_name {
            assert!(datum.values().len() <= 150 && datum.values().len() == datum.counts().len());
            assert_eq!((datum.value(), datum.unit()), (None, Some(&unit)));
            for (value, count) in datum.values().iter().zip(datum.counts()) {
                found = (found.0 + count, found.1 + value * count);
            }
        }
        assert_eq!(found.0, count, "{name}");
        assert!((found.1 / sum - 1.0).abs() < 0.01, "{name}: {found:?}");
    }
}

#[test]
fn types_that_are_asked_for_have_metrics_of_their_own() {
    let plain = window_data(window(), &full(), &[]).len();
    let asked = ["invoice.paid", " ", "no\u{e9}", "", "never.seen"].map(str::to_owned);
    let data = window_data(window(), &full(), &asked);
    assert_eq!(count(&data, "Events{EventType=invoice.paid,Outcome=received}"), 7.0);
    assert_eq!(count(&data, "Events{EventType=never.seen,Outcome=failed}"), 0.0);
    assert_eq!(count(&data, "Events{Outcome=received}"), 14.0);
    let of_type = data.iter().filter(|datum| metric(datum).contains("EventType")).count();
    assert_eq!(data.len(), plain + of_type);
    let many: Vec<String> = (0..9).map(|n| format!("type.{n}")).collect();
    let data = window_data(window(), &Rollup::default(), &many);
    assert_eq!(data.len(), 5 + MOST_TYPES * 4);
}
