//! `GET /v1/analytics`.

use serde_json::{Value, json};

use super::golden::{Golden, check, check_some, with};

/// The first type: processing took 1, 2, 3 and, failing, 4 seconds.
pub fn of_a(name: Value) -> Value {
    json!({
        "name": name, "count": 4, "share": 0.4, "deliveries": 3, "succeeded": 3, "failed": 1,
        "refused": null, "success_rate": 0.75, "avg_processing_time": 2.5,
        "p50_processing_time": 2.0, "p95_processing_time": 4.0, "p99_processing_time": 4.0,
        "previous_count": 2, "change": 1.0,
    })
}

/// The second type: four times 0.5 seconds, and twice, failing, 4.
pub fn of_b(name: Value) -> Value {
    json!({
        "name": name, "count": 6, "share": 0.6, "deliveries": 0, "succeeded": 4, "failed": 2,
        "refused": null, "success_rate": 0.666_667, "avg_processing_time": 1.666_667,
        "p50_processing_time": 0.5, "p95_processing_time": 4.0, "p99_processing_time": 4.0,
        "previous_count": 8, "change": -0.25,
    })
}

/// Both, as one group.
fn of_both(name: &str, deliveries: u64) -> Value {
    json!([{
        "name": name, "count": 10, "share": 1.0, "deliveries": deliveries, "succeeded": 7, "failed": 3,
        "refused": null, "success_rate": 0.7, "avg_processing_time": 2.0, "p50_processing_time": 1.0,
        "p95_processing_time": 4.0, "p99_processing_time": 4.0, "previous_count": 10, "change": 0.0,
    }])
}

/// The whole answer.
pub fn answer(golden: &Golden, by: &str, groups: Value) -> Value {
    let expected = json!({
        "group_by": by, "source": "outcomes", "total_events": 10, "previous_total_events": 10,
        "change": 0.0, "groups": groups,
        "before": {"from": golden.at(-180), "through": golden.base},
        "other": {"count": 0, "share": 0.0, "groups": 0, "without_room": 0, "failed": 0},
    });
    with(&golden.filtered(), &expected)
}

#[tokio::test]
async fn groups_are_what_was_worked_out_by_hand() {
    let golden = Golden::new().await;
    let hour = |n: i64| json!(golden.at(n * 60));
    let hours =
        |n: i64, name: Value, group: Value| with(&group, &json!({"name": name, "hour": hour(n)}));
    let compared =
        |previous: Value, change: Value| json!({"previous_count": previous, "change": change});
    // 1 and 2 seconds; 3 and, failing, 4.
    let first = json!({
        "count": 2, "share": 0.2, "deliveries": 1, "succeeded": 2, "failed": 0, "refused": null,
        "success_rate": 1.0, "avg_processing_time": 1.5, "p50_processing_time": 1.0,
        "p95_processing_time": 2.0, "p99_processing_time": 2.0, "previous_count": 2, "change": 0.0,
    });
    let second = json!({
        "count": 2, "share": 0.2, "deliveries": 2, "succeeded": 1, "failed": 1, "refused": null,
        "success_rate": 0.5, "avg_processing_time": 3.5, "p50_processing_time": 3.0,
        "p95_processing_time": 4.0, "p99_processing_time": 4.0, "previous_count": 8, "change": -0.75,
    });
    let third = with(&of_b(json!("")), &compared(json!(0), Value::Null));
    let second_of_a = with(&second, &compared(json!(0), Value::Null));
    for (by, groups) in [
        ("event_type", json!([of_b(json!("invoice.paid")), of_a(json!("charge.failed"))])),
        ("livemode", json!([of_b(json!("false")), of_a(json!("true"))])),
        ("account", json!([of_b(Value::Null), of_a(json!("acct_1"))])),
        ("entity_type", of_both("charge", 3)),
        ("category", of_both("business", 3)),
        ("level", of_both("INFO", 3)),
        ("api_version", of_both("2026-10-28.endive", 0)),
        (
            "hour",
            json!([
                hours(2, hour(2), third.clone()),
                hours(0, hour(0), first.clone()),
                hours(1, hour(1), second),
            ]),
        ),
        (
            "event_type_hour",
            json!([
                hours(2, json!("invoice.paid"), third),
                hours(0, json!("charge.failed"), first),
                hours(1, json!("charge.failed"), second_of_a),
            ]),
        ),
    ] {
        let path = format!("/v1/analytics?group_by={by}");
        check(&golden.ask(&path).await, &answer(&golden, by, groups), by);
    }
}

#[tokio::test]
async fn addresses_are_what_was_worked_out_by_hand() {
    let golden = Golden::new().await;
    let address = |name: &str, share: f64, deliveries: u64, refused: u64| {
        json!({
            "name": name, "count": deliveries + refused, "share": share, "deliveries": deliveries,
            "refused": refused, "succeeded": null, "failed": null, "success_rate": null,
            "avg_processing_time": null, "p50_processing_time": null, "p95_processing_time": null,
            "p99_processing_time": null, "previous_count": 0, "change": null,
        })
    };
    let groups = json!([address("203.0.113.9", 0.875, 0, 42), address("3.18.12.63", 0.125, 3, 3)]);
    let counted = json!({
        "source": "requests", "total_events": 48, "previous_total_events": 0, "change": null,
    });
    let expected = with(&answer(&golden, "source_ip", groups), &counted);
    check(&golden.ask("/v1/analytics?group_by=source_ip").await, &expected, "source_ip");
}

#[tokio::test]
async fn groups_are_the_same_from_roll_ups_with_a_limit_and_of_a_part() {
    let golden = Golden::new().await;
    golden.hookwatch.run_health_check().await;
    let groups = json!([of_b(json!("invoice.paid")), of_a(json!("charge.failed"))]);
    let expected = answer(&golden, "event_type", groups);
    check(&golden.ask("/v1/analytics").await, &expected, "rolled up");
    let limited = golden.ask("/v1/analytics?limit=1").await;
    let other = json!({"count": 4, "share": 0.4, "groups": 1, "without_room": 0, "failed": 1});
    check(&limited["other"], &other, "other");
    let filtered = golden.ask("/v1/analytics?group_by=hour&livemode=true&account=acct_1").await;
    let some = json!({"total_events": 4, "livemode": true, "account": "acct_1", "change": 1.0});
    check_some(&filtered, &some, "filtered");
    let none = golden.ask("/v1/analytics?event_type=unheard.of").await;
    check_some(&none, &json!({"total_events": 0, "groups": [], "change": null}), "none");
}

#[tokio::test]
async fn a_log_that_is_younger_than_the_period_before_has_no_change() {
    let golden = Golden::new().await;
    // The first entry of all is 1,440 minutes before the three hours.
    for (from, to, before) in [
        (-1_440, -1_400, Value::Null),
        (-1_500, -1_400, Value::Null),
        (-1_435, -1_430, json!({"from": golden.at(-1_440), "through": golden.at(-1_435)})),
    ] {
        let (from, to) = (golden.at(from), golden.at(to));
        let path = format!("/v1/analytics?from={from}&to={to}");
        let answer = golden.hookwatch.get(&path).await.body;
        check(&answer["before"], &before, &path);
        assert_eq!(answer["previous_total_events"].is_null(), before.is_null(), "{answer}");
    }
    // Windows begin every 5 minutes, and what is in one is in one period only.
    let path = format!("/v1/analytics?from={}&to={}", golden.at(2), golden.at(62));
    let answer = golden.hookwatch.get(&path).await.body;
    let times = json!({"from": golden.base, "through": golden.at(62),
        "before": {"from": golden.at(-65), "through": golden.at(-3)}});
    check_some(&answer, &times, "not aligned");
}
