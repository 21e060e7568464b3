use super::*;
use crate::rollup::{CellKey, ErrorKey, MinuteKey};
use crate::statistics::Counts;

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_700_006_400 + minutes * 60).unwrap()
}

fn part(from: i64, to: i64, outcomes: (u64, u64), messages: &[(&str, u64)]) -> (TimeRange, Rollup) {
    let mut rollup = Rollup::default();
    for (status, count) in [(Status::Succeeded, outcomes.0), (Status::Failed, outcomes.1)] {
        let key = CellKey {
            status,
            event_type: Label::All,
            entity_type: Label::All,
            category: Label::All,
            level: Label::All,
            livemode: Some(false),
            api_version: Label::All,
            account: Label::All,
        };
        if count > 0 {
            rollup.cells.entry(key).or_default().count = count;
        }
    }
    for (message, count) in messages {
        let key = ErrorKey {
            error_type: Label::Missing,
            error_code: Label::Missing,
            message: Label::of(Some(message)),
            event_type: Label::All,
            livemode: None,
            account: Label::All,
        };
        rollup.errors.add(key, *count, 100);
    }
    (TimeRange::new(at(from), at(to)).unwrap(), rollup)
}

fn recent(parts: Vec<(TimeRange, Rollup)>) -> Recent {
    Recent { parts, ..Recent::default() }
}

#[test]
fn horizons_end_now_and_begin_with_a_part() {
    let day: Vec<_> = (0..18)
        .map(|hour| part(hour * 60, hour * 60 + 60, (1, 0), &[]))
        .chain((216..288).map(|window| part(window * 5, window * 5 + 5, (1, 0), &[])))
        .chain([part(1_440, 1_441, (1, 0), &[])])
        .collect();
    let horizons = recent(day).horizons(at(1_441), &Filter::default());
    let counted: Vec<_> = horizons
        .iter()
        .map(|horizon| (horizon.minutes, horizon.performance.outcomes.total()))
        .collect();
    assert_eq!(counted, [(5, 2), (15, 4), (60, 13), (360, 73), (1_440, 91)]);
    assert!(horizons.iter().all(|horizon| horizon.range.to() == at(1_441)));
}

#[test]
fn the_last_five_outcomes_are_looked_for_part_by_part() {
    let all = Filter::default();
    let last = |parts: &[(u64, u64)]| {
        let parts =
            parts.iter().zip(0..).map(|(outcomes, n)| part(n * 5, n * 5 + 5, *outcomes, &[]));
        recent(parts.collect()).last_outcomes(&all)
    };
    let unclear = |n: i64, failed| {
        LastOutcomes::Unclear(TimeRange::new(at(n * 5), at(n * 5 + 5)).unwrap(), failed)
    };
    for (parts, expected) in [
        (&[][..], LastOutcomes::NotAllFailed),
        (&[(0, 4)], LastOutcomes::NotAllFailed),
        (&[(0, 5)], LastOutcomes::AllFailed),
        (&[(9, 0), (0, 2), (0, 0), (0, 3)], LastOutcomes::AllFailed),
        (&[(9, 1), (0, 3)], LastOutcomes::NotAllFailed),
        (&[(9, 2), (0, 3)], unclear(0, 2)),
        (&[(0, 9), (1, 4)], LastOutcomes::NotAllFailed),
        (&[(1, 5)], unclear(0, 5)),
    ] {
        assert_eq!(last(parts), expected, "{parts:?}");
    }
    let live = Filter { livemode: Some(true), ..Filter::default() };
    assert_eq!(
        recent(vec![part(0, 5, (0, 9), &[])]).last_outcomes(&live),
        LastOutcomes::NotAllFailed
    );
}

#[test]
fn errors_are_told_when_they_are_new_or_grow() {
    let parts = vec![
        part(0, 60, (0, 9), &[("old", 46), ("rare", 1)]),
        part(
            1_380,
            1_385,
            (0, 9),
            &[("old", 6), ("rare", 25), ("new", 5), ("few", 4), ("known", 9)],
        ),
    ];
    let known = BTreeMap::from([("known".to_owned(), ErrorSeen { first: 0, last: 0 })]);
    let told = |recent: &Recent| {
        let errors = recent.recurring_errors(at(1_386), &known, &Filter::default());
        errors.into_iter().map(|error| error.message).collect::<Vec<_>>()
    };
    let mut recent = recent(parts);
    assert_eq!(told(&recent), ["new", "rare"]);
    let live = Filter { livemode: Some(true), ..Filter::default() };
    assert!(recent.recurring_errors(at(1_386), &known, &live).is_empty());
    let lenient = Filter { outcomes_of_no_mode: true, ..live };
    assert_eq!(recent.recurring_errors(at(1_386), &known, &lenient).len(), 2, "they say no mode");
    recent.is_young = true;
    assert!(told(&recent).is_empty());
}

#[test]
fn an_error_that_was_known_is_so_in_the_run_after_too() {
    let mut memory = crate::health::Memory::default();
    memory.saw_error("known", ErrorSeen { first: 0, last: 0 });
    let recent = recent(vec![part(1_380, 1_385, (0, 18), &[("known", 9), ("new", 9)])]);
    for run in 0..2 {
        let told = recent.recurring_errors(at(1_386 + 5 * run), &memory.errors, &Filter::default());
        let told: Vec<_> = told.iter().map(|error| error.message.as_str()).collect();
        assert_eq!(told, ["new"], "run {run}");
        for (message, seen) in recent.messages() {
            memory.saw_error(message, seen);
        }
    }
}

#[test]
fn the_beginning_is_looked_for_backwards() {
    let bad = |part: &Rollup| {
        let failed = part.cells.iter().any(|(key, _)| key.status == Status::Failed);
        (!part.cells.is_empty()).then_some(failed)
    };
    let since = |parts: &[(u64, u64)]| {
        let parts =
            parts.iter().zip(0..).map(|(outcomes, n)| part(n * 5, n * 5 + 5, *outcomes, &[]));
        recent(parts.collect()).bad_since(bad)
    };
    assert_eq!(since(&[(0, 1), (1, 0), (1, 1), (0, 0), (0, 1), (0, 0)]), Some(at(10)));
    assert_eq!(since(&[(0, 1), (1, 0)]), None);
}

#[test]
fn the_last_delivery_is_of_the_mode_that_counts() {
    let mut newest = part(0, 5, (1, 0), &[]);
    for (livemode, of_outcomes, minute) in [(true, false, 2), (false, false, 3), (true, true, 4)] {
        let key = MinuteKey {
            of_outcomes,
            event_type: Label::All,
            livemode: Some(livemode),
            account: Label::All,
        };
        let minute = u64::try_from(at(minute).as_second() / 60).unwrap();
        newest.1.minutes.insert(key, Counts::from_iter([(minute, 1)]));
    }
    let recent = recent(vec![newest]);
    let live = Filter { livemode: Some(true), ..Filter::default() };
    assert_eq!(recent.last_delivery(&live), Some(at(2)));
    assert_eq!(recent.last_delivery(&Filter::default()), Some(at(3)));
}
