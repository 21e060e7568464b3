//! Counts what DynamoDB bills, by its own accounting: every call asks for it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::interceptors::{
    BeforeSerializationInterceptorContextMut, FinalizerInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::put_item::{PutItemInput, PutItemOutput};
use aws_sdk_dynamodb::operation::query::{QueryInput, QueryOutput};
use aws_sdk_dynamodb::operation::transact_write_items::{
    TransactWriteItemsInput, TransactWriteItemsOutput,
};
use aws_sdk_dynamodb::operation::update_item::{UpdateItemInput, UpdateItemOutput};
use aws_sdk_dynamodb::types::{AttributeValue, ConsumedCapacity, ReturnConsumedCapacity};
use aws_smithy_types::config_bag::{Storable, StoreReplace};

/// Units so far.
#[derive(Debug, Clone, Default)]
pub struct Units {
    /// Read from the time index: entries of the log.
    pub log: f64,
    /// Read from the table: everything else.
    pub other: f64,
    /// Written.
    pub written: f64,
    /// Calls that read.
    pub requests: u64,
    /// The others by what was read: the beginning of the key.
    pub by_key: BTreeMap<String, f64>,
}

/// Counts the units of a client.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<Mutex<Units>>);

impl Meter {
    /// Units since the last call.
    pub fn take(&self) -> Units {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// Units of a query.
    fn add_query(&self, read: Option<&Read>, output: &QueryOutput) {
        let before = self.0.lock().unwrap().other;
        self.add(true, output.consumed_capacity());
        let mut units = self.0.lock().unwrap();
        let more = units.other - before;
        *units.by_key.entry(read.map(|read| read.0.clone()).unwrap_or_default()).or_default() +=
            more;
    }

    fn add(&self, is_read: bool, capacity: Option<&ConsumedCapacity>) {
        let Some(capacity) = capacity else { return };
        let mut units = self.0.lock().unwrap();
        let total = capacity.capacity_units().unwrap_or_default();
        match is_read {
            false => units.written += total,
            true => {
                units.requests += 1;
                let of_index: f64 = capacity
                    .global_secondary_indexes()
                    .into_iter()
                    .flat_map(|indexes| indexes.values())
                    .filter_map(|index| index.capacity_units())
                    .sum();
                units.log += of_index;
                units.other += total - of_index;
            }
        }
    }
}

/// What a call reads, until it is answered.
#[derive(Debug)]
struct Read(String);

impl Storable for Read {
    type Storer = StoreReplace<Self>;
}

/// What a query reads: the partition without a date, and whether it is cells.
fn key_of(input: &QueryInput) -> String {
    let text = |name: &str| -> &str {
        let value = input.expression_attribute_values().and_then(|values| values.get(name));
        value.and_then(|value: &AttributeValue| value.as_s().ok()).map_or("", String::as_str)
    };
    let words = text(":pk").split('#').take_while(|word| !word.starts_with("20"));
    let cells = if text(":first").starts_with("BY#") { " cells" } else { "" };
    format!("{}{cells}", words.collect::<Vec<_>>().join("#"))
}

impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "Meter"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let wanted = Some(ReturnConsumedCapacity::Indexes);
        let input = context.input_mut();
        if let Some(query) = input.downcast_mut::<QueryInput>() {
            config.interceptor_state().store_put(Read(key_of(query)));
            query.return_consumed_capacity = wanted;
        } else if let Some(put) = input.downcast_mut::<PutItemInput>() {
            put.return_consumed_capacity = wanted;
        } else if let Some(update) = input.downcast_mut::<UpdateItemInput>() {
            update.return_consumed_capacity = wanted;
        } else if let Some(writes) = input.downcast_mut::<TransactWriteItemsInput>() {
            writes.return_consumed_capacity = wanted;
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(Ok(output)) = context.output_or_error() else { return Ok(()) };
        if let Some(output) = output.downcast_ref::<QueryOutput>() {
            self.add_query(config.load::<Read>(), output);
        } else if let Some(output) = output.downcast_ref::<PutItemOutput>() {
            self.add(false, output.consumed_capacity());
        } else if let Some(output) = output.downcast_ref::<UpdateItemOutput>() {
            self.add(false, output.consumed_capacity());
        } else if let Some(output) = output.downcast_ref::<TransactWriteItemsOutput>() {
            output.consumed_capacity().iter().for_each(|capacity| self.add(false, Some(capacity)));
        }
        Ok(())
    }
}

/// CPU time of this process so far, by the kernel's accounting of its threads.
pub fn cpu_ms() -> f64 {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let nanos = threads.filter_map(|thread| {
        let text = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<f64>().ok()
    });
    nanos.sum::<f64>() / 1e6
}
