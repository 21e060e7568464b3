//! JSON without what is not on the list, its members in their order and laid out as Stripe lays them out:
//! the dictionary that payloads are compressed with was trained on that.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::PrivacyKey;
use super::list::{self, Fate};

/// Levels that are looked into; events have ten at most.
const MOST_DEPTH: usize = 32;
/// People that an event is found by.
const MOST_PEOPLE: usize = 4;

/// What is kept of an event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Redacted {
    /// JSON.
    pub json: String,
    /// Hashes of the people in it, each once; none without a key.
    pub people: Vec<String>,
}

/// What is kept of an event's body; `None` where it is no JSON object.
pub fn redact_event(body: &[u8], key: Option<&PrivacyKey>) -> Option<Redacted> {
    let json = std::str::from_utf8(body).ok()?.trim_start_matches('\u{feff}');
    let whole: &RawValue = serde_json::from_str(json).ok()?;
    if !whole.get().starts_with('{') {
        return None;
    }
    let mut writer = Writer { out: Redacted::default(), key };
    let all = Fate { is_entered: true, is_kept: false, is_hashed: false };
    if !writer.value(whole.get(), all, 0) {
        writer.out.json.push_str("{}");
    }
    Some(writer.out)
}

/// What is kept of an object that an application gave: plain members on the list.
pub fn redact_object(members: Map<String, Value>) -> Map<String, Value> {
    let is_kept = |name: &str, value: &Value| {
        list::of_outcome(name).is_kept
            && match value {
                Value::String(text) => list::is_code(text),
                Value::Object(_) | Value::Array(_) => false,
                Value::Null | Value::Bool(_) | Value::Number(_) => true,
            }
    };
    members.into_iter().filter(|(name, value)| is_kept(name, value)).collect()
}

struct Writer<'k> {
    out: Redacted,
    key: Option<&'k PrivacyKey>,
}

impl Writer<'_> {
    /// Writes a value, if anything of it is kept; whether it did.
    fn value(&mut self, raw: &str, fate: Fate, depth: usize) -> bool {
        match raw.as_bytes().first() {
            Some(b'{') if fate.is_entered && depth < MOST_DEPTH => self.object(raw, depth),
            Some(b'[') if (fate.is_entered || fate.is_kept) && depth < MOST_DEPTH => {
                self.list(raw, fate, depth)
            }
            Some(b'{' | b'[') => false,
            Some(b'"') => self.text(raw, fate),
            Some(_) if fate.is_kept || fate.is_entered => {
                self.out.json.push_str(raw);
                true
            }
            _ => false,
        }
    }

    fn object(&mut self, raw: &str, depth: usize) -> bool {
        // A name that cannot be read, a lone surrogate say, is none of ours, nor is what stands beside.
        let Ok(Members(members)) = serde_json::from_str(raw) else { return false };
        let mut is_first = true;
        self.out.json.push('{');
        for (name, value) in members {
            let fate = list::of_event(&name);
            let before = self.out.json.len();
            self.begin(is_first, depth + 1);
            // Names on the list need no escape.
            self.out.json.extend(["\"", name.as_ref(), "\": "]);
            match self.value(value.get(), fate, depth + 1) {
                true => is_first = false,
                false => self.out.json.truncate(before),
            }
        }
        self.end(is_first, depth, '}');
        true
    }

    fn list(&mut self, raw: &str, fate: Fate, depth: usize) -> bool {
        let Ok(Elements(elements)) = serde_json::from_str(raw) else { return false };
        let mut is_first = true;
        self.out.json.push('[');
        for value in elements {
            let before = self.out.json.len();
            self.begin(is_first, depth + 1);
            match self.value(value.get(), fate, depth + 1) {
                true => is_first = false,
                false => self.out.json.truncate(before),
            }
        }
        self.end(is_first, depth, ']');
        true
    }

    fn text(&mut self, raw: &str, fate: Fate) -> bool {
        let Ok(text) = serde_json::from_str::<Cow<'_, str>>(raw) else { return false };
        if fate.is_hashed && !text.is_empty() {
            let Some(key) = self.key else { return false };
            let hash = key.hash(&text);
            self.out.json.extend(["\"person:", hash.as_str(), "\""]);
            if !self.out.people.contains(&hash) && self.out.people.len() < MOST_PEOPLE {
                self.out.people.push(hash);
            }
            return true;
        }
        let is_kept = fate.is_kept && list::is_code(&text);
        if is_kept {
            self.out.json.extend(["\"", text.as_ref(), "\""]);
        }
        is_kept
    }

    fn begin(&mut self, is_first: bool, depth: usize) {
        self.out.json.push_str(if is_first { "\n" } else { ",\n" });
        self.out.json.extend(std::iter::repeat_n("  ", depth));
    }

    fn end(&mut self, is_empty: bool, depth: usize, bracket: char) {
        if !is_empty {
            self.out.json.push('\n');
            self.out.json.extend(std::iter::repeat_n("  ", depth));
        }
        self.out.json.push(bracket);
    }
}

/// An object's members in their order, repeated ones too.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);
/// A list's elements.
struct Elements<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    members.push((Cow::Owned(name), value));
                }
                Ok(Members(members))
            }
        }
        from.deserialize_map(Read)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Elements<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Elements<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Elements<'de>, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = seq.next_element::<&'de RawValue>()? {
                    elements.push(element);
                }
                Ok(Elements(elements))
            }
        }
        from.deserialize_seq(Read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> PrivacyKey {
        PrivacyKey::parse("0123456789abcdef0123456789abcdef").ok().unwrap()
    }

    fn redacted(json: &str) -> Value {
        serde_json::from_str(&redact_event(json.as_bytes(), None).unwrap().json).unwrap()
    }

    #[test]
    fn only_what_is_on_the_list_is_kept() {
        let kept = redacted(
            r#"{"id":"evt_1","type":"charge.failed","x":1,"livemode":null,"data":{"object":{
            "id":"ch_1","amount":100,"status":"Ada Lovelace","description":"Ada","metadata":{"amount":"Ada"},
            "billing_details":{"name":"Ada","email":"ada@example.com","address":{"status":"x"}},
            "payment_method_types":["card","Ada Lovelace"],"items":{"data":[{"price":{"id":"p_1","nickname":"N"}}]}}}}"#,
        );
        let expected = serde_json::json!({
            "id": "evt_1", "type": "charge.failed", "livemode": null, "data": {"object": {
                "id": "ch_1", "amount": 100, "billing_details": {}, "payment_method_types": ["card"],
                "items": {"data": [{"price": {"id": "p_1"}}]}
            }}
        });
        assert_eq!(kept, expected);
    }

    #[test]
    fn people_are_hashed_where_there_is_a_key() {
        let body = br#"{"data":{"object":{"receipt_email":"Ada@example.com","customer_details":{"email":"ada@example.com"},"client_reference_id":"42"}}}"#;
        let kept = redact_event(body, Some(&key())).unwrap();
        assert_eq!(kept.people, [key().hash("ada@example.com"), key().hash("42")]);
        assert!(!kept.json.contains("example") && kept.json.contains(&kept.people[0]));
        let without = redact_event(body, None).unwrap();
        assert!(without.people.is_empty() && !without.json.contains("person"));
    }

    #[test]
    fn what_is_kept_of_a_sample_event_is_laid_out_as_it_was() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/stripe_events");
        let mut seen = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let kept = redact_event(text.as_bytes(), None).unwrap().json;
            assert!(kept.starts_with("{\n  \"") && kept.ends_with("\n}"), "{}", path.display());
            let value: Value = serde_json::from_str(&kept).unwrap();
            assert!(value["id"].is_string() && value["type"].is_string(), "{}", path.display());
            seen += 1;
        }
        assert!(seen >= 110, "{seen}");
    }

    #[test]
    fn what_is_no_object_is_not_kept_and_odd_ones_do_no_harm() {
        for body in [&b""[..], b"null", b"[1]", b"{", b"\xff{}", b"{}x"] {
            assert_eq!(redact_event(body, None), None, "{}", String::from_utf8_lossy(body));
        }
        let deep = format!(r#"{{"data":{}{}}}"#, "[".repeat(200), "]".repeat(200));
        for odd in [r#"{"\ud800":1,"id":"evt_1"}"#, r#"{"id":"\ud800"}"#, "\u{feff}{}", &deep] {
            assert!(redact_event(odd.as_bytes(), None).is_some(), "{odd}");
        }
        assert_eq!(redacted(r#"{"id":"a","id":"b"}"#), serde_json::json!({"id": "b"}));
    }

    #[test]
    fn applications_keep_plain_members_on_the_list() {
        let given = serde_json::json!({
            "queue": "billing", "attempt": 2, "worker": "Ada Lovelace", "user": "ada", "status": {"code": 1}
        });
        let Value::Object(members) = given else { panic!() };
        let kept = Value::Object(redact_object(members));
        assert_eq!(kept, serde_json::json!({"queue": "billing", "attempt": 2}));
    }
}
