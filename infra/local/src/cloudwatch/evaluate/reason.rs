//! Why an alarm is in a state, for people and as data, in CloudWatch's form.

use jiff::Timestamp;
use serde_json::json;

use super::{MissingData, Point, Verdict, treatment};
use crate::cloudwatch::alarm::{MetricAlarm, StateValue};
use crate::cloudwatch::state::stamp;

pub(super) fn verdict(
    alarm: &MetricAlarm,
    points: &[Point],
    before: StateValue,
    value: StateValue,
    now: Timestamp,
) -> Verdict {
    let statistic = alarm.statistic.as_ref().or(alarm.extended_statistic.as_ref());
    let data = json!({
        "version": "1.0",
        "queryDate": stamp(now),
        "startDate": points.last().map(|oldest| stamp(oldest.at)),
        "statistic": statistic,
        "period": alarm.period,
        "recentDatapoints": points.iter().rev().map(|point| point.value).collect::<Vec<_>>(),
        "threshold": alarm.threshold,
    });
    Verdict { value, reason: reason(alarm, points, before, value), reason_data: data.to_string() }
}

fn reason(alarm: &MetricAlarm, points: &[Point], before: StateValue, value: StateValue) -> String {
    let periods = alarm.evaluation_periods;
    let missing = (periods as usize).saturating_sub(points.len());
    if value == StateValue::InsufficientData {
        return format!("Insufficient Data: {} unknown.", plural(missing, "was", "were"));
    }
    if points.is_empty() {
        let word = match treatment(alarm) {
            MissingData::Breaching => "Breaching",
            _ => "NonBreaching",
        };
        return format!(
            "Threshold Crossed: no datapoints were received for {periods} periods and {} treated as [{word}].",
            plural(missing, "was", "were").replace("datapoint", "missing datapoint")
        );
    }
    let crossed = value == StateValue::Alarm;
    let named: Vec<&Point> = points.iter().filter(|point| point.breaches == crossed).collect();
    let values: Vec<String> = named
        .iter()
        .map(|point| format!("{:?} ({})", point.value, point.at.strftime("%d/%m/%y %H:%M:%S")))
        .collect();
    let verb = match (named.len(), crossed) {
        (1, true) => "was",
        (1, false) => "was not",
        (_, true) => "were",
        (_, false) => "were not",
    };
    let to_alarm = alarm.datapoints_to_alarm.unwrap_or(periods);
    let minimum = if crossed { to_alarm } else { periods.saturating_sub(to_alarm) + 1 };
    format!(
        "Threshold Crossed: {} out of the last {periods} datapoints [{}] {verb} {} the threshold ({:?}) (minimum {minimum} datapoint{} for {before} -> {value} transition).",
        named.len(),
        values.join(", "),
        alarm.comparison_operator.words(),
        alarm.threshold,
        if minimum == 1 { "" } else { "s" },
    )
}

fn plural(count: usize, one: &str, more: &str) -> String {
    match count {
        1 => format!("1 datapoint {one}"),
        _ => format!("{count} datapoints {more}"),
    }
}
