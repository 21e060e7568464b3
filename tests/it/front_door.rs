//! The front door's probe: it sees what Stripe sees, and is seen by nobody who counts events.

use std::collections::BTreeMap;

use jiff::Timestamp;
use local::stripe::sign;
use local::system::{PROBE_SECRET, SIGNING_SECRET};
use serde_json::{Value, json};
use tests::hookwatch::Hookwatch;

const FUNCTION: &str = "webhook-receiver";

async fn posted(hookwatch: &Hookwatch, secret: &str, body: &str) -> (u16, Value) {
    let header = sign(secret, Timestamp::now().as_second(), body.as_bytes());
    let answer = hookwatch.post(body.as_bytes(), &[("stripe-signature", &header)]).await;
    (answer.status, answer.body)
}

fn front_door(health: &Value) -> (Value, String) {
    let signals = health["processing_health"]["signals"].as_array().unwrap();
    let signal = signals.iter().find(|signal| signal["name"] == "front_door").unwrap();
    (signal["value"].clone(), signal["basis"].as_str().unwrap().to_owned())
}

fn gauge(hookwatch: &Hookwatch) -> bool {
    let metrics = hookwatch.system.cloudwatch().metrics();
    metrics.iter().any(|metric| metric.name == "FrontDoor")
}

#[tokio::test]
async fn a_probe_is_stored_apart_and_counted_nowhere() {
    let hookwatch = Hookwatch::start().await;
    for run in 1..=4 {
        hookwatch.run_health_check().await;
        let health = hookwatch.get("/v1/health").await.body;
        let made = run.min(3);
        let expected = (json!(0.0), format!("0 of the last {made} probes failed"));
        assert_eq!(front_door(&health), expected, "{health}");
        assert_eq!(health["notes"].as_array().unwrap().len(), 1, "no event was ever logged");
    }
    assert!(gauge(&hookwatch));
    let table = hookwatch.system.table();
    let client = local::table::client(hookwatch.system.dynamodb_endpoint());
    let items = client.scan().table_name(table).send().await.unwrap().items.unwrap();
    let of = |sk: &str| items.iter().filter(|i| i["sk"].as_s().unwrap() == sk).count();
    assert_eq!(of("PROBE"), 1);
    let is_event = |item: &&std::collections::HashMap<String, _>| {
        let pk: &aws_sdk_dynamodb::types::AttributeValue = &item["pk"];
        pk.as_s().unwrap().starts_with("EVENT#") || item.contains_key("gsi1pk")
    };
    assert_eq!(items.iter().filter(is_event).count(), 0);
    assert_eq!(hookwatch.get("/v1/events").await.body["events"], json!([]));
    let metrics = hookwatch.get("/v1/metrics").await.body;
    assert_eq!(
        (&metrics["total_events"], &metrics["deliveries"]["received"]),
        (&json!(0), &json!(0)),
        "{metrics}"
    );
    assert_eq!(metrics["deliveries"]["rejected"], json!(0), "{metrics}");
}

#[tokio::test]
async fn each_secret_lets_in_what_is_its_own() {
    let hookwatch = Hookwatch::start().await;
    let probe = r#"{"id":"probe_1","object":"event","type":"hookwatch.probe"}"#;
    let event = r#"{"id":"evt_1","object":"event","type":"charge.failed"}"#;
    let (status, body) = posted(&hookwatch, PROBE_SECRET, probe).await;
    let expected = json!({"received": true, "event_id": "probe_1", "status": "probe"});
    assert_eq!((status, body), (200, expected));
    for (secret, body) in [(PROBE_SECRET, event), ("another-long-secret", probe)] {
        let (status, answer) = posted(&hookwatch, secret, body).await;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!("signature_mismatch")));
    }
    let large = format!(r#"{{"type":"hookwatch.probe","x":"{}"}}"#, "x".repeat(2_000));
    assert_eq!(posted(&hookwatch, PROBE_SECRET, &large).await.0, 400);
    assert_eq!(hookwatch.get("/v1/events/evt_1").await.status, 404);
    assert_eq!(hookwatch.get("/v1/events/probe_1").await.status, 404);
    // Whoever has Stripe's secret may call an event what he likes.
    let (status, body) = posted(&hookwatch, SIGNING_SECRET, probe).await;
    assert_eq!((status, &body["status"]), (200, &json!("stored")));
    let shown = hookwatch.get("/v1/events/probe_1").await.body;
    assert_eq!(shown["deliveries"][0]["event_type"], "hookwatch.probe", "{shown}");
}

#[tokio::test]
async fn two_failed_probes_are_an_issue_that_is_paged() {
    let hookwatch = Hookwatch::start_with(|options| {
        // Another secret than the health check's: its probes are refused.
        let other = BTreeMap::from([
            ("WEBHOOK_PROBE_SECRET".into(), "another-long-secret".into()),
            ("WEBHOOK_PROBE_SECRET_ARN".into(), String::new()),
        ]);
        options.variables.insert(FUNCTION.to_owned(), other);
    })
    .await;
    hookwatch.deliver(tests::hookwatch::event("evt_1", "charge.failed").as_bytes()).await;
    let summary = hookwatch.run_health_check().await;
    assert!(!summary["active_issues"].to_string().contains("front_door_failing"), "{summary}");
    let summary = hookwatch.run_health_check().await;
    assert!(summary["active_issues"].to_string().contains("front_door_failing"), "{summary}");
    let log = hookwatch.log_with(&["probe of the front door failed", "status 400"]).await;
    for secret in ["local-front-door-probe", "another-long-secret", "/webhooks/stripe"] {
        assert!(!log.contains(secret), "{secret}");
    }
    let health = hookwatch.get("/v1/health").await.body;
    assert_eq!(health["overall_status"], "critical", "{health}");
    assert_eq!(front_door(&health).0, json!(2.0));
    let issues = health["active_issues"].as_array().unwrap();
    let issue = issues.iter().find(|issue| issue["type"] == "front_door_failing").unwrap();
    assert_eq!(issue["severity"], "critical");
    let hours = issue["hours_until_retries_end"].as_f64().unwrap();
    assert!((71.0..72.0).contains(&hours) && issue["retries_end_at"].is_string(), "{issue}");
    assert!(issue["blast_radius"]["last_accepted"].is_string(), "{issue}");
    let alarms = hookwatch.system.cloudwatch().alarms();
    assert!(alarms.iter().any(|alarm| alarm.name() == "hookwatch-local:front-door"));
}

#[tokio::test]
async fn a_table_that_takes_nothing_is_a_500() {
    let hookwatch = Hookwatch::start_with(|options| {
        let nowhere = BTreeMap::from([("TABLE_NAME".into(), "not-there".into())]);
        options.variables.insert(FUNCTION.to_owned(), nowhere);
    })
    .await;
    let probe = r#"{"id":"probe_1","type":"hookwatch.probe"}"#;
    let (status, body) = posted(&hookwatch, PROBE_SECRET, probe).await;
    assert_eq!((status, &body["error"]["code"]), (500, &json!("internal")));
    hookwatch.run_health_check().await;
    hookwatch.log_with(&["probe not stored", "status 500"]).await;
}

#[tokio::test]
async fn nothing_is_probed_where_it_is_switched_off() {
    let hookwatch = Hookwatch::start_with(|options| {
        options.parameters.insert("Probe".to_owned(), "off".to_owned());
    })
    .await;
    hookwatch.run_health_check().await;
    let (value, basis) = front_door(&hookwatch.get("/v1/health").await.body);
    assert!(value.is_null() && basis.starts_with("not probed"), "{basis}");
    assert!(!gauge(&hookwatch));
}
