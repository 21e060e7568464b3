//! Every key string of the table, and the only reader of one.

pub mod rollups;
pub mod watch;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use ring::digest::{SHA256, digest};

use crate::log::{Entity, EventId};

/// Partition key.
pub const PK: &str = "pk";
/// Sort key.
pub const SK: &str = "sk";
/// Time index.
pub const TIME_INDEX: &str = "gsi1";
/// Time index: partition.
pub const LOG_PK: &str = "gsi1pk";
/// Time index and entity index: sort key.
pub const LOG_SK: &str = "gsi1sk";
/// Entity index.
pub const ENTITY_INDEX: &str = "gsi2";
/// Entity index: partition.
pub const ENTITY_PK: &str = "gsi2pk";
/// Sort key of an event's first delivery.
pub const FIRST_DELIVERY: &str = "DELIVERY";
/// Shards of the time index. A constant for ever: another number would hide half of the log.
pub const SHARDS: u8 = 8;

/// The partition of all that is known about an event.
pub fn event_pk(id: &EventId) -> String {
    format!("EVENT#{id}")
}

/// The event whose partition this is.
pub fn event_of(pk: &str) -> Option<EventId> {
    EventId::parse(pk.strip_prefix("EVENT#")?)
}

/// Sort key of a repeated delivery.
pub fn repeated_delivery_sk(received_at: Timestamp, request_id: &str) -> String {
    format!("{FIRST_DELIVERY}#{}#{request_id}", time(received_at))
}

/// What the sort keys of outcomes begin with.
pub const OUTCOMES: &str = "OUTCOME#";

/// Sort key of an outcome.
pub fn outcome_sk(request_id: &str) -> String {
    format!("{OUTCOMES}{request_id}")
}

/// The request id of an outcome's sort key; `None` for any other.
pub fn request_of_outcome(sk: &str) -> Option<&str> {
    sk.strip_prefix(OUTCOMES)
}

/// The shard of the time index that an event's entries are in.
pub fn log_shard_of(id: &EventId) -> String {
    let hash = digest(&SHA256, id.as_str().as_bytes());
    log_shard(hash.as_ref().first().copied().unwrap_or_default() % SHARDS)
}

/// The partition of one shard.
pub fn log_shard(number: u8) -> String {
    format!("LOG#{number}")
}

/// Sort key in the time index: unique, so that it is a cursor by itself.
pub fn log_sk(logged_at: Timestamp, id: &EventId, sk: &str) -> String {
    format!("{}#{id}#{sk}", time(logged_at))
}

/// The time that a sort key of the time index begins with, if it is written as [`time`] writes it.
pub fn time_of(log_sk: &str) -> Option<Timestamp> {
    let text = log_sk.split('#').next()?;
    text.parse().ok().filter(|at| time(*at) == text)
}

/// The partition of an object in the entity index; `None` when it has no id or does not fit a key
/// (DynamoDB allows 2,048 bytes and would refuse the whole put), or could be taken for another.
pub fn entity_pk(entity: &Entity) -> Option<String> {
    let id = entity.id.as_deref().filter(|id| !id.is_empty())?;
    let kind = &entity.entity_type;
    let fits = !kind.is_empty() && !kind.contains('#') && kind.len() + id.len() <= 1_000;
    fits.then(|| format!("{kind}#{id}"))
}

/// The partition of a day's rejections.
pub fn rejections_pk(day: Date) -> String {
    format!("REJECTIONS#{day}")
}

/// The partition of a day's wrong tokens.
pub fn wrong_tokens_pk(day: Date) -> String {
    format!("AUTHENTICATION#{day}")
}

/// Sort key of what one instance refused in one minute.
pub fn rejections_sk(minute: Timestamp, instance: &str) -> String {
    format!("{}#{instance}", minute.strftime("%H:%M"))
}

/// Bounds of the sort keys that a day's rejections from one instant to another have, both minutes
/// included; of the last minute only instances up to `last_instance`, where one is given.
pub fn rejections_sk_bounds(
    day: Date,
    from: Timestamp,
    (to, last_instance): (Timestamp, Option<&str>),
) -> (String, String) {
    let minute = |at: Timestamp, otherwise: &str| {
        if day_of(at) == day { at.strftime("%H:%M").to_string() } else { otherwise.to_owned() }
    };
    let last_instance = last_instance.filter(|_| day_of(to) == day);
    // `$` follows `#`: every instance of the minute.
    let end = last_instance.map_or("$".to_owned(), |instance| format!("#{instance}"));
    (minute(from, "00:00") + "#", minute(to, "23:59") + &end)
}

/// The minute and instance of an item of rejections, or of wrong tokens.
pub fn rejections_of(pk: &str, sk: &str) -> Option<(Timestamp, String)> {
    let day = pk.strip_prefix("REJECTIONS#").or_else(|| pk.strip_prefix("AUTHENTICATION#"))?;
    let (minute, instance) = sk.split_once('#')?;
    Some((format!("{day}T{minute}:00Z").parse().ok()?, instance.to_owned()))
}

/// The UTC day of an instant.
pub fn day_of(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date()
}

/// RFC 3339 in UTC with microseconds: sorts as text.
pub fn time(at: Timestamp) -> String {
    format!("{at:.6}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_back() {
        let at: Timestamp = "2026-11-23T14:58:00.1Z".parse().unwrap();
        let id = EventId::parse("evt_1").unwrap();
        assert_eq!(event_of(&event_pk(&id)), Some(id.clone()));
        let sk = log_sk(at, &id, FIRST_DELIVERY);
        assert_eq!(sk, "2026-11-23T14:58:00.100000Z#evt_1#DELIVERY");
        assert_eq!(time_of(&sk), Some(at));
        let (pk, sk) = (rejections_pk(day_of(at)), rejections_sk(at, "a1"));
        assert_eq!((pk.as_str(), sk.as_str()), ("REJECTIONS#2026-11-23", "14:58#a1"));
        let minute: Timestamp = "2026-11-23T14:58:00Z".parse().unwrap();
        assert_eq!(rejections_of(&pk, &sk), Some((minute, "a1".to_owned())));
        let pk = wrong_tokens_pk(day_of(at));
        assert_eq!(pk, "AUTHENTICATION#2026-11-23");
        assert_eq!(rejections_of(&pk, &sk), Some((minute, "a1".to_owned())));
    }

    #[test]
    fn shards_never_change() {
        let shard = |id: &str| log_shard_of(&EventId::parse(id).unwrap());
        assert_eq!(shard("evt_1NG8Du2eZvKYlo2CUI79vXWy"), "LOG#5");
        assert_eq!(shard("evt_1"), "LOG#5");
    }

    #[test]
    fn an_entity_that_does_not_fit_has_no_key() {
        let pk = |kind: &str, id: Option<&str>| {
            entity_pk(&Entity { entity_type: kind.to_owned(), id: id.map(str::to_owned) })
        };
        assert_eq!(pk("charge", Some("ch_1")).as_deref(), Some("charge#ch_1"));
        assert_eq!(pk("plan", Some("gold #1")).as_deref(), Some("plan#gold #1"));
        for (kind, id) in
            [("charge", None), ("charge", Some("")), ("", Some("x")), ("a#b", Some("x"))]
        {
            assert_eq!(pk(kind, id), None);
        }
        assert_eq!(pk("charge", Some(&"x".repeat(2_000))), None);
    }
}
