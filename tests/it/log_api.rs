//! `POST /v1/events` and `/v1/events/batch`: logging outcomes, and the event's page completed by them.

use local::system::{EngineChoice, System, SystemOptions, token_entry};
use serde_json::{Value, json};
use tests::hookwatch::{Hookwatch, event};
use tests::proxy::{Mode, Proxy};

fn outcome(id: &str, request_id: &str, success: bool) -> Value {
    let mut outcome = json!({
        "event_id": id, "event_type": "charge.failed", "request_id": request_id, "success": success,
        "processing_time": 0.25, "timestamp": "2026-11-23T14:58:00Z", "livemode": true,
    });
    if !success {
        outcome["error_message"] = json!("no row for 'ch_1'");
        outcome["error_details"] = json!({"error_type": "database_error", "shard": 7});
    }
    outcome
}

fn codes(answer: &Value) -> Vec<&str> {
    let results = answer["results"].as_array().unwrap();
    results.iter().map(|result| result["result"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_outcome_is_logged_once_whoever_repeats_it() {
    let hookwatch = Hookwatch::start().await;
    let failed = outcome("evt_1", "job-1", false);
    let mut other = failed.clone();
    other["processing_time"] = json!(0.5);
    for (entry, status, result) in [
        (&failed, 201, "stored"),
        (&failed, 200, "already_stored"),
        (&other, 409, "conflict"),
        (&outcome("evt_1", "job-2", true), 201, "stored"),
    ] {
        let answer = hookwatch.post_json("/v1/events", &entry.to_string()).await;
        let told = answer.body["result"].as_str().unwrap_or(answer.code());
        assert_eq!((answer.status, told), (status, result));
    }
    let entries = hookwatch.entries("/v1/events?kind=outcome", 2).await;
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[1]["level"], "ERROR");
    assert_eq!(entries[1]["error_type"], "database_error");
}

#[tokio::test]
async fn an_outcome_completes_the_events_page() {
    let hookwatch = Hookwatch::start().await;
    hookwatch.deliver(event("evt_1", "charge.failed").as_bytes()).await;
    let mut failed = outcome("evt_1", "job-1", false);
    failed["metadata"] = json!({"queue": "billing"});
    failed["error_details"]["retry_attempts"] = json!(3);
    hookwatch.post_json("/v1/events", &failed.to_string()).await;
    let page = hookwatch.get("/v1/events/evt_1").await.body;
    assert_eq!(page["processing_status"], "failed");
    assert_eq!(page["processing_attempts"], 4);
    assert_eq!(page["error_message"], "no row for 'ch_1'");
    assert_eq!(page["processing_started_at"], "2026-11-23T14:57:59.75Z");
    assert!(page["processing_completed_at"].is_null());
    assert_eq!(page["outcomes"][0]["metadata"]["queue"], "billing");
    assert_eq!(page["outcomes"][0]["error_details"]["shard"], 7);
    assert_eq!(page["deliveries"].as_array().unwrap().len(), 1);
    hookwatch.post_json("/v1/events", &outcome("evt_1", "job-2", true).to_string()).await;
    let page = hookwatch.get("/v1/events/evt_1").await.body;
    assert_eq!(page["processing_status"], "succeeded");
    assert!(page["error_message"].is_null());
    assert_eq!(page["processing_completed_at"], "2026-11-23T14:58:00Z");
}

#[tokio::test]
async fn an_event_that_was_never_delivered_here_has_a_page_too() {
    let hookwatch = Hookwatch::start().await;
    hookwatch.post_json("/v1/events", &outcome("evt_1", "job-1", true).to_string()).await;
    let page = hookwatch.get("/v1/events/evt_1").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.body["event_type"], "charge.failed");
    assert_eq!(page.body["payload"]["state"], "not_kept");
    assert_eq!(page.body["deliveries"], json!([]));
}

#[tokio::test]
async fn a_batch_tells_of_each_entry_and_drops_none() {
    let hookwatch = Hookwatch::start().await;
    let mut events: Vec<Value> =
        (0..496).map(|n| outcome(&format!("evt_{n}"), "job", n % 3 > 0)).collect();
    let mut contradiction = events[1].clone();
    contradiction["processing_time"] = json!(9);
    let mut negative = events[2].clone();
    negative["processing_time"] = json!(-1);
    events.extend([events[0].clone(), contradiction, negative, json!("no entry")]);
    let body = json!({"events": events}).to_string();
    let answer = hookwatch.post_json("/v1/events/batch", &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let counts = |answer: &Value| {
        ["stored", "already_stored", "conflict", "invalid", "failed"]
            .map(|name| answer[name].as_u64().unwrap())
    };
    assert_eq!(counts(&answer.body), [496, 1, 1, 2, 0]);
    assert_eq!(codes(&answer.body)[496..], ["already_stored", "conflict", "invalid", "invalid"]);
    let invalid = &answer.body["results"][498];
    assert_eq!((&invalid["index"], &invalid["event_id"]), (&json!(498), &json!("evt_2")));
    assert_eq!(invalid["error"]["field"], "processing_time");
    let again = hookwatch.post_json("/v1/events/batch", &body).await;
    assert_eq!(counts(&again.body), [0, 497, 1, 2, 0]);
    hookwatch.entries("/v1/events?kind=outcome&limit=200", 200).await;
}

#[tokio::test]
async fn bad_bodies_are_refused_with_a_code() {
    let hookwatch = Hookwatch::start().await;
    let valid = outcome("evt_1", "job", true);
    let many = json!({"events": vec![valid.clone(); 501]}).to_string();
    for (path, body, code) in [
        ("/v1/events", "", "invalid_json"),
        ("/v1/events", "{", "invalid_json"),
        ("/v1/events", r#"{"processing_time":NaN}"#, "invalid_json"),
        ("/v1/events", r#"{"processing_time":1e999}"#, "invalid_json"),
        ("/v1/events", "[]", "invalid_entry"),
        ("/v1/events", "{}", "invalid_entry"),
        ("/v1/events/batch", "[]", "invalid_batch"),
        ("/v1/events/batch", r#"{"events":[]}"#, "invalid_batch"),
        ("/v1/events/batch", r#"{"events":{}}"#, "invalid_batch"),
        ("/v1/events/batch", r#"{"events":[{}],"x":1}"#, "invalid_batch"),
        ("/v1/events/batch", &many, "invalid_batch"),
    ] {
        let answer = hookwatch.post_json(path, body).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{path} {body:.60}");
    }
    let answer = hookwatch.get("/v1/events/batch").await;
    assert_eq!(answer.status, 405);
}

#[tokio::test]
async fn times_far_away_and_any_text_are_kept_as_they_are() {
    let hookwatch = Hookwatch::start().await;
    for (n, time) in ["-009999-01-02T01:59:59Z", "9999-12-30T22:00:00Z"].into_iter().enumerate() {
        let mut entry = outcome("evt_1", &format!("job-{n}"), false);
        entry["timestamp"] = json!(time);
        entry["error_message"] = json!("💣 \u{0}\u{7f} <b>&\"");
        let answer = hookwatch.post_json("/v1/events", &entry.to_string()).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }
    let page = hookwatch.get("/v1/events/evt_1").await.body;
    assert_eq!(page["outcomes"][0]["timestamp"], "-009999-01-02T01:59:59Z");
    assert_eq!(page["outcomes"][1]["late"], true);
    assert_eq!(page["error_message"], "💣 \u{0}\u{7f} <b>&\"");
}

#[tokio::test]
async fn a_writer_logs_and_a_viewer_does_not() {
    let hookwatch = Hookwatch::start_with(|options| {
        let tokens = [("ann", "viewer", "v"), ("app", "writer", "w"), ("op", "operator", "o")];
        let tokens = tokens.map(|(name, role, token)| token_entry(name, role, token)).join(",");
        options.secrets.insert("ApiTokens".to_owned(), tokens);
    })
    .await;
    for (token, status) in [("v", 403), ("w", 201), ("o", 200), ("x", 401)] {
        let body = outcome("evt_1", "job", true).to_string();
        let answer = hookwatch.post_json_as("/v1/events", &body, token).await;
        assert_eq!(answer.status, status, "{token}");
    }
}

#[tokio::test]
async fn a_database_that_fails_costs_no_entry() {
    let database = System::start(SystemOptions::default()).await.unwrap();
    let proxy = Proxy::before(database.dynamodb_endpoint()).await;
    let (endpoint, engine) = (proxy.endpoint.clone(), database.dynamodb_endpoint().to_owned());
    let hookwatch = Hookwatch::start_with(|options| {
        options.engine = EngineChoice::External(engine);
        let variables = options.variables.entry("ops-api".to_owned()).or_default();
        variables.insert("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), endpoint);
    })
    .await;
    proxy.set(Mode::LoseOneAnswer);
    let lost = hookwatch.post_json("/v1/events", &outcome("evt_1", "job", true).to_string()).await;
    assert_eq!((lost.status, &lost.body["result"]), (201, &json!("stored")), "the SDK's own retry");
    proxy.set(Mode::Throttle);
    let batch = json!({"events": [outcome("evt_2", "job", true), {}]}).to_string();
    let failed = hookwatch.post_json("/v1/events/batch", &batch).await;
    assert_eq!((failed.status, codes(&failed.body)), (503, vec!["failed", "invalid"]));
    let entry = outcome("evt_2", "job", true).to_string();
    let one = hookwatch.post_json("/v1/events", &entry);
    let mended = async {
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        proxy.set(Mode::Pass);
    };
    let (one, ()) = futures_util::future::join(one, mended).await;
    assert_eq!(one.status, 201, "tried until it is stored: {one:?}");
}

#[tokio::test]
async fn outcomes_are_listed_by_what_they_say() {
    let hookwatch = Hookwatch::start().await;
    hookwatch.deliver(event("evt_1", "charge.failed").as_bytes()).await;
    let mut events = vec![outcome("evt_1", "a", false), outcome("evt_2", "b", true)];
    events[1]["account"] = json!("acct_1");
    events[1]["correlation_id"] = json!("trace-1");
    events[1]["entity_type"] = json!("charge");
    events[1]["entity_id"] = json!("ch_evt_1");
    hookwatch.post_json("/v1/events/batch", &json!({"events": events}).to_string()).await;
    for (query, expected) in [
        ("kind=outcome", 2),
        ("kind=delivery", 1),
        ("kind=rejection", 0),
        ("status=failed", 1),
        ("status=succeeded", 1),
        ("success=false", 1),
        ("success=true", 2),
        ("level=ERROR", 1),
        ("category=error", 1),
        ("event_type=charge.failed", 3),
        ("livemode=true", 2),
        ("account=acct_1", 1),
        ("correlation_id=trace-1", 1),
        ("request_id=b", 1),
        ("entity_type=charge&entity_id=ch_evt_1", 2),
    ] {
        let answer = hookwatch.get(&format!("/v1/events?{query}")).await;
        let entries = answer.body["events"].as_array().unwrap().len();
        assert_eq!(entries, expected, "{query}: {answer:?}");
    }
    assert_eq!(hookwatch.get("/v1/events?kind=event").await.code(), "invalid_parameter");
}

#[tokio::test]
async fn a_page_that_would_be_too_large_leaves_out_what_is_beside() {
    let hookwatch = Hookwatch::start().await;
    let large = json!({"x": "\"".repeat(16_000)});
    let events: Vec<Value> = (0..60)
        .map(|n| {
            let mut entry = outcome("evt_1", &format!("job-{n}"), true);
            entry["metadata"] = large.clone();
            entry["timestamp"] = json!(format!("2026-11-23T14:58:{n:02}Z"));
            entry
        })
        .collect();
    let body = json!({"events": events}).to_string();
    assert_eq!(hookwatch.post_json("/v1/events/batch", &body).await.body["stored"], 60);
    let page = hookwatch.get("/v1/events/evt_1").await;
    assert_eq!(page.status, 200);
    let outcomes = page.body["outcomes"].as_array().unwrap();
    assert_eq!((outcomes.len(), &outcomes[59]["shortened"]), (60, &json!(false)));
    assert_eq!(outcomes[59]["metadata"], large);
    assert_eq!((&outcomes[0]["shortened"], &outcomes[0]["metadata"]), (&json!(true), &Value::Null));
}

#[tokio::test]
async fn an_entry_that_got_its_request_id_from_us_counts_once_when_it_is_sent_again_with_it() {
    let hookwatch = Hookwatch::start().await;
    let mut entry = outcome("evt_1", "x", true);
    entry.as_object_mut().unwrap().retain(|name, _| name != "request_id" && name != "timestamp");
    let batch = json!({"events": [entry.clone(), entry.clone()]}).to_string();
    let told = hookwatch.post_json("/v1/events/batch", &batch).await.body;
    assert_eq!(told["stored"], 2, "nothing tells that they are one: {told}");
    entry["request_id"] = told["results"][1]["request_id"].clone();
    let again = hookwatch.post_json("/v1/events", &entry.to_string()).await;
    assert_eq!((again.status, &again.body["result"]), (200, &json!("already_stored")));
}

#[tokio::test]
async fn null_is_kept_in_metadata_and_is_nothing_in_an_entry() {
    let hookwatch = Hookwatch::start().await;
    let mut entry = outcome("evt_1", "job", true);
    entry["metadata"] = json!({"a": null, "b": [null]});
    entry["session_id"] = Value::Null;
    assert_eq!(hookwatch.post_json("/v1/events", &entry.to_string()).await.status, 201);
    let page = hookwatch.get("/v1/events/evt_1").await.body;
    assert_eq!(page["outcomes"][0]["metadata"], json!({"a": null, "b": [null]}));
}

#[tokio::test]
async fn kinds_of_errors_add_up_to_all_failures() {
    let hookwatch = Hookwatch::start_with(|options| {
        options.parameters.insert("Outcomes".to_owned(), "expected".to_owned());
    })
    .await;
    let events: Vec<Value> = (0..40)
        .map(|n| {
            let mut entry = outcome(&format!("evt_{n}"), "job", false);
            entry["error_details"] = json!({"error_type": format!("kind_{n}")});
            entry
        })
        .collect();
    let batch = json!({"events": events}).to_string();
    assert_eq!(hookwatch.post_json("/v1/events/batch", &batch).await.body["stored"], 40);
    hookwatch.entries("/v1/events?kind=outcome", 40).await;
    let metrics = hookwatch.get("/v1/metrics").await.body;
    let kinds = metrics["error_distribution"].as_object().unwrap();
    let sum: u64 = kinds.values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!((sum, &metrics["failed_events"]), (40, &json!(40)), "{kinds:?}");
}
