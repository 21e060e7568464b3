//! A day's report over ever more events: from roll-ups that the product's own code folded in memory, beside
//! the raw log of a log that an engine can still be filled with.

use std::sync::Arc;
use std::time::Instant;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use bench::figure::Figure;
use bench::figure::Target::{AtLeast, AtMost};
use bench::statistics::exponent;
use jiff::SignedDuration;
use local::engine::Engine;
use shared::log::TimeRange;
use shared::metrics::{Filter, Performance};
use shared::rollup::Grain;
use shared::store::{Detail, EventStore, Reading, ScanLimits};
use tests::log::{at, retention};

use crate::fill::{TABLE, fill};
use crate::past::rolled_up;

const COUNTS: [u64; 4] = [10_000, 100_000, 1_000_000, 10_000_000];
/// What the raw log is measured at; its cost grows with its size.
const RAW: u64 = 200_000;
const QUICK_RAW: u64 = 50_000;
const HOURS: i64 = 24;
const ROUNDS: usize = 15;
const SHARDS: usize = 8;

/// Prints a line for each count, and returns the figures of the largest.
pub async fn measure(quick: bool) -> Vec<Figure> {
    println!("\nA report over 24 hours of events, from roll-ups by the hour");
    println!("{:>10} {:>10} {:>11}", "events", "ms", "read units");
    let mut points = Vec::new();
    for count in COUNTS {
        let (milliseconds, units) = from_rollups(count).await;
        println!("{count:>10} {milliseconds:>10.1} {units:>11.1}");
        points.push((count as f64, milliseconds, units));
    }
    let raw = if quick { QUICK_RAW } else { RAW };
    let (raw_milliseconds, raw_units) = from_the_log(raw).await;
    println!("{raw:>10} {raw_milliseconds:>10.0} {raw_units:>11.0}  the raw log");
    let Some(&(largest, milliseconds, units)) = points.last() else { return Vec::new() };
    let times = largest / raw as f64;
    let growth = |of: fn(&(f64, f64, f64)) -> f64| {
        let points: Vec<_> = points.iter().map(|point| (point.0, of(point))).collect();
        exponent(&points).unwrap()
    };
    vec![
        Figure::new(
            7,
            "read units of 10,000,000 events, raw over roll-ups",
            raw_units * times / units,
            AtLeast(40_000.0),
        ),
        Figure::new(
            7,
            "time of the same",
            raw_milliseconds * times / milliseconds,
            AtLeast(10_000.0),
        ),
        Figure::new(
            7,
            "exponent of time, 10^4 to 10^7 events",
            growth(|point| point.1),
            AtMost(0.05),
        ),
        Figure::new(7, "exponent of read units", growth(|point| point.2), AtMost(0.05)),
    ]
}

/// Median milliseconds and read units.
async fn from_rollups(count: u64) -> (f64, f64) {
    let engine = Arc::new(Engine::memory().unwrap());
    let end = at(3_600 * (HOURS + 20));
    let begin = end - SignedDuration::from_hours(HOURS);
    let before = begin - SignedDuration::from_hours(1);
    let store = fill(&engine, 1, before, SignedDuration::from_secs(1)).await;
    for hour in 0..HOURS {
        let start = begin + SignedDuration::from_hours(hour);
        let bucket = Grain::Hour.bucket_of(start);
        let rollup = rolled_up(bucket, count / HOURS.unsigned_abs());
        store.put_rollup(bucket, &rollup, bucket.end(), retention(), &[]).await.unwrap();
    }
    let range = TimeRange::new(begin, end).unwrap();
    let (log_since, rollups_since) = (retention().log_since(end), retention().rollups_since(end));
    let detail = Detail::Totals;
    let reading = Reading { range, detail, log_since, rollups_since, now: end };
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let mut performance = Performance::default();
        let add = |_, part: &_| performance.add(part, &Filter::default());
        let answered = store.read(&reading, add).await.unwrap();
        times.push(begun.elapsed().as_secs_f64() * 1e3);
        assert_eq!((answered.entries, answered.incomplete), (0, false));
    }
    times.sort_by(f64::total_cmp);
    (times[ROUNDS / 2], read_units(&store, range).await)
}

/// Read units of the totals of a range: the bytes of its items in steps of 4 KB, a half for each; keys and the
/// other attributes take about 70 bytes an item.
async fn read_units(store: &EventStore, range: TimeRange) -> f64 {
    let mut bytes = 0;
    let take = |found: Result<shared::store::StoredRollup, _>| {
        bytes += found.unwrap().encoded.len() + 70;
    };
    store.rollups(Grain::Hour, range, Detail::Totals, range.to(), take).await.unwrap();
    bytes.div_ceil(4_096) as f64 / 2.0
}

/// Milliseconds and read units of the same number of entries within the same day.
async fn from_the_log(count: u64) -> (f64, f64) {
    let engine = Engine::memory().unwrap();
    let (begin, length) = (at(0), SignedDuration::from_hours(HOURS));
    let store = fill(&engine, count, begin, length).await;
    let range = TimeRange::new(begin, begin + length).unwrap();
    let begun = Instant::now();
    let (rollup, scanned) = store.fold(range, begin + length, ScanLimits::NONE).await.unwrap();
    let milliseconds = begun.elapsed().as_secs_f64() * 1e3;
    assert_eq!((rollup.entries(), scanned.complete), (count, true));
    (milliseconds, units_of_index(&engine).await)
}

/// What the engine bills for reading the whole time index.
async fn units_of_index(engine: &Engine) -> f64 {
    let client = local::table::client(engine.endpoint());
    let mut units = 0.0;
    for shard in 0..SHARDS {
        let mut from = None;
        loop {
            let page = client
                .query()
                .table_name(TABLE)
                .index_name("gsi1")
                .key_condition_expression("gsi1pk = :shard")
                .expression_attribute_values(":shard", AttributeValue::S(format!("LOG#{shard}")))
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .set_exclusive_start_key(from)
                .send()
                .await
                .unwrap();
            units += page.consumed_capacity().unwrap().capacity_units().unwrap();
            from = page.last_evaluated_key;
            if from.is_none() {
                break;
            }
        }
    }
    units
}
