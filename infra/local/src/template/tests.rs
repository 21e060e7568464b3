//! The project's own template, and what a table may not contain.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::{LogFormat, Route, Template};

fn own() -> Template {
    Template::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../template.yaml")).unwrap()
}

#[test]
fn the_own_table_is_read_whole() {
    let table = own().table(&BTreeMap::new()).unwrap();
    assert_eq!(table.logical_id, "EventsTable");
    assert_eq!(table.key[0].attribute, "pk");
    assert_eq!(table.key[1].kind, "RANGE");
    assert_eq!(table.time_to_live.as_deref(), Some("expires_at"));
    assert!(!table.indexes.is_empty());
    for index in &table.indexes {
        assert_eq!(index.projection.kind, "INCLUDE");
        assert_eq!(index.projection.attributes, ["e", "expires_at"]);
    }
}

#[test]
fn the_own_functions_are_read_whole() {
    let functions = own().functions(&BTreeMap::new(), "events-7").unwrap();
    let receiver = functions.iter().find(|f| f.package == "webhook-receiver").unwrap();
    assert_eq!(receiver.logical_id, "WebhookReceiverFunction");
    assert_eq!(receiver.timeout, Duration::from_secs(10));
    assert_eq!(receiver.log_format, LogFormat::Json);
    assert_eq!(receiver.variables["TABLE_NAME"], "events-7");
    assert_eq!(receiver.variables["STRIPE_WEBHOOK_SECRETS_ARN"], own().secrets()["SigningSecrets"]);
    let route = Route { method: "ANY".to_owned(), path: "/webhooks/stripe".to_owned() };
    assert_eq!(receiver.routes, [route]);
}

#[test]
fn parameters_are_checked_by_name() {
    let misspelt = BTreeMap::from([("LogLevl".to_owned(), "x".to_owned())]);
    let unknown = own().functions(&misspelt, "events").unwrap_err().to_string();
    assert!(unknown.contains("LogLevl"), "{unknown}");
}

const KEYS: &str = "AttributeDefinitions: [{AttributeName: pk, AttributeType: S}], \
                    KeySchema: [{AttributeName: pk, KeyType: HASH}]";

fn refusal(properties: &str) -> String {
    let text =
        format!("Resources: {{T: {{Type: 'AWS::DynamoDB::Table', Properties: {{{properties}}}}}}}");
    Template::parse(&text).unwrap().table(&BTreeMap::new()).unwrap_err().to_string()
}

#[test]
fn a_table_is_refused_by_the_place_that_is_wrong() {
    for (properties, named) in [
        ("KeySchema: !If [a, b, c]".to_owned(), "T.KeySchema uses !If"),
        ("KeySchema: [!Ref Key]".to_owned(), "T.KeySchema[0] uses !Ref"),
        (format!("{KEYS}, BillingMode: PROVISIONED"), "PAY_PER_REQUEST"),
        (format!("{KEYS}, BillingMode: !GetAtt A.B"), "T.BillingMode uses !GetAtt"),
        (format!("{KEYS}, LocalSecondaryIndexes: []"), "T.LocalSecondaryIndexes"),
        (format!("{KEYS}, GlobalSecondaryIndexes: [{{IndexName: a}}]"), "[0].Projection"),
        (format!("{KEYS}, TimeToLiveSpecification: {{Enabled: true}}"), ".AttributeName"),
        ("BillingMode: PAY_PER_REQUEST".to_owned(), "KeySchema and AttributeDefinitions"),
    ] {
        let error = refusal(&properties);
        assert!(error.contains(named), "{properties}: {error}");
    }
}

#[test]
fn there_is_one_table() {
    let error = Template::parse("Resources: {}").unwrap().table(&BTreeMap::new()).unwrap_err();
    assert!(error.to_string().contains("exactly one"));
}
