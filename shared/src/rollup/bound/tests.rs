use proptest::prelude::*;

use super::*;
use crate::metrics::{Filter, Performance};
use crate::rollup::{Measure, Status};

/// Deliveries and failures of so many types, accounts and messages; each is `(type, account, message,
/// count)`.
fn filled(entries: &[(u16, u16, u16, u64)]) -> Rollup {
    let mut rollup = Rollup::default();
    for (event_type, account, message, count) in entries {
        let name = |of: &str, number: &u16| Label::of(Some(&format!("{of}.{number}")));
        let (event_type, account) = (name("type", event_type), name("acct", account));
        for status in [Status::Received, Status::Failed] {
            let key = CellKey {
                status,
                event_type: event_type.clone(),
                entity_type: Label::Missing,
                category: Label::Missing,
                level: Label::Missing,
                livemode: Some(true),
                api_version: Label::Missing,
                account: account.clone(),
            };
            let measure = Measure { count: *count, ..Measure::default() };
            rollup.cells.entry(key).or_default().merge(&measure);
        }
        let key = ErrorKey {
            error_type: name("kind", &(message % 5)),
            error_code: Label::Missing,
            message: name("message", message),
            event_type,
            livemode: Some(true),
            account,
        };
        rollup.errors.add(key, *count, usize::MAX);
    }
    rollup
}

fn performance(rollup: &Rollup, filter: &Filter) -> Performance {
    let mut performance = Performance::default();
    performance.add(rollup, filter);
    performance
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Sums are exact; what is told of one type, account or message is exact but for what had no room.
    #[test]
    fn what_has_no_room_is_told_and_bounds_every_number(
        entries in prop::collection::vec((0..40_u16, 0..40_u16, 0..60_u16, 1..50_u64), 1..200),
        event_types in 0..50_usize,
        accounts in 0..50_usize,
        errors in 1..80_usize,
    ) {
        let whole = filled(&entries);
        let limits =
            Limits { event_types, entity_types: 1, accounts, api_versions: 0, errors };
        for bounded in [whole.within(limits), whole.totals()] {
            prop_assert_eq!(bounded.entries(), whole.entries());
            prop_assert_eq!(bounded.errors.total(), whole.errors.total());
            for number in 0..40 {
                for filter in [
                    Filter { event_type: Some(format!("type.{number}")), ..Filter::default() },
                    Filter { account: Some(format!("acct.{number}")), ..Filter::default() },
                ] {
                    let (exact, told) = (performance(&whole, &filter), performance(&bounded, &filter));
                    let (exact, least) = (exact.deliveries.received + exact.outcomes.failed,
                        told.deliveries.received + told.outcomes.failed);
                    prop_assert!(least <= exact && exact <= least + told.uncertain);
                }
            }
            let (exact, told) = (performance(&whole, &Filter::default()),
                performance(&bounded, &Filter::default()));
            prop_assert_eq!(told.uncertain, 0);
            let exact: BTreeMap<&str, u64> = exact.errors.top_messages(usize::MAX).into_iter().collect();
            let least: BTreeMap<&str, u64> = told.errors.top_messages(usize::MAX).into_iter().collect();
            for (message, exact) in exact {
                let least = least.get(message).copied().unwrap_or_default();
                prop_assert!(least <= exact && exact <= least + told.errors.other(), "{}", message);
            }
        }
    }
}

#[test]
fn totals_stay_small_whatever_errors_say() {
    let mut rollup = Rollup::default();
    for number in 0..200_u64 {
        let text = |of: &str| {
            let hash =
                ring::digest::digest(&ring::digest::SHA256, format!("{of}{number}").as_bytes());
            let hex = data_encoding::HEXLOWER.encode(hash.as_ref());
            Label::of(Some(&hex.repeat(4).chars().take(120).collect::<String>()))
        };
        let key = ErrorKey {
            error_type: text("kind"),
            error_code: text("code"),
            message: text("message"),
            event_type: Label::All,
            livemode: None,
            account: Label::All,
        };
        rollup.errors.add(key, number, usize::MAX);
    }
    let totals = rollup.totals();
    assert!(totals.encode().unwrap().len() <= 4_000);
    assert_eq!(totals.errors.total(), rollup.errors.total());
    assert!(totals.errors.len() > 1);
}
