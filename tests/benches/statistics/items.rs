//! Items of the time index as the store made them, in a file that Python can read too.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::SignedDuration;
use local::engine::Engine;
use serde_json::{Value, json};
use shared::store::counted_members;
use tests::log::at;

use crate::fill::{TABLE, fill};

pub type Item = HashMap<String, AttributeValue>;

const SHARDS: usize = 8;

/// Logs so many entries, half deliveries and half outcomes, in three windows, and writes down what a query of the
/// index is answered that asks, as the scan does, for what numbers are made of.
pub async fn write(count: u64, path: &Path) {
    let engine = Engine::memory().unwrap();
    fill(&engine, count, at(0), SignedDuration::from_mins(15)).await;
    let client = local::table::client(engine.endpoint());
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    let mut written = 0;
    let (only, names) = counted_members();
    for shard in 0..SHARDS {
        let mut pages = client
            .query()
            .table_name(TABLE)
            .index_name("gsi1")
            .projection_expression(&only)
            .set_expression_attribute_names(Some(names.clone()))
            .key_condition_expression("gsi1pk = :shard")
            .expression_attribute_values(":shard", AttributeValue::S(format!("LOG#{shard}")))
            .into_paginator()
            .items()
            .send();
        while let Some(item) = pages.next().await {
            let item: serde_json::Map<_, _> =
                item.unwrap().iter().map(|(name, value)| (name.clone(), to_json(value))).collect();
            writeln!(file, "{}", Value::Object(item)).unwrap();
            written += 1;
        }
    }
    file.flush().unwrap();
    assert_eq!(written, count);
}

/// Reads them back.
pub fn read(path: &Path) -> Vec<Item> {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.map(|item| map(&item).collect()).collect()
}

fn map(of: &Value) -> impl Iterator<Item = (String, AttributeValue)> {
    of.as_object().unwrap().iter().map(|(name, value)| (name.clone(), from_json(value)))
}

fn to_json(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({"S": text}),
        AttributeValue::N(digits) => json!({"N": digits}),
        AttributeValue::Bool(is_so) => json!({"BOOL": is_so}),
        AttributeValue::M(map) => {
            let members = map.iter().map(|(name, value)| (name.clone(), to_json(value)));
            json!({"M": members.collect::<serde_json::Map<_, _>>()})
        }
        other => panic!("the index has no {other:?}"),
    }
}

fn from_json(value: &Value) -> AttributeValue {
    let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
    let text = || value.as_str().unwrap().to_owned();
    match kind.as_str() {
        "S" => AttributeValue::S(text()),
        "N" => AttributeValue::N(text()),
        "BOOL" => AttributeValue::Bool(value.as_bool().unwrap()),
        "M" => AttributeValue::M(map(value).collect()),
        other => panic!("the index has no {other}"),
    }
}
