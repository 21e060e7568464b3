//! Hours of the past, rolled up from generated entries in memory, as the health check would from the log.

use jiff::{SignedDuration, Timestamp};
use shared::log::LogEntry;
use shared::rollup::Rollup;
use tests::log::delivery;

use crate::fill::{lognormal, outcome};

/// An hour of entries, half deliveries and half outcomes, rolled up.
pub fn rolled_up(start: Timestamp, entries: u64) -> Rollup {
    let mut hour = Rollup::default();
    for n in 0..entries {
        let micros = i64::try_from(n * 3_600_000_000 / entries.max(1)).unwrap();
        let logged_at = start + SignedDuration::from_micros(micros);
        if n.is_multiple_of(2) {
            let mut delivery = delivery("evt_1", logged_at);
            let lag = SignedDuration::from_micros(lognormal(900_000.0));
            delivery.event.created = Some(logged_at - lag);
            delivery.event.event_type = Some(format!("object.{:02}.happened", n % 20));
            hour.add(&LogEntry::Delivery(Box::new(delivery)));
        } else {
            hour.add(&LogEntry::Outcome(Box::new(outcome(n, logged_at))));
        }
    }
    hour
}
