//! What DynamoDB charges for a put, by its documentation and not by any engine.
//!
//! Sizes: "DynamoDB item sizes and formats" of the developer guide. A write unit is a started KB of
//! the item, and one more for each started KB of every index entry that it makes; an entry holds the
//! table's key, the index's key and the projected attributes.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use local::template::{Index, Key, TableDefinition};

/// An item as the SDK has it.
pub type Item = HashMap<String, AttributeValue>;

const UNIT_BYTES: usize = 1024;

/// One put.
#[derive(Debug, Clone)]
pub struct Bill {
    /// Size of the item.
    pub base_bytes: usize,
    /// Size of each entry that it makes, by index.
    pub index_bytes: Vec<(String, usize)>,
}

impl Bill {
    /// Write units of the item itself.
    pub fn base_units(&self) -> usize {
        self.base_bytes.div_ceil(UNIT_BYTES)
    }

    /// Write units of each index entry.
    pub fn index_units(&self) -> impl Iterator<Item = (&str, usize)> {
        self.index_bytes.iter().map(|(name, bytes)| (name.as_str(), bytes.div_ceil(UNIT_BYTES)))
    }

    /// All of it.
    pub fn units(&self) -> usize {
        self.base_units() + self.index_units().map(|(_, units)| units).sum::<usize>()
    }
}

/// The bill of a first put of `item`.
pub fn of(item: &Item, table: &TableDefinition) -> Bill {
    let entry = |index: &Index| {
        let has_key = index.key.iter().all(|key| item.contains_key(&key.attribute));
        has_key.then(|| (index.name.clone(), entry_bytes(item, &table.key, index)))
    };
    let index_bytes = table.indexes.iter().filter_map(entry).collect();
    Bill { base_bytes: item_bytes(item), index_bytes }
}

fn entry_bytes(item: &Item, table_key: &[Key], index: &Index) -> usize {
    let keys = table_key.iter().chain(&index.key).map(|key| &key.attribute);
    let mut names: Vec<&String> = keys.chain(&index.projection.attributes).collect();
    names.sort();
    names.dedup();
    assert_eq!(index.projection.kind, "INCLUDE", "the calculator knows no other projection");
    names.into_iter().filter_map(|name| Some(name.len() + value_bytes(item.get(name)?))).sum()
}

/// Names and values of all attributes.
fn item_bytes(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_bytes(value)).sum()
}

/// Size of a value.
pub fn value_bytes(value: &AttributeValue) -> usize {
    use AttributeValue::{B, Bool, L, M, N, Null, S};
    match value {
        S(text) => text.len(),
        N(number) => number_bytes(number),
        B(bytes) => bytes.as_ref().len(),
        Bool(_) | Null(_) => 1,
        L(values) => 3 + values.iter().map(|value| 1 + value_bytes(value)).sum::<usize>(),
        M(members) => {
            3 + members.iter().map(|(name, v)| 1 + name.len() + value_bytes(v)).sum::<usize>()
        }
        other => panic!("the calculator does not know {other:?}"),
    }
}

/// A byte for every two significant digits, one more, and one for a minus sign.
fn number_bytes(number: &str) -> usize {
    let digits = number.trim_start_matches('-');
    assert!(digits.bytes().all(|b| b.is_ascii_digit()), "whole numbers only: {number}");
    let significant = digits.trim_matches('0').len();
    significant.div_ceil(2) + 1 + usize::from(number.starts_with('-'))
}
