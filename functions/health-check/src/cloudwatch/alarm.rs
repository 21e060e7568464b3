//! The alarms that the health check keeps: pure.

mod id;
mod row;

use std::collections::BTreeSet;

use ring::digest::{SHA256, digest};
use serde::Serialize;
use shared::health::Thresholds;

use row::{Row, To};

pub use id::AlarmId;

/// Seconds of one period: that of a run.
pub const PERIOD: i32 = 300;
/// While there are no data, an alarm keeps its state: the health check is down, which the dead man's
/// alarm tells, or there is too little to judge.
pub const MISSING_DATA: &str = "ignore";
/// Seconds for which a composite tells nobody once its suppressor is out of alarm. What it is made of
/// needs two good runs to follow: up to eleven minutes.
pub const SUPPRESSED: i32 = 900;
/// Longest description, in characters (PutMetricAlarm).
const LONGEST_DESCRIPTION: usize = 1_024;

/// An alarm as it is to be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alarm {
    /// Which one it is.
    #[serde(skip)]
    pub id: AlarmId,
    /// `<stack>:<id>`.
    pub name: String,
    /// Number, limit, what to do, where to read on; at most 1024 characters.
    pub description: String,
    /// Whether it tells anybody.
    pub actions_enabled: bool,
    /// The topics that it tells.
    pub actions: Vec<String>,
    /// When it is in alarm.
    pub rule: Rule,
}

/// When an alarm is in alarm.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Rule {
    /// A metric of ours beyond a limit.
    Metric(MetricRule),
    /// An expression over other alarms.
    Composite(CompositeRule),
}

/// An expression over other alarms, and the alarm that has told of the same before.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CompositeRule {
    /// The expression.
    pub expression: String,
    /// Name of an alarm: while it is in alarm, and [`SUPPRESSED`] seconds after, the composite tells
    /// nobody.
    pub suppressor: Option<String>,
}

/// A metric beyond a limit in `datapoints` of `periods` periods.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricRule {
    /// Of the stack.
    pub namespace: String,
    /// The metric's name.
    pub metric: &'static str,
    /// Its one dimension, name and value, where it has any.
    pub dimension: Option<(&'static str, &'static str)>,
    /// CloudWatch's name of it, of one period.
    pub statistic: &'static str,
    /// CloudWatch's name of the comparison.
    pub comparison: &'static str,
    /// The limit.
    pub threshold: f64,
    /// Periods that are looked at.
    pub periods: i32,
    /// Of these, so many must be beyond the limit.
    pub datapoints: i32,
}

/// ARNs of the topics that alarms tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topics {
    /// Somebody is woken.
    pub page: String,
    /// Somebody looks in working hours.
    pub ticket: String,
}

/// What an alarm's text points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links {
    /// The runbook, which has a section for every alarm.
    pub runbook: String,
    /// Base URL of the operations API, which has the issues.
    pub issues: Option<String>,
}

/// Every alarm that is to be there, those first that others are made of. Alarms in `silenced` tell
/// nobody.
pub fn desired(
    stack: &str,
    thresholds: &Thresholds,
    topics: &Topics,
    links: &Links,
    silenced: &BTreeSet<AlarmId>,
) -> Vec<Alarm> {
    let alarm = |row: Row| Alarm {
        id: row.id,
        name: name(stack, row.id.as_str()),
        description: description(&row, links),
        actions_enabled: !silenced.contains(&row.id),
        actions: match row.to {
            To::Page => vec![topics.page.clone()],
            To::Ticket => vec![topics.ticket.clone()],
            To::Nobody => Vec::new(),
        },
        rule: row.rule,
    };
    row::rows(stack, thresholds).into_iter().map(alarm).collect()
}

/// A name that changes with anything that `alarms` say: SHA-256 of them as JSON, in hex.
pub fn hash(alarms: &[Alarm]) -> String {
    // Numbers, strings and enums in fixed order: writing them cannot fail, and two sets that are not
    // the same are not written the same.
    let text = serde_json::to_string(alarms).unwrap_or_default();
    data_encoding::HEXLOWER.encode(digest(&SHA256, text.as_bytes()).as_ref())
}

/// What all names of a stack's alarms begin with.
pub fn prefix(stack: &str) -> String {
    format!("{stack}:")
}

fn name(stack: &str, id: &str) -> String {
    format!("{}{id}", prefix(stack))
}

fn description(row: &Row, links: &Links) -> String {
    let Row { id, says, next, .. } = row;
    let issues = match &links.issues {
        Some(url) => format!(" Issues: {}/v1/issues", url.trim_end_matches('/')),
        None => String::new(),
    };
    let text = format!("{says} {next} Runbook: {}#{id}{issues}", links.runbook);
    text.chars().take(LONGEST_DESCRIPTION).collect()
}

#[cfg(test)]
mod tests;
