//! What is to be done about the alarms that are there: pure.

use std::collections::BTreeSet;

use aws_sdk_cloudwatch::types::{CompositeAlarm, Dimension, MetricAlarm, StateValue};

use super::load::{Found, Owner, Settings};
use crate::cloudwatch::alarm::{
    Alarm, CompositeRule, MISSING_DATA, MetricRule, PERIOD, Rule, SUPPRESSED,
};

/// What is to be done, in this order.
#[derive(Debug, PartialEq, Default)]
pub(super) struct Plan<'a> {
    /// Alarms to make or change; what composites are made of comes before them.
    pub(super) puts: Vec<&'a Alarm>,
    /// Names of those of them that are in alarm, told nobody, and are to tell from now on.
    pub(super) overdue: BTreeSet<&'a str>,
    /// ARNs of those that are there and to be tagged again.
    pub(super) untagged: Vec<String>,
    /// Names of composites to delete.
    pub(super) deleted_composites: Vec<String>,
    /// Names of other alarms to delete.
    pub(super) deleted: Vec<String>,
    /// Names of alarms that are neither ours nor the template's.
    pub(super) foreign: Vec<String>,
}

/// Puts what is missing or differs, deletes what is ours and not desired, leaves the rest alone, even
/// where it has the name of a desired one.
pub(super) fn plan<'a>(desired: &'a [Alarm], found: &[Found]) -> Plan<'a> {
    let mut plan = Plan::default();
    for alarm in desired {
        match found.iter().find(|found| found.name == alarm.name) {
            Some(Found { owner: Owner::Template | Owner::Other, .. }) => {}
            Some(Found { settings, .. }) if is(alarm, settings) => {}
            found => {
                plan.puts.push(alarm);
                if found.is_some_and(|found| is_overdue(alarm, &found.settings)) {
                    plan.overdue.insert(&alarm.name);
                }
            }
        }
    }
    // Sorted stably: a composite that suppresses another is put before it, and deleted after it.
    plan.puts.sort_by_key(|alarm| matches!(alarm.rule, Rule::Composite(_)));
    for Found { name, arn, owner, is_untagged, settings } in found.iter().rev() {
        let is_desired = desired.iter().any(|alarm| alarm.name == *name);
        if *is_untagged && is_desired {
            plan.untagged.push(arn.clone());
        }
        match (owner, settings) {
            (Owner::Other, _) => plan.foreign.push(name.clone()),
            (Owner::HealthCheck, Settings::Composite(_)) if !is_desired => {
                plan.deleted_composites.push(name.clone());
            }
            (Owner::HealthCheck, Settings::Metric(_)) if !is_desired => {
                plan.deleted.push(name.clone());
            }
            (Owner::HealthCheck | Owner::Template, _) => {}
        }
    }
    plan
}

/// Whether what is there is what is to be there.
fn is(alarm: &Alarm, settings: &Settings) -> bool {
    match (&alarm.rule, settings) {
        (Rule::Metric(rule), Settings::Metric(found)) => is_metric(alarm, rule, found),
        (Rule::Composite(rule), Settings::Composite(found)) => is_composite(alarm, rule, found),
        _ => false,
    }
}

/// Whether a silence ends for an alarm that would have told somebody.
fn is_overdue(alarm: &Alarm, settings: &Settings) -> bool {
    let (enabled, state) = match settings {
        Settings::Metric(found) => (found.actions_enabled(), found.state_value()),
        Settings::Composite(found) => (found.actions_enabled(), found.state_value()),
    };
    let was_silent = enabled == Some(false) && state == Some(&StateValue::Alarm);
    was_silent && alarm.actions_enabled && !alarm.actions.is_empty()
}

fn is_metric(alarm: &Alarm, rule: &MetricRule, found: &MetricAlarm) -> bool {
    let pair = |dimension: &Dimension| {
        (dimension.name().map(str::to_owned), dimension.value().map(str::to_owned))
    };
    let dimensions: Vec<_> = found.dimensions().iter().map(pair).collect();
    let expected: Vec<_> = rule
        .dimension
        .map(|(name, value)| (Some(name.to_owned()), Some(value.to_owned())))
        .into_iter()
        .collect();
    let says =
        says(alarm, found.alarm_description(), found.actions_enabled(), found.alarm_actions());
    let others = [found.ok_actions(), found.insufficient_data_actions()];
    says && others.iter().all(|actions| actions.is_empty())
        && found.namespace() == Some(&rule.namespace)
        && found.metric_name() == Some(rule.metric)
        && dimensions == expected
        && found.statistic().map(|statistic| statistic.as_str()) == Some(rule.statistic)
        && found.extended_statistic().is_none()
        && found.unit().is_none()
        && found.metrics().is_empty()
        && found.period() == Some(PERIOD)
        && found.evaluation_periods() == Some(rule.periods)
        && found.datapoints_to_alarm() == Some(rule.datapoints)
        && found.threshold() == Some(rule.threshold)
        && found.comparison_operator().map(|operator| operator.as_str()) == Some(rule.comparison)
        && found.treat_missing_data() == Some(MISSING_DATA)
}

fn is_composite(alarm: &Alarm, rule: &CompositeRule, found: &CompositeAlarm) -> bool {
    let CompositeRule { expression, suppressor } = rule;
    let says =
        says(alarm, found.alarm_description(), found.actions_enabled(), found.alarm_actions());
    let others = [found.ok_actions(), found.insufficient_data_actions()];
    says && others.iter().all(|actions| actions.is_empty())
        && found.alarm_rule() == Some(expression)
        && match (suppressor, found.actions_suppressor()) {
            (None, suppressor) => suppressor.is_none(),
            // CloudWatch takes a name or an ARN, and may answer with either.
            (Some(name), Some(found)) => {
                found == name || found.ends_with(&format!(":alarm:{name}"))
            }
            (Some(_), None) => false,
        }
        && found.actions_suppressor_wait_period() == suppressor.as_ref().map(|_| 0)
        && found.actions_suppressor_extension_period() == suppressor.as_ref().map(|_| SUPPRESSED)
}

/// Whether text and actions are what is to be there.
fn says(alarm: &Alarm, text: Option<&str>, enabled: Option<bool>, actions: &[String]) -> bool {
    text == Some(&alarm.description)
        && enabled == Some(alarm.actions_enabled)
        && actions == alarm.actions
}

#[cfg(test)]
mod tests;
