//! What every endpoint and page costs over a day and over 30.
//!
//! Two months of events, each with an outcome, are rolled up as the health check does it: windows of
//! 5 minutes, hours made of them, days made of these by its own runs, the entries of the running window in
//! the log itself. Entries are folded and forgotten: to put each of 20,000,000 first would take the embedded
//! engine a night.

mod ask;
mod traffic;

use std::process::Command;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt};
use jiff::{SignedDuration, Timestamp};
use local::cloudwatch::{ChangeSink, CloudWatch};
use local::engine::Engine;
use shared::log::{LogEntry, OutcomeParticulars};
use shared::rollup::{Bucket, GRACE, Grain, Rollup};
use shared::store::{EventStore, StoredPayload};
use tests::log::retention;

use crate::fill;
pub use ask::{CHILD, child};
pub use traffic::Traffic;

/// Hours before now that are filled.
const HOURS: i64 = 2 * 720;
const AT_ONCE: usize = 4;
const PUTS_AT_ONCE: usize = 16;

/// Logs events in the last 30 days, and as many in the 30 before, and asks.
pub async fn of(engine: Arc<Engine>, traffic: Traffic) {
    let Traffic { events, accounts } = traffic;
    let a_window = (events / 720 / 12).max(1);
    let store = fill::table(&engine).await;
    let now = Timestamp::now();
    let first = Grain::Hour.bucket_of(now - SignedDuration::from_hours(HOURS));
    let hours = std::iter::successors(Some(first), |hour| Some(hour.next()));
    let hours = hours.take_while(|hour| hour.start < now);
    let filled =
        hours.map(|hour| tokio::spawn(fill_hour(store.clone(), hour, now, (a_window, accounts))));
    stream::iter(filled).buffer_unordered(AT_ONCE).for_each(async |hour| hour.unwrap()).await;
    let open = Grain::Window.bucket_of(now - GRACE).start;
    let puts = traffic::entries(open, SignedDuration::from_mins(20), 4 * a_window, accounts);
    let puts = puts.into_iter().map(|entry| put_entry(&store, entry));
    stream::iter(puts).buffer_unordered(PUTS_AT_ONCE).collect::<Vec<()>>().await;
    while health_check::roll_up::run(&store, retention(), Timestamp::now()).await.unwrap().days > 0
    {
    }
    let nobody = ChangeSink::new(|_| {});
    let period = std::time::Duration::from_secs(300);
    let cloudwatch = CloudWatch::start(period, nobody, None).await.unwrap();
    let asking = Command::new(std::env::current_exe().unwrap())
        .args([
            CHILD,
            engine.endpoint(),
            cloudwatch.endpoint(),
            &format!("{events:>10} {accounts:>8}"),
        ])
        .status()
        .unwrap();
    assert!(asking.success());
}

/// Rolls up the closed windows of an hour, and the hour where it has been read for the last time.
async fn fill_hour(
    store: EventStore,
    hour: Bucket,
    now: Timestamp,
    (a_window, accounts): (u64, usize),
) {
    let mut whole = Rollup::default();
    for window in hour.parts().filter(|window| window.closes_at() <= now) {
        let mut part = Rollup::default();
        let entries =
            traffic::entries(window.start, SignedDuration::from_mins(5), a_window, accounts);
        entries.iter().for_each(|entry| part.add(entry));
        whole.merge(&part);
        if window.start >= retention().log_since(now) {
            put(&store, window, &part, now).await;
        }
    }
    if hour.settles_at() <= now {
        put(&store, hour, &whole, now).await;
    }
}

async fn put_entry(store: &EventStore, entry: LogEntry) {
    match entry {
        LogEntry::Delivery(delivery) => {
            store.put_delivery(&delivery, StoredPayload::NotKept, retention()).await.unwrap();
        }
        LogEntry::Outcome(outcome) => {
            let rest = OutcomeParticulars::default();
            store.put_outcome(&outcome, &rest, b"h", retention()).await.unwrap();
        }
        // Those of the running window are too few to matter.
        LogEntry::Rejection(_) => {}
    }
}

async fn put(store: &EventStore, bucket: Bucket, rollup: &Rollup, now: Timestamp) {
    let settled = bucket.settles_at();
    let read_at = if settled <= now { settled } else { bucket.closes_at() };
    store.put_rollup(bucket, rollup, read_at, retention(), &[]).await.unwrap();
}
