//! An answer against the plain count.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use shared::metrics::{Durations, Performance};
use shared::rollup::{Label, Rollup};

use crate::count::{Counted, Group};

type Checked = Result<(), TestCaseError>;

/// Counts, sums, rates and peaks exactly; percentiles within 1 %.
pub fn same(answer: &Performance, counted: &Counted) -> Checked {
    let Performance { deliveries, outcomes, errors, .. } = answer;
    for (what, answered, counted) in [
        ("received", deliveries.received, counted.received),
        ("quarantined", deliveries.quarantined, counted.quarantined),
        ("late deliveries", deliveries.late, counted.late_deliveries),
        ("duplicates", deliveries.duplicates, counted.duplicates),
        ("other endpoint", deliveries.other_endpoint, counted.other_endpoint),
        ("peak of deliveries", deliveries.peak_per_minute, counted.delivery_peak),
        ("succeeded", outcomes.succeeded, counted.succeeded),
        ("failed", outcomes.failed, counted.failed),
        ("retries", outcomes.retries, counted.retries),
        ("late outcomes", outcomes.late, counted.late_outcomes),
        ("peak of outcomes", outcomes.peak_per_minute, counted.outcome_peak),
        ("rejected", answer.rejected, counted.rejected),
        ("refused genuine", answer.refused_genuine, counted.refused_genuine),
        ("uncertain", answer.uncertain, 0),
        ("unreadable", answer.unreadable, 0),
        ("errors without room", errors.other(), 0),
    ] {
        prop_assert_eq!(answered, counted, "{}", what);
    }
    let total = counted.succeeded + counted.failed;
    let rate = |part: u64| (total > 0).then(|| part as f64 / total as f64);
    prop_assert_eq!(outcomes.success_rate(), rate(counted.succeeded));
    prop_assert_eq!(outcomes.error_rate(), rate(counted.failed));
    prop_assert_eq!(&errors.by_type(), &counted.error_types);
    let messages: BTreeMap<String, u64> =
        errors.top_messages(usize::MAX).into_iter().map(|(m, n)| (m.to_owned(), n)).collect();
    prop_assert_eq!(&messages, &counted.messages);
    durations(&deliveries.lag, &counted.lags)?;
    durations(&outcomes.processing_time, &counted.times)
}

/// `sorted` are microseconds.
fn durations(answered: &Durations, sorted: &[u64]) -> Checked {
    prop_assert_eq!(answered.count(), sorted.len() as u64);
    let sum: u128 = sorted.iter().map(|micros| u128::from(*micros)).sum();
    let mean = (!sorted.is_empty()).then(|| sum as f64 / sorted.len() as f64 / 1e6);
    prop_assert_eq!(answered.mean(), mean);
    for per_mille in [0, 250, 500, 950, 990, 1_000] {
        let rank = (sorted.len() * per_mille).div_ceil(1_000).max(1);
        let exact = sorted.get(rank - 1).map(|micros| *micros as f64 / 1e6);
        match (answered.quantile(per_mille as u64), exact) {
            (None, None) => {}
            (Some(answered), Some(exact)) => prop_assert!(
                (answered - exact).abs() <= exact * 0.01,
                "{} of a thousand: {} instead of {}",
                per_mille,
                answered,
                exact
            ),
            different => prop_assert!(false, "{:?}", different),
        }
    }
    Ok(())
}

/// Cells and addresses against what a plain count groups.
pub fn same_groups(
    rollup: &Rollup,
    groups: &BTreeMap<Group, u64>,
    sources: &BTreeMap<(bool, String), u64>,
) -> Checked {
    let name = |label: &Label| label.value().map(str::to_owned);
    let cells: BTreeMap<Group, u64> = rollup
        .cells
        .iter()
        .map(|(key, measure)| {
            let group = (
                key.status.as_str(),
                name(&key.event_type),
                name(&key.entity_type),
                name(&key.category).unwrap_or_default(),
                name(&key.level).unwrap_or_default(),
                key.livemode,
                name(&key.api_version),
                name(&key.account),
            );
            (group, measure.count)
        })
        .collect();
    prop_assert_eq!(&cells, groups);
    let addresses: BTreeMap<(bool, String), u64> = rollup
        .sources
        .iter()
        .map(|(key, count)| ((key.refused, key.address.to_string()), count))
        .collect();
    prop_assert_eq!(&addresses, sources);
    Ok(())
}

/// Merging in any order gives the same bytes.
pub fn same_bytes_in_any_order(parts: &[Rollup]) -> Result<Rollup, TestCaseError> {
    let merged = |parts: &mut dyn Iterator<Item = &Rollup>| {
        let mut whole = Rollup::default();
        parts.for_each(|part| whole.merge(part));
        whole
    };
    let forwards = merged(&mut parts.iter());
    let backwards = merged(&mut parts.iter().rev());
    prop_assert_eq!(forwards.encode(), backwards.encode());
    Ok(forwards)
}
