//! Reading a range on a real engine, where it cannot all be read.

use futures_util::stream::{self, StreamExt};
use jiff::{SignedDuration, Timestamp};
use shared::log::{LogEntry, TimeRange};
use shared::metrics::{Filter, Performance};
use shared::rollup::{Grain, Rollup};
use shared::store::{Answered, Detail, EntityIndex, Reading, StoredPayload};
use tests::log::{Log, at, delivery, retention};

async fn read(log: &Log, from: Timestamp, now: Timestamp) -> (Answered, u64) {
    let range = TimeRange::new(from, now).unwrap();
    let log_since = retention().log_since(now);
    let reading = Reading { range, detail: Detail::Totals, log_since, now };
    let mut performance = Performance::default();
    let add = |_, part: &Rollup| performance.add(part, &Filter::default());
    let answered = log.store.read(&reading, add).await.unwrap();
    (answered, performance.deliveries.received)
}

async fn put(log: &Log, ids: std::ops::Range<i64>, logged_at: impl Fn(i64) -> Timestamp) {
    let puts = ids.map(|n| {
        let (store, delivery) = (log.store.clone(), delivery(&format!("evt_{n}"), logged_at(n)));
        tokio::spawn(async move {
            store.put_delivery(&delivery, StoredPayload::NotKept, retention()).await.unwrap()
        })
    });
    stream::iter(puts)
        .buffer_unordered(16)
        .for_each(async |put| {
            put.unwrap();
        })
        .await;
}

#[tokio::test]
async fn an_open_end_that_is_too_long_makes_the_answer_older_not_wrong() {
    let log = Log::new(EntityIndex::OFF).await;
    put(&log, 0..7, at).await;
    health_check::roll_up::run(&log.store, retention(), at(361)).await.unwrap();
    put(&log, 100..20_090, |n| at(400) + SignedDuration::from_millis(n)).await;
    let (short, received) = read(&log, at(0), at(420)).await;
    assert_eq!((short.through, short.incomplete, received), (at(420), false, 7 + 19_900));
    put(&log, 30_000..30_200, |_| at(421)).await;
    let (long, received) = read(&log, at(0), at(500)).await;
    assert_eq!((long.through, long.incomplete, received), (at(300), true, 7));
    health_check::roll_up::run(&log.store, retention(), at(700)).await.unwrap();
    let (rolled, received) = read(&log, at(0), at(700)).await;
    assert_eq!((rolled.through, rolled.incomplete, received), (at(700), false, 7 + 19_990 + 200));
}

#[tokio::test]
async fn an_hour_that_is_lost_beyond_the_log_cuts_off_what_is_older() {
    let log = Log::new(EntityIndex::OFF).await;
    let mut one = Rollup::default();
    one.add(&LogEntry::Delivery(Box::new(delivery("evt_1", at(0)))));
    let hour = |n: i64| Grain::Hour.bucket_of(at(3_600 * n));
    for n in [1, 2, 4, 5] {
        let put = log.store.put_rollup(hour(n), &one, hour(n).settles_at(), retention(), &[]);
        put.await.unwrap();
    }
    let now = at(40 * 86_400);
    let range = |from| TimeRange::new(from, hour(6).start).unwrap();
    for (from, expected) in [
        (hour(4).start, (hour(4).start, false, None, 2)),
        (hour(1).start, (hour(4).start, true, None, 2)),
        (hour(0).start, (hour(4).start, true, None, 2)),
    ] {
        let log_since = retention().log_since(now);
        let reading = Reading { range: range(from), detail: Detail::Totals, log_since, now };
        let mut received = 0;
        let add = |_, part: &Rollup| received += part.entries();
        let answered = log.store.read(&reading, add).await.unwrap();
        let Answered { from, incomplete, log_begins, .. } = answered;
        assert_eq!((from, incomplete, log_begins, received), expected);
    }
}

#[tokio::test]
async fn a_log_that_is_younger_than_the_range_says_so() {
    let log = Log::new(EntityIndex::OFF).await;
    put(&log, 0..3, |n| at(1_000 + n)).await;
    let (answered, received) = read(&log, at(0), at(2_000)).await;
    assert_eq!((answered.from, answered.log_begins, received), (at(0), Some(at(1_000)), 3));
    let (older, received) = read(&log, at(1_200), at(2_000)).await;
    assert_eq!((older.from, older.log_begins, received), (at(1_200), None, 0));
    let (empty, received) = read(&log, at(2_000), at(3_000)).await;
    assert_eq!(
        (empty.from, empty.through, empty.incomplete, received),
        (at(1_800), at(3_000), false, 0)
    );
}
