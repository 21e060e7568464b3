//! `GET /v1/security`.

use serde_json::{Value, json};

use super::golden::{ANY, Golden, check, check_some, with};

/// The whole answer.
fn answer(golden: &Golden) -> Value {
    let expected = json!({
        "total_rejected": 45, "refused_genuine": 3, "refused_others": 42, "received": 3,
        "rejection_rate": 0.9375, "rejections_by_cause": by_cause(), "sources": sources(),
        "other_sources": 0, "step": "5 minutes", "timeline": ANY, "unreadable": 0,
        "authentication": {
            "failures": 4, "other_sources": 0, "incomplete": false, "sources": [
                {"address": "203.0.113.7", "count": 3}, {"address": "203.0.113.9", "count": 1},
            ],
        },
        "diagnoses": {
            "requests": 45, "since": golden.at(90), "incomplete": false, "rule": ANY,
            "found": [
                diagnosis(golden, "unknown_secret", "signature_mismatch", 42, 3),
                diagnosis(golden, "no_header", "missing_signature", 2, 0),
                diagnosis(golden, "body_trimmed", "signature_mismatch", 1, 0),
            ],
        },
        "bursts": bursts(golden),
        "burst_rule": "at least 20 refused requests in a step, and 5 times the median of the steps",
    });
    with(&golden.span(), &expected)
}

fn diagnosis(golden: &Golden, name: &str, cause: &str, requests: u64, genuine: u64) -> Value {
    json!({
        "diagnosis": name, "cause": cause, "requests": requests, "refused_genuine": genuine,
        "last_seen": golden.at(90), "signature_skew": null, "explanation": ANY,
    })
}

pub fn by_cause() -> Value {
    json!({"signature_mismatch": 43, "missing_signature": 2})
}

pub fn sources() -> Value {
    json!([
        {"address": "203.0.113.9", "rejected": 42, "deliveries": 0},
        {"address": "3.18.12.63", "rejected": 3, "deliveries": 3},
    ])
}

pub fn bursts(golden: &Golden) -> Value {
    json!([{"from": golden.at(90), "to": golden.at(95), "rejected": 45, "peak": 45}])
}

#[tokio::test]
async fn refusals_are_what_was_worked_out_by_hand() {
    let golden = Golden::new().await;
    check(&golden.ask("/v1/security").await, &answer(&golden), "security");
    golden.hookwatch.run_health_check().await;
    let found = golden.ask("/v1/security").await;
    check(&found, &answer(&golden), "security");
    let timeline = found["timeline"].as_array().unwrap();
    assert_eq!(timeline.len(), 36);
    let step = json!({
        "from": golden.at(90), "to": golden.at(95), "rejected": 45, "refused_genuine": 3,
        "authentication_failures": 4, "by_cause": by_cause(),
    });
    check(&timeline[18], &step, "step");
    let quiet = json!({
        "from": golden.base, "to": golden.at(5), "rejected": 0, "refused_genuine": 0,
        "authentication_failures": 0, "by_cause": {},
    });
    check(&timeline[0], &quiet, "quiet step");
    let one = golden.ask("/v1/security?limit=1").await;
    check_some(&one, &json!({"other_sources": 6}), "one");
}
