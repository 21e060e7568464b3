use serde_json::Value;

use super::{neutralise, randomise};

const EVENT: &str = r#"{
  "id": "evt_00000000000000",
  "object": "event",
  "api_version": "2026-07-29.dahlia",
  "created": 1648320032,
  "data": {
    "object": {
      "id": "pi_3MtwBwLkdIwHu7ix28a3tqPa",
      "amount": 2000,
      "unit_amount_decimal": "2000",
      "exp_month": 3,
      "exp_year": 2030,
      "customer": "cus_NffrFeUfNV2Hib",
      "client_secret": "pi_3MtwBwLkdIwHu7ix28a3tqPa_secret_YrKJUKribcBjcG8HVhfZluoGH",
      "email": "jenny.rosen@example.com",
      "fingerprint": "ZoVSX2dK5igWt2SB",
      "message": "No such charge: 'ch_3MtwBwLkdIwHu7ix28a3tqPb'\nTry \"again\" \u0026 again",
      "payment_method_types": ["us_bank_account", "card"],
      "at": "2026-07-30T08:26:40.123Z",
      "ip": "198.51.100.7",
      "rate": -1.5e3
    }
  },
  "pending_webhooks": 2,
  "request": {"id": "req_00000000000000", "idempotency_key": "7143a956-2f40-407a-b312-43038ae76c86"},
  "type": "payment_intent.succeeded"
}"#;

fn at<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap()
}

/// Keys, types and order, without the values.
fn structure(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            map.iter().map(|(key, value)| format!("{key}:{} ", structure(value))).collect()
        }
        Value::Array(values) => values.iter().map(structure).collect(),
        Value::String(_) => "text".to_owned(),
        Value::Number(number) => if number.is_f64() { "float" } else { "integer" }.to_owned(),
        other => other.to_string(),
    }
}

#[test]
fn valid_json_stays_valid_and_keeps_its_structure() {
    for seed in 0..50 {
        let changed = randomise(EVENT, seed);
        let value: Value = serde_json::from_str(&changed).unwrap();
        assert_eq!(structure(&value), structure(&serde_json::from_str(EVENT).unwrap()));
        assert_eq!(changed.lines().count(), EVENT.lines().count());
    }
}

#[test]
fn same_seed_same_output() {
    assert_eq!(randomise(EVENT, 7), randomise(EVENT, 7));
    assert_ne!(randomise(EVENT, 7), randomise(EVENT, 8));
}

#[test]
fn the_same_id_stays_the_same_id() {
    let value: Value = serde_json::from_str(&randomise(EVENT, 1)).unwrap();
    let id = at(&value, "/data/object/id");
    assert!(id.starts_with("pi_") && id.len() == 27 && !EVENT.contains(id));
    assert!(at(&value, "/data/object/client_secret").starts_with(&format!("{id}_secret_")));
    let amount = value.pointer("/data/object/amount").unwrap();
    assert_eq!(amount.to_string(), at(&value, "/data/object/unit_amount_decimal"));
    assert_ne!(amount, 2000);
}

#[test]
fn replaces_what_is_individual() {
    let value: Value = serde_json::from_str(&randomise(EVENT, 1)).unwrap();
    let original: Value = serde_json::from_str(EVENT).unwrap();
    for pointer in [
        "/data/object/customer",
        "/data/object/email",
        "/data/object/fingerprint",
        "/data/object/message",
        "/data/object/at",
        "/request/id",
        "/request/idempotency_key",
    ] {
        let (new, old) = (at(&value, pointer), at(&original, pointer));
        assert!(new != old && new.len() == old.len(), "{pointer}: {old} -> {new}");
    }
    let ip = at(&value, "/data/object/ip");
    assert!(ip != "198.51.100.7" && ip.parse::<std::net::Ipv4Addr>().is_ok());
    assert_eq!(at(&value, "/id").len(), 28, "an old, short id becomes a current one");
    let created = value.pointer("/created").and_then(Value::as_i64).unwrap();
    assert!(created != 1_648_320_032 && (created - 1_648_320_032).abs() <= 40_000_000);
}

#[test]
fn leaves_the_rest_alone() {
    let value: Value = serde_json::from_str(&randomise(EVENT, 1)).unwrap();
    let original: Value = serde_json::from_str(EVENT).unwrap();
    for pointer in [
        "/object",
        "/api_version",
        "/type",
        "/pending_webhooks",
        "/data/object/exp_year",
        "/data/object/payment_method_types",
        "/data/object/rate",
    ] {
        assert_eq!(value.pointer(pointer), original.pointer(pointer));
    }
    assert!(at(&value, "/data/object/message").ends_with("'\nTry \"again\" & again"));
}

#[test]
fn neutral_events_have_zeros_for_ids() {
    let neutral = neutralise(EVENT);
    assert!(neutral.contains(r#""id": "evt_000000000000000000000000""#));
    assert!(neutral.contains("pi_000000000000000000000000_secret_0000000000000000000000000"));
    assert!(neutral.contains("1648320032") && neutral.contains("000.00.000.0"));
    assert_eq!(neutralise(&neutral), neutral);
}

#[test]
fn any_text_is_survived() {
    for odd in [
        "",
        "\"",
        "{\"a",
        "\\",
        "\"\\",
        "\"\\u12\"",
        "\"ü_€uro1234567\"",
        "-",
        "1e",
        "\u{0}",
        "\"@\"",
    ] {
        assert!(randomise(odd, 1).len() >= odd.len(), "{odd}");
    }
    assert_eq!(neutralise("[\"ü \\u00e4 \\n\\\\x\", 12, -]"), "[\"ü \\u00e4 \\n\\\\x\", 12, -]");
}
