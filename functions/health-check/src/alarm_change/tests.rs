use serde_json::json;

use super::*;

fn fixture(name: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/lambda_events");
    let text = std::fs::read(format!("{folder}/{name}.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

fn changes(event: &Value) -> Vec<AlarmChange> {
    read(event).unwrap().unwrap()
}

#[test]
fn recorded_changes_are_read() {
    use AlarmState::{Alarm, InsufficientData, Ok};
    for (name, alarm, previous, at) in [
        (
            "cloudwatch_alarm_state_change_eventbridge",
            "ServerCpuTooHigh",
            Ok,
            "2019-10-02T17:04:40.989Z",
        ),
        (
            "cloudwatch_alarm_state_change_eventbridge_metric_math",
            "TotalNetworkTrafficTooHigh",
            InsufficientData,
            "2019-10-02T17:20:48.554Z",
        ),
        ("cloudwatch_alarm_direct_lambda_action", "Test alert", Ok, "2024-02-17T11:53:08.431Z"),
        (
            "cloudwatch_alarm_direct_lambda_action_composite",
            "CompositeDemo.Main",
            Alarm,
            "2023-08-04T12:56:46.138Z",
        ),
        (
            "sns_cloudwatch_alarm_single_metric",
            "EXAMPLE",
            InsufficientData,
            "2015-06-03T17:43:27.123Z",
        ),
        // Two records that tell the same.
        (
            "sns_cloudwatch_alarm_metric_math",
            "EXAMPLE",
            InsufficientData,
            "2015-06-03T17:43:27.123Z",
        ),
    ] {
        let changes = changes(&fixture(name));
        let [change] = changes.as_slice() else { panic!("{name}: {changes:?}") };
        assert_eq!((change.alarm.as_str(), change.state), (alarm, Alarm), "{name}");
        assert_eq!(change.previous, Some(previous), "{name}");
        assert_eq!(change.at, at.parse().unwrap(), "{name}");
        assert_eq!(change.id, format!("{at}/ALARM/{alarm}"), "{name}");
        assert!(change.reason.contains("transition"), "{name}: {}", change.reason);
    }
}

/// One change in every shape.
fn told(state: &str, at: &str) -> [Value; 3] {
    let detail = json!({
        "alarmName": "shop:p95",
        "state": { "value": state, "reason": "because", "timestamp": at },
    });
    let message = json!({
        "AlarmName": "shop:p95",
        "NewStateValue": state,
        "NewStateReason": "because",
        "StateChangeTime": at,
    });
    [
        json!({ "detail-type": "CloudWatch Alarm State Change", "detail": detail }),
        json!({ "source": "aws.cloudwatch", "alarmData": detail }),
        json!({ "Records": [{ "Sns": { "Message": message.to_string() } }] }),
    ]
}

#[test]
fn a_change_is_one_in_whichever_shape() {
    for at in [
        "2026-11-24T12:00:00.250+0000",
        "2026-11-24T12:00:00.250Z",
        "2026-11-24T13:00:00.250+01:00",
    ] {
        for event in told("OK", at) {
            let changes = changes(&event);
            assert_eq!(changes.len(), 1);
            assert_eq!(changes[0].id, "2026-11-24T12:00:00.250Z/OK/shop:p95");
            assert_eq!((changes[0].previous, changes[0].reason.as_str()), (None, "because"));
        }
    }
    let later = &told("OK", "2026-11-24T12:00:00.251Z")[0];
    assert_eq!(changes(later)[0].id, "2026-11-24T12:00:00.251Z/OK/shop:p95");
}

#[test]
fn damage_is_named_and_not_shown() {
    for (state, at, member) in [
        ("RED", "2026-11-24T12:00:00Z", "state"),
        ("", "2026-11-24T12:00:00Z", "state"),
        ("ALARM", "yesterday", "time"),
        ("ALARM", "2026-13-24T12:00:00Z", "time"),
        ("ALARM", "2026-11-24T12:00:00", "time"),
    ] {
        for event in told(state, at) {
            assert_eq!(read(&event), Err(bad(member)), "{event}");
        }
    }
    let empty =
        json!({ "detail-type": "CloudWatch Alarm State Change", "detail": { "alarmName": "" } });
    assert_eq!(read(&empty), Err(bad("alarm name")));
    let torn = json!({ "Records": [{ "Sns": { "Message": "{\"AlarmName\": \"sh" } }] });
    assert_eq!(read(&torn), Err(bad("message")));
    assert_eq!(bad("time").to_string(), "an event of an alarm whose time is missing or wrong");
}

#[test]
fn names_and_reasons_are_bounded() {
    let with = |name: String, reason: String| {
        json!({ "alarmData": {
            "alarmName": name,
            "state": { "value": "ALARM", "reason": reason, "timestamp": "2026-11-24T12:00:00.000+0000" },
        }})
    };
    let change = &changes(&with("\u{e9}".repeat(255), "\u{20ac}".repeat(9_000)))[0];
    assert_eq!(change.reason.chars().count(), 1_024);
    assert!(change.id.chars().count() <= 300);
    assert_eq!(read(&with("x".repeat(256), String::new())), Err(bad("alarm name")));
}

#[test]
fn what_is_not_an_alarms_is_none() {
    for event in [
        fixture("eventbridge_rule_schedule"),
        fixture("sns_event"),
        json!(null),
        json!({ "Records": [{ "Sns": { "Message": 7 } }, 7] }),
    ] {
        assert_eq!(read(&event), Ok(None), "{event}");
    }
}
