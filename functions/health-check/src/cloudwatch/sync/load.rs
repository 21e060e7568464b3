//! The alarms that are there.

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{AlarmType, CompositeAlarm, MetricAlarm, Tag};

use crate::cloudwatch::CloudWatchError;
use crate::cloudwatch::alarm::{AlarmId, prefix};
use crate::cloudwatch::names;

/// An alarm under our prefix.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) owner: Owner,
    /// It has lost the tags that say whose it is.
    pub(super) is_untagged: bool,
    pub(super) settings: Settings,
}

/// As CloudWatch describes it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Settings {
    Metric(Box<MetricAlarm>),
    Composite(Box<CompositeAlarm>),
}

/// Who keeps it, as its tags say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    HealthCheck,
    Template,
    Other,
}

/// Every alarm, of either type, whose name begins with the stack's prefix.
pub(super) async fn load(client: &Client, stack: &str) -> Result<Vec<Found>, CloudWatchError> {
    let mut described: Vec<(Option<String>, Option<String>, Settings)> = Vec::new();
    let mut pages = client
        .describe_alarms()
        .alarm_name_prefix(prefix(stack))
        .alarm_types(AlarmType::MetricAlarm)
        .alarm_types(AlarmType::CompositeAlarm)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| CloudWatchError::new("DescribeAlarms", &error))?;
        described.extend(page.metric_alarms.unwrap_or_default().into_iter().map(|alarm| {
            let settings = Settings::Metric(Box::new(alarm.clone()));
            (alarm.alarm_name, alarm.alarm_arn, settings)
        }));
        described.extend(page.composite_alarms.unwrap_or_default().into_iter().map(|alarm| {
            let settings = Settings::Composite(Box::new(alarm.clone()));
            (alarm.alarm_name, alarm.alarm_arn, settings)
        }));
    }
    let mut found = Vec::with_capacity(described.len());
    for (name, arn, settings) in described {
        // What has no name or ARN is nothing that we could change.
        let (Some(name), Some(arn)) = (name, arn) else { continue };
        let call = client.list_tags_for_resource().resource_arn(&arn).send().await;
        let tags = call.map_err(|error| CloudWatchError::new("ListTagsForResource", &error))?;
        let is_untagged = is_untagged(tags.tags()) && looks_like_ours(stack, &name, &settings);
        let owner = match is_untagged {
            true => Owner::HealthCheck,
            false => owner(stack, tags.tags()),
        };
        found.push(Found { name, arn, owner, is_untagged, settings });
    }
    Ok(found)
}

fn owner(stack: &str, tags: &[Tag]) -> Owner {
    let value = |key| tags.iter().find(|tag| tag.key() == Some(key)).and_then(Tag::value);
    match (value(names::STACK_TAG), value(names::OWNER_TAG)) {
        (Some(of), Some(names::OWNER)) if of == stack => Owner::HealthCheck,
        (Some(of), Some(names::TEMPLATE_OWNER)) if of == stack => Owner::Template,
        _ => Owner::Other,
    }
}

/// Whether nobody says whose it is.
fn is_untagged(tags: &[Tag]) -> bool {
    !tags.iter().any(|tag| matches!(tag.key(), Some(names::STACK_TAG | names::OWNER_TAG)))
}

/// Whether an alarm has the name of one of ours and watches what only ours do: the stack's own metrics, or
/// alarms with its prefix.
fn looks_like_ours(stack: &str, name: &str, settings: &Settings) -> bool {
    let id = name.strip_prefix(&prefix(stack)).and_then(|id| id.parse::<AlarmId>().ok());
    id.is_some()
        && match settings {
            Settings::Metric(alarm) => alarm.namespace() == Some(&names::namespace(stack)),
            Settings::Composite(alarm) => {
                alarm.alarm_rule().is_some_and(|rule| rule.contains(&prefix(stack)))
            }
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_without_tags_is_known_by_its_name_and_what_it_watches() {
        let metric = |namespace: &str| {
            Settings::Metric(Box::new(MetricAlarm::builder().namespace(namespace).build()))
        };
        let composite = |rule: &str| {
            Settings::Composite(Box::new(CompositeAlarm::builder().alarm_rule(rule).build()))
        };
        for (name, settings, expected) in [
            ("shop:p95", metric("Hookwatch/shop"), true),
            ("shop:p95", metric("Shop"), false),
            ("shop:p96", metric("Hookwatch/shop"), false),
            ("shops:p95", metric("Hookwatch/shop"), false),
            ("shop:outage", composite("ALARM(\"shop:front-door\")"), true),
            ("shop:outage", composite("ALARM(\"front-door\")"), false),
        ] {
            assert_eq!(looks_like_ours("shop", name, &settings), expected, "{name}");
        }
        let tag = |key: &str| Tag::builder().key(key).value("x").build();
        assert!(is_untagged(&[]) && is_untagged(&[tag("team")]));
        assert!(!is_untagged(&[tag("team"), tag("hookwatch-owner")]));
    }

    #[test]
    fn an_owner_is_told_by_both_tags() {
        for (tags, expected) in [
            (
                &[("hookwatch-stack", "shop"), ("hookwatch-owner", "health-check")][..],
                Owner::HealthCheck,
            ),
            (&[("hookwatch-owner", "template"), ("hookwatch-stack", "shop")], Owner::Template),
            (&[("hookwatch-stack", "shops"), ("hookwatch-owner", "health-check")], Owner::Other),
            (&[("hookwatch-stack", "shop"), ("hookwatch-owner", "me")], Owner::Other),
            (&[("hookwatch-stack", "shop")], Owner::Other),
            (&[("hookwatch-owner", "health-check")], Owner::Other),
            (&[], Owner::Other),
        ] {
            let tags: Vec<Tag> = tags
                .iter()
                .map(|(key, value)| Tag::builder().key(*key).value(*value).build())
                .collect();
            assert_eq!(owner("shop", &tags), expected, "{tags:?}");
        }
    }
}
