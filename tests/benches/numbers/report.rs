//! A day's report: from roll-ups, and from the log.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use local::engine::Engine;
use shared::log::TimeRange;
use shared::metrics::{Filter, Performance};
use shared::rollup::{Cover, Grain, Piece, cover};
use shared::store::{Detail, EventStore, Reading, ScanLimits};
use tests::log::{at, retention};

use crate::fill::{TABLE, fill};
use crate::roll_up::elsewhere;

const ROUNDS: usize = 7;

/// Logs so many entries within a day, rolls them up, and asks for the totals.
pub async fn day(engine: Arc<Engine>, count: u64) {
    // 24 hours that end at 01:06: windows at both ends, hours between.
    let (begin, length) = (at(4_200), SignedDuration::from_hours(24));
    let store = fill(&engine, count, begin, length).await;
    let now = begin + length + SignedDuration::from_secs(61);
    elsewhere(&engine, now);
    let range = TimeRange::new(begin, begin + length).unwrap();
    let mut rolled = Vec::new();
    let (mut used, mut total) = (0, 0);
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let mut performance = Performance::default();
        let log_since = retention().log_since(now);
        let rollups_since = retention().rollups_since(now);
        let reading = Reading { range, detail: Detail::Totals, log_since, rollups_since, now };
        let add = |_, part: &_| performance.add(part, &Filter::default());
        let answered = store.read(&reading, add).await.unwrap();
        rolled.push(begun.elapsed());
        assert_eq!((answered.entries, answered.incomplete), (0, false));
        used = answered.rollups;
        total = performance.deliveries.received + performance.outcomes.total();
    }
    assert_eq!(total, count);
    rolled.sort();
    let rolled = rolled[ROUNDS / 2];
    let begun = Instant::now();
    let (rollup, scanned) = store.fold(range, now, ScanLimits::NONE).await.unwrap();
    let log = begun.elapsed();
    assert_eq!((rollup.entries(), scanned.complete), (count, true));
    let units = read_units(&store, &engine, range, now).await;
    let ms = |time: std::time::Duration| time.as_secs_f64() * 1_000.0;
    println!(
        "{count:>10} {:>13.1} {:>13.0} {:>7.0}x {units:>10.1} {used:>11}",
        ms(rolled),
        ms(log),
        ms(log) / ms(rolled)
    );
}

/// Read units of the totals that cover a range, as DynamoDB counts them: for each query the bytes of
/// its items, in steps of 4 KB, a half for each since no read has to be consistent.
async fn read_units(store: &EventStore, engine: &Engine, range: TimeRange, now: Timestamp) -> f64 {
    let mut found = Vec::new();
    for grain in Grain::LONGEST_FIRST {
        let take =
            |stored: Result<shared::store::StoredRollup, _>| found.push(stored.unwrap().bucket);
        store.rollups(grain, range, Detail::Totals, now, take).await.unwrap();
    }
    let Cover { pieces, .. } = cover(range, range.from(), &found.into_iter().collect());
    let client = local::table::client(engine.endpoint());
    let mut queries: BTreeMap<String, usize> = BTreeMap::new();
    for piece in pieces {
        let Piece::Rollup(bucket) = piece else { panic!("a gap") };
        let (pk, sk) = match bucket.grain {
            Grain::Window => ("ROLLUP#5M#%Y-%m-%d", "%H:%M"),
            Grain::Hour => ("ROLLUP#1H#%Y-%m", "%dT%H"),
            Grain::Day => ("ROLLUP#1D#%Y", "%m-%d"),
        };
        let pk = bucket.start.strftime(pk).to_string();
        let item = client
            .get_item()
            .table_name(TABLE)
            .key("pk", AttributeValue::S(pk.clone()))
            .key("sk", AttributeValue::S(bucket.start.strftime(sk).to_string()))
            .send()
            .await
            .unwrap();
        *queries.entry(pk).or_default() += bytes(item.item().unwrap());
    }
    queries.into_values().map(|bytes| bytes.div_ceil(4_096) as f64 / 2.0).sum()
}

fn bytes(item: &std::collections::HashMap<String, AttributeValue>) -> usize {
    let value = |value: &AttributeValue| match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
        AttributeValue::B(blob) => blob.as_ref().len(),
        _ => 0,
    };
    item.iter().map(|(name, attribute)| name.len() + value(attribute)).sum()
}
