//! Listing on a real engine: every page of every question against the plain truth.

use std::cmp::Reverse;
use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use shared::log::{Cause, Delivery, Entity, LogEntry, Rejection, Rejections, TimeRange, Verdict};
use shared::store::{EntityIndex, EventStore, Scope, Search, StoredPayload};
use tests::log::{Log, at, delivery, retention};
use tokio::task::JoinSet;

async fn put_all(store: &EventStore, deliveries: impl IntoIterator<Item = Delivery>) {
    let mut puts = JoinSet::new();
    for delivery in deliveries {
        let store = store.clone();
        puts.spawn(async move {
            match delivery.verdict {
                Verdict::Accepted => {
                    let put =
                        store.put_delivery(&delivery, StoredPayload::NotKept, retention()).await;
                    assert_eq!(put.unwrap(), Verdict::Accepted);
                }
                _ => store.put_repetition(&delivery, retention()).await.unwrap(),
            }
        });
        if puts.len() >= 32 {
            puts.join_next().await.unwrap().unwrap();
        }
    }
    puts.join_all().await;
}

/// Every page to the end, with the bounds of each checked.
async fn pages(
    store: &EventStore,
    range: TimeRange,
    limit: usize,
    scope: Scope<'_>,
    keep: impl Fn(&LogEntry) -> bool,
) -> Vec<LogEntry> {
    let (mut entries, mut before, mut through) = (Vec::new(), None, range.to());
    loop {
        let search = Search { range, before: before.as_ref(), limit, scope, now: range.to() };
        let page = store.search(&search, &keep).await.unwrap();
        assert!(page.entries.len() <= limit && page.examined <= 4_000);
        assert!(page.searched_through <= through && page.searched_through >= range.from());
        through = page.searched_through;
        entries.extend(page.entries);
        match page.next {
            Some(next) => {
                assert!(before.as_ref().is_none_or(|before| next < *before), "the list goes on");
                before = Some(next);
            }
            None => {
                assert_eq!(through, range.from());
                return entries;
            }
        }
    }
}

fn time_of(entry: &LogEntry) -> Timestamp {
    entry.logged_at()
}

/// Entries as text, to compare them without an order among equal times.
fn sorted(entries: &[LogEntry]) -> Vec<String> {
    let mut texts: Vec<String> = entries.iter().map(|entry| format!("{entry:?}")).collect();
    texts.sort();
    texts
}

#[tokio::test]
async fn every_entry_is_listed_once_newest_first_whatever_the_page_size() {
    let log = Log::new(EntityIndex::ON).await;
    let mut random = fastrand::Rng::with_seed(7);
    let mut all: Vec<Delivery> =
        (0..300).map(|n| delivery(&format!("evt_{n}"), at(random.i64(0..200_000)))).collect();
    for n in 0..40 {
        let mut repetition = delivery(&format!("evt_{n}"), at(random.i64(0..200_000)));
        repetition.verdict = Verdict::Duplicate;
        all.push(repetition);
    }
    put_all(&log.store, all.clone()).await;
    let mut expected: Vec<LogEntry> =
        all.into_iter().map(|d| LogEntry::Delivery(Box::new(d))).collect();
    for _ in 0..30 {
        let minute = at(random.i64(0..3_333) * 60);
        let instance = format!("{:08x}", random.u32(..));
        let counts: Vec<Rejection> = [Cause::MissingSignature, Cause::SignatureMismatch]
            .into_iter()
            .map(|cause| Rejection {
                minute,
                instance: instance.clone(),
                source_ip: random.bool().then(|| "10.0.0.1".to_owned()),
                cause,
                refused_genuine: false,
                diagnosis: None,
                skew_seconds: None,
                count: random.u64(1..9),
            })
            .collect();
        expected.extend(counts.iter().cloned().map(LogEntry::Rejection));
        log.store
            .put_rejections(&Rejections { minute, instance, counts }, retention())
            .await
            .unwrap();
    }
    for (from, to) in
        [(0, 200_000), (0, 1), (50_000, 86_400), (86_400, 172_800), (172_799, 172_801), (-9, 0)]
    {
        let range = TimeRange::new(at(from), at(to)).unwrap();
        // A rejection is in every range that its minute touches.
        let is_in = |entry: &&LogEntry| match entry {
            LogEntry::Delivery(_) | LogEntry::Outcome(_) => {
                (range.from()..range.to()).contains(&entry.logged_at())
            }
            LogEntry::Rejection(r) => {
                r.minute < range.to() && r.minute + SignedDuration::from_mins(1) > range.from()
            }
        };
        let mut wanted: Vec<LogEntry> = expected.iter().filter(is_in).cloned().collect();
        wanted.sort_by_key(|entry| Reverse(time_of(entry)));
        for limit in [1, 7, 200] {
            if limit == 1 && wanted.len() > 120 {
                continue;
            }
            let listed = pages(&log.store, range, limit, Scope::Everything, |_| true).await;
            assert!(
                listed.is_sorted_by_key(|entry| Reverse(time_of(entry))),
                "{from}..{to} by {limit}"
            );
            assert_eq!(sorted(&listed), sorted(&wanted), "{from}..{to} by {limit}");
        }
    }
}

#[tokio::test]
async fn a_filter_that_matches_little_does_bounded_work_and_says_how_far_it_came() {
    let log = Log::new(EntityIndex::OFF).await;
    put_all(&log.store, (0..4_500).map(|n| delivery(&format!("evt_{n}"), at(n)))).await;
    let range = TimeRange::new(at(0), at(4_500)).unwrap();
    let is_oldest = |entry: &LogEntry| time_of(entry) == at(3);
    let search =
        Search { range, before: None, limit: 10, scope: Scope::Everything, now: at(4_500) };
    let first = log.store.search(&search, is_oldest).await.unwrap();
    assert_eq!((first.entries.len(), first.examined, first.searched_through), (0, 4_000, at(500)));
    let found = pages(&log.store, range, 10, Scope::Everything, is_oldest).await;
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn an_object_is_found_by_its_index_and_before_the_index_by_time() {
    let log = Log::new(EntityIndex::OFF).await;
    let customer = Entity { entity_type: "customer".to_owned(), id: Some("cus_1".to_owned()) };
    let about = |n: i64, id: &str| {
        let mut delivery = delivery(&format!("evt_{n}"), at(n));
        delivery.event.entity = Some(Entity { id: Some(id.to_owned()), ..customer.clone() });
        delivery
    };
    put_all(&log.store, (0..50).map(|n| about(n, if n % 5 == 0 { "cus_1" } else { "cus_2" })))
        .await;
    // The index is switched on: from at(50) on entries carry its key.
    let since = |text: &str| {
        let value = text.to_owned();
        EntityIndex::from_vars(&shared::config::Vars::new(&move |_| Some(value.clone()))).unwrap()
    };
    let indexed = log.with(since("2023-11-16"));
    let day_two = |n: i64| at(86_400 + n);
    let later = (100..130).map(|n| {
        let mut delivery = about(n, if n % 5 == 0 { "cus_1" } else { "cus_2" });
        delivery.received_at = day_two(n);
        delivery
    });
    put_all(&indexed, later).await;
    let range = TimeRange::new(at(0), day_two(1_000)).unwrap();
    let keep = |entry: &LogEntry| matches!(entry, LogEntry::Delivery(d) if d.event.entity.as_ref() == Some(&customer));
    for limit in [1, 4, 100] {
        let found = pages(&indexed, range, limit, Scope::Entity(&customer), keep).await;
        assert_eq!(found.len(), 16, "by {limit}");
        assert!(found.is_sorted_by_key(|entry| Reverse(time_of(entry))));
    }
    let search = Search {
        range,
        before: None,
        limit: 100,
        scope: Scope::Entity(&customer),
        now: range.to(),
    };
    let by_index = indexed.search(&search, keep).await.unwrap();
    assert_eq!(
        (by_index.entries.len(), by_index.examined),
        (6, 6),
        "the index reads no other object"
    );
}

#[tokio::test]
async fn a_flood_of_rejections_is_read_no_further_than_a_page_needs() {
    let log = Log::new(EntityIndex::OFF).await;
    let mut puts = JoinSet::new();
    for minute in 0..200 {
        let minute = at(minute * 60);
        let rejection = |n: u32| Rejection {
            minute,
            instance: "a".to_owned(),
            source_ip: Some(format!("10.0.0.{n}")),
            cause: Cause::SignatureMismatch,
            refused_genuine: false,
            diagnosis: None,
            skew_seconds: None,
            count: 1,
        };
        let counts = (0..50).map(rejection).collect();
        let rejections = Rejections { minute, instance: "a".to_owned(), counts };
        let store = log.store.clone();
        puts.spawn(async move { store.put_rejections(&rejections, retention()).await.unwrap() });
        if puts.len() >= 16 {
            puts.join_next().await.unwrap().unwrap();
        }
    }
    puts.join_all().await;
    let range = TimeRange::new(at(0), at(86_400)).unwrap();
    let search =
        Search { range, before: None, limit: 7, scope: Scope::Rejections, now: range.to() };
    let page = log.store.search(&search, |_| true).await.unwrap();
    assert_eq!((page.entries.len(), page.examined, page.searched_through), (7, 7, at(199 * 60)));
    let nothing = log.store.search(&search, |_| false).await.unwrap();
    assert_eq!((nothing.entries.len(), nothing.examined), (0, 4_000));
    assert_eq!(pages(&log.store, range, 200, Scope::Rejections, |_| true).await.len(), 10_000);
}

#[tokio::test]
async fn many_instances_in_one_minute_are_listed_once_whatever_the_page_size() {
    let log = Log::new(EntityIndex::OFF).await;
    put_all(&log.store, [delivery("evt_older", at(30)), delivery("evt_newer", at(600))]).await;
    for minute in [60, 120] {
        for instance in 0..40 {
            let rejection = |n: u32| Rejection {
                minute: at(minute),
                instance: format!("{instance:x}"),
                source_ip: Some(format!("10.0.0.{n}")),
                cause: Cause::SignatureMismatch,
                refused_genuine: false,
                diagnosis: None,
                skew_seconds: None,
                count: 1,
            };
            let counts = (0..3).map(rejection).collect();
            let rejections =
                Rejections { minute: at(minute), instance: format!("{instance:x}"), counts };
            log.store.put_rejections(&rejections, retention()).await.unwrap();
        }
    }
    for (to, expected) in [(700, 242), (180, 241), (121, 241), (120, 121), (61, 121), (60, 1)] {
        let range = TimeRange::new(at(0), at(to)).unwrap();
        for limit in [1, 7, 200] {
            let listed = pages(&log.store, range, limit, Scope::Everything, |_| true).await;
            let distinct: HashSet<String> = sorted(&listed).into_iter().collect();
            assert_eq!((listed.len(), distinct.len()), (expected, expected), "to {to} by {limit}");
        }
    }
}
