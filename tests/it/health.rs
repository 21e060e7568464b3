//! Health through the front doors: what a person on call asks, does and is told.

use std::time::Duration;

use local::cloudwatch::{Alarm, Notification, StateValue};
use local::system::{OPERATOR_TOKEN, local_parameters, token_entry};
use serde_json::{Value, json};
use shared::health::{History, Progress};
use shared::statistics::HourlyCounts;
use shared::store::{EntityIndex, EventStore, KnownHistory};
use tests::hookwatch::Hookwatch;

/// A system in which a second stands for the five minutes between two runs.
pub(crate) async fn hurried() -> Hookwatch {
    Hookwatch::start_with(|options| {
        options.period = Duration::from_secs(1);
        options.parameters = local_parameters();
        for (name, value) in [("Outcomes", "expected"), ("HealthCheckInterval", "1")] {
            options.parameters.insert(name.to_owned(), value.to_owned());
        }
        let tokens = [("local", "operator", OPERATOR_TOKEN), ("eve", "viewer", "v")];
        let tokens = tokens.map(|(name, role, token)| token_entry(name, role, token)).join(",");
        options.secrets.insert("ApiTokens".to_owned(), tokens);
    })
    .await
}

pub(crate) async fn log_outcomes(hookwatch: &Hookwatch, succeeded: usize, failed: usize) {
    let events: Vec<Value> = (0..succeeded + failed)
        .map(|n| {
            let mut entry = json!({
                "event_id": format!("evt_{n}"), "event_type": "charge.failed", "livemode": true,
                "success": n >= failed, "processing_time": 0.1,
            });
            if n < failed {
                entry["error_message"] = json!("no row");
            }
            entry
        })
        .collect();
    for events in events.chunks(500) {
        let batch = json!({"events": events}).to_string();
        assert_eq!(hookwatch.post_json("/v1/events/batch", &batch).await.status, 200);
    }
}

pub(crate) fn alarm(hookwatch: &Hookwatch, id: &str) -> Option<Alarm> {
    let name = format!("hookwatch-local:{id}");
    hookwatch.system.cloudwatch().alarms().into_iter().find(|alarm| alarm.name() == name)
}

/// Lets the health check run once a second until something is so, for a minute at most.
pub(crate) async fn run_until(hookwatch: &Hookwatch, what: &str, is_so: impl AsyncFn() -> bool) {
    for _ in 0..60 {
        hookwatch.run_health_check().await;
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    panic!("{what}: {:?}", hookwatch.system.cloudwatch().history());
}

#[tokio::test]
async fn failures_are_seen_told_explained_and_mended() {
    let hookwatch = hurried().await;
    log_outcomes(&hookwatch, 88, 12).await;
    let is = async |id, state| alarm(&hookwatch, id).is_some_and(|a| a.state.value == state);
    run_until(&hookwatch, "a page", async || is("error-rate-critical", StateValue::Alarm).await)
        .await;
    let paged = hookwatch.system.cloudwatch().notifications();
    // Where the first run is late, the dead man's alarm tells so.
    let is_page = |told: &&Notification| {
        told.action.ends_with("PageTopic") && !told.alarm.ends_with(":dead-man")
    };
    let pages: Vec<_> = paged.iter().filter(is_page).collect();
    assert_eq!(pages.len(), 1, "{paged:?}");
    assert!(pages[0].description.contains("infra/README.md#error-rate-critical"), "{paged:?}");

    let health = hookwatch.get("/v1/health").await.body;
    assert_eq!(health["overall_status"], "critical", "{health}");
    assert!(health["arithmetic"].as_str().unwrap().contains("by error_rate"));
    assert_eq!(health["processing_health"]["lowest"], "error_rate");
    let issue = &health["active_issues"]
        .as_array()
        .unwrap()
        .iter()
        .find(|issue| issue["type"] == "low_success_rate");
    let issue = issue.unwrap();
    assert_eq!(
        (&issue["alias"], &issue["severity"]),
        (&json!("high_error_rate"), &json!("critical"))
    );
    assert!(issue["evidence"].as_str().unwrap().contains("12 of 100"), "{issue}");
    assert_eq!(issue["blast_radius"]["sample_events"].as_array().unwrap().len(), 5);
    assert!(!health["recommendations"].as_array().unwrap().is_empty());
    let told: Vec<_> = health["recent_alerts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|alert| {
            (
                alert["source"].as_str().unwrap(),
                alert["subject"].as_str().unwrap(),
                alert["state"].as_str().unwrap(),
            )
        })
        .collect();
    assert!(told.contains(&("issue", "low_success_rate", "opened")), "{told:?}");
    hookwatch.log_with(&["alarm changed", "error-rate-critical"]).await;

    let snoozed = hookwatch.post_json("/v1/issues/high_error_rate/snooze", r#"{"hours": 1}"#).await;
    assert_eq!((snoozed.status, &snoozed.body["state"]), (200, &json!("snoozed")), "{snoozed:?}");
    hookwatch.run_health_check().await;
    assert!(!alarm(&hookwatch, "error-rate-critical").unwrap().actions_enabled());
    assert!(alarm(&hookwatch, "p95").unwrap().actions_enabled());

    log_outcomes(&hookwatch, 500, 0).await;
    let resolved = async || {
        let issues = hookwatch.get("/v1/issues?state=resolved").await.body;
        let issues = issues["issues"].as_array().unwrap().clone();
        issues.iter().any(|issue| issue["fingerprint"] == "low_success_rate")
    };
    run_until(&hookwatch, "the end", resolved).await;
    run_until(&hookwatch, "all well", async || is("error-rate-critical", StateValue::Ok).await)
        .await;
    let history = hookwatch.get("/v1/health/history?time_range_hours=1").await.body;
    let scores: Vec<f64> = history["snapshots"]
        .as_array()
        .unwrap()
        .iter()
        .map(|snapshot| snapshot["health_score"].as_f64().unwrap())
        .collect();
    assert!(scores[0] < 0.5 && *scores.last().unwrap() > 0.9, "{scores:?}");
    let metrics = hookwatch.system.cloudwatch().metrics();
    let ours = metrics.iter().filter(|metric| metric.namespace == "Hookwatch/hookwatch-local");
    assert!(ours.count() <= 26, "{metrics:?}");
}

#[tokio::test]
async fn health_is_answered_before_the_first_run_and_noticed_when_runs_stop() {
    let hookwatch = hurried().await;
    let first = hookwatch.get("/v1/health").await;
    assert_eq!(
        (first.status, &first.body["overall_status"]),
        (200, &json!("healthy")),
        "{first:?}"
    );
    assert!(first.body["last_run"].is_null() && first.body["notes"][0].is_string());
    hookwatch.run_health_check().await;
    let known = hookwatch.get("/v1/health").await.body;
    assert!(known["last_run"].is_string(), "{known}");
    tokio::time::sleep(Duration::from_secs(4)).await;
    let stale = hookwatch.get("/v1/health").await.body;
    assert_eq!(stale["overall_status"], "critical", "{stale}");
    assert_eq!(stale["active_issues"][0]["type"], "health_check_stale");
    assert!(stale["age_seconds"].as_f64().unwrap() >= 3.0);
    let fresh = hookwatch.get("/v1/health?fresh=true").await.body;
    assert!(fresh["age_seconds"].as_f64().unwrap() < 1.0 && fresh["overall_status"] == "critical");
    for (path, code) in [
        ("/v1/health?fresh=maybe", "invalid_parameter"),
        ("/v1/health/history?time_range_hours=721", "invalid_parameter"),
        ("/v1/issues?state=odd", "invalid_parameter"),
        ("/v1/issues?x=1", "unknown_parameter"),
    ] {
        let answer = hookwatch.get(path).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{path}");
    }
}

#[tokio::test]
async fn a_fresh_answer_hears_the_rhythm() {
    let hookwatch = hurried().await;
    let client = local::table::client(hookwatch.system.dynamodb_endpoint());
    let table = hookwatch.system.table().to_owned();
    let store = EventStore::new(client, table, EntityIndex::OFF);
    let missed = async || {
        let health = hookwatch.get("/v1/health?fresh=true").await.body;
        let signals = health["processing_health"]["signals"].as_array().unwrap().clone();
        let signal = signals.into_iter().find(|signal| signal["name"] == "missed_events");
        signal.unwrap()
    };
    assert!(missed().await["value"].is_null());
    // Sixty an hour for four weeks, and none for three hours.
    let now = jiff::Timestamp::now();
    let through = now.as_second().div_euclid(3_600) - 3;
    let mut all = HourlyCounts::default();
    (through - 672..through).for_each(|hour| all.set(hour, 60));
    let progress = Some(Progress { through, back_to: through - 672, live: false });
    let history = History { all, progress, ..History::default() };
    store.put_history(&KnownHistory::default(), &history, now).await.unwrap();
    let signal = missed().await;
    assert!(signal["value"].as_f64().unwrap() > 100.0, "{signal}");
    assert!(signal["basis"].as_str().unwrap().contains("should have come since"), "{signal}");
}

#[tokio::test]
async fn thresholds_are_changed_by_operators_and_alarms_follow() {
    let hookwatch = hurried().await;
    let patch =
        async |body: &str| hookwatch.patch_json_as("/v1/thresholds", body, OPERATOR_TOKEN).await;
    let known = hookwatch.get("/v1/thresholds").await.body;
    assert_eq!(
        (&known["version"], &known["thresholds"]["error_rate_max"]),
        (&json!(0), &json!(0.05))
    );
    for (body, status, code) in [
        ("{", 400, "invalid_json"),
        ("[]", 400, "invalid_field"),
        (r#"{"error_rate_mx": 0.1}"#, 400, "invalid_threshold"),
        (r#"{"error_rate_max": 1.1}"#, 400, "invalid_threshold"),
        (r#"{"error_rate_max": "x"}"#, 400, "invalid_threshold"),
        (r#"{"critical_error_rate": 0.01}"#, 400, "invalid_threshold"),
        (r#"{"error_rate_max": 0.04, "version": 7}"#, 409, "version_conflict"),
        (r#"{"error_rate_max": 0.04, "version": -1}"#, 400, "invalid_field"),
    ] {
        let answer = patch(body).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{body}");
    }
    let named = patch(r#"{"critical_error_rate": 0.01}"#).await.body;
    let message = named["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("critical_error_rate must be"), "{message}");
    let forbidden =
        hookwatch.patch_json_as("/v1/thresholds", r#"{"error_rate_max": 0.04}"#, "v").await;
    assert_eq!((forbidden.status, forbidden.code()), (403, "forbidden"));

    hookwatch.run_health_check().await;
    let before = alarm(&hookwatch, "error-rate-critical").unwrap();
    let changed =
        patch(r#"{"critical_error_rate": 0.2, "low_success_rate": 0.8, "version": 0}"#).await;
    assert_eq!((changed.status, &changed.body["version"]), (200, &json!(1)), "{changed:?}");
    hookwatch.run_health_check().await;
    let after = alarm(&hookwatch, "error-rate-critical").unwrap();
    assert_ne!(before.description(), after.description());
    assert!(after.description().contains("20 %"), "{}", after.description());
    let back = patch(r#"{"critical_error_rate": null, "low_success_rate": null}"#).await.body;
    assert_eq!((&back["set"], &back["version"]), (&json!({}), &json!(2)));
    // What changes nothing leaves no trace.
    for nothing in ["{}", r#"{"critical_error_rate": null}"#, r#"{"version": 2}"#] {
        assert_eq!(patch(nothing).await.body, back, "{nothing}");
    }
    let audited = hookwatch.get("/v1/audit").await.body["entries"].as_array().unwrap().len();
    assert_eq!(audited, 2);
}

#[tokio::test]
async fn thresholds_that_no_version_knows_stand_in_nobodys_way() {
    let hookwatch = hurried().await;
    let patch =
        async |body: &str| hookwatch.patch_json_as("/v1/thresholds", body, OPERATOR_TOKEN).await;
    assert_eq!(patch(r#"{"error_rate_max": 0.04}"#).await.status, 200);
    let damage = async || {
        let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
        let client = local::table::client(hookwatch.system.dynamodb_endpoint());
        let stored = r#"{"error_rate_max": 0.04, "of_another_version": 1}"#;
        let settings = client.update_item().table_name(hookwatch.system.table());
        let settings = settings.key("pk", text("SETTINGS")).key("sk", text("THRESHOLDS"));
        let settings = settings.update_expression("SET d = :d");
        settings.expression_attribute_values(":d", text(stored)).send().await.unwrap();
        let known = hookwatch.get("/v1/thresholds").await.body;
        assert_eq!(known["damaged"], true, "{known}");
    };
    for body in [r#"{"p95_processing_time_max": 9}"#, r#"{"of_another_version": null}"#] {
        damage().await;
        let mended = patch(body).await;
        assert_eq!((mended.status, &mended.body["damaged"]), (200, &json!(false)), "{mended:?}");
        assert_eq!(mended.body["set"]["error_rate_max"], 0.04, "{mended:?}");
        assert!(mended.body["set"]["of_another_version"].is_null(), "{mended:?}");
    }
    let unknown = patch(r#"{"of_another_version": 1}"#).await;
    assert_eq!((unknown.status, unknown.code()), (400, "invalid_threshold"));
}

#[tokio::test]
async fn what_is_not_there_cannot_be_acted_on() {
    let hookwatch = hurried().await;
    for (path, body, status, code) in [
        ("/v1/issues/odd/acknowledge", "", 404, "issue_not_found"),
        ("/v1/issues/low_success_rate/burn", "", 404, "not_found"),
        // What a function URL would leave escaped.
        ("/v1/issues/%25FF/resolve", "", 404, "issue_not_found"),
        ("/v1/issues/low_success_rate/resolve", r#"{"hours": 1}"#, 400, "invalid_field"),
        ("/v1/issues/low_success_rate/snooze", "", 400, "invalid_json"),
        (
            "/v1/issues/low_success_rate/snooze",
            r#"{"until": "1999-01-01T00:00:00Z"}"#,
            400,
            "invalid_field",
        ),
    ] {
        let answer = hookwatch.post_json(path, body).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{path}");
    }
    let forbidden = hookwatch.post_json_as("/v1/issues/odd/acknowledge", "", "v").await;
    assert_eq!(forbidden.code(), "forbidden");
}
