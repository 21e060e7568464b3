//! Numbers worked out by hand.

use super::*;
use crate::statistics::HourlyCounts;

/// The hour after four weeks of history: a whole number of weeks, so that hour 0 of a week is slot 0.
const NOW: i64 = 168 * 3_000;

fn weeks(count: impl Fn(i64, i64) -> u64) -> Baseline {
    let mut counts = HourlyCounts::default();
    for hour in NOW - 672..NOW {
        counts.set(hour, count(4 - (NOW - 1 - hour) / 168, hour.rem_euclid(24)));
    }
    Baseline::of(&counts, NOW).unwrap()
}

/// Minutes since 1970, from the hour after the history on.
fn after(minutes: i64) -> i64 {
    NOW * 60 + minutes
}

fn close(value: f64, expected: f64) {
    assert!((value - expected).abs() < 5e-4 * expected.abs().max(1.0), "{value}, not {expected}");
}

#[test]
fn four_weeks_that_differ() {
    // lambda = (40 + 50) / 2. Of 672 squares, half 225 and half 25, the 14 largest are trimmed:
    // (168 * 500 - 14 * 225) / (658 * 45) = 2.7305.
    let baseline = weeks(|week, _| [0, 30, 40, 50, 60][week as usize]);
    close(baseline.lambda(NOW), 45.0);
    close(baseline.phi, 2.7305);
    // Logarithms -.3946, -.1151, .1032, .2822, their middle -.0060, the middle stray .1987.
    close(baseline.sd.unwrap(), 0.2945);
    close(baseline.level, 60.0 / 45.0);
    // 45 ln(2.7305) / 1.7305; a level above 1 expects no more.
    let missed = baseline.missed(after(0), after(60));
    close(missed.expected, 45.0);
    close(missed.missed, 26.121);
    close(baseline.at_most(after(-30), after(60)), 90.0);
}

#[test]
fn without_noise_events_missed_are_events_expected() {
    let baseline = weeks(|_, _| 12);
    assert_eq!((baseline.phi, baseline.sd, baseline.level), (1.0, None, 1.0));
    let missed = |minutes| baseline.missed(after(0), after(minutes)).missed;
    assert_eq!((missed(9), missed(10), missed(90)), (0.0, 2.0, 18.0));
    assert_eq!(missed(-5), 0.0, "an event from the future");
    let nearly = |excess| Baseline { phi: 1.0 + excess, ..baseline.clone() };
    close(nearly(1e-7).missed(after(0), after(60)).missed, 12.0);
    close(nearly(1e-5).missed(after(0), after(60)).missed, 12.0);
}

#[test]
fn an_empty_history_misses_nothing_and_a_short_one_says_so() {
    let baseline = weeks(|_, _| 0);
    assert_eq!((baseline.phi, baseline.sd, baseline.level), (1.0, None, 1.0));
    assert_eq!(baseline.missed(after(-60 * 24 * 400), after(0)).missed, 0.0);
    assert_eq!(baseline.dropped(0, after(0)), None);
    assert_eq!(baseline.risen(1_000, after(0)), None);
    assert_eq!(Baseline::of(&HourlyCounts::default(), NOW), Err(0));
    let mut counts = HourlyCounts::default();
    for hour in NOW - 71..NOW {
        counts.set(hour, 40);
    }
    assert_eq!(Baseline::of(&counts, NOW), Err(71));
    counts.set(NOW - 72, 40);
    let young = Baseline::of(&counts, NOW).unwrap();
    assert!(young.is_young);
    let missed = young.missed(after(0), after(60));
    assert_eq!((missed.expected, missed.missed), (40.0, 20.0), "limits are doubled");
    assert!(young.dropped(10, after(0)).is_none() && young.dropped(9, after(0)).is_some());
    for hour in NOW - 336..NOW {
        counts.set(hour, 40);
    }
    assert!(!Baseline::of(&counts, NOW).unwrap().is_young);
}

#[test]
fn clocks_may_change_and_a_night_is_quiet() {
    // Open from 8 to 20.
    let baseline = weeks(|_, hour| if (8..20).contains(&hour) { 50 } else { 0 });
    let expected = |from: i64, to: i64| baseline.missed(after(from * 60), after(to * 60)).expected;
    assert_eq!(expected(-4, 8), 0.0, "night");
    assert_eq!((expected(8, 9), expected(9, 10)), (0.0, 50.0), "an hour later");
    assert_eq!((expected(18, 19), expected(19, 20)), (50.0, 0.0), "an hour earlier");
}

#[test]
fn a_batch_may_fill_a_few_minutes_of_its_hour_and_come_an_hour_late() {
    let baseline = weeks(|_, hour| if hour == 6 { 100 } else { 30 });
    let most = |from: i64, to: i64| baseline.at_most(after(from), after(to));
    assert_eq!((most(330, 390), most(420, 480), most(480, 540)), (100.0, 100.0, 30.0));
}

#[test]
fn limits_of_the_last_hour() {
    let baseline = weeks(|_, _| 40);
    assert_eq!(baseline.sd, Some(0.0));
    assert!(baseline.dropped(20, after(0)).is_none(), "half");
    close(baseline.dropped(19, after(0)).unwrap().expected, 40.0);
    // ln(82 / 41) is 4.4 times Poisson's 1 / sqrt(41).
    assert!(baseline.risen(80, after(0)).is_none(), "twice");
    close(baseline.risen(81, after(0)).unwrap().spreads, 4.4383);
    let noisy = Baseline { sd: Some(0.3), ..baseline };
    // ln(17 / 41) / .3 = -2.93, ln(16 / 41) / .3 = -3.14.
    assert!(noisy.dropped(16, after(0)).is_none() && noisy.dropped(15, after(0)).is_some());
    // ln(100 / 41) / .3 = 2.97, ln(101 / 41) / .3 = 3.005.
    assert!(noisy.risen(99, after(0)).is_none() && noisy.risen(100, after(0)).is_some());
    let few = Baseline { sd: Some(0.1), ..weeks(|_, _| 19) };
    assert!(few.dropped(0, after(0)).is_none(), "20 must be expected");
}

#[test]
fn the_floor_is_for_those_who_expect_three_times_as_much() {
    let floor = |usual, count| weeks(move |_, _| usual).below_floor(count, after(0), 0.1);
    assert_eq!(floor(17, 0), None);
    assert_eq!((floor(18, 5), floor(18, 6)), (Some(18.0), None));
}

#[test]
fn a_bad_hour_in_four_moves_nothing_and_the_level_is_clipped() {
    let baseline = weeks(|week, hour| if week == 3 && hour == 12 { 0 } else { 100 });
    close(baseline.lambda(NOW + 12), 100.0);
    let grown = weeks(|week, _| if week == 4 { 1_000 } else { 100 });
    assert_eq!(grown.level, 1.5);
    let fallen = weeks(|week, _| if week == 4 { 1 } else { 100 });
    assert_eq!(fallen.level, 0.5);
    close(fallen.missed(after(0), after(60)).expected, 50.0);
}
