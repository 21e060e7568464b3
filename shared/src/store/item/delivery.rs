//! Delivery <-> item. Time and ids are in the keys and not repeated.

mod lean;

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::{Item, LEAN, entry_item, key, place};
use crate::log::{
    Delivery, Entity, EventFacts, Quarantine, Remarks, RequestFacts, Shape, SignatureFacts, Verdict,
};
use crate::store::{StoreError, StoredPayload, keys};

pub use lean::COUNTED;
use lean::{Lean, STRIPE_USER_AGENT};

const PAYLOAD: &str = "p";
const PAYLOAD_HASH: &str = "ph";

/// The item of a delivery. `payload` goes with the first one only; `days` is how long it is kept.
pub fn delivery_item(
    delivery: &Delivery,
    payload: Option<StoredPayload>,
    indexed_by_entity: bool,
    days: u32,
) -> Result<Item, StoreError> {
    let id = &delivery.event_id;
    let sk = match delivery.verdict {
        Verdict::Accepted => keys::FIRST_DELIVERY.to_owned(),
        Verdict::Duplicate | Verdict::OtherEndpoint => {
            keys::repeated_delivery_sk(delivery.received_at, &delivery.request.request_id)
        }
    };
    let entity = delivery.event.entity.as_ref().filter(|_| indexed_by_entity);
    let mut item = entry_item((id, sk), delivery.received_at, Lean::from(delivery), entity, days)?;
    match payload {
        Some(StoredPayload::Kept(bytes)) => {
            item.insert(PAYLOAD.to_owned(), AttributeValue::B(bytes.into()));
        }
        Some(StoredPayload::Omitted { sha256 }) => {
            item.insert(PAYLOAD_HASH.to_owned(), AttributeValue::B(sha256.into()));
        }
        Some(StoredPayload::NotKept) | None => {}
    }
    Ok(item)
}

/// The delivery in an item of the table or of an index.
fn delivery_of(item: &Item) -> Result<Delivery, StoreError> {
    delivery_from(item, item.get(LEAN).cloned())
}

/// The same, where the lean fields were taken out of the item.
pub fn delivery_from(item: &Item, stored: Option<AttributeValue>) -> Result<Delivery, StoreError> {
    let corrupt = |attribute| StoreError::corrupt(&place(item), attribute);
    let lean: Lean = super::lean(item, stored)?;
    Ok(Delivery {
        event_id: keys::event_of(key(item, keys::PK)?).ok_or_else(|| corrupt(keys::PK))?,
        received_at: keys::time_of(key(item, keys::LOG_SK)?)
            .ok_or_else(|| corrupt(keys::LOG_SK))?,
        verdict: match lean.verdict {
            None => Verdict::Accepted,
            Some(text) => text.parse().map_err(|()| corrupt("e.d"))?,
        },
        quarantine: match lean.quarantine {
            None => None,
            Some(text) => Some(text.parse::<Quarantine>().map_err(|()| corrupt("e.qr"))?),
        },
        event: EventFacts {
            event_type: lean.event_type,
            created: lean.created_ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()),
            livemode: lean.livemode,
            api_version: lean.api_version,
            account: lean.account,
            context: lean.context,
            entity: lean.entity_type.map(|entity_type| Entity { entity_type, id: lean.entity_id }),
            stripe_request_id: lean.stripe_request_id,
            idempotency_key: lean.idempotency_key,
            people: lean.people.split_whitespace().map(str::to_owned).collect(),
            shape: if lean.thin { Shape::Thin } else { Shape::Snapshot },
        },
        request: RequestFacts {
            request_id: lean.request_id,
            source_ip: lean.source_ip,
            user_agent: match lean.user_agent {
                None => Some(STRIPE_USER_AGENT.to_owned()),
                Some(agent) => Some(agent).filter(|agent| !agent.is_empty()),
            },
            remarks: Remarks {
                unlisted_source: lean.odd.contains('u'),
                odd_user_agent: lean.odd.contains('a'),
                denied_source: lean.odd.contains('d'),
            },
        },
        signature: SignatureFacts {
            secret_name: lean.secret_name,
            skew_seconds: lean.skew_seconds,
        },
        body_bytes: lean.body_bytes,
        verify_time: Duration::from_micros(lean.verify_micros),
        previous_store_time: lean.previous_store_micros.map(Duration::from_micros),
    })
}

/// A delivery with what is kept of its payload; repetitions have none.
pub fn delivery_and_payload_of(item: &Item) -> Result<(Delivery, StoredPayload), StoreError> {
    let blob = |name| item.get(name).and_then(|value| value.as_b().ok()).map(AsRef::<[u8]>::as_ref);
    let payload = match (blob(PAYLOAD), blob(PAYLOAD_HASH)) {
        (Some(bytes), _) => StoredPayload::Kept(bytes.to_vec()),
        (None, Some(sha256)) => StoredPayload::Omitted { sha256: sha256.to_vec() },
        (None, None) => StoredPayload::NotKept,
    };
    Ok((delivery_of(item)?, payload))
}

/// Whether the stored item was written by the same invocation as `ours`: the SDK then repeated a put
/// that had succeeded. Reads as little as it can, so that an item of another version is no obstacle.
pub fn is_same_put(stored: &Item, ours: &Delivery) -> bool {
    let time = key(stored, keys::LOG_SK).ok().and_then(keys::time_of);
    lean_text(stored, "q") == Some(&ours.request.request_id) && time == Some(ours.received_at)
}

/// Whether the stored item came in under another secret than `ours`.
pub fn is_other_endpoint(stored: &Item, ours: &Delivery) -> bool {
    lean_text(stored, "k").is_some_and(|name| *name != ours.signature.secret_name)
}

fn lean_text<'a>(item: &'a Item, name: &str) -> Option<&'a String> {
    item.get(LEAN)?.as_m().ok()?.get(name)?.as_s().ok()
}

#[cfg(test)]
mod tests {
    use super::super::{assert_are_members, assert_counts_without_the_rest, text};
    use super::*;
    use crate::log::EventId;

    fn delivery() -> Delivery {
        Delivery {
            event_id: EventId::parse("evt_1").unwrap(),
            received_at: "2026-11-23T14:58:00.123456Z".parse().unwrap(),
            verdict: Verdict::OtherEndpoint,
            event: EventFacts {
                event_type: Some("charge.failed".into()),
                created: Some("2026-11-23T14:57:59.5Z".parse().unwrap()),
                livemode: Some(false),
                api_version: Some("2026-10-28.endive".into()),
                account: Some("acct_1".into()),
                context: Some("org_1/acct_1".into()),
                entity: Some(Entity { entity_type: "charge".into(), id: Some("ch_1".into()) }),
                stripe_request_id: Some("req_1".into()),
                idempotency_key: Some("k".into()),
                people: vec!["0123456789abcdef".into(), "fedcba9876543210".into()],
                shape: Shape::Thin,
            },
            quarantine: Some(Quarantine::UnusableType),
            request: RequestFacts {
                request_id: "LV7fzho-PHcEJPw=".into(),
                source_ip: Some("3.18.12.63".into()),
                user_agent: None,
                remarks: Remarks {
                    unlisted_source: true,
                    odd_user_agent: true,
                    denied_source: true,
                },
            },
            signature: SignatureFacts { secret_name: "live".into(), skew_seconds: -3 },
            body_bytes: 416,
            verify_time: Duration::from_micros(57),
            previous_store_time: Some(Duration::from_micros(4100)),
        }
    }

    #[test]
    fn every_field_reads_back() {
        let full = delivery();
        let minimal = Delivery {
            verdict: Verdict::Accepted,
            event: EventFacts::default(),
            quarantine: None,
            request: RequestFacts {
                request_id: "r".into(),
                source_ip: None,
                user_agent: Some(STRIPE_USER_AGENT.into()),
                remarks: Remarks::default(),
            },
            previous_store_time: None,
            ..full.clone()
        };
        for delivery in [full, minimal] {
            let item = delivery_item(&delivery, None, true, 31).unwrap();
            assert_eq!(delivery_of(&item).unwrap(), delivery);
        }
    }

    #[test]
    fn numbers_need_no_more_than_what_is_counted() {
        let quarantined = delivery();
        assert_are_members(&delivery_item(&quarantined, None, true, 31).unwrap(), COUNTED);
        let accepted =
            Delivery { verdict: Verdict::Accepted, quarantine: None, ..quarantined.clone() };
        for delivery in [quarantined, accepted] {
            let item = delivery_item(&delivery, None, true, 31).unwrap();
            assert_counts_without_the_rest(item, COUNTED);
        }
    }

    #[test]
    fn what_is_damaged_is_named() {
        let mut item = delivery_item(&delivery(), None, true, 31).unwrap();
        item.insert(LEAN.to_owned(), text("not a map"));
        let error = delivery_of(&item).unwrap_err().to_string();
        assert!(error.starts_with("item EVENT#evt_1/DELIVERY#2026"), "{error}");
        assert!(error.ends_with("has a bad or missing e"), "{error}");
    }
}
