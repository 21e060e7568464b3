//! What was measured, as a table, and the budgets it is held to.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aws_sdk_dynamodb::types::AttributeValue;
use bench::figure::Figure;
use bench::figure::Target::AtMost;
use shared::privacy::PayloadPolicy;
use shared::store::EntityIndex;

use crate::bill::{Bill, Item, value_bytes};
use crate::engine_word::EngineWord;
use crate::receiver::Requests;
use crate::sums::{mean, percentile};

/// Mean write units of an event whose type the dictionary knows.
const SEEN_UNITS: f64 = 2.1;
/// The same for types that it has never seen.
const UNSEEN_UNITS: f64 = 2.4;
/// What an entry of the entity index may add.
const ENTITY_INDEX_UNITS: f64 = 1.0;
/// 95 of 100 items of known types are no larger: one write unit.
const SEEN_P95_BYTES: usize = 1024;

/// The same events under one setting.
pub struct Measured {
    /// Whether entries of the entity index were made.
    pub index: EntityIndex,
    /// Requests to DynamoDB for one delivery.
    pub requests: Requests,
    /// The items of first deliveries.
    pub items: Vec<Item>,
    /// Their bills.
    pub seen: Vec<Bill>,
    /// Their bills if the dictionary did not know their types.
    pub unseen: Vec<Bill>,
    /// What an engine charges.
    pub engine_word: EngineWord,
}

impl Measured {
    /// A line for every budget that is broken.
    pub fn misses(&self) -> Vec<String> {
        let allowance = if self.index == EntityIndex::OFF { 0.0 } else { ENTITY_INDEX_UNITS };
        let mut misses = Vec::new();
        for (name, bills, budget) in
            [("seen", &self.seen, SEEN_UNITS), ("unseen", &self.unseen, UNSEEN_UNITS)]
        {
            let (units, budget) = (mean(bills.iter().map(Bill::units)), budget + allowance);
            if units > budget {
                misses
                    .push(format!("{name} types cost {units:.3} write units, more than {budget}"));
            }
        }
        let p95 = percentile(&base_bytes(&self.seen), 95);
        if p95 > SEEN_P95_BYTES {
            misses.push(format!("p95 of seen items is {p95} bytes, more than {SEEN_P95_BYTES}"));
        }
        if let Some((name, units)) = largest_index_units(&self.seen).filter(|(_, n)| *n != 1) {
            misses.push(format!("an entry of {name} costs {units} write units, not 1"));
        }
        let Requests { accepted, duplicate } = self.requests;
        if accepted != 1 || duplicate > 2 {
            misses.push(format!(
                "an accepted event takes {accepted} requests to DynamoDB and not 1, or a duplicate \
                 {duplicate} and not 2"
            ));
        }
        misses.extend(self.engine_word.miss());
        misses
    }
}

impl Measured {
    /// For the table of targets: with the payload kept, and as it is deployed without being told.
    pub fn figures(&self, (index, payload): (EntityIndex, PayloadPolicy)) -> Vec<Figure> {
        if index != EntityIndex::OFF {
            return Vec::new();
        }
        let units = |bills: &[Bill]| mean(bills.iter().map(Bill::units));
        let p95 = percentile(&base_bytes(&self.seen), 95) as f64;
        match payload {
            PayloadPolicy::Full => vec![
                Figure::new(6, "write units, known types", units(&self.seen), AtMost(SEEN_UNITS)),
                Figure::new(
                    6,
                    "write units, unseen types",
                    units(&self.unseen),
                    AtMost(UNSEEN_UNITS),
                ),
                Figure::new(6, "p95 of known items, bytes", p95, AtMost(SEEN_P95_BYTES as f64)),
            ],
            _ => vec![Figure::new(
                6,
                "write units, as deployed",
                units(&self.seen),
                AtMost(SEEN_UNITS),
            )],
        }
    }
}

/// The figures.
pub fn table(measured: &Measured) -> String {
    let mut table = format!(
        "{:8}{:>9}{:>28}{:>28}{:>25}\n{:8}{:>9}",
        "", "items", "bytes of the item", "bytes of its index entries", "mean write units", "", ""
    );
    table += &format!("{:>7}{:>7}{:>7}{:>7}", "mean", "p50", "p95", "max").repeat(2);
    table += &format!("{:>9}{:>8}{:>8}", "item", "index", "total");
    for (name, bills) in [("seen", &measured.seen), ("unseen", &measured.unseen)] {
        let base = mean(bills.iter().map(Bill::base_units));
        let total = mean(bills.iter().map(Bill::units));
        let (item, entries) = (base_bytes(bills), entry_bytes(bills));
        write!(
            table,
            "\n{name:8}{:9}{}{}{base:9.3}{:8.3}{total:8.3}",
            bills.len(),
            sizes(&item),
            sizes(&entries),
            total - base
        )
        .unwrap();
    }
    let Requests { accepted, duplicate } = measured.requests;
    write!(
        table,
        "\nrequests to DynamoDB: {accepted} for an accepted event, {duplicate} for a duplicate\n{}",
        measured.engine_word
    )
    .unwrap();
    table
}

/// What each attribute costs: its name, its value and DynamoDB's overhead, over all items.
pub fn breakdown(items: &[Item]) -> String {
    let mut bytes = BTreeMap::<String, (usize, usize)>::new();
    let mut add = |name: String, size: usize| {
        let (sum, count) = bytes.entry(name).or_default();
        *sum += size;
        *count += 1;
    };
    for (name, value) in items.iter().flatten() {
        match value {
            AttributeValue::M(members) => {
                add(format!("{name} itself"), name.len() + 3);
                for (member, value) in members {
                    add(format!("{name}.{member}"), 1 + member.len() + value_bytes(value));
                }
            }
            value => add(name.clone(), name.len() + value_bytes(value)),
        }
    }
    let mut rows: Vec<(String, (usize, usize))> = bytes.into_iter().collect();
    rows.sort_by_key(|(_, (sum, _))| std::cmp::Reverse(*sum));
    let mut table =
        format!("{:12}{:>12}{:>12}{:>10}", "attribute", "bytes/item", "where set", "set in");
    for (name, (sum, count)) in rows {
        let (all, set) = (sum as f64 / items.len() as f64, sum as f64 / count as f64);
        let share = 100.0 * count as f64 / items.len() as f64;
        write!(table, "\n{name:12}{all:12.1}{set:12.1}{share:9.1}%").unwrap();
    }
    table
}

fn sizes(bytes: &[usize]) -> String {
    let [p50, p95, max] = [50, 95, 100].map(|percent| percentile(bytes, percent));
    format!("{:7.0}{p50:7}{p95:7}{max:7}", mean(bytes.iter().copied()))
}

fn base_bytes(bills: &[Bill]) -> Vec<usize> {
    bills.iter().map(|bill| bill.base_bytes).collect()
}

fn entry_bytes(bills: &[Bill]) -> Vec<usize> {
    bills.iter().flat_map(|bill| &bill.index_bytes).map(|(_, bytes)| *bytes).collect()
}

fn largest_index_units(bills: &[Bill]) -> Option<(&str, usize)> {
    bills.iter().flat_map(Bill::index_units).max_by_key(|(_, units)| *units)
}
