//! The metrics that the template's alarms and dashboard look at, against those that there are.

use std::collections::{BTreeMap, BTreeSet};

use health_check::cloudwatch::metric::{ActiveIssues, ComponentScores, Gauges, heartbeat};
use health_check::cloudwatch::names;
use jiff::Timestamp;
use serde_json::Value;

use super::template;

/// A metric, and the names of its dimensions with their values where those are ours.
type Metric = (String, String, Vec<String>);

/// What the code publishes, and what AWS documents of the services that the template uses.
fn known() -> BTreeSet<Metric> {
    let gauges = Gauges {
        components: ComponentScores {
            database: Some(1.0),
            processing: Some(1.0),
            performance: Some(1.0),
            security: Some(1.0),
        },
        error_rate: Some(0.0),
        average_processing_time: Some(0.0),
        p95_processing_time: Some(0.0),
        oldest_unprocessed: Some(0.0),
        rollup_lag: Some(0.0),
        missed_events: Some(0.0),
        refused_genuine: Some(0.0),
        forged_per_minute: Some(0.0),
        authentication_failures: Some(0.0),
        front_door: Some(true),
        active_issues: Some(ActiveIssues::default()),
        ..Gauges::default()
    };
    let now = Timestamp::UNIX_EPOCH;
    let mut known: BTreeSet<Metric> = BTreeSet::new();
    for datum in gauges.data(now).into_iter().chain(heartbeat(now)) {
        let dimensions = datum.dimensions().iter();
        let dimensions =
            dimensions.map(|d| format!("{}={}", d.name().unwrap(), d.value().unwrap()));
        known.insert((
            "ours".to_owned(),
            datum.metric_name().unwrap().to_owned(),
            dimensions.collect(),
        ));
    }
    for outcome in
        [names::RECEIVED, names::SUCCEEDED, names::FAILED, names::DUPLICATE, names::REJECTED]
    {
        let dimension = format!("{}={outcome}", names::OUTCOME);
        known.insert(("ours".to_owned(), names::EVENTS.to_owned(), vec![dimension]));
    }
    for name in [names::PROCESSING_TIME, names::DELIVERY_LAG, names::STORE_TIME] {
        known.insert(("ours".to_owned(), name.to_owned(), vec![]));
    }
    for (namespace, names, dimensions) in [
        ("AWS/ApiGateway", &["4xx", "5xx", "Count"][..], &["ApiId"][..]),
        ("AWS/Lambda", &["Errors", "Throttles", "Duration"], &["FunctionName"]),
        ("AWS/DynamoDB", &["ThrottledRequests"], &["TableName", "Operation"]),
        (
            "AWS/DynamoDB",
            &["ConsumedWriteCapacityUnits", "ConsumedReadCapacityUnits"],
            &["TableName"],
        ),
        ("AWS/SQS", &["ApproximateNumberOfMessagesVisible"], &["QueueName"]),
    ] {
        for name in names {
            let dimensions = dimensions.iter().map(|d| (*d).to_owned()).collect();
            known.insert((namespace.to_owned(), (*name).to_owned(), dimensions));
        }
    }
    known
}

/// A metric as it is used, in the form of the known ones.
fn used(namespace: &str, name: &str, dimensions: Vec<(String, String)>) -> Metric {
    let is_ours =
        namespace == "Hookwatch/hookwatch-local" || namespace == "Hookwatch/${AWS::StackName}";
    let dimension = |(name, value): (String, String)| match is_ours {
        true => format!("{name}={value}"),
        false => name,
    };
    let namespace = if is_ours { "ours" } else { namespace };
    (namespace.to_owned(), name.to_owned(), dimensions.into_iter().map(dimension).collect())
}

#[test]
fn alarms_and_the_dashboard_use_metrics_that_there_are() {
    let template = template();
    let mut all = Vec::new();
    for alarm in template.alarms(&BTreeMap::new(), "events").unwrap() {
        let dimensions = alarm.dimensions.into_iter().map(|d| (d.name, d.value)).collect();
        all.push((alarm.alarm_name, used(&alarm.namespace, &alarm.metric_name, dimensions)));
    }
    assert!(all.len() >= 9, "{} alarms", all.len());
    let dashboards = template.resource_names("AWS::CloudWatch::Dashboard");
    for name in dashboards {
        let dashboard = template.resource(name).unwrap();
        let body = dashboard["Properties"]["DashboardBody"]["Fn::Sub"].as_str().unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        for widget in body["widgets"].as_array().unwrap() {
            let title = widget["properties"]["title"].as_str().unwrap();
            for metric in widget["properties"]["metrics"].as_array().unwrap() {
                let parts = metric.as_array().unwrap().iter().filter_map(Value::as_str);
                let parts: Vec<&str> = parts.collect();
                let pairs = parts[2..].chunks(2).map(|d| (d[0].to_owned(), d[1].to_owned()));
                all.push((title.to_owned(), used(parts[0], parts[1], pairs.collect())));
            }
        }
    }
    assert!(all.len() >= 9 + 25, "{} metrics", all.len());
    let known = known();
    for (place, metric) in all {
        assert!(known.contains(&metric), "{place}: nobody publishes {metric:?}");
    }
}
