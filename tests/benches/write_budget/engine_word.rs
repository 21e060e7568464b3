//! What an engine itself charges for the same items, put once more into a table of their own.

use std::collections::BTreeMap;
use std::fmt;

use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};
use local::template::TableDefinition;

use crate::bill::{Bill, Item};
use crate::sums;

/// The engine's bills beside ours.
pub struct EngineWord {
    name: &'static str,
    mean: f64,
    ours: f64,
    differing: usize,
    example: Option<String>,
}

impl EngineWord {
    /// What is wrong, if so.
    pub fn miss(&self) -> Option<String> {
        let example = self.example.as_ref()?;
        let Self { name, differing, .. } = self;
        Some(format!("{name} bills {differing} items differently, the first: {example}"))
    }
}

impl fmt::Display for EngineWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, mean, ours, .. } = self;
        write!(f, "write units by {name}: {mean:.4}, by our calculator: {ours:.4}")
    }
}

/// Puts every item into a new table, on the engine at `DYNAMODB_ENDPOINT` where that is set.
pub async fn check(
    embedded: &str,
    table: &TableDefinition,
    items: &[Item],
    bills: &[Bill],
) -> EngineWord {
    let other = std::env::var("DYNAMODB_ENDPOINT").ok();
    let name =
        if other.is_some() { "the engine at DYNAMODB_ENDPOINT" } else { "the embedded engine" };
    let client = local::table::client(other.as_deref().unwrap_or(embedded));
    let billed = format!("billed-{:016x}", fastrand::u64(..));
    local::table::create(&client, table, &billed).await.unwrap();
    let mut all_units = Vec::new();
    let (mut differing, mut example) = (0, None);
    for (item, bill) in items.iter().zip(bills) {
        let put = client.put_item().table_name(&billed).set_item(Some(item.clone()));
        let put = put.return_consumed_capacity(ReturnConsumedCapacity::Indexes).send().await;
        let theirs = parts(&put.unwrap().consumed_capacity.unwrap());
        let ours = parts_of(bill);
        all_units.push(theirs.values().sum());
        if theirs != ours {
            differing += 1;
            example.get_or_insert_with(|| format!("{theirs:?} for our {bill:?}"));
        }
    }
    let mean = sums::mean(all_units);
    EngineWord { name, mean, ours: sums::mean(bills.iter().map(Bill::units)), differing, example }
}

/// Units of the table and of each index; engines leave out an index without an entry, or say 0.
fn parts(consumed: &ConsumedCapacity) -> BTreeMap<String, usize> {
    let whole = |units: Option<f64>| {
        let units = units.unwrap_or_default();
        assert!(units >= 0.0 && units.fract() == 0.0, "{units} units");
        units as usize
    };
    let base = consumed.table().and_then(|table| table.capacity_units());
    let indexes = consumed.global_secondary_indexes().into_iter().flatten();
    let indexes = indexes.map(|(name, capacity)| (name.clone(), whole(capacity.capacity_units())));
    [("table".to_owned(), whole(base))].into_iter().chain(indexes).filter(|(_, n)| *n > 0).collect()
}

fn parts_of(bill: &Bill) -> BTreeMap<String, usize> {
    let indexes = bill.index_units().map(|(name, units)| (name.to_owned(), units));
    [("table".to_owned(), bill.base_units())].into_iter().chain(indexes).collect()
}
