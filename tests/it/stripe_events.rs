//! Every sample event, signed, through the receiver and back through the operations API.

use jiff::Timestamp;
use serde_json::Value;
use tests::fixtures::json_files;
use tests::hookwatch::Hookwatch;

/// The sample under an id of its own: the recorded ones share theirs.
fn with_id(text: &str, event: &Value, id: &str) -> String {
    let old = event["id"].as_str().unwrap();
    text.replacen(&format!("\"{old}\""), &format!("\"{id}\""), 1)
}

/// What the log should say, read from the event with nothing of the receiver's own reading.
fn expected(event: &Value) -> Vec<(&'static str, Value)> {
    let thin = event["object"] == "v2.core.event";
    let object = if thin { &event["related_object"] } else { &event["data"]["object"] };
    let kind = if thin { &object["type"] } else { &object["object"] };
    let or_null = |value: &Value| if value.is_string() { value.clone() } else { Value::Null };
    let id = match (&object["id"], &object["customer"], &object["account"]) {
        (Value::String(id), ..) | (_, Value::String(id), _) | (_, _, Value::String(id)) => {
            id.as_str().into()
        }
        _ => Value::Null,
    };
    vec![
        ("event_type", event["type"].clone()),
        ("entity_type", or_null(kind)),
        ("entity_id", id),
        ("livemode", event["livemode"].clone()),
        ("account", or_null(&event["account"])),
        ("context", or_null(&event["context"])),
        ("api_version", or_null(&event["api_version"])),
        ("shape", if thin { "thin" } else { "snapshot" }.into()),
    ]
}

#[tokio::test]
async fn stripe_events() {
    let hookwatch = Hookwatch::start().await;
    let files = json_files("stripe_events");
    assert!(files.len() >= 110, "{} files", files.len());
    for (number, (name, text)) in files.iter().enumerate() {
        let event: Value = serde_json::from_str(text).unwrap();
        let id = format!("evt_sample{number}");
        let body = with_id(text, &event, &id);
        assert_eq!(hookwatch.deliver(body.as_bytes()).await.status, 200, "{name}");
        let page = hookwatch.get(&format!("/v1/events/{id}?payload=true")).await;
        assert_eq!(page.status, 200, "{name}");
        let delivery = &page.body["deliveries"][0];
        for (field, value) in expected(&event) {
            assert_eq!(delivery[field], value, "{name}: {field}");
        }
        let created = match &event["created"] {
            Value::Number(seconds) => Timestamp::from_second(seconds.as_i64().unwrap()).unwrap(),
            text => text.as_str().unwrap().parse().unwrap(),
        };
        assert_eq!(
            delivery["created"].as_str().unwrap().parse::<Timestamp>().unwrap(),
            created,
            "{name}"
        );
        assert_eq!(page.body["payload"]["body"], body, "{name}");
        assert_eq!(delivery["quarantine_reason"], Value::Null, "{name}");
    }
    let listed = hookwatch
        .entries(
            &format!("/v1/events?limit=200&status=received&event_type={}", "charge.succeeded"),
            1,
        )
        .await;
    assert!(!listed.is_empty());
}
