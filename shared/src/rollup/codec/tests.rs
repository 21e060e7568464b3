use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::log::{
    Category, Cause, EventId, Failure, Level, LogEntry, Outcome, ProcessingResult, Rejection,
};
use crate::rollup::{Damaged, Grain, Rollup};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn outcome(n: i64) -> LogEntry {
    let failure = Failure {
        message: Some(format!("no row {n}")),
        error_type: Some("database_error".to_owned()),
        ..Failure::default()
    };
    LogEntry::Outcome(Box::new(Outcome {
        event_id: EventId::parse("evt_1").unwrap(),
        request_id: n.to_string(),
        logged_at: at(n),
        ended_at: at(n),
        result: match n % 3 {
            0 => ProcessingResult::Failed(failure),
            _ => ProcessingResult::Succeeded,
        },
        processing_time: Duration::from_micros(1_000 + 7 * n.unsigned_abs()),
        retry_attempts: 1,
        event_type: format!("type.{}", n % 5),
        livemode: Some(true),
        api_version: None,
        account: Some("acct_1".to_owned()),
        entity: None,
        level: Level::Info,
        category: Category::Business,
        source_ip: None,
        user_agent: None,
        session_id: None,
        correlation_id: None,
    }))
}

fn rollup(seconds: std::ops::Range<i64>) -> Rollup {
    let mut rollup = Rollup::default();
    seconds.for_each(|n| rollup.add(&outcome(n)));
    rollup.add(&LogEntry::Rejection(Rejection {
        minute: at(0),
        instance: "a".to_owned(),
        source_ip: Some("10.0.0.1".to_owned()),
        cause: Cause::SignatureMismatch,
        refused_genuine: false,
        diagnosis: None,
        skew_seconds: None,
        count: 3,
    }));
    rollup
}

#[test]
fn a_rollup_comes_back_and_equal_ones_are_equal_bytes() {
    let whole = rollup(0..500);
    let bytes = whole.encode().unwrap();
    assert_eq!(Rollup::decode(&bytes).unwrap(), whole);
    assert_eq!(whole.entries(), 503);
    let (mut forwards, mut backwards) = (rollup(0..200), rollup(200..500));
    let (a, b) = (forwards.clone(), backwards.clone());
    forwards.merge(&b);
    backwards.merge(&a);
    assert_eq!(forwards.encode(), backwards.encode());
    assert_eq!(Rollup::decode(&Rollup::default().encode().unwrap()), Ok(Rollup::default()));
}

#[test]
fn damage_changes_no_number_unnoticed() {
    let whole = rollup(0..100);
    let bytes = whole.encode().unwrap();
    for place in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[place] ^= 1;
        // Some bits of a frame's header mean nothing for its content.
        let read = Rollup::decode(&damaged);
        assert!(read == Err(Damaged) || read == Ok(whole.clone()), "byte {place}");
        assert_eq!(Rollup::decode(&bytes[..place]), Err(Damaged), "cut at {place}");
    }
}

#[test]
fn totals_are_small_and_add_up() {
    let whole = rollup(0..5_000);
    let totals = whole.totals();
    assert_eq!(totals.entries(), whole.entries());
    assert_eq!(totals.cells.len(), 2);
    assert!(totals.encode().unwrap().len() < 2_000, "{}", totals.encode().unwrap().len());
}

#[test]
fn what_has_no_room_is_added_up_under_other() {
    let mut whole = Rollup::default();
    for n in 0..2_000 {
        let LogEntry::Outcome(mut outcome) = outcome(n) else { unreachable!() };
        outcome.event_type = format!("type.{:04}", n % 600);
        outcome.account = Some(format!("acct_{}", n % 900));
        whole.add(&LogEntry::Outcome(outcome));
    }
    let bounded = whole.bounded(Grain::Hour);
    assert_eq!((bounded.entries(), bounded.errors.total()), (2_000, whole.errors.total()));
    let mut types = BTreeMap::new();
    for (key, measure) in &bounded.cells {
        *types.entry(key.event_type.clone()).or_insert(0) += measure.count;
    }
    assert_eq!(types.len(), 257, "256 types and the rest");
    let size = bounded.encode().unwrap().len();
    assert!(size < 300_000, "{size}");
    assert_eq!(bounded.bounded(Grain::Hour), bounded);
}

#[test]
fn kinds_of_errors_stay_exact_when_messages_have_no_room() {
    let mut whole = Rollup::default();
    for n in 0..3_000_i64 {
        let LogEntry::Outcome(mut outcome) = outcome(3 * n) else { unreachable!() };
        let word = char::from(b'a' + (n % 26) as u8).to_string().repeat(3);
        outcome.result = ProcessingResult::Failed(Failure {
            message: Some(format!("{word} is wrong")),
            error_type: Some(["timeout", "card_error"][usize::from(n % 10 == 0)].to_owned()),
            ..Failure::default()
        });
        whole.add(&LogEntry::Outcome(outcome));
    }
    let totals = whole.totals();
    assert_eq!((totals.errors.total(), totals.errors.other()), (3_000, 0));
    let mut kinds = BTreeMap::new();
    for (key, n) in totals.errors.iter() {
        *kinds.entry(key.error_type.value().unwrap()).or_insert(0) += n;
    }
    assert_eq!(kinds, BTreeMap::from([("card_error", 300), ("timeout", 2_700)]));
}

#[test]
fn whatever_an_application_says_a_rollup_can_be_stored() {
    let mut state = 1_u64;
    let mut noise = |length: usize| -> String {
        std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b'a' + (state >> 59) as u8 % 26)
        })
        .take(length)
        .collect()
    };
    let mut whole = Rollup::default();
    for n in 0..4_000 {
        let LogEntry::Outcome(mut outcome) = outcome(n) else { unreachable!() };
        outcome.event_type = noise(255);
        outcome.account = Some(noise(255));
        outcome.api_version = Some(noise(255));
        outcome.entity = Some(crate::log::Entity { entity_type: noise(255), id: None });
        outcome.result = ProcessingResult::Failed(Failure {
            message: Some(noise(500)),
            error_type: Some(noise(255)),
            error_code: Some(noise(255)),
            is_last_attempt: false,
        });
        whole.add(&LogEntry::Outcome(outcome));
    }
    for grain in Grain::LONGEST_FIRST {
        let bounded = whole.bounded(grain);
        assert_eq!((bounded.entries(), bounded.errors.total()), (4_000, 4_000));
        let (cells, totals) = (bounded.encode().unwrap(), bounded.totals().encode().unwrap());
        assert!(cells.len() < 350_000, "{grain:?}: {}", cells.len());
        assert!(totals.len() < 20_000, "{grain:?}: {}", totals.len());
    }
}

#[test]
fn a_day_of_a_platform_tells_apart_what_its_hours_do() {
    let mut day = Rollup::default();
    let mut state = 1_u64;
    for n in 0..200_000_i64 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let LogEntry::Outcome(mut outcome) = outcome(n % 86_400) else { unreachable!() };
        outcome.event_type = format!("type.{}", (state >> 33) % 40);
        outcome.account = Some(format!("acct_{}", (state >> 40) % 5));
        outcome.processing_time = Duration::from_micros(1 << ((state >> 50) % 16 + 8));
        outcome.processing_time += Duration::from_micros((state >> 34) % 100_000);
        day.add(&LogEntry::Outcome(outcome));
    }
    let bounded = day.bounded(Grain::Day);
    assert_eq!(bounded.cells, day.cells, "none is added up with another");
    assert!(day.bounded(Grain::Hour).cells.len() < day.cells.len(), "an hour has no room for it");
    let stored = bounded.encode().unwrap().len();
    assert!(stored < 200_000, "{stored}");
}

#[test]
fn a_duration_that_is_none_is_damage() {
    let text = |bin: u64| format!(r#"{{"zeros":0,"bins":[[{bin},[1]]]}}"#);
    for (bin, sound) in [(2_240, true), (2_241, false), (u64::MAX - 1, false)] {
        let mut whole = rollup(0..3);
        whole.store_time = serde_json::from_str(&text(bin)).unwrap();
        let read = Rollup::decode(&whole.encode().unwrap());
        assert_eq!(read, if sound { Ok(whole) } else { Err(Damaged) }, "{bin}");
    }
}
