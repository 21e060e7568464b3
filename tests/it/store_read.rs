//! Reading a range on a real engine, where it cannot all be read.

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::stream::{self, StreamExt};
use jiff::{SignedDuration, Timestamp};
use shared::log::{Delivery, LogEntry, OutcomeParticulars, TimeRange};
use shared::metrics::{Filter, Performance};
use shared::rollup::{Bucket, Grain, Rollup};
use shared::store::{Answered, Detail, EntityIndex, Reading, StoredPayload};
use tests::log::{Log, at, delivery, outcome, retention};

async fn read(log: &Log, from: Timestamp, now: Timestamp) -> (Answered, u64) {
    let range = TimeRange::new(from, now).unwrap();
    let log_since = retention().log_since(now);
    let rollups_since = retention().rollups_since(now);
    let reading = Reading { range, detail: Detail::Totals, log_since, rollups_since, now };
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

/// Hours with one event each, read long after their log is gone.
async fn hours(log: &Log, numbers: &[i64]) {
    let mut one = Rollup::default();
    one.add(&LogEntry::Delivery(Box::new(delivery("evt_1", at(0)))));
    for n in numbers {
        let put = log.store.put_rollup(hour(*n), &one, hour(*n).settles_at(), retention(), &[]);
        put.await.unwrap();
    }
}

fn hour(n: i64) -> Bucket {
    Grain::Hour.bucket_of(at(3_600 * n))
}

/// `from`, `through`, `incomplete`, `log_begins` and the entries of an answer.
type Told = (Timestamp, Timestamp, bool, Option<Timestamp>, u64);

async fn told(log: &Log, range: TimeRange, detail: Detail, now: Timestamp) -> Told {
    let log_since = retention().log_since(now);
    let rollups_since = retention().rollups_since(now);
    let reading = Reading { range, detail, log_since, rollups_since, now };
    let mut entries = 0;
    let answered = log.store.read(&reading, |_, part| entries += part.entries()).await.unwrap();
    let Answered { from, through, incomplete, log_begins, .. } = answered;
    (from, through, incomplete, log_begins, entries)
}

#[tokio::test]
async fn hours_that_are_lost_beyond_the_log_cut_the_answer_at_either_end() {
    let log = Log::new(EntityIndex::OFF).await;
    hours(&log, &[1, 2, 4, 5]).await;
    let now = at(40 * 86_400);
    let half = SignedDuration::from_mins(30);
    for (from, to, expected) in [
        (hour(4).start, hour(6).start, (hour(4).start, hour(6).start, false, None, 2)),
        (hour(1).start, hour(6).start, (hour(4).start, hour(6).start, true, None, 2)),
        (hour(3).start, hour(6).start, (hour(4).start, hour(6).start, true, None, 2)),
        (hour(4).start, hour(5).start + half, (hour(4).start, hour(5).start, true, None, 1)),
        (hour(4).start, hour(8).start, (hour(4).start, hour(6).start, true, None, 2)),
        // Nothing is answered, where the range begins.
        (hour(7).start, hour(9).start, (hour(7).start, hour(7).start, true, None, 0)),
        (hour(3).start, hour(4).start, (hour(3).start, hour(3).start, true, None, 0)),
        (
            hour(0).start,
            hour(2).start,
            (hour(0).start, hour(2).start, false, Some(hour(1).start), 1),
        ),
    ] {
        for detail in [Detail::Totals, Detail::Cells] {
            let range = TimeRange::new(from, to).unwrap();
            assert_eq!(told(&log, range, detail, now).await, expected, "{from} to {to}");
        }
    }
}

#[tokio::test]
async fn what_is_older_than_any_roll_up_can_be_is_not_called_young() {
    let log = Log::new(EntityIndex::OFF).await;
    hours(&log, &[1, 2]).await;
    let now = at(89 * 86_400);
    let range = TimeRange::new(at(-5 * 86_400), hour(3).start).unwrap();
    let (from, _, incomplete, begins, entries) = told(&log, range, Detail::Totals, now).await;
    assert_eq!((from, incomplete, begins, entries), (hour(1).start, true, None, 2));
}

#[tokio::test]
async fn a_young_log_is_called_young_as_far_back_as_roll_ups_are_kept() {
    let log = Log::new(EntityIndex::OFF).await;
    let now = at(89 * 86_400) + SignedDuration::from_mins(20);
    let kept = Grain::Hour.bucket_of(retention().rollups_since(now)).start;
    hours(&log, &[24, 25]).await;
    for (from, incomplete, begins) in
        [(kept, false, Some(hour(24).start)), (kept - SignedDuration::from_hours(24), true, None)]
    {
        let range = TimeRange::new(from, hour(26).start).unwrap();
        let (_, _, is_incomplete, log_begins, entries) =
            told(&log, range, Detail::Totals, now).await;
        assert_eq!((is_incomplete, log_begins, entries), (incomplete, begins, 2), "{from}");
    }
}

#[tokio::test]
async fn a_longer_question_of_a_log_without_roll_ups_knows_no_less() {
    let log = Log::new(EntityIndex::OFF).await;
    put(&log, 0..20_100, |n| at(86_400 * 32) + SignedDuration::from_millis(n)).await;
    let now = at(86_400 * 33);
    for days in [5, 60] {
        let range = TimeRange::new(now - SignedDuration::from_hours(24 * days), now).unwrap();
        let (_, through, incomplete, _, entries) = told(&log, range, Detail::Totals, now).await;
        assert_eq!((through, incomplete, entries), (now, false, 20_100), "{days} days");
    }
}

#[tokio::test]
async fn an_hour_whose_cells_are_damaged_is_told_by_its_windows_else_cuts_what_is_older() {
    let log = Log::new(EntityIndex::OFF).await;
    hours(&log, &[1, 2, 3]).await;
    let damage = log.client.update_item().table_name(&log.table);
    let value = |text: String| AttributeValue::S(text);
    let start = hour(2).start;
    damage
        .key("pk", value(start.strftime("ROLLUP#1H#%Y-%m").to_string()))
        .key("sk", value(start.strftime("BY#%dT%H").to_string()))
        .update_expression("SET d = :d")
        .expression_attribute_values(":d", AttributeValue::B(b"\x01?".to_vec().into()))
        .send()
        .await
        .unwrap();
    let range = TimeRange::new(hour(1).start, hour(4).start).unwrap();
    let now = at(40 * 86_400);
    let (from, _, incomplete, _, entries) = told(&log, range, Detail::Cells, now).await;
    assert_eq!((from, incomplete, entries), (hour(3).start, true, 1));
    let mut one = Rollup::default();
    one.add(&LogEntry::Delivery(Box::new(delivery("evt_1", hour(2).start))));
    for (window, number) in hour(2).parts().zip(0..) {
        let rollup = if number == 0 { one.clone() } else { Rollup::default() };
        let long = retention();
        log.store.put_rollup(window, &rollup, window.settles_at(), long, &[]).await.unwrap();
    }
    let soon = at(20 * 86_400);
    let (from, _, incomplete, _, entries) = told(&log, range, Detail::Cells, soon).await;
    assert_eq!((from, incomplete, entries), (hour(1).start, false, 3));
}

#[tokio::test]
async fn a_retention_that_was_raised_does_not_make_entries_out_of_nothing() {
    let log = Log::new(EntityIndex::OFF).await;
    hours(&log, &[1, 2]).await;
    // Windows and entries have expired though the log is said to have them.
    let range =
        TimeRange::new(hour(1).start + SignedDuration::from_mins(25), hour(3).start).unwrap();
    let (from, _, incomplete, _, entries) =
        told(&log, range, Detail::Totals, at(20 * 86_400)).await;
    assert_eq!((from, incomplete, entries), (hour(1).start, false, 2));
}

#[tokio::test]
async fn deliveries_are_joined_with_the_outcomes_since() {
    let log = Log::new(EntityIndex::OFF).await;
    let put = async |id: &str, seconds: i64, event_type: &str| {
        let mut delivery = delivery(id, at(seconds));
        delivery.event.event_type = Some(event_type.to_owned());
        let put = log.store.put_delivery(&delivery, StoredPayload::NotKept, retention());
        put.await.unwrap();
    };
    for n in 0..40 {
        put(&format!("evt_{n}"), 10 + n, "charge.failed").await;
    }
    put("evt_other", 20, "never.processed").await;
    put("evt_3", 250, "charge.failed").await;
    put("evt_after", 301, "charge.failed").await;
    // In the window, after it, and before the delivery itself.
    for (id, seconds) in [("evt_0", 200), ("evt_1", 1_100), ("evt_2", 5)] {
        let outcome = outcome(id, at(seconds));
        let rest = OutcomeParticulars::default();
        log.store.put_outcome(&outcome, &rest, b"", retention()).await.unwrap();
    }
    let window = Grain::Window.bucket_of(at(0));
    let failed =
        |delivery: &Delivery| delivery.event.event_type.as_deref() == Some("charge.failed");
    let joined = log.store.without_outcome(window, at(1_200), failed).await.unwrap();
    let without: Vec<_> = joined.without.iter().map(|found| found.event_id.to_string()).collect();
    let expected: Vec<_> = (3..40).map(|n| format!("evt_{n}")).collect();
    assert_eq!(without, expected);
    assert_eq!((joined.looked_at, joined.shards, joined.is_whole), (40, 8, true));
}

#[tokio::test]
async fn a_large_window_is_joined_by_a_share_of_its_events() {
    let log = Log::new(EntityIndex::OFF).await;
    put(&log, 0..9_000, |n| at(0) + SignedDuration::from_millis(n)).await;
    let window = Grain::Window.bucket_of(at(0));
    let joined = log.store.without_outcome(window, at(1_200), |_| true).await.unwrap();
    assert!((3..=5).contains(&joined.shards), "{}", joined.shards);
    let share = joined.looked_at as f64 / 9_000.0;
    assert!((share - f64::from(joined.shards) / 8.0).abs() < 0.05, "{share}");
    assert_eq!(joined.without.len() as u64, joined.looked_at);
}

#[tokio::test]
async fn parts_are_within_a_window_or_an_hour_whoever_answers() {
    let log = Log::new(EntityIndex::OFF).await;
    put(&log, 0..30, |n| at(n * 290)).await;
    let parts = async |grain: Grain| {
        let (range, now) = (TimeRange::new(at(0), at(8_700)).unwrap(), at(8_700));
        let log_since = retention().log_since(now);
        let rollups_since = retention().rollups_since(now);
        let reading = Reading { range, detail: Detail::Totals, log_since, rollups_since, now };
        let mut parts: Vec<(TimeRange, u64)> = Vec::new();
        let answered = log.store.read_by(grain, &reading, |range, part: &Rollup| {
            parts.push((range, part.entries()));
        });
        let answered = answered.await.unwrap();
        for (range, _) in &parts {
            let bucket = grain.bucket_of(range.from());
            assert!(range.to() <= bucket.end(), "{range:?} is in {bucket:?}");
        }
        let mut counts: Vec<_> = parts.iter().filter(|(_, n)| *n > 0).collect();
        counts.sort_by_key(|(range, _)| range.from());
        let counts: Vec<u64> = counts.into_iter().map(|(_, count)| *count).collect();
        (answered.rollups, counts)
    };
    let by_the_log = [parts(Grain::Hour).await, parts(Grain::Window).await];
    assert_eq!(by_the_log[0], (0, vec![13, 12, 5]));
    assert_eq!((by_the_log[1].0, by_the_log[1].1.iter().sum::<u64>()), (0, 30));
    assert!(by_the_log[1].1.len() >= 28);
    health_check::roll_up::run(&log.store, retention(), at(8_700)).await.unwrap();
    let rolled_up = [parts(Grain::Hour).await, parts(Grain::Window).await];
    assert!(rolled_up[1].0 > rolled_up[0].0 && rolled_up[0].0 > 0, "{rolled_up:?}");
    assert_eq!(rolled_up[1].1, by_the_log[1].1);
    assert_eq!(rolled_up[0].1.iter().sum::<u64>(), 30);
}
