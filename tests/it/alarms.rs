//! What the template watches by itself, and how its schedule calls.

use std::collections::BTreeSet;
use std::path::Path;

use local::template::Template;
use serde_json::{Value, json};

fn template() -> Template {
    Template::read(&local::workspace().join("template.yaml")).unwrap()
}

/// The properties of every alarm.
fn alarms(template: &Template) -> Vec<Value> {
    let names = template.resource_names("AWS::CloudWatch::Alarm").into_iter();
    names.map(|name| template.resource(name).unwrap()["Properties"].clone()).collect()
}

/// Whether an alarm watches a dimension of that value.
fn is_of(alarm: &Value, dimension: &str, value: &Value) -> bool {
    let dimensions = alarm["Dimensions"].as_array().into_iter().flatten();
    dimensions.into_iter().any(|d| d["Name"] == dimension && d["Value"] == *value)
}

#[test]
fn every_function_is_watched_for_errors_throttles_and_time_outs_that_are_near() {
    let template = template();
    let alarms = alarms(&template);
    for function in template.resource_names("AWS::Serverless::Function") {
        let of_function = |metric: &str| {
            let name = json!({ "Ref": function });
            let is_it = |alarm: &&Value| {
                alarm["MetricName"] == metric && is_of(alarm, "FunctionName", &name)
            };
            alarms
                .iter()
                .find(is_it)
                .unwrap_or_else(|| panic!("no alarm on {metric} of {function}"))
        };
        for metric in ["Errors", "Throttles"] {
            let alarm = of_function(metric);
            assert_eq!((&alarm["Statistic"], &alarm["Threshold"]), (&json!("Sum"), &json!("1")));
        }
        let number = |value: &Value| value.as_str().unwrap().parse::<f64>().unwrap();
        let longest = number(&of_function("Duration")["Threshold"]);
        let timeout = number(&template.resource(function).unwrap()["Properties"]["Timeout"]);
        assert!(longest <= 0.8 * timeout * 1_000.0, "{function}: {longest} ms of {timeout} s");
    }
}

#[test]
fn both_apis_are_watched_for_5xx() {
    let template = template();
    let alarms = alarms(&template);
    for api in template.resource_names("AWS::Serverless::HttpApi") {
        let id = json!({ "Ref": api });
        let is_it = |alarm: &Value| alarm["MetricName"] == "5xx" && is_of(alarm, "ApiId", &id);
        assert!(alarms.iter().any(is_it), "no alarm on 5xx of {api}");
    }
}

/// DynamoDB's operations on items, as its SDK and its metrics call them.
const OPERATIONS: [(&str, &str); 10] = [
    (".put_item()", "PutItem"),
    (".query()", "Query"),
    (".transact_write_items()", "TransactWriteItems"),
    (".transact_get_items()", "TransactGetItems"),
    (".get_item()", "GetItem"),
    (".update_item()", "UpdateItem"),
    (".delete_item()", "DeleteItem"),
    (".scan()", "Scan"),
    (".batch_get_item()", "BatchGetItem"),
    (".batch_write_item()", "BatchWriteItem"),
];

/// The source of the store, without its tests.
fn store(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            store(&path, into);
        } else if path.extension().is_some_and(|it| it == "rs") && !path.ends_with("tests.rs") {
            into.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_operation_that_the_store_uses_is_watched_for_throttles_and_no_other() {
    let mut source = String::new();
    store(&local::workspace().join("shared/src/store"), &mut source);
    let used: BTreeSet<&str> = OPERATIONS
        .iter()
        .filter(|(call, _)| source.contains(call))
        .map(|(_, name)| *name)
        .collect();
    assert!(used.len() >= 3, "{used:?}");
    let alarms = alarms(&template());
    let throttles = alarms.iter().filter(|alarm| alarm["MetricName"] == "ThrottledRequests");
    let of_table =
        throttles.filter(|alarm| is_of(alarm, "TableName", &json!({ "Ref": "EventsTable" })));
    let watched: BTreeSet<&str> = of_table
        .flat_map(|alarm| alarm["Dimensions"].as_array().unwrap())
        .filter(|dimension| dimension["Name"] == "Operation")
        .map(|dimension| dimension["Value"].as_str().unwrap())
        .collect();
    assert_eq!(used, watched);
}

/// Whoever sleeps is woken for what loses sight of events, and for nothing else.
#[test]
fn the_template_pages_for_two_alarms_and_the_others_are_tickets() {
    let paged = |alarm: &&Value| alarm["AlarmActions"] == json!([{ "Ref": "PageTopic" }]);
    let ticket = |alarm: &&Value| alarm["AlarmActions"] == json!([{ "Ref": "TicketTopic" }]);
    let alarms = alarms(&template());
    let pages: BTreeSet<&str> = alarms
        .iter()
        .filter(paged)
        .map(|alarm| alarm["AlarmName"]["Fn::Sub"].as_str().unwrap())
        .collect();
    assert_eq!(
        pages,
        BTreeSet::from(["${AWS::StackName}:receiver-failing", "${AWS::StackName}:dead-man"])
    );
    assert_eq!(alarms.iter().filter(ticket).count() + pages.len(), alarms.len());
}

#[test]
fn a_run_that_lambda_did_not_take_is_handed_over_again_before_the_next() {
    let template = template();
    let function = template.resource("HealthCheckFunction").unwrap();
    let schedule = &function["Properties"]["Events"]["OnSchedule"]["Properties"];
    let policy = &schedule["RetryPolicy"];
    assert_eq!(policy["MaximumRetryAttempts"], "2");
    let tried_for =
        json!({ "Fn::FindInMap": ["Schedule", { "Ref": "HealthCheckInterval" }, "TriedFor"] });
    assert_eq!(policy["MaximumEventAgeInSeconds"], tried_for);
    assert!(!schedule["DeadLetterConfig"]["Arn"].is_null());

    let text = std::fs::read_to_string(local::workspace().join("template.yaml")).unwrap();
    let rows: Vec<(u32, u32)> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.split_once("\": { Expression: "))
        .map(|(interval, rest)| {
            let seconds = rest.rsplit_once("TriedFor: ").unwrap().1.trim_end_matches(" }");
            (interval.parse().unwrap(), seconds.parse().unwrap())
        })
        .collect();
    assert_eq!(rows.len(), 2, "{rows:?}");
    for (interval, seconds) in rows {
        // What AWS takes, and no later than the next.
        assert!((60..=interval).contains(&seconds), "{seconds} s of {interval}");
    }
}
