//! How far everything is rolled up is said from run to run; whatever is said, nothing is missed.

mod days;

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use health_check::roll_up::run;
use jiff::{SignedDuration, Timestamp};
use shared::config::Vars;
use shared::log::TimeRange;
use shared::metrics::{Filter, Performance};
use shared::rollup::{Bucket, Grain, Rollup};
use shared::store::{Detail, EntityIndex, MadeDays, Reading, Retention, RollupMark, StoredPayload};
use tests::log::{Log, at, delivery};

const DAY: i64 = 86_400;

/// A log of so many days.
fn kept(days: u32) -> Retention {
    let days = days.to_string();
    let lookup = |name: &str| (name == "WEBHOOK_LOG_RETENTION_DAYS").then(|| days.clone());
    Retention::from_vars(&Vars::new(&lookup)).unwrap()
}

/// An event a minute into each of so many hours.
async fn hourly(log: &Log, hours: std::ops::Range<i64>) {
    for hour in hours {
        deliver(log, &format!("evt_{hour}"), at(hour * 3_600 + 60)).await;
    }
}

async fn deliver(log: &Log, id: &str, logged_at: Timestamp) {
    let delivery = delivery(id, logged_at);
    log.store.put_delivery(&delivery, StoredPayload::NotKept, kept(30)).await.unwrap();
}

/// Events that are answered for.
async fn received(log: &Log, from: Timestamp, now: Timestamp) -> u64 {
    let range = TimeRange::new(from, now).unwrap();
    let (log_since, rollups_since) = (kept(30).log_since(now), kept(30).rollups_since(now));
    let reading = Reading { range, detail: Detail::Totals, log_since, rollups_since, now };
    let mut performance = Performance::default();
    let add = |_, part: &Rollup| performance.add(part, &Filter::default());
    let answered = log.store.read(&reading, add).await.unwrap();
    assert!(!answered.incomplete);
    performance.deliveries.received
}

async fn hours(log: &Log, range: TimeRange, now: Timestamp) -> BTreeSet<Bucket> {
    let mut found = BTreeSet::new();
    let take = |stored: Result<shared::store::StoredRollup, _>| {
        found.extend(stored.ok().map(|stored| stored.bucket));
    };
    log.store.rollups(Grain::Hour, range, Detail::Totals, now, take).await.unwrap();
    found
}

/// Takes an hour's totals away.
async fn lose(log: &Log, hour: Bucket) {
    let sk = hour.start.strftime("%dT%H").to_string();
    let place = [("pk", hour.start.strftime("ROLLUP#1H#%Y-%m").to_string()), ("sk", sk)];
    let key = place.map(|(name, value)| (name.to_owned(), AttributeValue::S(value)));
    let delete = log.client.delete_item().table_name(&log.table).set_key(Some(key.into()));
    let gone = delete.return_values(ReturnValue::AllOld).send().await.unwrap();
    assert!(gone.attributes().is_some());
}

#[tokio::test]
async fn a_run_says_how_far_every_hour_is_made_and_the_next_one_looks_at_a_few() {
    let log = Log::new(EntityIndex::OFF).await;
    let (mut now, days) = (at(72 * 3_600 + 361), 4);
    assert_eq!(log.store.rollup_mark(now).await.unwrap(), None);
    hourly(&log, 0..72).await;
    assert_eq!(run(&log.store, kept(days), now).await.unwrap().hours, 71);
    let looked_from = kept(days).log_since(now);
    let made = MadeDays { from: at(-2 * DAY), through: at(2 * DAY) };
    let (through, made) = (at(71 * 3_600), Some(made));
    let expected = RollupMark { looked_from, since: at(0), through, days: made };
    assert_eq!(log.store.rollup_mark(now).await.unwrap(), Some(expected));

    // One that is lost is found when its turn comes: four times a day of the log.
    let lost = Grain::Hour.bucket_of(at(30 * 3_600));
    lose(&log, lost).await;
    let mut runs = 0;
    while hours(&log, lost.range().unwrap(), now).await.is_empty() {
        assert!(runs < 4 * days + 1, "it is not found");
        now += SignedDuration::from_mins(5);
        run(&log.store, kept(days), now).await.unwrap();
        runs += 1;
    }
    assert!(runs > 1, "every hour is looked at in each run");
    assert_eq!(received(&log, at(0), at(71 * 3_600)).await, 71);

    // A longer log is looked at anew, and so is one of which nothing sound is said.
    lose(&log, lost).await;
    run(&log.store, kept(days + 1), now).await.unwrap();
    assert_eq!(hours(&log, lost.range().unwrap(), now).await.len(), 1);
    lose(&log, lost).await;
    let rubbish = AttributeValue::S("{".to_owned());
    let item = [("pk", "ROLLUP#MARK"), ("sk", "MARK")]
        .map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned())));
    let put = log.client.put_item().table_name(&log.table).set_item(Some(item.into()));
    put.item("d", rubbish).send().await.unwrap();
    run(&log.store, kept(days + 1), now).await.unwrap();
    assert_eq!(hours(&log, lost.range().unwrap(), now).await.len(), 1);
    let mark = log.store.rollup_mark(now).await.unwrap().unwrap();
    assert_eq!(
        (mark.since, mark.through),
        (at(0), Grain::Hour.bucket_of(now).start - SignedDuration::from_hours(1))
    );
}

#[tokio::test]
async fn a_late_entry_is_no_later_than_what_is_said() {
    let log = Log::new(EntityIndex::OFF).await;
    deliver(&log, "evt_first", at(3_900)).await;
    run(&log.store, kept(30), at(4_000 + 3_600)).await.unwrap();
    assert_eq!(log.store.rollup_mark(at(7_600)).await.unwrap(), None, "an older one may come");
    deliver(&log, "evt_late", at(3_000)).await;
    for now in [at(7_700), at(10_861), at(11_161)] {
        run(&log.store, kept(30), now).await.unwrap();
        assert_eq!(received(&log, at(0), now).await, 2, "{now}");
    }
    let mark = log.store.rollup_mark(at(11_161)).await.unwrap().unwrap();
    assert_eq!((mark.since, mark.through), (at(3_000), at(7_200)));
}

#[tokio::test]
async fn a_run_whose_clock_was_ahead_hides_nothing_that_comes_later() {
    let log = Log::new(EntityIndex::OFF).await;
    hourly(&log, 0..3).await;
    run(&log.store, kept(30), at(3 * 3_600 + 61)).await.unwrap();
    // It has seen nothing where nothing was logged yet, and made hours of it.
    let ahead = at(12 * 3_600 + 61);
    assert!(run(&log.store, kept(30), ahead).await.unwrap().hours > 5);
    assert!(log.store.rollup_mark(ahead).await.unwrap().unwrap().through > at(10 * 3_600));
    for hour in 3..8 {
        hourly(&log, hour..hour + 1).await;
        for minutes in (6..=61).step_by(5) {
            let now = at(hour * 3_600) + SignedDuration::from_mins(minutes);
            run(&log.store, kept(30), now).await.unwrap();
            assert_eq!(received(&log, at(0), now).await as i64, hour + 1, "{now}");
        }
    }
    for hour in 9..14 {
        let now = at(hour * 3_600 + 61);
        run(&log.store, kept(30), now).await.unwrap();
        assert_eq!(received(&log, at(0), now).await, 8, "{now}");
    }
}
