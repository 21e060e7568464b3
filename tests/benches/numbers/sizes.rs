//! What roll-ups weigh at a rate: an hour is folded without a table.

use jiff::SignedDuration;
use shared::log::LogEntry;
use shared::rollup::{Grain, Rollup};
use tests::log::delivery;

use crate::fill::{lognormal, outcome};

/// Folds an hour of a rate, half deliveries and half outcomes; returns the read units of a day.
pub fn at(rate: u64) -> f64 {
    let mut hour = Rollup::default();
    for n in 0..rate * 3_600 {
        let micros = i64::try_from(n * 1_000_000 / rate).unwrap();
        let logged_at = at_start() + SignedDuration::from_micros(micros);
        let mut delivery = delivery("evt_1", logged_at);
        delivery.event.created =
            Some(logged_at - SignedDuration::from_micros(lognormal(900_000.0)));
        delivery.event.event_type = Some(format!("object.{:02}.happened", n % 20));
        hour.add(&LogEntry::Delivery(Box::new(delivery)));
        hour.add(&LogEntry::Outcome(Box::new(outcome(n, logged_at))));
    }
    let bounded = hour.bounded(Grain::Hour);
    let (totals, cells) = (bounded.totals().encode().unwrap(), bounded.encode().unwrap());
    // Keys and the other attributes take about 70 bytes; windows weigh no more than hours.
    let units = ((totals.len() + 70) * (23 + 23)).div_ceil(4_096) as f64 / 2.0;
    println!("{rate:>10} {:>12} {:>12} {units:>12.1}", totals.len(), cells.len());
    units
}

fn at_start() -> jiff::Timestamp {
    tests::log::at(0)
}
