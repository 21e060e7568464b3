use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use shared::log::{Category, Level};

use super::{Call, Entry};

const CALL: Call<'_> =
    Call { id: "call", place: 3, now: Timestamp::UNIX_EPOCH, slow_after: Duration::from_secs(5) };

/// A sound entry with some members changed; null leaves one out.
fn entry(changes: Value) -> Value {
    let mut entry = json!({
        "event_id": "evt_1", "event_type": "charge.failed", "success": false, "processing_time": 0.25,
        "error_message": "no row", "error_details": {"error_type": "timeout", "retry_attempts": 2},
    });
    for (name, value) in changes.as_object().unwrap() {
        entry[name] = value.clone();
    }
    entry
}

fn read(changes: Value) -> Result<Entry, (String, &'static str)> {
    Entry::read(entry(changes), &CALL).map_err(|invalid| (invalid.field, invalid.expected))
}

#[test]
fn defaults_are_the_rules() {
    let Entry { outcome, .. } = read(json!({})).unwrap();
    assert_eq!((outcome.level, outcome.category), (Level::Error, Category::Error));
    assert_eq!((outcome.request_id.as_str(), outcome.retry_attempts), ("auto:call:3", 2));
    assert_eq!((outcome.ended_at, outcome.processing_time.as_micros()), (CALL.now, 250_000));
    let last = read(json!({"error_details": {"error_type": "timeout", "last_attempt": true}}));
    assert_eq!(last.unwrap().outcome.level, Level::Critical);
    let own = read(json!({"level": "DEBUG", "category": "system"})).unwrap().outcome;
    assert_eq!((own.level, own.category), (Level::Debug, Category::System));
}

#[test]
fn an_entry_with_a_time_of_its_own_is_known_by_its_content() {
    let id = |changes: Value| read(changes).unwrap().outcome.request_id;
    let timed = json!({"timestamp": "-009999-01-02T01:59:59Z"});
    assert_eq!(id(timed.clone()), id(timed));
    let (a, b) = (
        json!({"timestamp": "2026-11-23T14:58:00Z"}),
        json!({"timestamp": "9999-12-30T22:00:00Z"}),
    );
    assert_ne!(id(a), id(b));
    assert_eq!(id(json!({"request_id": "job#1"})), "job#1");
}

#[test]
fn an_address_is_kept_as_it_is_written() {
    for address in ["10.0.0.1", "2001:DB8::1", "::ffff:10.0.0.1"] {
        let outcome = read(json!({"source_ip": address})).unwrap().outcome;
        assert_eq!(outcome.source_ip.as_deref(), Some(address));
    }
    assert_eq!(read(json!({"source_ip": null})).unwrap().outcome.source_ip, None);
}

#[test]
fn what_is_wrong_is_named_and_never_repeated() {
    let long = "x".repeat(256);
    let large = json!({"secret": "x".repeat(32 * 1_024)});
    for (changes, field) in [
        (json!({"event_id": "evt 1"}), "event_id"),
        (json!({"event_id": null}), "event_id"),
        (json!({"event_type": ""}), "event_type"),
        (json!({"event_type": long}), "event_type"),
        (json!({"event_type": "a\nb"}), "event_type"),
        (json!({"success": "secret"}), "success"),
        (json!({"success": null}), "success"),
        (json!({"success": true}), "error_message"),
        (json!({"success": true, "error_message": null}), "error_details"),
        (json!({"processing_time": -0.001}), "processing_time"),
        (json!({"processing_time": "secret"}), "processing_time"),
        (json!({"processing_time": 31_536_001}), "processing_time"),
        (json!({"processing_time": null}), "processing_time"),
        (json!({"timestamp": "secret"}), "timestamp"),
        (json!({"timestamp": 1_700_000_000}), "timestamp"),
        (json!({"request_id": "a b"}), "request_id"),
        (json!({"request_id": ""}), "request_id"),
        (json!({"level": "LOUD"}), "level"),
        (json!({"category": 7}), "category"),
        (json!({"livemode": "yes"}), "livemode"),
        (json!({"source_ip": "999.1.1.1"}), "source_ip"),
        (json!({"source_ip": "<secret>"}), "source_ip"),
        (json!({"source_ip": "10.0.0.1:443"}), "source_ip"),
        (json!({"source_ip": "fe80::1%eth0"}), "source_ip"),
        (json!({"source_ip": ""}), "source_ip"),
        (json!({"source_ip": 7}), "source_ip"),
        (json!({"entity_id": "cus_1"}), "entity_type"),
        (json!({"error_message": 7}), "error_message"),
        (json!({"error_message": "x".repeat(10_001)}), "error_message"),
        (json!({"error_details": []}), "error_details"),
        (json!({"error_details": {"retry_attempts": -1}}), "error_details.retry_attempts"),
        (json!({"error_details": {"error_type": 1}}), "error_details.error_type"),
        (json!({"error_details": large}), "error_details"),
        (json!({"metadata": "secret"}), "metadata"),
        (json!({"metadata": large}), "metadata"),
        (json!({"sucess": true}), "sucess"),
    ] {
        let (named, expected) = read(changes.clone()).err().unwrap();
        assert_eq!(named, field, "{changes}");
        assert!(!expected.contains("secret"), "{expected}");
    }
    assert_eq!(Entry::read(json!([]), &CALL).err().unwrap().field, "entry");
}

#[test]
fn metadata_at_its_limit_and_long_messages_are_kept() {
    let fits = json!({"m": "x".repeat(32 * 1_024 - r#"{"m":""}"#.len())});
    let message = "é".repeat(9_999);
    let entry = read(json!({"metadata": fits, "error_message": message})).unwrap();
    assert_eq!(entry.particulars.metadata.unwrap().len(), 32 * 1_024);
    assert_eq!(entry.particulars.message.as_ref(), Some(&message));
    assert_eq!(entry.outcome.failure().unwrap().message.as_ref().unwrap().len(), 500);
}
