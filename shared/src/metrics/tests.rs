//! Groups add up to totals, and parts to the whole, whatever is in them.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::log::{Cause, TimeRange};
use crate::rollup::{CellKey, ErrorKey, Label, Measure, RejectionKey, Rollup, SourceKey, Status};

fn start() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

/// A window of a day.
fn window(number: i64) -> TimeRange {
    let from = start() + SignedDuration::from_secs(300 * number);
    TimeRange::new(from, from + SignedDuration::from_secs(300)).unwrap()
}

fn label() -> impl Strategy<Value = Label> {
    prop_oneof![
        4 => "[a-c]".prop_map(|text| Label::of(Some(&text))),
        1 => Just(Label::Missing),
        1 => Just(Label::Other),
    ]
}

fn status() -> impl Strategy<Value = Status> {
    proptest::sample::select(Status::ALL)
}

fn cell() -> impl Strategy<Value = (CellKey, Measure)> {
    let key = (status(), label(), label(), any::<Option<bool>>(), label(), label());
    (key, 1..50_u64, 0..9_000_000_u64).prop_map(|(key, count, micros)| {
        let (status, event_type, entity_type, livemode, api_version, account) = key;
        let mut measure = Measure { count, retries: count / 3, ..Measure::default() };
        (0..count).for_each(|n| measure.add_time(micros + n));
        let (category, level) = (Label::of(Some("business")), Label::of(Some("INFO")));
        let key = CellKey {
            status,
            event_type,
            entity_type,
            category,
            level,
            livemode,
            api_version,
            account,
        };
        (key, measure)
    })
}

fn part() -> impl Strategy<Value = Rollup> {
    let refused = proptest::collection::vec((proptest::sample::select(Cause::ALL), 1..9_u64), 0..3);
    let errors = proptest::collection::vec((label(), label(), label(), 1..9_u64), 0..4);
    let sources = proptest::collection::vec((any::<bool>(), "[a-d]", 1..9_u64), 0..4);
    let cells = proptest::collection::vec(cell(), 0..6);
    (cells, refused, errors, sources, 0..3_u64).prop_map(
        |(cells, refused, errors, sources, rest)| {
            let mut part = Rollup::default();
            for (key, measure) in cells {
                part.cells.entry(key).or_default().merge(&measure);
            }
            for (cause, count) in refused {
                *part
                    .rejections
                    .entry(RejectionKey { cause, refused_genuine: count > 5 })
                    .or_default() += count;
            }
            for (error_type, message, event_type, count) in errors {
                let key = ErrorKey {
                    error_type,
                    error_code: Label::Missing,
                    message,
                    event_type,
                    livemode: Some(true),
                    account: Label::Missing,
                };
                part.errors.add(key, count, usize::MAX);
            }
            for (refused, address, count) in sources {
                part.sources.add(
                    SourceKey { refused, address: address.as_str().into() },
                    count,
                    usize::MAX,
                );
            }
            part.sources.add_other(rest);
            part
        },
    )
}

fn filter() -> impl Strategy<Value = Filter> {
    let text = || proptest::option::weighted(0.3, "[a-c]");
    (text(), any::<Option<bool>>(), text()).prop_map(|(event_type, livemode, account)| Filter {
        event_type,
        livemode,
        account,
        ..Filter::default()
    })
}

proptest! {
    #[test]
    fn groups_sum_to_totals(parts in proptest::collection::vec(part(), 0..6), filter in filter()) {
        let mut whole = Performance::default();
        parts.iter().for_each(|part| whole.add(part, &filter));
        for by in GroupBy::ALL.iter().copied().filter(|by| *by != GroupBy::SourceIp) {
            let mut groups = Groups::new(by);
            for (number, part) in (0..).zip(&parts) {
                groups.add(window(number * 7), part, &filter);
            }
            let total = groups.total();
            prop_assert_eq!(total.deliveries, whole.deliveries.received);
            prop_assert_eq!(total.succeeded, whole.outcomes.succeeded);
            prop_assert_eq!(total.failed, whole.outcomes.failed);
            prop_assert_eq!(&total.processing_time, &whole.outcomes.processing_time);
            prop_assert_eq!(groups.uncertain, whole.uncertain);
        }
        let mut sources = Groups::new(GroupBy::SourceIp);
        parts.iter().for_each(|part| sources.add(window(0), part, &filter));
        let counted: u64 = parts.iter().map(|part| part.sources.total()).sum();
        prop_assert_eq!(sources.total().deliveries + sources.total().refused, counted);
    }

    #[test]
    fn steps_sum_to_totals(parts in proptest::collection::vec(part(), 0..30), filter in filter()) {
        let mut whole = Performance::default();
        parts.iter().for_each(|part| whole.add(part, &filter));
        for step in Step::ALL {
            let mut series = Series::new(*step);
            for (number, part) in (0..).zip(&parts) {
                series.add(window(number), part, &filter);
            }
            let slots = series.slots(start(), window(40).to());
            let sum = |of: fn(&Point) -> u64| slots.iter().map(|slot| of(&slot.point)).sum::<u64>();
            prop_assert_eq!(sum(|point| point.received), whole.deliveries.received);
            prop_assert_eq!(sum(|point| point.failed), whole.outcomes.failed);
            prop_assert_eq!(sum(|point| point.succeeded), whole.outcomes.succeeded);
            prop_assert_eq!(sum(Point::rejections), whole.rejected);
            prop_assert_eq!(sum(|point| point.refused_genuine), whole.refused_genuine);
        }
    }

    #[test]
    fn parts_are_the_whole_in_any_order(parts in proptest::collection::vec(part(), 0..6), filter in filter()) {
        let mut merged = Rollup::default();
        parts.iter().for_each(|part| merged.merge(part));
        for by in GroupBy::ALL {
            let (mut by_parts, mut at_once) = (Groups::new(*by), Groups::new(*by));
            parts.iter().rev().for_each(|part| by_parts.add(window(3), part, &filter));
            at_once.add(window(3), &merged, &filter);
            // A part in which nothing is meant makes no group.
            prop_assert_eq!(by_parts, at_once);
        }
        let (mut by_parts, mut at_once) = (Failures::default(), Failures::default());
        parts.iter().rev().for_each(|part| by_parts.add(window(3), part, &filter));
        at_once.add(window(3), &merged, &filter);
        prop_assert_eq!(by_parts, at_once);
    }

    #[test]
    fn patterns_sum_to_their_messages(parts in proptest::collection::vec(part(), 0..6)) {
        let mut failures = Failures::default();
        parts.iter().for_each(|part| failures.add(window(0), part, &Filter::default()));
        let messages: u64 = failures.messages().iter().map(|(_, fold)| fold.count).sum();
        let patterns: u64 = failures.patterns().iter().map(|pattern| pattern.fold.count).sum();
        prop_assert_eq!(messages, patterns);
    }

    #[test]
    fn first_seen_is_sharpened_by_what_misses_nothing_and_never_past_the_truth(
        parts in proptest::collection::vec((part(), proptest::bool::weighted(0.8)), 12),
    ) {
        let (everything, hour) = (Filter::default(), TimeRange::new(start(), window(11).to()).unwrap());
        let (mut exact, mut finer, mut merged) = (Failures::default(), Failures::default(), Rollup::default());
        for (number, (part, is_read)) in (0..).zip(&parts) {
            merged.merge(part);
            exact.add(window(number), part, &everything);
            if *is_read {
                finer.add(window(number), part, &everything);
            }
        }
        let mut failures = Failures::default();
        failures.add(hour, &merged, &everything);
        failures.sharpen(&finer);
        for ((_, found), (_, truth)) in failures.messages().into_iter().zip(exact.messages()) {
            prop_assert!(found.first == hour || found.first == truth.first);
        }
        failures.sharpen(&exact);
        let firsts = |of: &Failures| of.messages().iter().map(|(_, fold)| fold.first).collect::<Vec<_>>();
        prop_assert_eq!(firsts(&failures), firsts(&exact));
    }
}

#[test]
fn the_largest_groups_stay_when_there_are_too_many() {
    let mut groups = Groups::new(GroupBy::Account);
    for chunk in 0..12_i64 {
        let mut part = Rollup::default();
        for n in 0..1_000 {
            let key = CellKey {
                status: Status::Received,
                event_type: Label::Missing,
                entity_type: Label::Missing,
                category: Label::Missing,
                level: Label::Missing,
                livemode: None,
                api_version: Label::Missing,
                account: Label::of(Some(&format!("acct_{}", chunk * 1_000 + n))),
            };
            let count = if n == 0 { 100 } else { 1 };
            part.cells.insert(key, Measure { count, ..Measure::default() });
        }
        groups.add(window(chunk), &part, &Filter::default());
    }
    assert!(groups.iter().count() <= 10_000);
    assert_eq!(groups.iter().filter(|(_, group)| group.deliveries == 100).count(), 12);
    assert_eq!(groups.total().deliveries, 12 * 1_099);
    assert!(groups.without_room.deliveries > 0);
}

#[test]
fn steps_are_told_whether_they_are_whole() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let slots =
        Series::new(Step::Hour).slots(at("2026-11-23T12:05:00Z"), at("2026-11-23T15:30:00Z"));
    let told: BTreeMap<String, bool> =
        slots.iter().map(|slot| (slot.range.from().to_string(), slot.is_whole)).collect();
    let expected = [("12:05", false), ("13:00", true), ("14:00", true), ("15:00", false)];
    let expected = expected.map(|(time, whole)| (format!("2026-11-23T{time}:00Z"), whole));
    assert_eq!(told, BTreeMap::from(expected));
    let of = |hours: i64, since: i64| {
        let range = TimeRange::new(start() - SignedDuration::from_hours(hours), start()).unwrap();
        Step::of(range, start() - SignedDuration::from_hours(since))
    };
    assert_eq!(
        [of(6, 7), of(6, 5), of(7, 9), of(336, 700), of(337, 700)],
        [Step::Window, Step::Hour, Step::Hour, Step::Hour, Step::Day]
    );
}
