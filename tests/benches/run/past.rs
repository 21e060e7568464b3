//! Stretches of the past, rolled up from generated entries in memory, as the health check would from the log.

use jiff::SignedDuration;
use shared::log::LogEntry;
use shared::rollup::{Bucket, Rollup};
use tests::log::delivery;

use crate::fill::{lognormal, outcome};

/// So many entries, half deliveries and half outcomes, evenly over a bucket, rolled up.
pub fn rolled_up(bucket: Bucket, entries: u64) -> Rollup {
    let (mut rollup, start) = (Rollup::default(), bucket.start);
    let length = u64::try_from(bucket.grain.seconds()).unwrap() * 1_000_000;
    for n in 0..entries {
        let micros = i64::try_from(n * length / entries.max(1)).unwrap();
        let logged_at = start + SignedDuration::from_micros(micros);
        if n.is_multiple_of(2) {
            let mut delivery = delivery("evt_1", logged_at);
            let lag = SignedDuration::from_micros(lognormal(900_000.0));
            delivery.event.created = Some(logged_at - lag);
            delivery.event.event_type = Some(format!("object.{:02}.happened", n % 20));
            rollup.add(&LogEntry::Delivery(Box::new(delivery)));
        } else {
            rollup.add(&LogEntry::Outcome(Box::new(outcome(n, logged_at))));
        }
    }
    rollup
}
