//! What failed outcomes failed with.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::rollup::{ErrorKey, Label};

/// Failures by kind and by message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Errors {
    types: BTreeMap<String, u64>,
    messages: BTreeMap<String, u64>,
    other: u64,
}

/// Stands for the kind, and for the message, of failures whose caller gave none.
const UNKNOWN: &str = "unknown";

impl Errors {
    pub(super) fn add(&mut self, key: &ErrorKey, count: u64) {
        let name = |label: &Label| label.value().unwrap_or(UNKNOWN).to_owned();
        *self.types.entry(name(&key.error_type)).or_default() += count;
        match key.message {
            Label::Other => self.other += count,
            _ => *self.messages.entry(name(&key.message)).or_default() += count,
        }
    }

    pub(super) fn add_other(&mut self, count: u64) {
        self.other += count;
    }

    /// Failures by kind (`unknown` where the caller gave none): all of them, or nearly; what is missing
    /// is in [`other`](Self::other).
    pub fn by_type(&self) -> &BTreeMap<String, u64> {
        &self.types
    }

    /// The messages, with what varies folded out, that most failures had; at most `most`.
    pub fn top_messages(&self, most: usize) -> Vec<(&str, u64)> {
        let mut ranked: Vec<_> = self.messages.iter().map(|(m, n)| (m.as_str(), *n)).collect();
        ranked.sort_by_key(|(_, count)| Reverse(*count));
        ranked.truncate(most);
        ranked
    }

    /// Failures whose message a rollup had no room to tell; with a filter, some may be others'.
    pub fn other(&self) -> u64 {
        self.other
    }
}
