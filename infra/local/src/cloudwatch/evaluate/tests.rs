//! The rules of CloudWatch's user guide, row by row.

use jiff::Timestamp;

use super::{EXTRA_PERIODS, Scale, evaluate};
use crate::cloudwatch::alarm::{MetricAlarm, MissingData, StateValue};
use crate::cloudwatch::metric::{Metric, Metrics, NO_UNIT, Sample};
use crate::cloudwatch::statistic::Values;

use StateValue::{Alarm, InsufficientData, Ok};

const REAL_TIME: Scale = Scale { ms_per_300_s: 300_000 };

/// 2026-11-24T00:00:00Z.
const NOW: i64 = 1_795_478_400;

fn alarm(more: serde_json::Value) -> MetricAlarm {
    let mut alarm = serde_json::json!({
        "AlarmName": "a", "Namespace": "N", "MetricName": "M", "Statistic": "Average",
        "Period": 300, "EvaluationPeriods": 3, "Threshold": 10.0,
        "ComparisonOperator": "GreaterThanThreshold",
    });
    let more = more.as_object().unwrap().clone();
    alarm.as_object_mut().unwrap().extend(more);
    serde_json::from_value(alarm).unwrap()
}

fn sample(value: f64) -> Sample {
    Sample { unit: NO_UNIT.to_owned(), values: Values::Counted(vec![(value, 1.0)]) }
}

/// One period a character, the oldest first: `0` is within the threshold, `X` beyond, `-` missing.
fn metrics(pattern: &str, period_ms: i64) -> Metrics {
    let mut metrics = Metrics::default();
    for (age, point) in pattern.split(' ').rev().enumerate() {
        let value = match point {
            "0" => 5.0,
            "X" => 15.0,
            _ => continue,
        };
        let at = NOW * 1000 - period_ms * age as i64 - period_ms / 2;
        metrics.put(Metric::new("N", "M", &[]), at, NOW * 1000, sample(value));
    }
    metrics
}

fn decide(pattern: &str, alarm: &MetricAlarm) -> Option<StateValue> {
    let now = Timestamp::from_second(NOW).unwrap();
    let metrics = metrics(pattern, i64::from(alarm.period) * 1000);
    evaluate(&metrics, alarm, Ok, now, REAL_TIME).map(|verdict| verdict.value)
}

#[test]
fn missing_data_counts_as_the_user_guide_says() {
    assert_eq!(EXTRA_PERIODS, 2, "the guide's patterns have five periods for an alarm of three");
    // M of 3; then what follows with missing, ignore, breaching and notBreaching; None keeps it.
    #[rustfmt::skip]
    let rows = [
        (3, "0 - X - X", [Some(Ok), Some(Ok), Some(Ok), Some(Ok)]),
        (3, "0 - - - -", [Some(Ok), Some(Ok), Some(Ok), Some(Ok)]),
        (3, "- - - - -", [Some(InsufficientData), None, Some(Alarm), Some(Ok)]),
        (3, "0 X X - X", [Some(Alarm), Some(Alarm), Some(Alarm), Some(Alarm)]),
        (3, "- - X - -", [Some(Alarm), None, Some(Alarm), Some(Ok)]),
        (2, "0 - X - X", [Some(Alarm), Some(Alarm), Some(Alarm), Some(Alarm)]),
        (2, "0 0 X 0 X", [Some(Alarm), Some(Alarm), Some(Alarm), Some(Alarm)]),
        (2, "0 - X - -", [Some(Ok), Some(Ok), Some(Alarm), Some(Ok)]),
        (2, "- - - - 0", [Some(Ok), Some(Ok), Some(Alarm), Some(Ok)]),
        (2, "- - - X -", [Some(Alarm), None, Some(Alarm), Some(Ok)]),
        // Not before M periods: the next data point may be within the threshold.
        (3, "- - - - X", [None, None, Some(Alarm), Some(Ok)]),
        (3, "- - - X -", [None, None, Some(Alarm), Some(Ok)]),
        (1, "- - - - X", [Some(Alarm), Some(Alarm), Some(Alarm), Some(Alarm)]),
    ];
    let treatments = [
        MissingData::Missing,
        MissingData::Ignore,
        MissingData::Breaching,
        MissingData::NotBreaching,
    ];
    for (to_alarm, pattern, expected) in rows {
        for (treatment, expected) in treatments.into_iter().zip(expected) {
            let mut alarm = alarm(serde_json::json!({"DatapointsToAlarm": to_alarm}));
            alarm.treat_missing_data = Some(treatment);
            let decided = decide(pattern, &alarm);
            assert_eq!(decided, expected, "{to_alarm} of 3, {pattern}, {treatment:?}");
        }
    }
}

#[test]
fn the_newest_data_points_decide() {
    for (to_alarm, pattern, expected) in [
        (3, "X X X 0 0", Ok),
        (3, "0 0 X X X", Alarm),
        (3, "X X 0 X X", Ok),
        (2, "X X 0 0 X", Ok),
        (2, "0 0 X 0 X", Alarm),
        (1, "X X 0 0 0", Ok),
        (1, "0 0 X 0 0", Alarm),
    ] {
        let alarm = alarm(serde_json::json!({"DatapointsToAlarm": to_alarm}));
        assert_eq!(decide(pattern, &alarm), Some(expected), "{to_alarm} of 3, {pattern}");
    }
}

#[test]
fn comparisons_at_the_threshold_and_beside_it() {
    for (operator, below, at, above) in [
        ("GreaterThanThreshold", Ok, Ok, Alarm),
        ("GreaterThanOrEqualToThreshold", Ok, Alarm, Alarm),
        ("LessThanThreshold", Alarm, Ok, Ok),
        ("LessThanOrEqualToThreshold", Alarm, Alarm, Ok),
    ] {
        for (threshold, expected) in [(15.1, below), (15.0, at), (14.9, above)] {
            let alarm = alarm(serde_json::json!({
                "ComparisonOperator": operator, "Threshold": threshold, "EvaluationPeriods": 1,
            }));
            assert_eq!(decide("X", &alarm), Some(expected), "{operator} {threshold}");
        }
    }
}

#[test]
fn dynamodbs_own_metrics_ignore_missing_data() {
    for (namespace, expected) in [("N", Some(Alarm)), ("AWS/DynamoDB", None)] {
        let more = serde_json::json!({"Namespace": namespace, "TreatMissingData": "breaching"});
        assert_eq!(decide("- - - - -", &alarm(more)), expected, "{namespace}");
    }
}

#[test]
fn a_period_is_as_long_as_the_scale_says() {
    let alarm =
        alarm(serde_json::json!({"EvaluationPeriods": 2, "TreatMissingData": "notBreaching"}));
    let now = Timestamp::from_second(NOW).unwrap();
    for (period_ms, scale_ms, expected) in [
        (300_000, 300_000, Alarm),
        (15_000, 15_000, Alarm),
        (1_000, 1_000, Alarm),
        // Data of one scale is one data point, or lies too far back, on another.
        (15_000, 300_000, Ok),
        (300_000, 15_000, Ok),
    ] {
        let metrics = metrics("X X", period_ms);
        let scale = Scale { ms_per_300_s: scale_ms };
        let verdict = evaluate(&metrics, &alarm, Ok, now, scale).unwrap();
        assert_eq!(verdict.value, expected, "{period_ms} {scale_ms}");
    }
}

#[test]
fn periods_end_with_the_last_whole_minute() {
    let alarm = alarm(serde_json::json!({
        "EvaluationPeriods": 1, "Period": 60, "TreatMissingData": "notBreaching", "Statistic": "Sum",
        "ComparisonOperator": "GreaterThanOrEqualToThreshold", "Threshold": 1.0,
    }));
    let mut metrics = Metrics::default();
    metrics.put(Metric::new("N", "M", &[]), NOW * 1000 + 1, NOW * 1000, sample(1.0));
    for (second, expected) in [(59, Ok), (60, Alarm), (119, Alarm)] {
        let now = Timestamp::from_second(NOW + second).unwrap();
        let verdict = evaluate(&metrics, &alarm, Ok, now, REAL_TIME).unwrap();
        assert_eq!(verdict.value, expected, "{second}");
    }
}

#[test]
fn percentiles_of_few_values_may_be_ignored() {
    let now = Timestamp::from_second(NOW).unwrap();
    for (count, choice, expected) in
        [(199.0, "evaluate", Some(Alarm)), (199.0, "ignore", None), (200.0, "ignore", Some(Alarm))]
    {
        let mut alarm = alarm(serde_json::json!({
            "ExtendedStatistic": "p95", "EvaluationPeriods": 1,
            "EvaluateLowSampleCountPercentile": choice,
        }));
        alarm.statistic = None;
        let mut metrics = Metrics::default();
        let values = Values::Counted(vec![(20.0, count)]);
        let sample = Sample { unit: NO_UNIT.to_owned(), values };
        metrics.put(Metric::new("N", "M", &[]), NOW * 1000 - 1, NOW * 1000, sample);
        let verdict = evaluate(&metrics, &alarm, Ok, now, REAL_TIME);
        assert_eq!(verdict.map(|verdict| verdict.value), expected, "{count} {choice}");
    }
}

#[test]
fn only_data_of_the_alarms_unit_counts() {
    let mut metrics = Metrics::default();
    let mut seconds = sample(20.0);
    seconds.unit = "Seconds".to_owned();
    metrics.put(Metric::new("N", "M", &[]), NOW * 1000 - 1, NOW * 1000, seconds);
    let now = Timestamp::from_second(NOW).unwrap();
    for (unit, expected) in [
        (serde_json::json!({}), Alarm),
        (serde_json::json!({"Unit": "Seconds"}), Alarm),
        (serde_json::json!({"Unit": "Count"}), InsufficientData),
    ] {
        let mut alarm = alarm(unit);
        alarm.evaluation_periods = 1;
        let verdict = evaluate(&metrics, &alarm, Ok, now, REAL_TIME).unwrap();
        assert_eq!(verdict.value, expected, "{:?}", alarm.unit);
    }
}

#[test]
fn reasons_name_the_numbers() {
    let now = Timestamp::from_second(NOW).unwrap();
    for (pattern, more, expected) in [
        (
            "0 0 X X X",
            serde_json::json!({"DatapointsToAlarm": 2}),
            "Threshold Crossed: 3 out of the last 3 datapoints [15.0 (23/11/26 23:55:00), 15.0 (23/11/26 23:50:00), 15.0 (23/11/26 23:45:00)] were greater than the threshold (10.0) (minimum 2 datapoints for OK -> ALARM transition).",
        ),
        ("- - - - -", serde_json::json!({}), "Insufficient Data: 3 datapoints were unknown."),
        (
            "- - - - -",
            serde_json::json!({"TreatMissingData": "breaching"}),
            "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as [Breaching].",
        ),
        (
            "- - X X 0",
            serde_json::json!({}),
            "Threshold Crossed: 1 out of the last 3 datapoints [5.0 (23/11/26 23:55:00)] was not greater than the threshold (10.0) (minimum 1 datapoint for OK -> OK transition).",
        ),
    ] {
        let verdict = evaluate(&metrics(pattern, 300_000), &alarm(more), Ok, now, REAL_TIME);
        assert_eq!(verdict.unwrap().reason, expected, "{pattern}");
    }
}
