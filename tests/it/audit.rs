//! The audit trail: what operators did is there, can be asked for, and cannot be changed.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use local::system::{OPERATOR_TOKEN, token_entry};
use serde_json::{Value, json};
use shared::log::TimeRange;
use shared::store::{Actor, AuditAction, AuditEntry, EntityIndex, EventStore, Position, Setting};
use tests::hookwatch::Hookwatch;
use tests::log::{Log, at, retention};

#[tokio::test]
async fn what_operators_do_is_listed_filtered_and_paged() {
    let hookwatch = Hookwatch::start_with(|options| {
        let tokens = [("local", "operator", OPERATOR_TOKEN), ("eve", "operator", "e")];
        let tokens = tokens.map(|(name, role, token)| token_entry(name, role, token)).join(",");
        options.secrets.insert("ApiTokens".to_owned(), tokens);
    })
    .await;
    let changed =
        hookwatch.patch_json_as("/v1/thresholds", r#"{"error_rate_max": 0.04}"#, "e").await;
    assert_eq!(changed.status, 200, "{changed:?}");
    let muted = hookwatch.post_json("/v1/mutes", r#"{"reason": "deploy", "hours": 1}"#).await;
    let id = muted.body["id"].as_str().unwrap();
    assert_eq!(hookwatch.delete(&format!("/v1/mutes/{id}")).await.status, 204);

    let entries = async |query: &str| {
        let answer = hookwatch.get(&format!("/v1/audit{query}")).await;
        assert_eq!(answer.status, 200, "{query}: {answer:?}");
        answer.body["entries"].as_array().unwrap().clone()
    };
    let all = entries("").await;
    let actions: Vec<_> = all.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["mute.removed", "mute.added", "thresholds.changed"]);
    let oldest = &all[2];
    for (name, value) in [
        ("by", json!("eve")),
        ("type", json!("thresholds")),
        ("severity", json!("warning")),
        ("subject", json!("thresholds")),
        ("source_ip", json!("127.0.0.1")),
        ("before", json!({})),
        ("after", json!({"error_rate_max": 0.04})),
    ] {
        assert_eq!(oldest[name], value, "{name}: {oldest}");
    }
    let actions_of = async |query: &str| {
        let found = entries(query).await;
        found.iter().map(|entry| entry["action"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(actions_of("?type=mute").await, ["mute.removed", "mute.added"]);
    assert_eq!(actions_of("?severity=warning").await, ["mute.added", "thresholds.changed"]);
    assert_eq!(actions_of("?type=mute&severity=info").await, ["mute.removed"]);
    assert_eq!(actions_of("?by=eve").await, ["thresholds.changed"]);
    assert_eq!(actions_of("?to=2026-01-01T00:00:00Z").await, [Value::Null; 0]);

    let first = hookwatch.get("/v1/audit?limit=2").await.body;
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = hookwatch.get(&format!("/v1/audit?limit=2&cursor={cursor}")).await.body;
    assert_eq!(second["entries"][0]["action"], "thresholds.changed", "{second}");
    assert_eq!(
        (second["entries"].as_array().unwrap().len(), &second["next_cursor"]),
        (1, &Value::Null)
    );
    for (query, code) in [
        (format!("?by=eve&cursor={cursor}"), "invalid_cursor"),
        ("?cursor=MSAx".to_owned(), "invalid_cursor"),
        ("?type=odd".to_owned(), "invalid_parameter"),
        ("?severity=ERROR".to_owned(), "invalid_parameter"),
        ("?limit=0".to_owned(), "invalid_parameter"),
        ("?action=x".to_owned(), "unknown_parameter"),
    ] {
        let answer = hookwatch.get(&format!("/v1/audit{query}")).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{query}");
    }
    let of_log = hookwatch.get(&format!("/v1/events?cursor={cursor}")).await;
    assert_eq!(of_log.code(), "invalid_cursor", "a cursor of another endpoint");
    assert_eq!(hookwatch.delete("/v1/audit").await.code(), "method_not_allowed");
}

fn entry(time: Timestamp, id: &str, by: &str) -> AuditEntry {
    let actor = Actor { at: time, request_id: id.to_owned(), by: by.to_owned(), source_ip: None };
    AuditEntry::new(actor, AuditAction::ThresholdsChanged, "thresholds", (json!(1), json!(2)))
}

async fn put(log: &Log, version: u64, entry: &AuditEntry) -> bool {
    let setting = Setting { version, value: BTreeMap::new(), is_damaged: false };
    log.store.put_thresholds(&setting, entry, retention()).await.unwrap()
}

#[tokio::test]
async fn an_entry_is_never_written_over() {
    let log = Log::new(EntityIndex::OFF).await;
    assert!(put(&log, 0, &entry(at(0), "r-1", "ann")).await);
    assert!(!put(&log, 1, &entry(at(0), "r-1", "eve")).await, "the same place");
    let range = TimeRange::new(at(-60), at(60)).unwrap();
    let page = log.store.audit(range, None, 10, at(60), |_| true).await.unwrap();
    assert_eq!(page.entries, [entry(at(0), "r-1", "ann")]);
    let settings = log.store.settings(at(60)).await.unwrap();
    assert_eq!(settings.thresholds.version, 1, "nor is what it would have told of");
}

#[tokio::test]
async fn pages_go_on_over_months_and_chunks_with_nothing_twice() {
    let log = Log::new(EntityIndex::OFF).await;
    let day = SignedDuration::from_hours(24);
    for (number, age) in
        (0..205).map(|n| (n, SignedDuration::from_secs(n))).chain([(205, day * 40)])
    {
        let entry = entry(at(0) - age, &format!("r-{number}"), "ann");
        assert!(put(&log, number as u64, &entry).await);
    }
    let range = TimeRange::new(at(0) - day * 60, at(1)).unwrap();
    let mut found = Vec::new();
    let mut before: Option<Position> = None;
    loop {
        let page = log.store.audit(range, before.as_ref(), 60, at(1), |_| true).await.unwrap();
        found.extend(page.entries.into_iter().map(|entry| entry.id));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    let expected: Vec<String> = (0..206).map(|number| format!("r-{number}")).collect();
    assert_eq!(found, expected);
    let none = log.store.audit(range, None, 60, at(1), |entry| entry.by == "eve").await.unwrap();
    assert_eq!((none.entries.len(), none.examined, none.next), (0, 206, None));
}

#[tokio::test]
async fn all_of_the_year_that_is_kept_can_be_asked_for_at_once() {
    let hookwatch = Hookwatch::start().await;
    let client = local::table::client(hookwatch.system.dynamodb_endpoint());
    let store = EventStore::new(client, hookwatch.system.table().to_owned(), EntityIndex::OFF);
    let now = Timestamp::now();
    let old = entry(now - SignedDuration::from_hours(24 * 364), "r-old", "ann");
    store.put_audit_entry(&old, retention()).await.unwrap();
    for path in ["/v1/audit", "/v1/events"] {
        for (hours, status) in [(8_784, 200), (8_785, 400)] {
            let from = now - SignedDuration::from_hours(hours);
            for query in [format!("time_range_hours={hours}"), format!("from={from}&to={now}")] {
                let answer = hookwatch.get(&format!("{path}?{query}")).await;
                assert_eq!(answer.status, status, "{path}?{query}: {answer:?}");
                if path == "/v1/audit" && status == 200 {
                    assert_eq!(answer.body["entries"][0]["id"], "r-old", "{query}: {answer:?}");
                }
            }
        }
    }
}

/// The trail as it lies in the table, by key.
async fn trail(hookwatch: &Hookwatch) -> BTreeMap<String, String> {
    let client = local::table::client(hookwatch.system.dynamodb_endpoint());
    let pages = client.scan().table_name(hookwatch.system.table()).into_paginator();
    let items = pages.items().send().try_collect().await.unwrap();
    let text = |item: &HashMap<String, AttributeValue>, name: &str| {
        item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
    };
    let entries = items.iter().filter(|item| text(item, "pk").starts_with("AUDIT#"));
    entries
        .map(|item| {
            let sorted: BTreeMap<_, _> = item.iter().collect();
            (format!("{} {}", text(item, "pk"), text(item, "sk")), format!("{sorted:?}"))
        })
        .collect()
}

#[tokio::test]
async fn whatever_is_done_the_trail_only_grows() {
    let hookwatch = Hookwatch::start().await;
    let muted = hookwatch.post_json("/v1/mutes", r#"{"reason": "deploy", "hours": 1}"#).await;
    let id = muted.body["id"].as_str().unwrap().to_owned();
    let mut before = trail(&hookwatch).await;
    assert_eq!(before.len(), 1);
    for step in 0..8 {
        match step {
            0 => drop(
                hookwatch
                    .patch_json_as("/v1/thresholds", r#"{"error_rate_max": 0.04}"#, OPERATOR_TOKEN)
                    .await,
            ),
            1 => drop(
                hookwatch
                    .patch_json_as("/v1/thresholds", r#"{"error_rate_max": null}"#, OPERATOR_TOKEN)
                    .await,
            ),
            2 => drop(hookwatch.post_json("/v1/deployments", r#"{"version": "1"}"#).await),
            3 => drop(hookwatch.delete(&format!("/v1/mutes/{id}")).await),
            4 => drop(hookwatch.delete(&format!("/v1/mutes/{id}")).await),
            5 => drop(hookwatch.run_health_check().await),
            6 => drop(hookwatch.get("/v1/audit").await),
            _ => drop(hookwatch.delete("/v1/audit").await),
        }
        let after = trail(&hookwatch).await;
        for (key, entry) in &before {
            assert_eq!(after.get(key), Some(entry), "step {step}");
        }
        before = after;
    }
    assert!(before.len() >= 4, "{before:?}");
}

/// What roles may do is held against this list by tests/it/permissions.rs.
#[test]
fn no_function_may_change_or_delete_an_item_and_one_may_add_to_the_trail() {
    let list = std::fs::read_to_string(local::workspace().join("infra/permissions.txt")).unwrap();
    let lines = list.lines().filter(|line| !line.starts_with("//"));
    let mut writers = Vec::new();
    for words in lines.map(|line| line.split_whitespace().collect::<Vec<_>>()) {
        let [function, action, of] = words[..] else { continue };
        if let Some(action) = action.strip_prefix("dynamodb:") {
            let known = ["PutItem", "Query", "DescribeTable", "DescribeTimeToLive"];
            assert!(known.contains(&action), "{function} may {action} {of}");
            if action == "PutItem" && of.starts_with("AUDIT") {
                writers.push(function);
            }
        }
    }
    assert_eq!(writers, ["ops-api"]);
}
