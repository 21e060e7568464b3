//! The minutes of a long stretch that a peak can be in.
//!
//! A question asks for the most entries within a minute, of one type, mode or account or of all. A day has
//! 1,440 minutes for each of these; to answer, one minute of each question is enough, kept for everything
//! that it is about. In any other minute what is left adds up to less, so the highest sum is still the peak.

use std::collections::{BTreeMap, BTreeSet};

use super::MinuteKey;
use crate::statistics::Counts;

/// The modes that a question can be about.
const MODES: [&[Option<bool>]; 5] = [
    &[None, Some(false), Some(true)],
    &[Some(false)],
    &[Some(true)],
    &[None, Some(false)],
    &[None, Some(true)],
];

/// The counts of those minutes that are the first peak of some question.
pub fn peaks(minutes: &BTreeMap<MinuteKey, Counts>) -> BTreeMap<MinuteKey, Counts> {
    let mut kept: BTreeMap<&MinuteKey, BTreeSet<u64>> = BTreeMap::new();
    for modes in MODES {
        for (by_type, by_account) in [(false, false), (false, true), (true, false), (true, true)] {
            let mut asked: BTreeMap<_, (Counts, Vec<&MinuteKey>)> = BTreeMap::new();
            for (key, counts) in minutes.iter().filter(|(key, _)| modes.contains(&key.livemode)) {
                let event_type = by_type.then_some(&key.event_type);
                let account = by_account.then_some(&key.account);
                let question = (key.of_outcomes, event_type, account);
                let (sum, of) = asked.entry(question).or_default();
                sum.merge(counts);
                of.push(key);
            }
            for (sum, of) in asked.into_values() {
                let Some(peak) = first_peak(&sum) else { continue };
                for key in of {
                    kept.entry(key).or_default().insert(peak);
                }
            }
        }
    }
    let kept = kept.into_iter().filter_map(|(key, kept)| {
        let counts = minutes.get(key)?.iter().filter(|(minute, _)| kept.contains(minute));
        let counts: Counts = counts.collect();
        (!counts.is_empty()).then(|| (key.clone(), counts))
    });
    kept.collect()
}

fn first_peak(counts: &Counts) -> Option<u64> {
    let mut peak: Option<(u64, u64)> = None;
    for (minute, count) in counts.iter() {
        if peak.is_none_or(|(_, most)| count > most) {
            peak = Some((minute, count));
        }
    }
    peak.map(|(minute, _)| minute)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::metrics::{Filter, Performance};
    use crate::rollup::{Label, Rollup};

    fn rollup(entries: &[(bool, u8, u8, u8, u64)]) -> Rollup {
        let mut rollup = Rollup::default();
        for (of_outcomes, event_type, mode, account, minute) in entries {
            let key = MinuteKey {
                of_outcomes: *of_outcomes,
                event_type: Label::of(Some(&format!("type.{event_type}"))),
                livemode: [None, Some(false), Some(true)][usize::from(*mode)],
                account: Label::of((*account > 0).then_some(&format!("acct_{account}"))),
            };
            rollup.minutes.entry(key).or_default().add(*minute, 1);
        }
        rollup
    }

    fn peaks_of(rollup: &Rollup, filter: &Filter) -> (u64, u64) {
        let mut performance = Performance::default();
        performance.add(rollup, filter);
        (performance.deliveries.peak_per_minute, performance.outcomes.peak_per_minute)
    }

    proptest! {
        #[test]
        fn every_question_has_the_same_peak(
            entries in prop::collection::vec(
                (any::<bool>(), 0..3_u8, 0..3_u8, 0..3_u8, 0..30_u64),
                0..200,
            ),
        ) {
            let whole = rollup(&entries);
            let thin = Rollup { minutes: peaks(&whole.minutes), ..Rollup::default() };
            prop_assert_eq!(&peaks(&thin.minutes), &thin.minutes);
            let totals = (whole.totals(), thin.totals());
            for event_type in [None, Some(0), Some(2)] {
                for account in [None, Some(1)] {
                    for livemode in [None, Some(false), Some(true)] {
                        for outcomes_of_no_mode in [false, true] {
                            let filter = Filter {
                                event_type: event_type.map(|n| format!("type.{n}")),
                                account: account.map(|n| format!("acct_{n}")),
                                livemode,
                                outcomes_of_no_mode,
                            };
                            prop_assert_eq!(peaks_of(&whole, &filter), peaks_of(&thin, &filter));
                            if !filter.needs_cells() {
                                let (whole, thin) = &totals;
                                prop_assert_eq!(peaks_of(whole, &filter), peaks_of(thin, &filter));
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_day_keeps_few_of_its_minutes() {
        let entries: Vec<_> = (0..20_000_u64)
            .map(|n| (n % 2 == 0, (n % 7) as u8, (n % 3) as u8, (n % 4) as u8, n * n % 1_440))
            .collect();
        let whole = rollup(&entries);
        let count = |minutes: &BTreeMap<MinuteKey, Counts>| {
            minutes.values().map(Counts::len).sum::<usize>()
        };
        let few = count(&peaks(&whole.minutes));
        let most = whole.minutes.len() * MODES.len() * 4;
        assert!(few <= most && 10 * few < count(&whole.minutes), "{few} of {most}");
    }
}
