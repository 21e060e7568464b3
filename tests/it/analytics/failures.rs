//! `GET /v1/errors`.

use serde_json::{Value, json};

use super::golden::{ANY, Golden, check, check_some, with};

/// The whole answer.
pub fn answer(golden: &Golden) -> Value {
    let refused = "connection to <*> refused";
    let silent = "no answer for <id> after <n> s";
    let test = |score: Value, steps: u64| {
        json!({
            "name": "Mann-Kendall (corrected for ties), Theil-Sen slope", "significance": 0.05,
            "score": score, "steps": steps, "minimum_steps": 10,
        })
    };
    let expected = json!({
        "total_failed_events": 3, "total_outcomes": 10, "error_rate": 0.3, "retries": 0,
        "error_distribution": {"database_error": 2, "timeout": 1},
        "code_distribution": {"E1": 2, "unknown": 1},
        "top_errors": top_errors(),
        "error_patterns": {refused: 2, silent: 1},
        "patterns": [
            {
                "pattern": refused, "count": 2, "share": 0.666_667, "event_types": ["invoice.paid"],
                "first_seen": golden.at(125), "last_seen": golden.at(145),
                "messages": ["connection to invoices refused", "connection to orders refused"],
                "sample_event_ids": ["evt_b5", "evt_b4"],
            },
            {
                "pattern": silent, "count": 1, "share": 0.333_333, "event_types": ["charge.failed"],
                "first_seen": golden.at(60), "last_seen": golden.at(65), "messages": [silent],
                "sample_event_ids": [],
            },
        ],
        "other_errors": 0,
        // Failures in steps 13, 26 and 29 of 36: S = -9 + 15 + 19, Var = (97020 - 74976 - 66) / 18.
        "error_trends": {
            "trend_direction": "stable", "trend": 0.0, "step": "5 minutes",
            "unit": "failures per hour, per hour", "test": test(json!(0.686_84), 36), "steps": ANY,
        },
        "performance_trends": {
            "trend_direction": null, "trend": null, "step": "5 minutes",
            "unit": "seconds of mean processing time, per hour", "test": test(Value::Null, 5),
            "steps": ANY,
        },
    });
    with(&golden.filtered(), &expected)
}

/// As often as each other, by name.
pub fn top_errors() -> Value {
    json!([
        ["connection to invoices refused", 1],
        ["connection to orders refused", 1],
        ["no answer for <id> after <n> s", 1],
    ])
}

#[tokio::test]
async fn errors_are_what_was_worked_out_by_hand() {
    let golden = Golden::new().await;
    check(&golden.ask("/v1/errors").await, &answer(&golden), "errors");
    golden.hookwatch.run_health_check().await;
    let found = golden.ask("/v1/errors").await;
    check(&found, &answer(&golden), "errors");
    let steps = found["error_trends"]["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 36);
    assert_eq!(found["error_trends"]["steps"], found["performance_trends"]["steps"]);
    let nothing = json!({
        "received": 0, "outcomes": 0, "failed": 0, "error_rate": null, "median_lag": null,
        "average_processing_time": null, "p95_processing_time": null, "rejected": 0,
    });
    for (index, expected) in [
        (
            0,
            json!({
                "outcomes": 1, "error_rate": 0.0, "average_processing_time": 1.0, "p95_processing_time": 1.0,
            }),
        ),
        (1, json!({"received": 1, "median_lag": 0.0})),
        (18, json!({"rejected": 45})),
        (
            25,
            json!({
                "outcomes": 5, "failed": 1, "error_rate": 0.2, "average_processing_time": 1.2,
                "p95_processing_time": 4.0,
            }),
        ),
        (35, json!({})),
    ] {
        let minutes = 5 * i64::try_from(index).unwrap();
        let times = json!({"from": golden.at(minutes), "to": golden.at(minutes + 5)});
        let expected = with(&with(&nothing, &times), &expected);
        check(&steps[index], &expected, &format!("step {index}"));
    }
    // Hours answer for a longer range, and what began in one is told to five minutes all the same.
    let longer = format!("/v1/errors?from={}&to={}", golden.at(-720), golden.at(180));
    let longer = golden.hookwatch.get(&longer).await.body;
    let began = |pattern: usize| longer["patterns"][pattern]["first_seen"].clone();
    assert_eq!(longer["error_trends"]["step"], "1 hour");
    assert_eq!([began(0), began(1)], [json!(golden.at(125)), json!(golden.at(60))]);
    let one = golden.ask("/v1/errors?event_type=charge.failed&limit=1").await;
    let some = json!({"total_failed_events": 1, "error_rate": 0.25, "other_errors": 0});
    check_some(&one, &some, "one");
}

#[tokio::test]
async fn times_that_get_longer_are_a_trend_and_its_slope() {
    let golden = Golden::new().await;
    // Twelve hours before the others, every 5 minutes, each a tenth of a second longer: 1.2 seconds an hour.
    for n in 0..12_i64 {
        let (minutes, millis) = (-720 + 5 * n, 1_000 + 100 * n.unsigned_abs());
        golden.succeed(&format!("evt_t{n}"), "charge.failed", minutes, millis).await;
    }
    let path = format!("/v1/errors?from={}&to={}", golden.at(-720), golden.at(-660));
    let trends = golden.hookwatch.get(&path).await.body["performance_trends"].clone();
    let some = json!({"trend_direction": "increasing", "trend": 1.2, "step": "5 minutes"});
    check_some(&trends, &some, "trends");
}
