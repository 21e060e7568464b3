//! A recorded event made new: its own ids and times replaced, everything else left byte for byte,
//! since its form and its size are what makes it worth sending.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

/// An id as Stripe makes them: `evt_1` and 23 letters and digits.
pub(super) fn id(prefix: &str) -> String {
    format!("{prefix}_1{}", random(23))
}

fn random(length: usize) -> String {
    std::iter::repeat_with(fastrand::alphanumeric).take(length).collect()
}

/// Gives an event new ids and a new `created`. Text that is not a JSON object comes back as it was.
pub(super) fn refresh(text: &str, created: Timestamp) -> String {
    let event: Value = serde_json::from_str(text).unwrap_or_default();
    let known = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);

    let mut renewed = BTreeMap::new();
    if let Some(old) = known("/id") {
        renewed.insert(old.to_owned(), id("evt"));
    }
    for pointer in ["/data/object/id", "/related_object/id", "/request/id", "/reason/request/id"] {
        // Some ids are words that an owner chose, `gold`: those stay.
        if let Some(old) = known(pointer)
            && let Some((prefix, tail)) = old.rsplit_once('_')
            && tail.len() >= 8
        {
            renewed.insert(old.to_owned(), format!("{prefix}_{}", random(tail.len())));
        }
    }
    for pointer in ["/request/idempotency_key", "/reason/request/idempotency_key"] {
        if let Some(old) = known(pointer) {
            renewed.insert(old.to_owned(), random(old.len()));
        }
    }
    let text = rename(text, &renewed);
    match event.get("created") {
        None => text,
        Some(old) => {
            let new = match old {
                Value::String(_) => Value::from(format!("{created:.3}")),
                _ => Value::from(created.as_second()),
            };
            text.replace(&format!("\"created\": {old}"), &format!("\"created\": {new}"))
        }
    }
}

/// Replaces whole ids, and those that were zeroed when they were recorded: `ch_000000000000`. The
/// same id becomes the same new one wherever it stands.
fn rename(text: &str, renewed: &BTreeMap<String, String>) -> String {
    let mut zeroed = BTreeMap::new();
    let mut result = String::with_capacity(text.len());
    let in_id =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    let mut rest = text;
    while !rest.is_empty() {
        let start = rest.find(in_id).unwrap_or(rest.len());
        let (between, tail) = rest.split_at(start);
        let (word, tail) = tail.split_at(tail.find(|c| !in_id(c)).unwrap_or(tail.len()));
        result.push_str(between);
        match renewed.get(word) {
            Some(new) => result.push_str(new),
            None => result.push_str(&unzeroed(word, &mut zeroed)),
        }
        rest = tail;
    }
    result
}

fn unzeroed(word: &str, known: &mut BTreeMap<(String, usize), String>) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in word.split('_') {
        let zeroes = part.len() >= 8 && part.bytes().all(|byte| byte == b'0');
        parts.push(match parts.last() {
            Some(prefix) if zeroes => known
                .entry((prefix.clone(), part.len()))
                .or_insert_with(|| random(part.len()))
                .clone(),
            _ => part.to_owned(),
        });
    }
    parts.join("_")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::rename;

    #[test]
    fn the_same_id_becomes_the_same_new_one() {
        let text =
            r#"{"id": "pi_00000000", "secret": "pi_00000000_secret_000000000", "n": 1000000000}"#;
        let new = rename(text, &BTreeMap::new());
        let value: serde_json::Value = serde_json::from_str(&new).unwrap();
        let (id, secret) = (value["id"].as_str().unwrap(), value["secret"].as_str().unwrap());
        assert_ne!(id, "pi_00000000");
        assert!(secret.starts_with(&format!("{id}_secret_")), "{new}");
        assert_eq!(value["n"], 1_000_000_000);
        assert_eq!(new.len(), text.len());
    }

    #[test]
    fn whole_ids_are_replaced_in_addresses_too() {
        let renewed = BTreeMap::from([("ch_1".to_owned(), "ch_2".to_owned())]);
        assert_eq!(rename("/v1/ch_1?x=ch_12", &renewed), "/v1/ch_2?x=ch_12");
    }
}
