use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_040 + seconds).unwrap()
}

#[test]
fn one_put_a_second_carries_the_whole_minute() {
    let mut tally = Tally::new("a".into());
    tally.count(at(0), Some("1.1.1.1"), Cause::SignatureMismatch, false);
    assert_eq!(tally.take_due(at(0)).unwrap().total(), 1);
    tally.count(at(0), Some("1.1.1.1"), Cause::SignatureMismatch, false);
    assert_eq!(tally.take_due(at(0)), None);
    assert!(tally.is_waiting());
    assert_eq!(tally.take_due(at(1)).unwrap().total(), 2);
    assert_eq!(tally.take_due(at(9)), None);
}

#[test]
fn a_flood_is_bounded_and_counted_exactly() {
    let mut tally = Tally::new("a".into());
    for n in 0..5_000 {
        tally.count(
            at(0),
            Some(&format!("10.0.{}.{}", n / 250, n % 250)),
            Cause::MissingSignature,
            false,
        );
    }
    tally.count(at(0), Some("3.18.12.63"), Cause::SignatureMismatch, true);
    let rejections = tally.take_due(at(0)).unwrap();
    assert_eq!((rejections.counts.len(), rejections.total()), (MOST_KEYS + 2, 5_001));
    let genuine = rejections.counts.iter().find(|rejection| rejection.refused_genuine).unwrap();
    assert_eq!(genuine.source_ip.as_deref(), Some("3.18.12.63"));
}

#[test]
fn the_end_of_a_minute_is_put_before_the_next() {
    let mut tally = Tally::new("a".into());
    tally.count(at(0), None, Cause::MissingSignature, false);
    tally.take_due(at(0)).unwrap();
    tally.count(at(0), None, Cause::MissingSignature, false);
    tally.count(at(60), None, Cause::MissingSignature, false);
    let first = tally.take_due(at(60)).unwrap();
    assert_eq!((first.minute, first.total()), (at(0), 2));
    let second = tally.take_due(at(61)).unwrap();
    assert_eq!((second.minute, second.total()), (at(60), 1));
}

#[test]
fn a_failed_put_is_made_good_by_a_later_one() {
    let mut tally = Tally::new("a".into());
    tally.count(at(30), None, Cause::MissingSignature, false);
    let put = tally.take_due(at(30)).unwrap();
    tally.put_failed(&put);
    assert_eq!(tally.take_due(at(31)), Some(put.clone()));
    tally.count(at(60), None, Cause::MissingSignature, false);
    tally.put_failed(&put);
    assert_eq!(tally.take_due(at(61)), Some(put));
    assert_eq!(tally.take_due(at(62)).unwrap().minute, at(60));
    assert!(!tally.is_waiting());
}

#[test]
fn a_put_that_fails_after_its_minute_loses_nothing() {
    let mut tally = Tally::new("a".into());
    tally.count(at(58), None, Cause::MissingSignature, false);
    let in_flight = tally.take_due(at(58)).unwrap();
    tally.count(at(59), None, Cause::MissingSignature, false);
    tally.count(at(60), None, Cause::MissingSignature, false);
    tally.put_failed(&in_flight);
    let again = tally.take_due(at(60)).unwrap();
    assert_eq!((again.minute, again.total()), (at(0), 2));
}

#[test]
fn nobody_waits_for_a_database_that_takes_nothing() {
    let mut tally = Tally::new("a".into());
    tally.count(at(0), None, Cause::MissingSignature, false);
    let put = tally.take_due_at_once(at(0)).unwrap();
    tally.put_failed(&put);
    assert_eq!(tally.take_due_at_once(at(5)), None);
    assert_eq!(tally.take_due(at(5)), Some(put));
    tally.put_succeeded();
    tally.count(at(9), None, Cause::MissingSignature, false);
    assert!(tally.take_due_at_once(at(9)).is_some());
}

#[test]
fn a_clock_that_was_set_back_neither_stops_the_puts_nor_loses_counts() {
    let mut tally = Tally::new("a".into());
    tally.count(at(59), None, Cause::MissingSignature, false);
    tally.take_due(at(59)).unwrap();
    tally.count(at(60), None, Cause::MissingSignature, false);
    tally.count(at(59), None, Cause::MissingSignature, false);
    let earlier = tally.take_due(at(57)).unwrap();
    assert_eq!((earlier.minute, earlier.total()), (at(0), 2));
}

#[test]
fn minutes_without_a_database_are_bounded_and_lose_nothing() {
    let mut tally = Tally::new("a".into());
    for minute in 0..1_000 {
        tally.count(at(minute * 60), None, Cause::MissingSignature, false);
    }
    let puts: Vec<Rejections> = std::iter::from_fn({
        let mut second = 1_000 * 60;
        move || {
            second += 1;
            tally.take_due(at(second))
        }
    })
    .collect();
    assert!(puts.len() <= 52, "{}", puts.len());
    assert_eq!(puts.iter().map(Rejections::total).sum::<u64>(), 1_000);
}

#[test]
fn an_instance_that_slept_counts_what_was_left_in_the_minute_it_wakes_in() {
    let mut tally = Tally::new("a".into());
    tally.count(at(0), None, Cause::MissingSignature, false);
    tally.take_due(at(0)).unwrap();
    tally.put_succeeded();
    tally.count(at(0), None, Cause::MissingSignature, false);
    tally.count(at(7_200), Some("1.1.1.1"), Cause::MissingSignature, false);
    let woken = tally.take_due(at(7_201)).unwrap();
    assert_eq!((woken.minute, woken.total()), (at(7_200), 2), "one was put before it slept");
    assert!(!tally.is_waiting());
}

#[test]
fn a_put_that_fails_after_a_long_sleep_is_counted_in_the_minute_of_waking() {
    let mut tally = Tally::new("a".into());
    tally.count(at(0), None, Cause::MissingSignature, false);
    let frozen = tally.take_due(at(0)).unwrap();
    tally.count(at(7_200), Some("1.1.1.1"), Cause::MissingSignature, false);
    let woken = tally.take_due(at(7_201)).unwrap();
    assert_eq!((woken.minute, woken.total()), (at(7_200), 1));
    tally.put_failed(&frozen);
    tally.put_succeeded();
    let carried = tally.take_due(at(7_205)).unwrap();
    assert_eq!((carried.minute, carried.total()), (at(7_200), 2));
}
