//! What is answered is as the document says, with no member more; its examples are answered, too.

use local::system::{OPERATOR_TOKEN, local_parameters};
use serde_json::{Value, json};
use tests::hookwatch::{Answer, Hookwatch, event};

use super::{answer_schema, check, document, operations, resolved};

/// The document with all that its objects may have said to be all, so that a member that it does not know
/// is noticed. Clients are told no such thing: answers may get new members.
fn closed() -> Value {
    let document = document();
    let mut parts = Vec::new();
    collect_parts(&document, &mut parts);
    let mut closed = document;
    for (name, schema) in closed["components"]["schemas"].as_object_mut().unwrap() {
        // What is a part of others is closed where they are.
        if !parts.contains(&format!("#/components/schemas/{name}")) {
            close(schema);
        }
    }
    close(&mut closed["paths"]);
    closed
}

fn collect_parts(value: &Value, parts: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for part in members.get("allOf").and_then(Value::as_array).into_iter().flatten() {
                parts.extend(part["$ref"].as_str().map(str::to_owned));
            }
            members.values().for_each(|value| collect_parts(value, parts));
        }
        Value::Array(values) => values.iter().for_each(|value| collect_parts(value, parts)),
        _ => {}
    }
}

fn close(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            if members.get("required").is_some_and(Value::is_array) {
                members.insert("unevaluatedProperties".to_owned(), json!(false));
            }
        }
        Value::Array(values) => values.iter_mut().for_each(close),
        _ => {}
    }
}

#[test]
fn the_examples_are_of_their_schemas() {
    let document = closed();
    let mut checked = 0;
    let mut see = |holder: &Value, of: &str| {
        let examples = holder["examples"].as_object().into_iter().flatten();
        let examples = examples.map(|(_, example)| &example["value"]);
        for example in examples.chain(holder.get("example")) {
            check(&document, &holder["schema"], example, of);
            checked += 1;
        }
    };
    for (path, method, operation) in operations(&document) {
        let of = format!("{method} {path}");
        see(&operation["requestBody"]["content"]["application/json"], &of);
        for response in operation["responses"].as_object().unwrap().values() {
            let content = resolved(&document, response)["content"].clone();
            content.as_object().into_iter().flatten().for_each(|(_, media)| see(media, &of));
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            see(&resolved(&document, parameter), &of);
        }
    }
    assert!(checked > 100, "{checked}");
}

/// A system in which something has happened of every kind that there is.
async fn eventful() -> Hookwatch {
    let hookwatch = Hookwatch::start_with(|options| {
        options.parameters = local_parameters();
        options.parameters.insert("Outcomes".to_owned(), "expected".to_owned());
    })
    .await;
    for (id, kind) in [("evt_1", "charge.failed"), ("evt_2", "invoice.paid")] {
        for _ in 0..2 {
            hookwatch.deliver(event(id, kind).as_bytes()).await;
        }
    }
    hookwatch.deliver(b"no JSON").await;
    hookwatch.deliver_with("whsec_another", b"forged").await;
    hookwatch.get_as("/v1/events", Some("Bearer wrong")).await;
    for n in 0..30 {
        let entry = json!({
            "event_id": format!("evt_{}", n % 3), "event_type": "charge.failed",
            "request_id": format!("job-{n}"), "success": n % 3 > 0, "processing_time": 0.5,
            "metadata": {"n": n},
            "error_details": (n % 3 == 0).then(|| json!({"error_type": "timeout", "host": "a"})),
            "error_message": (n % 3 == 0).then(|| format!("no answer after {n} s")),
        });
        assert_eq!(hookwatch.post_json("/v1/events", &entry.to_string()).await.status, 201);
    }
    hookwatch.rejections("", 1).await;
    for _ in 0..2 {
        hookwatch.run_health_check().await;
    }
    hookwatch
}

#[tokio::test]
async fn what_is_answered_is_as_the_document_says() {
    let hookwatch = eventful().await;
    let document = closed();
    let mut answered = 0;
    for (path, method, operation) in operations(&document) {
        if method != "get" || path == "/openapi.json" {
            continue;
        }
        let asked: &[&str] = match path.as_str() {
            "/v1/events/{id}" => &["evt_0", "evt_1?payload=true", "evt_none", "evt_1?payload=x"],
            "/v1/analytics" => {
                &["", "?group_by=source_ip", "?group_by=event_type_hour", "?limit=0"]
            }
            "/v1/health" => &["", "?fresh=true", "?fresh=x"],
            "/v1/issues" => &["", "?state=all", "?state=x"],
            "/v1/reports" => &["", "?include_details=false", "?format=x"],
            "/v1/webhook-analytics" => &["", "?include_health=false"],
            _ => &["", "?no_such_parameter=1"],
        };
        for question in asked {
            let asked = format!("{}{question}", path.replace("{id}", ""));
            let answer = hookwatch.get(&asked).await;
            let schema = answer_schema(&document, &operation, answer.status, &asked);
            check(&document, &schema, &answer.body, &asked);
            answered += usize::from(answer.status == 200);
        }
    }
    assert!(answered >= 20, "{answered}");
    let served = hookwatch.get("/openapi.json").await;
    assert_eq!((served.status, served.body), (200, super::document()));
}

#[tokio::test]
async fn the_examples_of_what_is_sent_are_taken() {
    let hookwatch = eventful().await;
    let document = closed();
    let issues = hookwatch.get("/v1/issues").await.body["issues"].clone();
    assert!(!issues.as_array().unwrap().is_empty());
    let fingerprint = issues[0]["fingerprint"].as_str().unwrap();
    let mut sent = 0;
    for (path, method, operation) in operations(&document) {
        let examples = operation["requestBody"]["content"]["application/json"]["examples"].clone();
        for (name, example) in examples.as_object().into_iter().flatten() {
            let path = path.replace("{fingerprint}", fingerprint).replace("{action}", "snooze");
            let of = format!("{method} {path}: {name}");
            let body = example["value"].to_string();
            let answer = write(&hookwatch, &method, &path, &body).await;
            assert!((200..300).contains(&answer.status), "{of}: {}", answer.text);
            let schema = answer_schema(&document, &operation, answer.status, &of);
            check(&document, &schema, &answer.body, &of);
            // No JSON at all is an error of its shape.
            let wrong = write(&hookwatch, &method, &path, "{").await;
            let schema = answer_schema(&document, &operation, wrong.status, &of);
            assert_eq!(wrong.code(), "invalid_json", "{of}");
            check(&document, &schema, &wrong.body, &of);
            sent += 1;
        }
    }
    assert!(sent >= 7, "{sent}");
    // Each is there now, and can be taken back.
    let mutes = hookwatch.get("/v1/mutes").await.body["mutes"].clone();
    let removed = format!("/v1/mutes/{}", mutes[0]["id"].as_str().unwrap());
    assert_eq!(hookwatch.delete(&removed).await.status, 204);
    let operation = &document["paths"]["/v1/mutes/{id}"]["delete"];
    let gone = hookwatch.delete(&removed).await;
    let schema = answer_schema(&document, operation, gone.status, &removed);
    check(&document, &schema, &gone.body, &removed);
}

async fn write(hookwatch: &Hookwatch, method: &str, path: &str, body: &str) -> Answer {
    match method {
        "patch" => hookwatch.patch_json_as(path, body, OPERATOR_TOKEN).await,
        _ => hookwatch.post_json(path, body).await,
    }
}
