//! What the numbers behind each endpoint cost over a day and over 30: read, added up, answered.
//!
//! Hours are rolled up from generated entries in memory, as the health check would from the log, and
//! put into a table: 10,000,000 entries would take the embedded engine a night.

use std::sync::Arc;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use local::engine::Engine;
use shared::config::OutcomesPolicy;
use shared::log::TimeRange;
use shared::metrics::{Failures, Filter, GroupBy, Groups, Performance, Series, Step};
use shared::report::{Analytics, ErrorAnalytics, Security, Span};
use shared::rollup::{Grain, Rollup};
use shared::store::{Answered, Detail, EventStore, Reading};
use tests::log::{at, retention};

use crate::fill::{fill, rolled_up};

const HOURS: i64 = 60 * 24;
const ROUNDS: usize = 7;
/// Queries of cells take so many hours at a time.
const CHUNK: usize = 12;

/// Rolls up so many events within 30 days, and as many within the 30 before, and asks.
pub async fn of(engine: Arc<Engine>, events: u64) {
    let end = at(3_600 * (HOURS + 20));
    let begin = end - SignedDuration::from_hours(HOURS);
    let store =
        fill(&engine, 1, begin - SignedDuration::from_hours(1), SignedDuration::from_secs(1)).await;
    let an_hour = events / 720;
    for hour in 0..HOURS {
        let start = begin + SignedDuration::from_hours(hour);
        let bucket = Grain::Hour.bucket_of(start);
        let rollup = rolled_up(start, an_hour);
        store.put_rollup(bucket, &rollup, bucket.end(), retention(), &[]).await.unwrap();
    }
    for hours in [24, 720] {
        let range = TimeRange::new(end - SignedDuration::from_hours(hours), end).unwrap();
        let before = SignedDuration::from_hours(hours);
        let earlier = TimeRange::new(range.from() - before, range.from()).unwrap();
        let units = read_units(&store, range).await;
        let world = World { store: &store, now: end };
        for (name, passes) in
            [("metrics", 1), ("analytics", 2), ("errors", 1), ("security", 1), ("reports", 2)]
        {
            let mut times = Vec::new();
            for _ in 0..ROUNDS {
                let begun = Instant::now();
                let bytes = world.ask(name, range).await;
                if passes == 2 {
                    world.ask("analytics", earlier).await;
                }
                assert!(bytes > 200, "{name}");
                times.push(begun.elapsed());
            }
            times.sort();
            let (totals, cells) = units;
            let units =
                if name == "metrics" { totals } else { (totals + cells) * f64::from(passes) };
            let milliseconds = times[ROUNDS / 2].as_secs_f64() * 1_000.0;
            println!("{events:>10} {hours:>6} {name:>10} {milliseconds:>10.1} {units:>11.1}");
        }
    }
}

struct World<'a> {
    store: &'a EventStore,
    now: Timestamp,
}

impl World<'_> {
    async fn read(
        &self,
        range: TimeRange,
        detail: Detail,
        take: impl FnMut(TimeRange, &Rollup),
    ) -> Answered {
        let log_since = retention().log_since(self.now);
        let rollups_since = retention().rollups_since(self.now);
        let reading = Reading { range, detail, log_since, rollups_since, now: self.now };
        let answered = self.store.read_by(Grain::Hour, &reading, take).await.unwrap();
        assert!(!answered.incomplete, "{answered:?}");
        answered
    }

    /// The answer as JSON; its bytes.
    async fn ask(&self, name: &str, range: TimeRange) -> usize {
        let filter = Filter::default();
        let step = Step::of(range, range.from());
        let mut performance = Performance::default();
        let mut types = Groups::new(GroupBy::EventType);
        let mut sources = Groups::new(GroupBy::SourceIp);
        let (mut failures, mut series) = (Failures::default(), Series::new(step));
        let all = name == "reports";
        let detail = if name == "metrics" { Detail::Totals } else { Detail::Cells };
        let answered = self.read(range, detail, |range, part| {
            if all || name == "metrics" {
                performance.add(part, &filter);
            }
            if all || name == "analytics" {
                types.add(range, part, &filter);
            }
            if all || name == "errors" {
                failures.add(range, part, &filter);
            }
            if all || name == "security" {
                sources.add(range, part, &filter);
            }
            if all || name == "errors" || name == "security" {
                series.add(range, part, &filter);
            }
        });
        let answered = answered.await;
        let span = || Span::new(range, &answered, self.now);
        let slots = series.slots(answered.from, answered.through);
        let analytics =
            Analytics::new(OutcomesPolicy::Expected, span(), filter.clone(), &types, None, 50);
        let errors = ErrorAnalytics::new(span(), filter, &failures, (step, &slots), &[], 10);
        let security = Security::new(span(), &sources, (step, &slots), (&[], true), 20);
        let json = match name {
            "metrics" => format!("{performance:?}"),
            "analytics" => serde_json::to_string(&analytics).unwrap(),
            "errors" => serde_json::to_string(&errors).unwrap(),
            "security" => serde_json::to_string(&security).unwrap(),
            _ => serde_json::to_string(&(analytics, errors, security)).unwrap(),
        };
        json.len()
    }
}

/// Read units of the totals and of the cells of a range: for each query the bytes of its items in
/// steps of 4 KB, a half for each; the keys and other attributes take about 70 bytes an item.
async fn read_units(store: &EventStore, range: TimeRange) -> (f64, f64) {
    let mut units = [0.0, 0.0];
    for (detail, units) in [Detail::Totals, Detail::Cells].into_iter().zip(&mut units) {
        let mut bytes = Vec::new();
        let take = |found: Result<shared::store::StoredRollup, _>| {
            bytes.push(found.unwrap().encoded.len() + 70);
        };
        store.rollups(Grain::Hour, range, detail, range.to(), take).await.unwrap();
        let at_once = if detail == Detail::Totals { 720 } else { CHUNK };
        let chunks = bytes.chunks(at_once).map(|chunk| chunk.iter().sum::<usize>().div_ceil(4_096));
        *units = chunks.sum::<usize>() as f64 / 2.0;
    }
    (units[0], units[1])
}
