//! `GET /v1/metrics`: what was sent against what is answered, from the log and from roll-ups.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use local::system::local_parameters;
use serde_json::{Value, json};
use shared::rollup::Grain;
use shared::store::{EntityIndex, EventStore, StoredPayload};
use tests::hookwatch::{Hookwatch, event};
use tests::log::{delivery, retention};

async fn expecting_outcomes() -> Hookwatch {
    Hookwatch::start_with(|options| {
        options.parameters = local_parameters();
        options.parameters.insert("Outcomes".to_owned(), "expected".to_owned());
    })
    .await
}

#[tokio::test]
async fn every_number_of_the_guide_is_the_outcomes() {
    let hookwatch = expecting_outcomes().await;
    for n in 0..4 {
        hookwatch.deliver(event(&format!("evt_{n}"), "charge.failed").as_bytes()).await;
    }
    hookwatch.deliver(event("evt_0", "charge.failed").as_bytes()).await;
    hookwatch.deliver(b"null").await;
    hookwatch.post(b"{}", &[]).await;
    let events: Vec<Value> = (1..=10)
        .map(|n| {
            let mut entry = json!({
                "event_id": format!("evt_{n}"), "event_type": if n == 1 { "a" } else { "b" },
                "request_id": "job", "success": n > 2, "processing_time": n, "livemode": n % 2 == 0,
                "account": format!("acct_{}", n % 3),
            });
            if n <= 2 {
                entry["error_message"] = json!(format!("no row {n}"));
                entry["error_details"] = json!({"error_type": "timeout", "retry_attempts": 1});
            }
            entry
        })
        .collect();
    let batch = json!({"events": events}).to_string();
    assert_eq!(hookwatch.post_json("/v1/events/batch", &batch).await.body["stored"], 10);
    hookwatch.rejections("", 1).await;
    let metrics = hookwatch.get("/v1/metrics?time_range_hours=0.5").await.body;
    for (name, expected) in [
        ("source", json!("outcomes")),
        ("total_events", json!(10)),
        ("successful_events", json!(8)),
        ("failed_events", json!(2)),
        ("success_rate", json!(0.8)),
        ("error_rate", json!(0.2)),
        ("average_processing_time", json!(5.5)),
        ("error_distribution", json!({"timeout": 2})),
        ("top_errors", json!([["no row <n>", 2]])),
        ("incomplete", json!(false)),
        ("notices", json!([])),
    ] {
        assert_eq!(metrics[name], expected, "{name}");
    }
    for (name, expected) in [
        ("median_processing_time", 5.0),
        ("p95_processing_time", 10.0),
        ("p99_processing_time", 10.0),
    ] {
        let value = metrics[name].as_f64().unwrap();
        assert!((value / expected - 1.0).abs() < 0.01, "{name}: {value}");
    }
    let per_minute = metrics["events_per_minute"].as_f64().unwrap();
    assert!((10.0 / 35.0..=10.0 / 30.0).contains(&per_minute), "{per_minute}");
    assert!(metrics["peak_events_per_minute"].as_u64().unwrap() >= 5);
    assert!(metrics["log_begins"].is_string(), "the log is younger than the range");
    let deliveries = &metrics["deliveries"];
    for (name, expected) in
        [("received", 5), ("duplicates", 1), ("quarantined", 1), ("rejected", 1), ("late", 0)]
    {
        assert_eq!(deliveries[name], expected, "{name}");
    }
    assert_eq!(
        (&metrics["outcomes"]["retries"], &metrics["outcomes"]["total"]),
        (&json!(2), &json!(10))
    );

    for (filter, total) in [
        ("event_type=a", 1),
        ("event_type=b", 9),
        ("event_type=unheard.of", 0),
        ("livemode=true", 5),
        ("account=acct_1", 4),
        ("account=acct_1&livemode=true&event_type=b", 2),
    ] {
        let answer = hookwatch.get(&format!("/v1/metrics?{filter}")).await;
        assert_eq!(answer.body["total_events"], total, "{filter}: {answer:?}");
        assert!(answer.body["deliveries"]["rejected"].is_null(), "{filter}");
    }
    let none = hookwatch.get("/v1/metrics?event_type=unheard.of").await.body;
    assert!(none["success_rate"].is_null() && none["average_processing_time"].is_null());
}

#[tokio::test]
async fn without_outcomes_numbers_are_of_deliveries_and_rates_are_null() {
    let hookwatch = Hookwatch::start().await;
    hookwatch.deliver(event("evt_1", "charge.failed").as_bytes()).await;
    let metrics = hookwatch.get("/v1/metrics").await.body;
    assert_eq!((&metrics["source"], &metrics["total_events"]), (&json!("deliveries"), &json!(1)));
    assert!(metrics["success_rate"].is_null() && metrics["successful_events"].is_null());
    let entry =
        json!({"event_id": "evt_1", "event_type": "a", "success": true, "processing_time": 1});
    hookwatch.post_json("/v1/events", &entry.to_string()).await;
    let metrics = hookwatch.get("/v1/metrics").await.body;
    assert!(metrics["success_rate"].is_null());
    assert_eq!(metrics["outcomes"]["succeeded"], 1);
    assert_eq!(metrics["notices"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn bad_questions_are_named() {
    let hookwatch = Hookwatch::start().await;
    for (query, code) in [
        ("time_range_hours=0", "invalid_parameter"),
        ("time_range_hours=-1", "invalid_parameter"),
        ("time_range_hours=1e9", "invalid_parameter"),
        ("time_range_hours=day", "invalid_parameter"),
        ("time_range_hours=2160.5", "invalid_parameter"),
        ("livemode=maybe", "invalid_parameter"),
        ("from=2999-01-01T00:00:00Z&to=2999-02-01T00:00:00Z", "invalid_parameter"),
        ("hours=1", "unknown_parameter"),
    ] {
        let answer = hookwatch.get(&format!("/v1/metrics?{query}")).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{query}");
    }
    for fine in ["time_range_hours=0.01", "time_range_hours=2160", "to=2026-01-01T00:00:00Z"] {
        let answer = hookwatch.get(&format!("/v1/metrics?{fine}")).await;
        assert_eq!(answer.status, 200, "{fine}: {answer:?}");
    }
}

#[tokio::test]
async fn the_schedule_rolls_up_and_says_what_it_did() {
    let hookwatch = Hookwatch::start().await;
    let summary = hookwatch.run_health_check().await;
    assert_eq!((&summary["windows"], &summary["remaining"]), (&json!(1), &json!(0)), "{summary}");
    let again = hookwatch.run_health_check().await;
    // None, but for one that has closed in between.
    let through = [&summary, &again]
        .map(|of| of["rolled_through"].as_str().unwrap().parse::<Timestamp>().unwrap());
    let closed = through[1].duration_since(through[0]).as_secs() / Grain::Window.seconds();
    assert_eq!(again["windows"], closed, "{summary} {again}");
    hookwatch.log_with(&["run done", "rolled_through"]).await;
}

#[tokio::test]
async fn a_damaged_roll_up_is_named_answered_for_by_the_log_and_written_again() {
    let hookwatch = Hookwatch::start().await;
    let client = local::table::client(hookwatch.system.dynamodb_endpoint());
    let table = hookwatch.system.table();
    let store = EventStore::new(client.clone(), table.to_owned(), EntityIndex::OFF);
    let ago = Timestamp::now() - SignedDuration::from_mins(20);
    for n in 0..3 {
        let delivery = delivery(&format!("evt_{n}"), ago);
        store.put_delivery(&delivery, StoredPayload::NotKept, retention()).await.unwrap();
    }
    let first = hookwatch.run_health_check().await;
    assert_eq!((&first["entries"], &first["damaged"]), (&json!(3), &json!(0)), "{first}");
    let received = async || {
        let totals = hookwatch.get("/v1/metrics?time_range_hours=0.5").await.body;
        let cells = hookwatch.get("/v1/metrics?time_range_hours=0.5&event_type=charge.succeeded");
        let cells = cells.await.body;
        let read = [&totals, &cells].map(|answer| answer["read"]["log_entries"].as_u64().unwrap());
        assert_eq!(totals["deliveries"]["received"], 3, "{totals}");
        assert_eq!(cells["deliveries"]["received"], 3, "{cells}");
        read
    };
    assert_eq!(received().await, [0, 0], "roll-ups answer");
    let window = Grain::Window.bucket_of(ago).start;
    let key = |by: &str| {
        let value = |text: String| AttributeValue::S(text);
        let pk = window.strftime("ROLLUP#5M#%Y-%m-%d").to_string();
        let sk = format!("{by}{}", window.strftime("%H:%M"));
        Some([("pk".to_owned(), value(pk)), ("sk".to_owned(), value(sk))].into())
    };
    for (by, read) in [("", [3, 0]), ("BY#", [0, 3])] {
        let damage = client.update_item().table_name(table).set_key(key(by));
        let damage = damage
            .update_expression("SET d = :d, n = :n")
            .expression_attribute_values(":d", AttributeValue::B(b"\x01?".to_vec().into()))
            .expression_attribute_values(":n", AttributeValue::N("99".to_owned()));
        damage.send().await.unwrap();
        assert_eq!(received().await, read, "the log answers for {by:?}");
        hookwatch.log_with(&["damaged rollup"]).await;
        let mending = hookwatch.run_health_check().await;
        assert_eq!(mending["damaged"], 1, "{mending}");
        assert_eq!(received().await, [0, 0], "roll-ups answer again");
    }
}
