//! One alarm to CloudWatch.

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{Dimension, StateValue, Tag};

use crate::cloudwatch::CloudWatchError;
use crate::cloudwatch::alarm::{
    Alarm, CompositeRule, MISSING_DATA, MetricRule, PERIOD, Rule, SUPPRESSED,
};
use crate::cloudwatch::names;

/// Makes an alarm, or makes it as it is to be; its state stays. Tags of one that is there do too.
pub(super) async fn put(
    client: &Client,
    stack: &str,
    alarm: &Alarm,
) -> Result<(), CloudWatchError> {
    match &alarm.rule {
        Rule::Metric(rule) => metric(client, stack, alarm, rule).await,
        Rule::Composite(rule) => composite(client, stack, alarm, rule).await,
    }
}

/// Has CloudWatch find out an alarm's state anew, and tell it.
pub(super) async fn forget_state(client: &Client, alarm: &Alarm) -> Result<(), CloudWatchError> {
    client
        .set_alarm_state()
        .alarm_name(&alarm.name)
        .state_value(StateValue::InsufficientData)
        .state_reason("A mute or a snooze has ended.")
        .send()
        .await
        .map_err(|error| CloudWatchError::new("SetAlarmState", &error))?;
    Ok(())
}

/// Says whose an alarm is that is there: a put leaves its tags alone.
pub(super) async fn tag(client: &Client, stack: &str, arn: &str) -> Result<(), CloudWatchError> {
    let call = client.tag_resource().resource_arn(arn).set_tags(Some(tags(stack))).send().await;
    call.map(drop).map_err(|error| CloudWatchError::new("TagResource", &error))
}

async fn metric(
    client: &Client,
    stack: &str,
    alarm: &Alarm,
    rule: &MetricRule,
) -> Result<(), CloudWatchError> {
    let dimension = rule
        .dimension
        .map(|(name, value)| vec![Dimension::builder().name(name).value(value).build()]);
    // No unit: with one that is not the metric's, an alarm would never see a value.
    client
        .put_metric_alarm()
        .alarm_name(&alarm.name)
        .alarm_description(&alarm.description)
        .actions_enabled(alarm.actions_enabled)
        .set_alarm_actions(Some(alarm.actions.clone()))
        .namespace(&rule.namespace)
        .metric_name(rule.metric)
        .set_dimensions(dimension)
        .statistic(rule.statistic.into())
        .comparison_operator(rule.comparison.into())
        .threshold(rule.threshold)
        .period(PERIOD)
        .evaluation_periods(rule.periods)
        .datapoints_to_alarm(rule.datapoints)
        .treat_missing_data(MISSING_DATA)
        .set_tags(Some(tags(stack)))
        .send()
        .await
        .map_err(|error| CloudWatchError::new("PutMetricAlarm", &error))?;
    Ok(())
}

async fn composite(
    client: &Client,
    stack: &str,
    alarm: &Alarm,
    rule: &CompositeRule,
) -> Result<(), CloudWatchError> {
    let is_suppressed = rule.suppressor.is_some();
    client
        .put_composite_alarm()
        .alarm_name(&alarm.name)
        .alarm_description(&alarm.description)
        .actions_enabled(alarm.actions_enabled)
        .set_alarm_actions(Some(alarm.actions.clone()))
        .alarm_rule(&rule.expression)
        .set_actions_suppressor(rule.suppressor.clone())
        .set_actions_suppressor_wait_period(is_suppressed.then_some(0))
        .set_actions_suppressor_extension_period(is_suppressed.then_some(SUPPRESSED))
        .set_tags(Some(tags(stack)))
        .send()
        .await
        .map_err(|error| CloudWatchError::new("PutCompositeAlarm", &error))?;
    Ok(())
}

fn tags(stack: &str) -> Vec<Tag> {
    let tag = |(key, value): (&str, &str)| Tag::builder().key(key).value(value).build();
    [(names::STACK_TAG, stack), (names::OWNER_TAG, names::OWNER)].map(tag).into()
}
