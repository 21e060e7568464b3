//! The folder in Python: how it is called, and that it comes to the same.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use shared::rollup::{Bucket, CellKey, Label, Measure, Rollup};

const SCRIPT: &str = "infra/bench/fold.py";
/// Its libraries, where `infra/bench.sh` installs them.
const LIBRARIES: &str = "HOOKWATCH_FOLD_LIBRARIES";

/// The script over a file of items.
pub fn command(items: &Path, what: &str) -> Command {
    let mut command = Command::new("python3");
    command.arg(local::workspace().join(SCRIPT)).arg(items).arg(what);
    if let Some(libraries) = std::env::var_os(LIBRARIES) {
        command.env("PYTHONPATH", libraries);
    }
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// What a process wrote.
pub fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let failure = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{failure}is {LIBRARIES} set? infra/bench.sh sets it");
    String::from_utf8(output.stdout).unwrap()
}

/// Holds every group, sum, minute, error and address against Python's; percentiles, which both know within 1 %,
/// within two.
pub fn assert_same(windows: &BTreeMap<Bucket, Rollup>, items: &Path) {
    let theirs: Vec<Value> = serde_json::from_str(&said(&mut command(items, "--answer"))).unwrap();
    assert_eq!(theirs.len(), windows.len());
    for ((bucket, ours), theirs) in windows.iter().zip(&theirs) {
        assert_eq!(theirs["start"], bucket.start.as_second());
        assert_eq!(rows(minutes(ours)), rows(theirs["minutes"].as_array().unwrap().clone()));
        assert_eq!(rows(errors(ours)), rows(theirs["errors"].as_array().unwrap().clone()));
        assert_eq!(rows(sources(ours)), rows(theirs["sources"].as_array().unwrap().clone()));
        let mut cells: BTreeMap<String, Value> = BTreeMap::new();
        for cell in theirs["cells"].as_array().unwrap() {
            let (measure, key) = cell.as_array().unwrap().split_last().unwrap();
            cells.insert(json!(key).to_string(), measure.clone());
        }
        assert_eq!(cells.len(), ours.cells.len());
        for (key, measure) in &ours.cells {
            let theirs = &cells[&cell(key).to_string()];
            assert_is(measure, theirs, key);
        }
    }
}

fn assert_is(ours: &Measure, theirs: &Value, key: &CellKey) {
    let sums = [u128::from(ours.count), ours.retries.into(), ours.late.into(), ours.micros];
    for (place, sum) in sums.into_iter().enumerate() {
        assert_eq!(u128::from(theirs[place].as_u64().unwrap()), sum, "{place} of {key:?}");
    }
    for (place, per_mille) in [(4, 500), (5, 950), (6, 990)] {
        // Their rank is rounded down, ours up: it may be the neighbour before.
        let before = per_mille - 1_000 / ours.times.count().max(1_000 / per_mille) - 1;
        let range = ours.times.quantile(before).zip(ours.times.quantile(per_mille));
        let found = range
            .zip(theirs[place].as_f64())
            .map(|((before, at), theirs)| (before * 0.98..=at * 1.02).contains(&theirs));
        assert!(found.unwrap_or(ours.times.count() == 0), "{per_mille} of {key:?}: {theirs}");
    }
}

fn rows(rows: Vec<Value>) -> Vec<String> {
    let mut rows: Vec<String> = rows.iter().map(Value::to_string).collect();
    rows.sort();
    rows
}

fn cell(key: &CellKey) -> Value {
    let labels = [&key.event_type, &key.entity_type, &key.category, &key.level].map(Label::value);
    let [event_type, entity_type, category, level] = labels;
    let (version, account) = (key.api_version.value(), key.account.value());
    json!([
        key.status.as_str(),
        event_type,
        entity_type,
        category,
        level,
        key.livemode,
        version,
        account
    ])
}

fn minutes(of: &Rollup) -> Vec<Value> {
    let mut rows = Vec::new();
    for (key, counts) in &of.minutes {
        let (event_type, account) = (key.event_type.value(), key.account.value());
        rows.extend(counts.iter().map(|(minute, count)| {
            json!([key.of_outcomes, event_type, key.livemode, account, minute, count])
        }));
    }
    rows
}

fn errors(of: &Rollup) -> Vec<Value> {
    let row = |(key, count): (&shared::rollup::ErrorKey, u64)| {
        let labels = [&key.error_type, &key.error_code, &key.message, &key.event_type];
        let [error_type, code, message, event_type] = labels.map(Label::value);
        json!([error_type, code, message, event_type, key.livemode, key.account.value(), count])
    };
    of.errors.iter().map(row).collect()
}

fn sources(of: &Rollup) -> Vec<Value> {
    of.sources.iter().map(|(key, count)| json!([key.refused, &*key.address, count])).collect()
}
