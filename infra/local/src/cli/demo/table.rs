//! Sent against answered.

use jiff::Timestamp;
use local::system::System;
use serde_json::Value;

use super::ledger::Ledger;
use super::question::Question;
use super::{DemoError, metrics};
use crate::cli::style::{bold, dim, status};

/// The table as it grows.
pub(super) struct Table<'a> {
    system: &'a System,
    lines: Vec<String>,
    numbers: usize,
    differences: usize,
}

impl<'a> Table<'a> {
    pub(super) fn new(system: &'a System) -> Self {
        Self { system, lines: Vec::new(), numbers: 0, differences: 0 }
    }

    /// Asks, and adds a line for every number.
    pub(super) async fn compare(
        &mut self,
        title: &str,
        (from, to): (Timestamp, Option<Timestamp>),
        ledger: &Ledger,
        question: &Question,
    ) -> Result<(), DemoError> {
        let answer = metrics(self.system, &question.query(from, to)).await?;
        let number = |pointer| answer.pointer(pointer).and_then(Value::as_u64).unwrap_or_default();
        let (rollups, entries) = (number("/read/rollups"), number("/read/log_entries"));
        let read = format!("answered from {rollups} roll-ups and {entries} log entries");
        self.lines.push(format!("\n{}  {}", bold(title), dim(&read)));
        for row in ledger.rows(question) {
            let answered = answer.pointer(row.pointer).cloned().unwrap_or_default();
            let same = is_same(&row.expected, &answered, row.tolerance);
            self.numbers += 1;
            self.differences += usize::from(!same);
            let mark = if same { "=" } else { "DIFFERS" };
            self.lines.push(format!(
                "  {:<14} {:>28} {:>28}  {mark}",
                row.name,
                short(&row.expected),
                short(&answered)
            ));
        }
        Ok(())
    }

    /// Prints all of it; the number of differences.
    pub(super) fn print(&self) -> usize {
        println!("\n  {:<14} {:>28} {:>28}", "", "sent", "answered");
        self.lines.iter().for_each(|line| println!("{line}"));
        let verdict = match self.differences {
            0 => format!("all {} numbers agree {}", self.numbers, status(200)),
            n => format!("{n} of {} numbers differ {}", self.numbers, status(500)),
        };
        println!("\n{}", bold(verdict.rsplit_once(' ').map_or(&verdict, |(text, _)| text)));
        self.differences
    }
}

/// Numbers that were added up in another order may differ in their last place.
fn is_same(expected: &Value, answered: &Value, tolerance: f64) -> bool {
    match (expected.as_f64(), answered.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() <= a.abs() * tolerance.max(1e-12),
        _ => expected == answered,
    }
}

fn short(value: &Value) -> String {
    match value.as_f64() {
        Some(number) if value.is_f64() => format!("{number:.6}"),
        _ => value.to_string(),
    }
}
