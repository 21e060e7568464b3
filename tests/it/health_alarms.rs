//! Alarms and mutes through the front doors: who is told, and who is not.

use health_check::cloudwatch::alarm::AlarmId;
use local::cloudwatch::StateValue;
use serde_json::{Value, json};
use tests::cloud_formation::CloudFormation;
use tests::hookwatch::Hookwatch;

use crate::health::{alarm, hurried, log_outcomes, run_until};

#[tokio::test]
async fn nobody_is_paged_before_the_first_run() {
    let hookwatch = Hookwatch::start().await;
    let metrics = hookwatch.system.cloudwatch().metrics();
    let is_heartbeat = |namespace: &str, name: &str| {
        namespace == "Hookwatch/hookwatch-local" && name == "Heartbeat"
    };
    assert!(metrics.iter().any(|of| is_heartbeat(&of.namespace, &of.name)), "{metrics:?}");
}

#[tokio::test]
async fn a_mute_silences_alarms_until_it_ends() {
    let hookwatch = hurried().await;
    for (body, code) in [
        ("{}", "invalid_field"),
        (r#"{"hours": 1}"#, "invalid_field"),
        (r#"{"hours": 0, "reason": "x"}"#, "invalid_field"),
        (r#"{"hours": 1e-300, "reason": "x"}"#, "invalid_field"),
        (r#"{"hours": 721, "reason": "x"}"#, "invalid_field"),
        (r#"{"hours": 1, "reason": "x", "kinds": ["odd"]}"#, "invalid_field"),
        (r#"{"hours": 1, "reason": "x", "kind": []}"#, "invalid_field"),
    ] {
        let answer = hookwatch.post_json("/v1/mutes", body).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{body}");
    }
    let mute = r#"{"hours": 1, "reason": "deployment",
        "kinds": ["forged_traffic", "high_error_rate", "forged_traffic"]}"#;
    let added = hookwatch.post_json("/v1/mutes", mute).await;
    assert_eq!(added.status, 201, "{added:?}");
    assert_eq!(added.body["kinds"], json!(["low_success_rate", "forged_traffic"]), "{added:?}");
    assert!(added.body["note"].is_null(), "{added:?}");
    hookwatch.run_health_check().await;
    let enabled = |id| alarm(&hookwatch, id).unwrap().actions_enabled();
    assert!(!enabled("forged") && !enabled("error-rate") && enabled("p95"));
    let asked = hookwatch.system.cloudwatch().requests();
    assert_eq!(asked[0]["operation"], "PutMetricData", "the heartbeat, whatever alarms take");
    let mutes = hookwatch.get("/v1/mutes").await.body;
    assert_eq!(mutes["mutes"][0]["by"], "local", "{mutes}");
    let id = added.body["id"].as_str().unwrap();
    assert_eq!(hookwatch.delete(&format!("/v1/mutes/{id}")).await.status, 204);
    for id in [id, "%25FF"] {
        let removed = hookwatch.delete(&format!("/v1/mutes/{id}")).await;
        assert_eq!((removed.status, removed.code()), (404, "mute_not_found"), "{id}");
    }
    hookwatch.run_health_check().await;
    assert!(enabled("forged"));
    let everything = hookwatch.post_json("/v1/mutes", r#"{"hours": 1, "reason": "x"}"#).await.body;
    let note = everything["note"].as_str().unwrap();
    let kept: Vec<&str> = AlarmId::ALL.iter().map(|id| id.as_str()).collect();
    for alarm in hookwatch.system.cloudwatch().alarms() {
        let id = alarm.name().trim_start_matches("hookwatch-local:");
        assert!(kept.contains(&id) || note.contains(id), "{id}: {note}");
    }
}

#[tokio::test]
async fn what_turned_bad_during_a_mute_is_told_when_it_ends() {
    let hookwatch = hurried().await;
    let mute = r#"{"hours": 1, "reason": "a migration"}"#;
    let added = hookwatch.post_json("/v1/mutes", mute).await;
    assert_eq!(added.status, 201, "{added:?}");
    hookwatch.run_health_check().await;
    log_outcomes(&hookwatch, 88, 12).await;
    let is_bad =
        async || alarm(&hookwatch, "error-rate-critical").unwrap().state.value == StateValue::Alarm;
    run_until(&hookwatch, "an alarm in silence", is_bad).await;
    let pages = || {
        let told = hookwatch.system.cloudwatch().notifications().into_iter();
        told.filter(|told| told.alarm.ends_with(":error-rate-critical")).count()
    };
    assert_eq!(pages(), 0);
    let id = added.body["id"].as_str().unwrap();
    assert_eq!(hookwatch.delete(&format!("/v1/mutes/{id}")).await.status, 204);
    run_until(&hookwatch, "a page", async || pages() > 0).await;
    for _ in 0..3 {
        hookwatch.run_health_check().await;
    }
    let forgotten = hookwatch.system.cloudwatch().requests().into_iter().filter(|request| {
        let name = request["input"]["AlarmName"].as_str().unwrap_or_default();
        request["operation"] == "SetAlarmState" && name.ends_with(":error-rate-critical")
    });
    assert_eq!(forgotten.count(), 2, "before it is put and after, and in no later run");
    // Twice, where it was evaluated between being put and being forgotten again.
    assert!((1..=2).contains(&pages()), "{}", pages());
}

#[tokio::test]
async fn an_alarm_that_changes_is_recorded_once_however_it_is_told() {
    let hookwatch = hurried().await;
    let at = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string();
    let read = |file: &str| {
        let path = tests::fixtures::folder("lambda_events").join(file);
        serde_json::from_slice::<Value>(&std::fs::read(path).unwrap()).unwrap()
    };
    let mut by_rule = read("cloudwatch_alarm_state_change_eventbridge.json");
    by_rule["detail"]["state"]["timestamp"] = json!(at);
    let mut by_topic = read("sns_cloudwatch_alarm_single_metric.json");
    let message = by_topic["Records"][0]["Sns"]["Message"].as_str().unwrap();
    let mut message: Value = serde_json::from_str(message).unwrap();
    message["StateChangeTime"] = json!(at);
    by_topic["Records"][0]["Sns"]["Message"] = json!(message.to_string());
    let alarms = [by_rule["detail"]["alarmName"].clone(), message["AlarmName"].clone()];
    for event in [&by_rule, &by_rule, &by_topic, &by_topic] {
        assert!(hookwatch.invoke("health-check", event).await.is_null());
    }
    let health = hookwatch.get("/v1/health").await.body;
    for alarm in &alarms {
        let told = health["recent_alerts"].as_array().unwrap().iter();
        let told = told.filter(|alert| alert["source"] == "alarm" && alert["subject"] == *alarm);
        assert_eq!(told.count(), 1, "{alarm}: {health}");
    }
    // A name that is too long for a key: in bytes, not in characters.
    let mut batch = by_topic.clone();
    let text = |name: &str| {
        let mut message = message.clone();
        message["AlarmName"] = json!(name);
        json!({"Sns": {"Message": message.to_string()}})
    };
    batch["Records"] = json!([text(&"\u{1F514}".repeat(255)), text("the next one")]);
    let host = hookwatch.system.host("health-check").unwrap();
    assert!(host.invoke(batch.to_string().as_bytes()).await.is_err());
    let health = hookwatch.get("/v1/health?fresh=true").await.body;
    let mut told = health["recent_alerts"].as_array().unwrap().iter();
    assert!(told.any(|alert| alert["subject"] == "the next one"), "{health}");

    let bad = json!({"detail-type": "CloudWatch Alarm State Change", "detail": {"alarmName": 7}});
    let error = host.invoke(bad.to_string().as_bytes()).await.unwrap_err().to_string();
    assert!(error.contains("alarm"), "{error}");
}

#[tokio::test]
async fn a_deleted_stack_takes_the_alarms_that_runs_made_and_no_other() {
    let hookwatch = hurried().await;
    hookwatch.run_health_check().await;
    let there = |id| alarm(&hookwatch, id).is_some();
    assert!(there("error-rate-critical") && there("dead-man"));

    let mut stack = CloudFormation::start().await;
    let deleted = stack.event("Delete", "alarms", &json!({}));
    assert!(hookwatch.invoke("health-check", &deleted).await.is_null());
    assert_eq!(stack.answer().await["Status"], "SUCCESS");
    assert!(!there("error-rate-critical") && there("dead-man"));
}
