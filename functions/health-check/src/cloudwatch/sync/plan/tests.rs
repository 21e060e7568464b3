use std::collections::BTreeSet;

use aws_sdk_cloudwatch::types::StandardUnit;
use shared::health::Thresholds;

use super::*;
use crate::cloudwatch::alarm::{AlarmId, Links, Topics, desired};

fn alarms() -> Vec<Alarm> {
    let topics = Topics { page: "arn:page".to_owned(), ticket: "arn:ticket".to_owned() };
    let links = Links { runbook: "infra/README.md".to_owned(), issues: None };
    desired("shop", &Thresholds::default(), &topics, &links, &BTreeSet::new())
}

/// An alarm as CloudWatch describes what was put.
fn described(alarm: &Alarm) -> Found {
    let settings = match &alarm.rule {
        Rule::Metric(rule) => Settings::Metric(Box::new(
            MetricAlarm::builder()
                .alarm_name(&alarm.name)
                .alarm_arn(format!("arn:aws:cloudwatch:us-east-1:1:alarm:{}", alarm.name))
                .alarm_description(&alarm.description)
                .actions_enabled(alarm.actions_enabled)
                .set_alarm_actions(Some(alarm.actions.clone()))
                .set_ok_actions(Some(Vec::new()))
                .namespace(&rule.namespace)
                .metric_name(rule.metric)
                .set_dimensions(rule.dimension.map(|(name, value)| {
                    vec![Dimension::builder().name(name).value(value).build()]
                }))
                .statistic(rule.statistic.into())
                .comparison_operator(rule.comparison.into())
                .threshold(rule.threshold)
                .period(PERIOD)
                .evaluation_periods(rule.periods)
                .datapoints_to_alarm(rule.datapoints)
                .treat_missing_data(MISSING_DATA)
                .build(),
        )),
        Rule::Composite(rule) => Settings::Composite(Box::new(
            CompositeAlarm::builder()
                .alarm_name(&alarm.name)
                .alarm_description(&alarm.description)
                .actions_enabled(alarm.actions_enabled)
                .set_alarm_actions(Some(alarm.actions.clone()))
                .alarm_rule(&rule.expression)
                .set_actions_suppressor(rule.suppressor.clone().map(as_arn))
                .set_actions_suppressor_wait_period(rule.suppressor.as_ref().map(|_| 0))
                .set_actions_suppressor_extension_period(rule.suppressor.as_ref().map(|_| 900))
                .build(),
        )),
    };
    let (name, arn) = (alarm.name.clone(), as_arn(alarm.name.clone()));
    Found { name, arn, owner: Owner::HealthCheck, is_untagged: false, settings }
}

fn as_arn(name: String) -> String {
    format!("arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}")
}

fn foreign(name: &str, owner: Owner) -> Found {
    let settings = Settings::Metric(Box::new(MetricAlarm::builder().alarm_name(name).build()));
    let arn = as_arn(name.to_owned());
    Found { name: name.to_owned(), arn, owner, is_untagged: false, settings }
}

fn names(plan: &Plan<'_>) -> Vec<String> {
    plan.puts.iter().map(|alarm| alarm.name.clone()).collect()
}

#[test]
fn a_new_stack_gets_all_of_them_composites_last() {
    let mut alarms = alarms();
    alarms.reverse();
    let plan = plan(&alarms, &[]);
    assert_eq!(plan.puts.len(), AlarmId::ALL.len());
    let composite: Vec<bool> =
        plan.puts.iter().map(|alarm| matches!(alarm.rule, Rule::Composite(_))).collect();
    assert!(composite.is_sorted(), "{composite:?}");
    assert_eq!(composite.iter().filter(|is| **is).count(), 2);
}

#[test]
fn what_is_as_it_is_to_be_is_left_alone() {
    let alarms = alarms();
    let found: Vec<Found> = alarms.iter().map(described).collect();
    assert_eq!(plan(&alarms, &found), Plan::default());
}

#[test]
fn one_that_has_lost_its_tags_gets_them_back_and_goes_with_the_stack() {
    let alarms = alarms();
    let mut found: Vec<Found> = alarms.iter().map(described).collect();
    found[0].is_untagged = true;
    let untagged = vec![found[0].arn.clone()];
    assert_eq!(plan(&alarms, &found), Plan { untagged, ..Plan::default() });
    let gone = plan(&[], &found);
    assert!(gone.untagged.is_empty() && gone.deleted.contains(&found[0].name));
}

#[test]
fn a_changed_threshold_changes_the_alarms_that_say_it() {
    let found: Vec<Found> = alarms().iter().map(described).collect();
    let topics = Topics { page: "arn:page".to_owned(), ticket: "arn:ticket".to_owned() };
    let links = Links { runbook: "infra/README.md".to_owned(), issues: None };
    let thresholds = Thresholds::default().with([("error_rate_max", 0.01)]).unwrap();
    let silenced = BTreeSet::from([AlarmId::Outage]);
    let desired = desired("shop", &thresholds, &topics, &links, &silenced);
    assert_eq!(names(&plan(&desired, &found)), ["shop:error-rate", "shop:outage"]);
}

#[test]
fn any_field_that_somebody_changed_is_noticed() {
    type Change = fn(&mut MetricAlarm);
    let changes: [(&str, Change); 18] = [
        ("description", |alarm| alarm.alarm_description = Some("mine".to_owned())),
        ("enabled", |alarm| alarm.actions_enabled = Some(false)),
        ("actions", |alarm| alarm.alarm_actions = None),
        ("ok", |alarm| alarm.ok_actions = Some(vec!["arn:x".to_owned()])),
        ("insufficient", |alarm| alarm.insufficient_data_actions = Some(vec!["arn:x".to_owned()])),
        ("namespace", |alarm| alarm.namespace = Some("Other".to_owned())),
        ("metric", |alarm| alarm.metric_name = Some("Other".to_owned())),
        ("dimensions", |alarm| alarm.dimensions = Some(vec![Dimension::builder().build()])),
        ("statistic", |alarm| alarm.statistic = Some("Average".into())),
        ("extended", |alarm| alarm.extended_statistic = Some("p90".to_owned())),
        ("unit", |alarm| alarm.unit = Some(StandardUnit::Bytes)),
        ("metrics", |alarm| alarm.metrics = Some(vec![query()])),
        ("period", |alarm| alarm.period = Some(60)),
        ("periods", |alarm| alarm.evaluation_periods = Some(9)),
        ("datapoints", |alarm| alarm.datapoints_to_alarm = None),
        ("threshold", |alarm| alarm.threshold = Some(0.051)),
        ("comparison", |alarm| alarm.comparison_operator = Some("LessThanThreshold".into())),
        ("missing", |alarm| alarm.treat_missing_data = Some("missing".to_owned())),
    ];
    let alarms = alarms();
    let alarm = alarms.iter().find(|alarm| alarm.id == AlarmId::ErrorRate).unwrap();
    for (field, change) in changes {
        let mut found = described(alarm);
        match &mut found.settings {
            Settings::Metric(settings) => change(settings),
            Settings::Composite(settings) => panic!("{settings:?}"),
        }
        let changed = plan(std::slice::from_ref(alarm), &[found]);
        assert_eq!(names(&changed), ["shop:error-rate"], "{field}");
    }
}

fn query() -> aws_sdk_cloudwatch::types::MetricDataQuery {
    aws_sdk_cloudwatch::types::MetricDataQuery::builder().id("m1").build()
}

#[test]
fn a_changed_composite_is_noticed() {
    type Change = fn(&mut CompositeAlarm);
    let changes: [(&str, Change); 6] = [
        ("rule", |alarm| alarm.alarm_rule = Some("FALSE".to_owned())),
        ("enabled", |alarm| alarm.actions_enabled = None),
        ("suppressor", |alarm| alarm.actions_suppressor = Some("x".to_owned())),
        ("none", |alarm| alarm.actions_suppressor = None),
        ("extension", |alarm| alarm.actions_suppressor_extension_period = Some(60)),
        ("ok", |alarm| alarm.ok_actions = Some(vec!["arn:x".to_owned()])),
    ];
    let alarms = alarms();
    let alarm = alarms.iter().find(|alarm| alarm.id == AlarmId::Outage).unwrap();
    for (field, change) in changes {
        let mut found = described(alarm);
        match &mut found.settings {
            Settings::Composite(settings) => change(settings),
            Settings::Metric(settings) => panic!("{settings:?}"),
        }
        assert_eq!(names(&plan(std::slice::from_ref(alarm), &[found])), ["shop:outage"], "{field}");
    }
}

#[test]
fn only_ours_are_deleted_and_composites_by_themselves() {
    let alarms = alarms();
    let mut found: Vec<Found> = alarms.iter().map(described).collect();
    found.push(foreign("shop:receiver-failing", Owner::Template));
    found.push(foreign("shop:mine", Owner::Other));
    found.push(foreign("shop:of-an-older-version", Owner::HealthCheck));
    let kept = plan(&alarms, &found);
    assert_eq!(kept.puts, Vec::<&Alarm>::new());
    assert_eq!(kept.deleted, ["shop:of-an-older-version"]);
    assert!(kept.deleted_composites.is_empty());
    assert_eq!(kept.foreign, ["shop:mine"]);
    let all = plan(&[], &found);
    assert_eq!(all.deleted_composites, ["shop:silence-page", "shop:outage"]);
    assert_eq!(all.deleted.len(), AlarmId::ALL.len() - 2 + 1);
    assert_eq!(all.foreign, ["shop:mine"]);
}

#[test]
fn a_name_that_somebody_else_took_is_theirs() {
    let alarms = alarms();
    let found = [foreign("shop:p95", Owner::Other), foreign("shop:forged", Owner::Template)];
    let plan = plan(&alarms, &found);
    let put = names(&plan);
    assert_eq!(put.len(), AlarmId::ALL.len() - 2);
    assert!(!put.contains(&"shop:p95".to_owned()) && !put.contains(&"shop:forged".to_owned()));
    assert_eq!(plan.foreign, ["shop:p95"]);
    assert!(plan.deleted.is_empty());
}
