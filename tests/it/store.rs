//! Writing and loading on a real engine.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::SignedDuration;
use shared::log::{
    Cause, Delivery, EventId, LogEntry, OutcomeParticulars, Rejection, Rejections, TimeRange,
    Verdict,
};
use shared::privacy::PayloadPolicy;
use shared::store::{Codec, EntityIndex, ScanLimits, Scope, Search, StoredPayload};
use tests::log::{Log, at, delivery, outcome, retention};

#[tokio::test]
async fn the_first_delivery_wins_and_the_others_are_told_what_they_are() {
    let log = Log::new(EntityIndex::OFF).await;
    let first = delivery("evt_1", at(0));
    let put = async |delivery: Delivery| {
        log.store.put_delivery(&delivery, StoredPayload::NotKept, retention()).await.unwrap()
    };
    assert_eq!(put(first.clone()).await, Verdict::Accepted);
    assert_eq!(put(first.clone()).await, Verdict::Accepted, "the SDK's own retry of the same put");
    assert_eq!(put(delivery("evt_1", at(5))).await, Verdict::Duplicate);
    let mut connect = delivery("evt_1", at(6));
    connect.signature.secret_name = "connect".to_owned();
    assert_eq!(put(connect).await, Verdict::OtherEndpoint);
    let stored = log.store.load_event(&first.event_id, at(10)).await.unwrap();
    assert_eq!(stored.deliveries.len(), 1, "a verdict alone logs nothing");
    assert_eq!(stored.deliveries[0].delivery, first);
}

#[tokio::test]
async fn an_event_loads_with_every_delivery_in_order() {
    let log = Log::new(EntityIndex::ON).await;
    let first = delivery("evt_1", at(0));
    log.store.put_delivery(&first, StoredPayload::NotKept, retention()).await.unwrap();
    let mut expected = vec![first];
    for (seconds, verdict) in
        [(60, Verdict::Duplicate), (1, Verdict::OtherEndpoint), (3_600, Verdict::Duplicate)]
    {
        let mut repetition = delivery("evt_1", at(seconds));
        repetition.verdict = verdict;
        log.store.put_repetition(&repetition, retention()).await.unwrap();
        expected.push(repetition);
    }
    expected.sort_by_key(|delivery| delivery.received_at);
    let stored = log.store.load_event(&EventId::parse("evt_1").unwrap(), at(4_000)).await.unwrap();
    let stored: Vec<_> = stored.deliveries.into_iter().map(|stored| stored.delivery).collect();
    assert_eq!(stored, expected);
    let other = log.store.load_event(&EventId::parse("evt_2").unwrap(), at(4_000)).await.unwrap();
    assert!(other.deliveries.is_empty());
}

#[tokio::test]
async fn a_payload_comes_back_byte_for_byte() {
    let log = Log::new(EntityIndex::OFF).await;
    let codec = Codec::new().unwrap();
    for (number, body) in
        [&b"{}"[..], b"", b"\xff\x00not text", &[b' '; 3_000_000]].into_iter().enumerate()
    {
        let mut delivery = delivery(&format!("evt_{number}"), at(0));
        delivery.body_bytes = body.len() as u64;
        let payload = codec.encode(body, PayloadPolicy::Full);
        log.store.put_delivery(&delivery, payload, retention()).await.unwrap();
        let stored = log.store.load_event(&delivery.event_id, at(1)).await.unwrap();
        assert_eq!(stored.deliveries[0].body().as_deref(), Some(body));
    }
}

#[tokio::test]
async fn of_many_deliveries_at_once_exactly_one_is_the_first() {
    let log = Log::new(EntityIndex::OFF).await;
    let mut puts = tokio::task::JoinSet::new();
    for _ in 0..30 {
        let store = log.store.clone();
        puts.spawn(async move {
            let delivery = delivery("evt_1", at(fastrand::i64(0..9)));
            store.put_delivery(&delivery, StoredPayload::NotKept, retention()).await.unwrap()
        });
    }
    let verdicts = puts.join_all().await;
    assert_eq!(verdicts.iter().filter(|verdict| **verdict == Verdict::Accepted).count(), 1);
}

#[tokio::test]
async fn an_expired_event_is_not_shown_and_gives_way_to_a_new_one() {
    let log = Log::new(EntityIndex::ON).await;
    let old = delivery("evt_1", at(0));
    log.store.put_delivery(&old, StoredPayload::NotKept, retention()).await.unwrap();
    let load = async |now| log.store.load_event(&old.event_id, now).await.unwrap().deliveries.len();
    let after = |days: i64| at(1) + SignedDuration::from_hours(24 * days);
    assert_eq!(
        (load(after(32)).await, load(after(33)).await),
        (1, 0),
        "33 days, whatever the log's retention"
    );
    let search = async |now| {
        let range = TimeRange::new(at(-10), at(10)).unwrap();
        let search = Search { range, before: None, limit: 10, scope: Scope::Everything, now };
        log.store.search(&search, |_| true).await.unwrap().entries.len()
    };
    assert_eq!((search(after(32)).await, search(after(33)).await), (1, 0));
    let again = delivery("evt_1", after(33));
    let verdict =
        log.store.put_delivery(&again, StoredPayload::NotKept, retention()).await.unwrap();
    assert_eq!(verdict, Verdict::Accepted);
    assert_eq!(
        log.store.load_event(&old.event_id, after(34)).await.unwrap().deliveries[0].delivery,
        again
    );
}

#[tokio::test]
async fn the_longest_ids_fit_and_unfit_objects_are_left_out_of_their_index() {
    let log = Log::new(EntityIndex::ON).await;
    let mut longest = delivery(&"e".repeat(255), at(0));
    longest.request.request_id = "r".repeat(128);
    longest.event.entity.as_mut().unwrap().id = Some("x".repeat(3_000));
    longest.event.account = Some("é".repeat(127));
    let verdict =
        log.store.put_delivery(&longest, StoredPayload::NotKept, retention()).await.unwrap();
    assert_eq!(verdict, Verdict::Accepted);
    longest.verdict = Verdict::Duplicate;
    longest.received_at = at(1);
    longest.event.entity.as_mut().unwrap().id = Some(String::new());
    log.store.put_repetition(&longest, retention()).await.unwrap();
    assert_eq!(log.store.load_event(&longest.event_id, at(2)).await.unwrap().deliveries.len(), 2);
}

#[tokio::test]
async fn rejections_are_put_over_what_the_same_minute_had() {
    let log = Log::new(EntityIndex::OFF).await;
    let rejections = |instance: &str, count| {
        let rejection = Rejection {
            minute: at(0),
            instance: instance.to_owned(),
            source_ip: Some("10.0.0.1".to_owned()),
            cause: Cause::SignatureMismatch,
            refused_genuine: false,
            diagnosis: None,
            skew_seconds: None,
            count,
        };
        Rejections { minute: at(0), instance: instance.to_owned(), counts: vec![rejection] }
    };
    // The last is an old put that arrives late.
    for put in [rejections("a", 1), rejections("b", 5), rejections("a", 3), rejections("a", 2)] {
        log.store.put_rejections(&put, retention()).await.unwrap();
    }
    let range = TimeRange::new(at(0), at(60)).unwrap();
    let search = Search { range, before: None, limit: 10, scope: Scope::Rejections, now: at(60) };
    let page = log.store.search(&search, |_| true).await.unwrap();
    let counts: Vec<u64> = page
        .entries
        .iter()
        .map(|entry| match entry {
            LogEntry::Rejection(rejection) => rejection.count,
            LogEntry::Delivery(_) | LogEntry::Outcome(_) => 0,
        })
        .collect();
    assert_eq!(counts, [5, 3]);
}

#[tokio::test]
async fn warming_writes_nothing() {
    let log = Log::new(EntityIndex::OFF).await;
    let second = Duration::from_secs(1);
    log.store.warm_for_writing(second).await.unwrap();
    log.store.warm_for_reading(second).await.unwrap();
    let scan = log.client.scan().table_name(&log.table).send().await.unwrap();
    assert_eq!(scan.count, 0);
}

#[tokio::test]
async fn an_item_of_another_version_hides_nothing_else() {
    let log = Log::new(EntityIndex::OFF).await;
    for id in ["evt_1", "evt_2"] {
        let delivery = delivery(id, at(0));
        log.store.put_delivery(&delivery, StoredPayload::NotKept, retention()).await.unwrap();
    }
    log.client
        .update_item()
        .table_name(&log.table)
        .key("pk", AttributeValue::S("EVENT#evt_1".to_owned()))
        .key("sk", AttributeValue::S("DELIVERY".to_owned()))
        .update_expression("SET e.qr = :new")
        .expression_attribute_values(":new", AttributeValue::S("a_reason_of_tomorrow".to_owned()))
        .send()
        .await
        .unwrap();
    let again = log
        .store
        .put_delivery(&delivery("evt_1", at(5)), StoredPayload::NotKept, retention())
        .await;
    assert_eq!(again.unwrap(), Verdict::Duplicate, "what is stored is not refused");
    let event = log.store.load_event(&EventId::parse("evt_1").unwrap(), at(9)).await.unwrap();
    assert_eq!((event.deliveries.len(), event.unreadable), (0, 1));
    let counts = AttributeValue::L(vec![AttributeValue::M(HashMap::from([
        ("c".to_owned(), AttributeValue::S("a_cause_of_tomorrow".to_owned())),
        ("n".to_owned(), AttributeValue::N("1".to_owned())),
    ]))]);
    log.client
        .put_item()
        .table_name(&log.table)
        .item("pk", AttributeValue::S("REJECTIONS#2023-11-15".to_owned()))
        .item("sk", AttributeValue::S("00:00#a".to_owned()))
        .item("e", counts)
        .send()
        .await
        .unwrap();
    let range = TimeRange::new(at(0), at(60)).unwrap();
    let search = Search { range, before: None, limit: 10, scope: Scope::Everything, now: at(60) };
    let page = log.store.search(&search, |_| true).await.unwrap();
    assert_eq!((page.entries.len(), page.unreadable), (1, 2));
}

#[tokio::test]
async fn an_entry_that_is_damaged_where_no_number_looks_is_counted_and_not_listed() {
    let range = TimeRange::new(at(0), at(60)).unwrap();
    for (is_outcome, member, value, is_counted) in [
        (false, "q", AttributeValue::N("1".to_owned()), true),
        (false, "ua", AttributeValue::Bool(true), true),
        (false, "d", AttributeValue::S("a_verdict_of_tomorrow".to_owned()), false),
        (false, "z", AttributeValue::S("many".to_owned()), false),
        (true, "si", AttributeValue::N("1".to_owned()), true),
        (true, "lv", AttributeValue::S("LOUD".to_owned()), false),
        (true, "pt", AttributeValue::S("long".to_owned()), false),
    ] {
        let log = Log::new(EntityIndex::OFF).await;
        let sk = match is_outcome {
            false => {
                let delivery = delivery("evt_1", at(0));
                let put = log.store.put_delivery(&delivery, StoredPayload::NotKept, retention());
                put.await.unwrap();
                "DELIVERY"
            }
            true => {
                let (outcome, rest) = (outcome("evt_1", at(0)), OutcomeParticulars::default());
                log.store.put_outcome(&outcome, &rest, b"h", retention()).await.unwrap();
                "OUTCOME#job"
            }
        };
        log.client
            .update_item()
            .table_name(&log.table)
            .key("pk", AttributeValue::S("EVENT#evt_1".to_owned()))
            .key("sk", AttributeValue::S(sk.to_owned()))
            .update_expression("SET e.#member = :value")
            .expression_attribute_names("#member", member)
            .expression_attribute_values(":value", value)
            .send()
            .await
            .unwrap();
        let (rollup, scanned) = log.store.fold(range, at(60), ScanLimits::NONE).await.unwrap();
        let expected = if is_counted { (1, 0, 0) } else { (0, 1, 1) };
        let told = (rollup.entries(), rollup.unreadable, scanned.unreadable);
        assert_eq!(told, expected, "{sk}: {member}");
        let search =
            Search { range, before: None, limit: 10, scope: Scope::Everything, now: at(60) };
        let page = log.store.search(&search, |_| true).await.unwrap();
        assert_eq!((page.entries.len(), page.unreadable), (0, 1), "{sk}: {member}");
    }
}

#[tokio::test]
async fn of_an_event_that_is_replayed_for_ever_the_first_500_deliveries_are_shown() {
    let log = Log::new(EntityIndex::OFF).await;
    let first = delivery("evt_1", at(0));
    log.store.put_delivery(&first, StoredPayload::NotKept, retention()).await.unwrap();
    for n in 1..=500 {
        let mut repetition = delivery("evt_1", at(n));
        repetition.verdict = Verdict::Duplicate;
        log.store.put_repetition(&repetition, retention()).await.unwrap();
    }
    let event = log.store.load_event(&first.event_id, at(999)).await.unwrap();
    assert_eq!((event.deliveries.len(), event.has_more), (500, true));
    assert_eq!(event.deliveries[0].delivery, first);
}
