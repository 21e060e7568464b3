//! Events of types that nobody recorded: the smallest that has everything a type promises.

use jiff::Timestamp;
use serde_json::Value;

use super::fixtures::{EventType, Kind, relatives};
use super::{SampleError, refresh};

/// The API version that the list of types was taken from.
const API_VERSION: &str = "2026-10-28.endive";

/// An event of a known type: a relative's, where one is about the same kind of object, else a bare one.
pub(super) fn compose(event: &EventType, created: Timestamp) -> Result<String, SampleError> {
    if event.kind == Kind::Thin {
        return Ok(thin(&event.name, created));
    }
    for text in relatives(&event.name)? {
        let relative: Value = serde_json::from_str(&text).unwrap_or_default();
        let object = relative.pointer("/data/object/object").and_then(Value::as_str);
        if let Some(old) = relative.get("type")
            && object.is_some()
            && object == event.object.as_deref()
        {
            let text =
                text.replace(&format!("\"type\": {old}"), &format!("\"type\": \"{}\"", event.name));
            return Ok(refresh::refresh(&text, created));
        }
    }
    Ok(snapshot(event, created))
}

fn snapshot(event: &EventType, created: Timestamp) -> String {
    let family = event.name.split('.').next().unwrap_or_default();
    let object = event.object.as_deref().unwrap_or(family);
    let id = match event.has_id {
        true => format!("\n      \"id\": \"{}\",", refresh::id(&prefix(object))),
        false => String::new(),
    };
    format!(
        r#"{{
  "id": "{event_id}",
  "object": "event",
  "api_version": "{API_VERSION}",
  "created": {created},
  "data": {{
    "object": {{{id}
      "object": "{object}",
      "created": {created},
      "livemode": false,
      "metadata": {{}}
    }}
  }},
  "livemode": false,
  "pending_webhooks": 1,
  "request": {{
    "id": "{request}",
    "idempotency_key": null
  }},
  "type": "{name}"
}}"#,
        event_id = refresh::id("evt"),
        created = created.as_second(),
        request = refresh::id("req"),
        name = event.name,
    )
}

/// `v1.charge.succeeded` is about the charge at `/v1/charges/<id>`.
fn thin(name: &str, created: Timestamp) -> String {
    let (version, rest) = name.split_once('.').unwrap_or(("v2", name));
    let object = rest.rsplit_once('.').map_or(rest, |(object, _)| object);
    let id = refresh::id(&prefix(object));
    let path = object.replace('.', "/");
    format!(
        r#"{{
  "id": "{event_id}",
  "object": "v2.core.event",
  "type": "{name}",
  "livemode": false,
  "created": "{created:.3}",
  "related_object": {{
    "id": "{id}",
    "type": "{object}",
    "url": "/{version}/{path}s/{id}"
  }}
}}"#,
        event_id = refresh::id("evt"),
    )
}

/// Something short to begin an id with; Stripe promises nothing about prefixes.
fn prefix(object: &str) -> String {
    let last = object.rsplit('.').next().unwrap_or(object);
    last.chars().filter(char::is_ascii_alphabetic).take(6).collect()
}
