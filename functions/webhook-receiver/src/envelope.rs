//! A tolerant reading of the event object: the dozen fields that the log needs, whatever else is
//! there. Never fails; what cannot be understood is named.
//!
//! Snapshot events: docs.stripe.com/api/events/object. Thin events: docs.stripe.com/api/v2/core/events.

use jiff::Timestamp;
use serde_json::value::RawValue;
use shared::log::{Entity, EventFacts, EventId, Quarantine, Shape};

use crate::pick::{pick, text, text_up_to};

/// Longest entity id kept: plan and coupon ids are free text.
const LONGEST_ENTITY_ID: usize = 500;

/// What a body says.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// Its id, or the one it is quarantined under.
    pub event_id: EventId,
    /// What could be read.
    pub facts: EventFacts,
    /// Why it was not understood, if so.
    pub quarantine: Option<Quarantine>,
}

/// Reads the body of a genuine delivery.
pub fn read(body: &[u8]) -> Envelope {
    let quarantined = |reason, facts| Envelope {
        event_id: EventId::of_quarantined(body),
        facts,
        quarantine: Some(reason),
    };
    let Ok(json) = std::str::from_utf8(body) else {
        return quarantined(Quarantine::InvalidJson, EventFacts::default());
    };
    // Stripe sends no byte order mark; a proxy before us might.
    let json = json.trim_start_matches('\u{feff}');
    let (members, result) = pick(json, MEMBERS);
    let [id, ..] = members;
    let facts = facts(members);
    if result.is_err() {
        let is_object = json.trim_ascii_start().starts_with('{');
        let is_json = !is_object && serde_json::from_str::<&RawValue>(json).is_ok();
        let reason = if is_json { Quarantine::NotAnObject } else { Quarantine::InvalidJson };
        return quarantined(reason, facts);
    }
    let Some(event_id) = text(id).as_deref().and_then(EventId::parse) else {
        return quarantined(Quarantine::UnusableId, facts);
    };
    let quarantine = facts.event_type.is_none().then_some(Quarantine::UnusableType);
    Envelope { event_id, facts, quarantine }
}

const MEMBERS: [&str; 12] = [
    "id",
    "object",
    "type",
    "created",
    "livemode",
    "api_version",
    "account",
    "context",
    "data",
    "related_object",
    "request",
    "reason",
];

fn facts(members: [Option<&RawValue>; 12]) -> EventFacts {
    let [
        _,
        object,
        event_type,
        created,
        livemode,
        api_version,
        account,
        context,
        data,
        related,
        request,
        reason,
    ] = members;
    let thin = text(object).is_some_and(|object| object == "v2.core.event");
    let (stripe_request_id, idempotency_key) =
        request_of(if thin { member(reason, "request") } else { request });
    EventFacts {
        event_type: text(event_type),
        created: created.and_then(time),
        livemode: livemode.and_then(|value| serde_json::from_str(value.get()).ok()),
        api_version: text(api_version),
        account: text(account),
        context: text(context),
        entity: if thin { related_entity(related) } else { data_entity(data) },
        stripe_request_id,
        idempotency_key,
        people: Vec::new(),
        shape: if thin { Shape::Thin } else { Shape::Snapshot },
    }
}

fn member<'a>(object: Option<&'a RawValue>, name: &str) -> Option<&'a RawValue> {
    let ([value], _) = pick(object?.get(), [name]);
    value
}

/// Unix seconds in snapshot events, ISO 8601 in thin ones.
fn time(value: &RawValue) -> Option<Timestamp> {
    match serde_json::from_str::<i64>(value.get()) {
        Ok(seconds) => Timestamp::from_second(seconds).ok(),
        Err(_) => text(Some(value))?.parse().ok(),
    }
}

/// The object's own type, never derived from the event's: `charge.dispute.created` is about a
/// `dispute`. Objects without an id (a balance, say) are known by their customer or account.
fn data_entity(data: Option<&RawValue>) -> Option<Entity> {
    let object = member(data, "object")?;
    let ([kind, id, customer, account], _) =
        pick(object.get(), ["object", "id", "customer", "account"]);
    let id = match id.filter(|id| id.get() != "null") {
        Some(own) => text_up_to(LONGEST_ENTITY_ID, Some(own)),
        None => [customer, account].into_iter().find_map(|id| text_up_to(LONGEST_ENTITY_ID, id)),
    };
    Some(Entity { entity_type: text(kind)?, id })
}

fn related_entity(related: Option<&RawValue>) -> Option<Entity> {
    let ([kind, id], _) = pick(related?.get(), ["type", "id"]);
    Some(Entity { entity_type: text(kind)?, id: text_up_to(LONGEST_ENTITY_ID, id) })
}

/// Id and idempotency key; before API version 2017-05-25 the request was its id alone.
fn request_of(request: Option<&RawValue>) -> (Option<String>, Option<String>) {
    let Some(request) = request else { return (None, None) };
    let ([id, key], _) = pick(request.get(), ["id", "idempotency_key"]);
    (text(id).or_else(|| text(Some(request))), text(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_event() {
        let read = read(include_bytes!(
            "../../../tests/fixtures/stripe_events/charge.dispute.created.json"
        ));
        assert_eq!(read.quarantine, None);
        assert_eq!(read.event_id.as_str(), "evt_000000000000000000000000");
        let entity = read.facts.entity.unwrap();
        assert_eq!(
            (entity.entity_type.as_str(), entity.id.as_deref()),
            ("dispute", Some("dp_000000000000000000000000"))
        );
        assert_eq!(read.facts.shape, Shape::Snapshot);
    }

    #[test]
    fn a_thin_event() {
        let read = read(include_bytes!(
            "../../../tests/fixtures/stripe_events/thin.v1.charge.succeeded.json"
        ));
        assert_eq!((read.quarantine, read.facts.shape), (None, Shape::Thin));
        assert_eq!(read.facts.event_type.as_deref(), Some("v1.charge.succeeded"));
        assert!(read.facts.created.is_some() && read.facts.stripe_request_id.is_some());
        assert_eq!(read.facts.entity.unwrap().entity_type, "charge");
    }

    #[test]
    fn an_object_without_id_is_known_by_its_customer_and_an_old_request_by_its_text() {
        let facts = read(
            br#"{"id":"evt_1","type":"t","request":"req_1","data":{"object":{"object":"balance","customer":"cus_1"}}}"#,
        )
        .facts;
        assert_eq!(facts.entity.unwrap().id.as_deref(), Some("cus_1"));
        assert_eq!(
            (facts.stripe_request_id.as_deref(), facts.idempotency_key),
            (Some("req_1"), None)
        );
    }

    #[test]
    fn an_object_whose_own_id_cannot_be_kept_is_not_taken_for_its_customer() {
        let long = "x".repeat(501);
        for id in [format!("\"{long}\""), "5".to_owned(), "\"\"".to_owned()] {
            let body = format!(
                r#"{{"id":"evt_1","type":"t","data":{{"object":{{"object":"plan","id":{id},"customer":"cus_1"}}}}}}"#
            );
            assert_eq!(read(body.as_bytes()).facts.entity.unwrap().id, None, "{id}");
        }
    }

    #[test]
    fn what_is_not_understood_is_named() {
        use Quarantine::*;
        let long = format!(r#"{{"id":"{}","type":"t"}}"#, "e".repeat(256));
        for (body, reason) in [
            (&b""[..], InvalidJson),
            (b"\xff\xfe{}", InvalidJson),
            (b"{\"id\":\"evt_1\",\"type\":\"t\",\"x\":NaN}", InvalidJson),
            (b"{\"id\":\"evt_1\",\"type\":\"t\"}{}", InvalidJson),
            (b"null", NotAnObject),
            (b"[{\"id\":\"evt_1\"}]", NotAnObject),
            (b"42", NotAnObject),
            (b"{}", UnusableId),
            (b"{\"id\":5,\"type\":\"t\"}", UnusableId),
            (b"{\"id\":\"evt 1\",\"type\":\"t\"}", UnusableId),
            (b"{\"id\":\"\\ud800\",\"type\":\"t\"}", UnusableId),
            (long.as_bytes(), UnusableId),
            (b"{\"id\":\"evt_1\"}", UnusableType),
            (b"{\"id\":\"evt_1\",\"type\":\"\"}", UnusableType),
        ] {
            let envelope = read(body);
            assert_eq!(envelope.quarantine, Some(reason), "{}", String::from_utf8_lossy(body));
            let own = envelope.event_id.as_str() == "evt_1";
            assert_eq!(own, reason == UnusableType);
        }
    }

    #[test]
    fn oddities_that_stripes_libraries_accept_are_understood() {
        let deep = "[".repeat(200) + &"]".repeat(200);
        for body in [
            r#"{"id":"evt_0","id":"evt_1","type":"t"}"#.to_owned(),
            r#"{"\ud800":1,"id":"evt_1","type":"t"}"#.to_owned(),
            r#"{"id":"evt_1","type":"t","data":{"object":{"name":"\ud800"}}}"#.to_owned(),
            r#"{"id":"evt_1","type":"t","n":123456789012345678901234567890}"#.to_owned(),
            format!(r#"{{"id":"evt_1","type":"t","data":{deep}}}"#),
            "\u{feff}{\"id\":\"evt_1\",\"type\":\"t\",\"created\":1e400}".to_owned(),
            r#"{"\u0069d":"evt_1","type":"t","data":null,"request":7,"livemode":"yes"}"#.to_owned(),
        ] {
            let envelope = read(body.as_bytes());
            assert_eq!(
                (envelope.quarantine, envelope.event_id.as_str()),
                (None, "evt_1"),
                "{body}"
            );
        }
    }
}
