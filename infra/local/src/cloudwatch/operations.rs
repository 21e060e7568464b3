//! CloudWatch's operations, as far as Hookwatch uses them, with the limits that its API reference gives.

mod data;
mod tags;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::alarm::{
    Alarm, AlarmState, CompositeAlarm, Definition, MetricAlarm, StateValue, Tag, arn, name_of,
};
use super::rule::Rule;
use super::state::State;
use super::statistic::Statistic;
use data::put_metric_data;
use tags::{tag, tags_of, untag};

/// An error as the wire has it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) kind: &'static str,
    pub(super) message: String,
}

fn invalid(message: impl Into<String>) -> Refused {
    Refused { kind: "InvalidParameterValueException", message: message.into() }
}

fn missing(name: &str) -> Refused {
    let message = format!("there is no alarm {name}");
    Refused { kind: "ResourceNotFoundException", message }
}

const PAGE: usize = 50;
const LONGEST_REASON: usize = 1_023;
const LONGEST_REASON_DATA: usize = 4_000;

/// Does what is asked.
pub(super) fn call(
    state: &mut State,
    operation: &str,
    input: Value,
    now: Timestamp,
) -> Result<Value, Refused> {
    match operation {
        "PutMetricData" => put_metric_data(state, read(input)?, now),
        "PutMetricAlarm" => put_metric_alarm(state, read(input)?, now),
        "PutCompositeAlarm" => put_composite_alarm(state, read(input)?, now),
        "SetAlarmState" => set_alarm_state(state, read(input)?, now),
        "DescribeAlarms" => Ok(describe_alarms(state, &read(input)?)),
        "DeleteAlarms" => delete_alarms(state, read(input)?),
        "ListTagsForResource" => tags_of(state, &read(input)?),
        "TagResource" => tag(state, read(input)?),
        "UntagResource" => untag(state, &read(input)?),
        _ => Err(Refused {
            kind: "UnknownOperationException",
            message: format!("{operation} is not known here"),
        }),
    }
}

fn read<T: DeserializeOwned>(input: Value) -> Result<T, Refused> {
    serde_json::from_value(input).map_err(|error| invalid(error.to_string()))
}

fn put_metric_alarm(
    state: &mut State,
    alarm: MetricAlarm,
    now: Timestamp,
) -> Result<Value, Refused> {
    let statistic = match (&alarm.statistic, &alarm.extended_statistic) {
        (Some(statistic), None) | (None, Some(statistic)) => statistic,
        _ => return Err(invalid("an alarm has either Statistic or ExtendedStatistic")),
    };
    if Statistic::parse(statistic).is_none() {
        return Err(invalid("Statistic is not known"));
    }
    let period = alarm.period;
    let of_minutes = period > 0 && period.is_multiple_of(60);
    if !(of_minutes || [10, 20, 30].contains(&period)) {
        return Err(invalid("Period is 10, 20, 30 or a multiple of 60"));
    }
    let periods = alarm.evaluation_periods;
    let m = alarm.datapoints_to_alarm.unwrap_or(periods);
    if periods == 0 || m == 0 || m > periods || u64::from(period) * u64::from(periods) > 604_800 {
        return Err(invalid("DatapointsToAlarm is at least 1 and at most EvaluationPeriods"));
    }
    let actions = [&alarm.ok_actions, &alarm.alarm_actions, &alarm.insufficient_data_actions];
    checked(&alarm.alarm_name, alarm.alarm_description.as_deref(), &actions, &alarm.tags)?;
    state.put_metric_alarm(alarm, now);
    Ok(json!({}))
}

fn put_composite_alarm(
    state: &mut State,
    alarm: CompositeAlarm,
    now: Timestamp,
) -> Result<Value, Refused> {
    let rule = Rule::parse(&alarm.alarm_rule).map_err(invalid)?;
    let children = rule.children();
    if children.len() > 100 {
        return Err(invalid("a composite has at most 100 children"));
    }
    if let Some(unknown) = children.iter().find(|name| state.alarm(name).is_none()) {
        return Err(invalid(format!("AlarmRule names {unknown}, which is not there")));
    }
    let (wait, extension) =
        (alarm.actions_suppressor_wait_period, alarm.actions_suppressor_extension_period);
    match &alarm.actions_suppressor {
        Some(name) if state.alarm(name_of(name)).is_none() => {
            return Err(invalid(format!("ActionsSuppressor is {name}, which is not there")));
        }
        Some(_) if wait.is_none() || extension.is_none() => {
            return Err(invalid("a suppressor needs WaitPeriod and ExtensionPeriod"));
        }
        None if wait.is_some() || extension.is_some() => {
            return Err(invalid("WaitPeriod and ExtensionPeriod need a suppressor"));
        }
        _ => {}
    }
    let actions = [&alarm.ok_actions, &alarm.alarm_actions, &alarm.insufficient_data_actions];
    checked(&alarm.alarm_name, alarm.alarm_description.as_deref(), &actions, &alarm.tags)?;
    state.put_composite_alarm(alarm, rule, now);
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SetState {
    alarm_name: String,
    state_value: StateValue,
    state_reason: String,
    #[serde(default)]
    state_reason_data: String,
}

/// Until the alarm is looked at again.
fn set_alarm_state(state: &mut State, set: SetState, now: Timestamp) -> Result<Value, Refused> {
    let SetState { alarm_name, state_value, state_reason, state_reason_data } = set;
    if state.alarm(&alarm_name).is_none() {
        return Err(Refused { kind: "ResourceNotFound", ..missing(&alarm_name) });
    }
    if state_reason.chars().count() > LONGEST_REASON
        || state_reason_data.chars().count() > LONGEST_REASON_DATA
    {
        return Err(invalid("StateReason or StateReasonData is too long"));
    }
    let set = AlarmState {
        value: state_value,
        reason: state_reason,
        reason_data: state_reason_data,
        at: now,
    };
    state.set_state(&alarm_name, set);
    Ok(json!({}))
}

fn checked(
    name: &str,
    description: Option<&str>,
    actions: &[&Vec<String>],
    tags: &[Tag],
) -> Result<(), Refused> {
    let sound = (1..=255).contains(&name.chars().count())
        && description.unwrap_or_default().chars().count() <= 1_024
        && actions.iter().all(|actions| actions.len() <= 5)
        && tags.len() <= 50;
    if sound { Ok(()) } else { Err(invalid("a name, text, list of actions or tags is too long")) }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Describe {
    #[serde(default)]
    alarm_names: Vec<String>,
    alarm_name_prefix: Option<String>,
    #[serde(default)]
    alarm_types: Vec<String>,
    max_records: Option<usize>,
    next_token: Option<String>,
}

/// Both kinds share a page, by name; the token is the name of the last one.
fn describe_alarms(state: &State, asked: &Describe) -> Value {
    let is_asked = |alarm: &&Alarm| {
        let name = alarm.name();
        let (kind, is_default) = match alarm.definition {
            Definition::Metric(_) => ("MetricAlarm", true),
            Definition::Composite(..) => ("CompositeAlarm", false),
        };
        let of_type = match asked.alarm_types.is_empty() {
            true => is_default,
            false => asked.alarm_types.iter().any(|of| of == kind),
        };
        of_type
            && (asked.alarm_names.is_empty() || asked.alarm_names.iter().any(|of| of == name))
            && asked.alarm_name_prefix.as_ref().is_none_or(|prefix| name.starts_with(prefix))
            && asked.next_token.as_ref().is_none_or(|last| name > last.as_str())
    };
    let most = asked.max_records.unwrap_or(PAGE).clamp(1, 100);
    let mut found: Vec<&Alarm> = state.alarms().filter(is_asked).take(most + 1).collect();
    let has_more = found.len() > most;
    found.truncate(most);
    let (mut metric, mut composite) = (Vec::new(), Vec::new());
    for alarm in &found {
        let mut view = match &alarm.definition {
            Definition::Metric(of) => json!(of),
            Definition::Composite(of, _) => json!(of),
        };
        if let Some(members) = view.as_object_mut() {
            members.insert("AlarmArn".to_owned(), json!(arn(alarm.name())));
            members.insert("StateValue".to_owned(), json!(alarm.state.value.as_str()));
            members.insert("StateReason".to_owned(), json!(alarm.state.reason));
        }
        match alarm.definition {
            Definition::Metric(_) => metric.push(view),
            Definition::Composite(..) => composite.push(view),
        }
    }
    let next = found.last().filter(|_| has_more).map(|last| last.name());
    match next {
        None => json!({"MetricAlarms": metric, "CompositeAlarms": composite}),
        Some(next) => {
            json!({"MetricAlarms": metric, "CompositeAlarms": composite, "NextToken": next})
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Names {
    alarm_names: Vec<String>,
}

fn delete_alarms(state: &mut State, names: Names) -> Result<Value, Refused> {
    let Names { alarm_names } = names;
    if alarm_names.len() > 100 {
        return Err(invalid("a call deletes at most 100 alarms"));
    }
    if let Some(unknown) = alarm_names.iter().find(|name| state.alarm(name).is_none()) {
        return Err(Refused { kind: "ResourceNotFound", ..missing(unknown) });
    }
    let is_composite = |name: &String| {
        state.alarm(name).is_some_and(|of| matches!(of.definition, Definition::Composite(..)))
    };
    if alarm_names.len() > 1 && alarm_names.iter().any(is_composite) {
        return Err(invalid("a composite alarm is deleted by itself"));
    }
    let is_child = |alarm: &Alarm| match &alarm.definition {
        Definition::Composite(_, rule) => {
            rule.children().iter().any(|child| alarm_names.iter().any(|name| name == child))
        }
        Definition::Metric(_) => false,
    };
    if state.alarms().any(|alarm| !alarm_names.iter().any(|n| n == alarm.name()) && is_child(alarm))
    {
        return Err(invalid("a composite alarm is made of it"));
    }
    alarm_names.iter().for_each(|name| state.delete(name));
    Ok(json!({}))
}
