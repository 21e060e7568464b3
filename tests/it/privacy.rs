//! The leak test: whatever is personal in an event, or in what an application says, is nowhere afterwards:
//! no item, no log line, no answer, no metric. And what was meant to be searched for is found.

mod marked;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use local::stripe::sign;
use local::template::Template;
use serde_json::{Value, json};
use tests::hookwatch::{Hookwatch, event};

use marked::{MARKER, PERSON, marked};

async fn hookwatch(policy: &'static str) -> Hookwatch {
    Hookwatch::start_with(|options| {
        for (name, value) in [
            ("Payload", policy),
            ("PersonSearch", "on"),
            ("LogLevel", "DEBUG"),
            ("Outcomes", "expected"),
        ] {
            options.parameters.insert(name.to_owned(), value.to_owned());
        }
    })
    .await
}

/// Every address of the operations API, pages and all, by the template's routes, and each with every value
/// that the OpenAPI document lists for one of its parameters. What is new is asked without being named here.
fn addresses() -> Vec<String> {
    let template = Template::read(&local::workspace().join("template.yaml")).unwrap();
    let functions = template.functions(&BTreeMap::new(), "events").unwrap();
    let ours = functions.iter().find(|function| function.package == "ops-api").unwrap();
    let document = local::workspace().join("functions/ops-api/openapi.json");
    let document: Value = serde_json::from_slice(&std::fs::read(document).unwrap()).unwrap();
    let mut addresses = BTreeSet::new();
    for route in &ours.routes {
        let path =
            route.path.replace("/events/{id}", "/events/evt_0").replace("{action}", "resolve");
        let path = path.replace("{fingerprint}", "low_success_rate").replace("{id}", "none");
        assert!(!path.contains('{'), "{path}: what is to be put there?");
        addresses.insert(path.clone());
        let parameters = document["paths"][&route.path]["get"]["parameters"].as_array();
        for parameter in parameters.into_iter().flatten() {
            let reference = parameter["$ref"].as_str();
            let parameter = reference.map_or(parameter, |at| document.pointer(&at[1..]).unwrap());
            let (name, schema) = (parameter["name"].as_str().unwrap(), &parameter["schema"]);
            let beside = if name == "table" { "&format=csv" } else { "" };
            let listed = schema["enum"].as_array().cloned().unwrap_or_default();
            let of_boolean = [json!("true"), json!("false")];
            let either = of_boolean.iter().filter(|_| schema["type"] == "boolean");
            for value in listed.iter().chain(either) {
                addresses.insert(format!("{path}?{name}={}{beside}", value.as_str().unwrap()));
            }
        }
    }
    addresses.into_iter().collect()
}

/// Every item of the table, as text; bytes as they are.
async fn table(hookwatch: &Hookwatch) -> String {
    let client = local::table::client(hookwatch.system.dynamodb_endpoint());
    let mut text = String::new();
    let mut pages =
        client.scan().table_name(hookwatch.system.table()).into_paginator().items().send();
    while let Some(item) = pages.next().await {
        write(&AttributeValue::M(item.unwrap()), &mut text);
        text.push('\n');
    }
    text
}

fn write(value: &AttributeValue, text: &mut String) {
    match value {
        AttributeValue::S(value) | AttributeValue::N(value) => text.push_str(value),
        AttributeValue::B(bytes) => text.push_str(&String::from_utf8_lossy(bytes.as_ref())),
        AttributeValue::L(values) => values.iter().for_each(|value| write(value, text)),
        AttributeValue::M(members) => members.iter().for_each(|(name, value)| {
            text.push_str(name);
            text.push(' ');
            write(value, text);
            text.push(' ');
        }),
        _ => {}
    }
}

#[tokio::test]
async fn nothing_personal_is_anywhere() {
    let hookwatch = hookwatch("redacted").await;
    // Enough of them fail for an issue.
    let failing: Vec<Value> = (0..100)
        .map(|n| {
            json!({"event_id": format!("evt_b{n}"), "event_type": "charge.failed", "success": n >= 40,
                "processing_time": 0.1, "error_message": format!("no row for {PERSON}, {MARKER}"),
                "error_details": {"error_type": "database_error", "customer": MARKER}, "metadata": {"who": PERSON}})
        })
        .collect();
    let batch = json!({"events": failing}).to_string();
    assert_eq!(hookwatch.post_json("/v1/events/batch", &batch).await.status, 200);
    let mut ids = BTreeSet::new();
    for file in std::fs::read_dir(tests::fixtures::folder("stripe_events")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let mut body: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let id = format!("evt_{}", ids.len());
        marked(&mut body, "");
        body["id"] = json!(id);
        body["request"] = json!({"id": "req_1", "idempotency_key": format!("for {MARKER}")});
        let body = serde_json::to_string_pretty(&body).unwrap();
        assert!(body.matches(MARKER).count() >= 4, "{}", path.display());
        assert_eq!(hookwatch.deliver(body.as_bytes()).await.status, 200, "{}", path.display());
        ids.insert(id);
    }
    assert!(ids.len() >= 110);
    // What cannot be read, and what is refused.
    for body in [format!("no json: {MARKER}"), format!("[\"{MARKER}\"]")] {
        assert_eq!(hookwatch.deliver(body.as_bytes()).await.status, 200);
    }
    let mut answers = String::new();
    let header = sign("whsec_other", Timestamp::now().as_second(), MARKER.as_bytes());
    for headers in [[("stripe-signature", header.as_str())], [("stripe-signature", MARKER)]] {
        answers += &hookwatch.post(MARKER.as_bytes(), &headers).await.text;
    }
    let wrong_token = format!("Bearer {MARKER}");
    answers += &hookwatch.get_as("/v1/events", Some(&wrong_token)).await.text;
    // Who asks may be answered what was asked for; the log need not know it.
    for asked in [format!("/v1/events?person={PERSON}"), format!("/find?q={PERSON}")] {
        assert_eq!(hookwatch.get(&asked).await.status, 200, "{asked}");
    }
    for entry in [
        json!({"event_id": "evt_0", "event_type": "charge.failed", "success": false, "request_id": "job-1",
            "processing_time": 0.5, "error_message": format!("no row for {MARKER} <{PERSON}>. ").repeat(60),
            "error_details": {"error_type": format!("odd {MARKER}"), "error_code": PERSON, "user": MARKER,
                "queue": "billing", "shard": format!("the {MARKER}")},
            "metadata": {"customer": MARKER, MARKER: 1, "worker": {"name": MARKER}, "attempt": 3}}),
        json!({"event_id": "evt_0", "event_type": "charge.failed", "success": true, "request_id": "job-2",
            "processing_time": "x", "metadata": {"customer": MARKER}}),
        json!({"event_id": "evt_0", "event_type": "t", "success": false, "error_message": [MARKER],
            "processing_time": 1}),
    ] {
        let answer = hookwatch.post_json("/v1/events", &entry.to_string()).await;
        answers += &answer.body.to_string();
    }
    hookwatch.run_health_check().await;
    let mut answered = BTreeMap::<u16, usize>::new();
    for path in addresses() {
        let answer = hookwatch.get(&path).await;
        *answered.entry(answer.status).or_default() += 1;
        // An action takes no GET, and a search wants to be told for what.
        assert!(matches!(answer.status, 200 | 405) || path == "/find", "{path}: {answer:?}");
        answers += &answer.text;
    }
    assert!(answered[&200] > 60, "{answered:?}");
    let mut list = "/v1/events?limit=100".to_owned();
    for page in 0.. {
        let answer = hookwatch.get(&list).await;
        answers += &answer.text;
        let Some(cursor) = answer.body["next_cursor"].as_str() else {
            assert!(page > 0, "more than a page: {answer:?}");
            break;
        };
        list = format!("/v1/events?limit=100&cursor={cursor}");
    }
    let mut states = BTreeSet::new();
    for id in &ids {
        answers += &hookwatch.get(&format!("/events/{id}")).await.text;
        let page = hookwatch.get(&format!("/v1/events/{id}?payload=true")).await;
        states.insert(page.body["payload"]["state"].as_str().unwrap().to_owned());
        answers += &page.text;
    }
    assert_eq!(states, BTreeSet::from(["redacted".to_owned()]));
    let shown = hookwatch.get("/v1/events/evt_0?payload=true").await.body;
    let failed = &shown["outcomes"][0];
    assert_eq!(failed["metadata"], json!({"attempt": 3}), "{failed}");
    assert_eq!(failed["error_details"], json!({"queue": "billing"}), "{failed}");
    assert!(failed["error_message"].as_str().unwrap().starts_with("no row for *"), "{failed}");
    let metrics: String = hookwatch
        .system
        .cloudwatch()
        .metrics()
        .iter()
        .map(|metric| format!("{metric:?}"))
        .collect();
    let log = hookwatch.log_with(&["event logged"]).await;
    for (place, text) in [
        ("table", table(&hookwatch).await),
        ("answers", answers),
        ("metrics", metrics),
        ("log", log),
    ] {
        assert!(!text.is_empty(), "{place}");
        if let Some(at) = text.find(MARKER) {
            let from = text.floor_char_boundary(at.saturating_sub(200));
            let to = text.floor_char_boundary((at + 100).min(text.len()));
            panic!("{place} holds it: {}", &text[from..to]);
        }
    }
}

#[tokio::test]
async fn the_check_would_notice() {
    let hookwatch = hookwatch("full").await;
    let body = event("evt_1", "charge.succeeded")
        .replace("\"charge\"}", "\"charge\",\"name\":\"zqmarker\"}");
    assert_eq!(hookwatch.deliver(body.as_bytes()).await.status, 200);
    let shown = hookwatch.get("/v1/events/evt_1?payload=true").await.body.to_string();
    assert!(shown.contains(MARKER) && table(&hookwatch).await.contains("EVENT#evt_1"));
}

#[tokio::test]
async fn a_person_is_found_by_hash_and_not_without_the_key() {
    for payload in ["redacted", "full", "none"] {
        let hookwatch = hookwatch(payload).await;
        for (id, email) in [("evt_1", "Ada@Example.com"), ("evt_2", "bob@example.com")] {
            let body = event(id, "charge.succeeded")
                .replace("\"charge\"}", &format!("\"charge\",\"receipt_email\":\"{email}\"}}"));
            assert_eq!(hookwatch.deliver(body.as_bytes()).await.status, 200);
        }
        let found = hookwatch.entries("/v1/events?person=ada@example.com", 1).await;
        assert_eq!((found.len(), &found[0]["event_id"]), (1, &json!("evt_1")), "{payload}");
        let page = hookwatch.get("/v1/events/evt_1?payload=true").await.body;
        let body = page["payload"]["body"].as_str().unwrap_or_default();
        let is_hashed = body.contains("person:");
        assert_eq!((is_hashed, body.contains("Ada@")), (payload == "redacted", payload == "full"));
    }

    let keyless = Hookwatch::start_with(|options| {
        options.parameters.insert("Payload".to_owned(), "redacted".to_owned());
    })
    .await;
    let answer = keyless.get("/v1/events?person=ada@example.com").await;
    assert_eq!((answer.status, answer.code()), (400, "invalid_parameter"));
}
