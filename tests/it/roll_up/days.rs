//! Days are made of hours and answer for them; whatever becomes of them, the answer is the same.

use shared::log::{Delivery, LogEntry};

use super::*;

fn day(number: i64) -> Bucket {
    Grain::Day.bucket_of(at(number * DAY))
}

/// The place of an item of a day or an hour.
fn place(bucket: Bucket, by: &str) -> [(String, AttributeValue); 2] {
    let (pk, sk) = match bucket.grain {
        Grain::Window => ("ROLLUP#5M#%Y-%m-%d", "%H:%M"),
        Grain::Hour => ("ROLLUP#1H#%Y-%m", "%dT%H"),
        Grain::Day => ("ROLLUP#1D#%Y", "%m-%d"),
    };
    let value = |text: String| AttributeValue::S(text);
    [
        ("pk".to_owned(), value(bucket.start.strftime(pk).to_string())),
        ("sk".to_owned(), value(format!("{by}{}", bucket.start.strftime(sk)))),
    ]
}

async fn take_away(log: &Log, bucket: Bucket) {
    for by in ["", "BY#"] {
        let delete = log.client.delete_item().table_name(&log.table);
        let delete = delete.set_key(Some(place(bucket, by).into()));
        let gone = delete.return_values(ReturnValue::AllOld).send().await.unwrap();
        assert!(gone.attributes().is_some(), "{bucket:?}");
    }
}

async fn damage_cells(log: &Log, bucket: Bucket) {
    let update = log.client.update_item().table_name(&log.table);
    let update = update.set_key(Some(place(bucket, "BY#").into())).update_expression("SET d = :d");
    let rubbish = AttributeValue::B(b"\x01?".to_vec().into());
    update.expression_attribute_values(":d", rubbish).send().await.unwrap();
}

async fn days(log: &Log, range: TimeRange, now: Timestamp) -> Vec<Timestamp> {
    let mut found = Vec::new();
    let take = |stored: Result<shared::store::StoredRollup, _>| {
        found.push(stored.unwrap().bucket.start);
    };
    log.store.rollups(Grain::Day, range, Detail::Cells, now, take).await.unwrap();
    found
}

/// Rollups that answered, and events, by parts of a length.
async fn answered(log: &Log, by: Grain, to: Timestamp) -> (u64, u64, u64) {
    let mut all = Performance::default();
    let range = TimeRange::new(at(0), to).unwrap();
    let (log_since, rollups_since) = (kept(30).log_since(to), kept(30).rollups_since(to));
    let reading = Reading { range, detail: Detail::Cells, log_since, rollups_since, now: to };
    let add = |range: TimeRange, part: &Rollup| {
        assert!(range.to() <= by.bucket_of(range.from()).end());
        all.add(part, &Filter::default());
    };
    let answered = log.store.read_by(by, &reading, add).await.unwrap();
    assert!(!answered.incomplete);
    (answered.rollups, all.deliveries.received, all.deliveries.peak_per_minute)
}

#[tokio::test]
async fn days_answer_for_their_hours_and_hours_for_days_that_are_gone() {
    let log = Log::new(EntityIndex::OFF).await;
    hourly(&log, 0..76).await;
    deliver(&log, "evt_peak", at(30 * 3_600 + 100)).await;
    let mut now = at(76 * 3_600 + 61);
    assert_eq!(run(&log.store, kept(4), now).await.unwrap().days, 3);
    let whole = TimeRange::new(at(0), now).unwrap();
    assert_eq!(days(&log, whole, now).await, [0, 1, 2].map(|n| day(n).start));
    // Three days, three hours, and the windows since.
    assert_eq!(answered(&log, Grain::Day, now).await, (3 + 3 + 12, 77, 2));
    assert_eq!(answered(&log, Grain::Hour, now).await, (75 + 12, 77, 2));

    damage_cells(&log, day(1)).await;
    damage_cells(&log, Grain::Hour.bucket_of(at(30 * 3_600))).await;
    assert_eq!(answered(&log, Grain::Day, now).await, (2 + 23 + 12 + 3 + 12, 77, 2));
    take_away(&log, day(1)).await;
    take_away(&log, day(2)).await;
    // What is lost is found when its turn comes, four times a day of the log.
    let mut runs = 0;
    while days(&log, whole, now).await.len() < 3 {
        assert!(runs < 4 * 4 + 1, "it is not found");
        now += SignedDuration::from_mins(5);
        run(&log.store, kept(4), now).await.unwrap();
        let received = answered(&log, Grain::Day, now).await.1;
        assert_eq!(received, 77);
        runs += 1;
    }
    assert!(runs > 1, "every day is looked at in each run");
}

#[tokio::test]
async fn a_log_without_days_gets_them_some_in_each_run() {
    let log = Log::new(EntityIndex::OFF).await;
    let one = |hour: Bucket| {
        let mut one = Rollup::default();
        let delivery: Delivery = delivery("evt_1", hour.start);
        one.add(&LogEntry::Delivery(Box::new(delivery)));
        one
    };
    // Hours as an earlier version has left them; of the eleventh day before, one is missing.
    for hour in (-12 * 24..-4).filter(|hour| *hour != -11 * 24 + 7) {
        let hour = Grain::Hour.bucket_of(at(hour * 3_600));
        let rollup = one(hour);
        let put = log.store.put_rollup(hour, &rollup, hour.settles_at(), kept(30), &[]);
        put.await.unwrap();
    }
    deliver(&log, "evt_first", at(-5 * DAY)).await;
    hourly(&log, 0..2).await;
    let old = format!(
        r#"{{"looked_from":"{}","since":"{}","through":"{}"}}"#,
        at(-40 * DAY),
        at(-5 * DAY),
        at(-4 * 3_600)
    );
    let item = [("pk", "ROLLUP#MARK"), ("sk", "MARK"), ("d", old.as_str())]
        .map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned())));
    let put = log.client.put_item().table_name(&log.table).set_item(Some(item.into()));
    put.send().await.unwrap();
    assert!(log.store.rollup_mark(at(0)).await.unwrap().is_some());
    let mut made = Vec::new();
    for number in 0..4 {
        let now = at(2 * 3_600 + 61 + 300 * number);
        made.push(run(&log.store, kept(30), now).await.unwrap().days);
    }
    let (range, now) = (TimeRange::new(at(-40 * DAY), at(0)).unwrap(), at(3 * 3_600));
    let found = days(&log, range, now).await;
    assert_eq!(made, [4, 4, 3, 0], "no day of the hour that is missing: {found:?}");
    assert_eq!(found.len(), 11);
    assert!(!found.contains(&day(-11).start));
}

#[tokio::test]
async fn a_day_is_made_again_with_an_hour_of_it() {
    let log = Log::new(EntityIndex::OFF).await;
    hourly(&log, 0..25).await;
    let mut now = at(DAY + 3_600 + 61);
    assert!(run(&log.store, kept(4), now).await.unwrap().days > 0);
    assert_eq!(answered(&log, Grain::Day, now).await.1, 25);
    // An entry that the index has shown too late, of a window that is read again.
    deliver(&log, "evt_late", at(5 * 3_600 + 90)).await;
    let (hour, window) = (at(5 * 3_600), Grain::Window.bucket_of(at(5 * 3_600 + 90)));
    take_away(&log, window).await;
    take_away(&log, Grain::Hour.bucket_of(hour)).await;
    now += SignedDuration::from_mins(5);
    let done = run(&log.store, kept(4), now).await.unwrap();
    assert_eq!((done.hours, done.days > 0), (1, true));
    for grain in Grain::LONGEST_FIRST {
        assert_eq!(answered(&log, grain, now).await.1, 26, "{grain:?}");
    }
}

#[tokio::test]
async fn a_clock_that_is_days_ahead_leaves_no_day_of_nothing() {
    let log = Log::new(EntityIndex::OFF).await;
    hourly(&log, 0..3).await;
    run(&log.store, kept(30), at(3 * 3_600 + 61)).await.unwrap();
    let ahead = at(2 * DAY + 2 * 3_600);
    assert!(run(&log.store, kept(30), ahead).await.unwrap().days >= 2);
    for hour in 3..54 {
        hourly(&log, hour..hour + 1).await;
        for now in [at(hour * 3_600 + 361), at(hour * 3_600 + 3_661)] {
            run(&log.store, kept(30), now).await.unwrap();
            assert_eq!(received(&log, at(0), now).await as i64, hour + 1, "{now}");
        }
    }
    let now = at(54 * 3_600 + 61);
    assert_eq!(days(&log, TimeRange::new(at(0), now).unwrap(), now).await.len(), 2);
}
