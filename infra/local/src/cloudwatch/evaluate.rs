//! What the state of a metric alarm is: CloudWatch's rules for M of N data points and for missing
//! ones, as its user guide has them ("Configuring how CloudWatch alarms treat missing data").
//!
//! An alarm looks a little further back than its N periods. While N data points are found there, the
//! newest N decide and nothing counts as missing. So an alarm whose metric has stopped keeps its
//! state until fewer than N are left, and a dead-man fires later than after N periods.

mod reason;

use jiff::Timestamp;

use super::alarm::{LowSampleCount, MetricAlarm, MissingData, StateValue};
use super::metric::{Metric, Metrics};
use super::statistic::Statistic;

/// Periods that are looked at beyond N. CloudWatch says that their number depends on the period and
/// gives one example, of 3 and 5.
pub(super) const EXTRA_PERIODS: u32 = 2;

/// A data point that exists.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    /// Periods before now, from 1 for the newest.
    age: u32,
    /// When its period began.
    at: Timestamp,
    value: f64,
    breaches: bool,
    /// Whether it is a percentile of too few values to mean anything.
    thin: bool,
}

/// A decision and its reason.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Verdict {
    pub(super) value: StateValue,
    pub(super) reason: String,
    pub(super) reason_data: String,
}

/// How long a period of CloudWatch's is here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    /// Real milliseconds that stand for 300 s.
    pub(super) ms_per_300_s: i64,
}

impl Scale {
    /// Real milliseconds of so many of CloudWatch's seconds, at least 1.
    pub(super) fn ms(self, seconds: u32) -> i64 {
        (self.ms_per_300_s.saturating_mul(seconds.into()) / 300).max(1)
    }
}

/// Decides on an alarm at a time; `None` leaves its state as it is.
///
/// Data points are of the periods that end with the last whole minute, or the last whole 10 seconds
/// for periods below a minute.
pub(super) fn evaluate(
    metrics: &Metrics,
    alarm: &MetricAlarm,
    before: StateValue,
    now: Timestamp,
    scale: Scale,
) -> Option<Verdict> {
    let points = points(metrics, alarm, now, scale);
    let needed = alarm.evaluation_periods as usize;
    let newest = points.get(..needed).unwrap_or(&points);
    let thin = newest.iter().any(|point| point.thin);
    if thin && alarm.evaluate_low_sample_count_percentile == Some(LowSampleCount::Ignore) {
        return None;
    }
    let value = decide(newest, alarm)?;
    Some(reason::verdict(alarm, newest, before, value, now))
}

/// The data points that exist, the newest first.
fn points(metrics: &Metrics, alarm: &MetricAlarm, now: Timestamp, scale: Scale) -> Vec<Point> {
    let statistic = alarm.extended_statistic.as_ref().or(alarm.statistic.as_ref());
    let Some(statistic) = statistic.and_then(|text| Statistic::parse(text)) else {
        return Vec::new();
    };
    let metric = Metric::new(&alarm.namespace, &alarm.metric_name, &alarm.dimensions);
    let step = scale.ms(if alarm.period < 60 { 10 } else { 60 });
    let end = now.as_millisecond().div_euclid(step) * step;
    let period = scale.ms(alarm.period);
    (1..=alarm.evaluation_periods.saturating_add(EXTRA_PERIODS))
        .filter_map(|age| {
            let begin = end - period * i64::from(age);
            let summary = metrics.summary(&metric, begin..begin + period, alarm.unit.as_deref());
            let value = summary.get(statistic)?;
            let breaches = alarm.comparison_operator.breaches(value, alarm.threshold);
            let thin = summary.count() < significant(statistic);
            Some(Point { age, at: Timestamp::from_millisecond(begin).ok()?, value, breaches, thin })
        })
        .collect()
}

/// Values that a percentile needs to mean anything: 10 beyond it.
fn significant(statistic: Statistic) -> f64 {
    match statistic {
        Statistic::Percentile(percent) => {
            let share = percent / 100.0;
            10.0 / share.max(f64::MIN_POSITIVE).min((1.0 - share).max(f64::MIN_POSITIVE))
        }
        _ => 0.0,
    }
}

/// The state that follows from the data points, the newest first, at most N; `None` keeps it.
fn decide(points: &[Point], alarm: &MetricAlarm) -> Option<StateValue> {
    let to_alarm = alarm.datapoints_to_alarm.unwrap_or(alarm.evaluation_periods) as usize;
    let missing = (alarm.evaluation_periods as usize).saturating_sub(points.len());
    let breaching = points.iter().filter(|point| point.breaches).count();
    let by_count = |count| if count >= to_alarm { StateValue::Alarm } else { StateValue::Ok };
    let treatment = treatment(alarm);
    if missing == 0 || breaching >= to_alarm {
        return Some(by_count(breaching));
    }
    match treatment {
        MissingData::Breaching => Some(by_count(breaching + missing)),
        MissingData::NotBreaching => Some(by_count(breaching)),
        MissingData::Ignore | MissingData::Missing if breaching < points.len() => {
            Some(StateValue::Ok)
        }
        MissingData::Ignore => None,
        MissingData::Missing => match points.last() {
            None => Some(StateValue::InsufficientData),
            // All that there is breaches, and it has been so for long enough.
            Some(oldest) if oldest.age as usize >= to_alarm => Some(StateValue::Alarm),
            Some(_) => None,
        },
    }
}

/// What missing data counts as: for DynamoDB's own metrics it is ignored, whatever the alarm says.
fn treatment(alarm: &MetricAlarm) -> MissingData {
    match alarm.namespace.as_str() {
        "AWS/DynamoDB" => MissingData::Ignore,
        _ => alarm.treat_missing_data.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
