//! What failed outcomes failed with.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::rollup::{ErrorKey, Label};
use crate::statistics::BoundedCounts;

/// Failures by kind and by message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Errors {
    types: BoundedCounts<Arc<str>>,
    messages: BoundedCounts<Arc<str>>,
    /// Failures whose message a rollup did not tell.
    other: u64,
}

/// Kinds, and messages, that are told apart over a range. The most frequent ones stay when there are
/// twice as many.
const MOST: usize = 1_000;

/// Stands for the kind, and for the message, of failures whose caller gave none.
const UNKNOWN: &str = "unknown";

impl Errors {
    pub(super) fn add(&mut self, key: &ErrorKey, count: u64) {
        let name = |label: &Label| match label {
            Label::Is(name) => name.clone(),
            Label::All | Label::Missing | Label::Other => UNKNOWN.into(),
        };
        add(&mut self.types, name(&key.error_type), count);
        match key.message {
            Label::Other => self.other += count,
            _ => add(&mut self.messages, name(&key.message), count),
        }
    }

    pub(super) fn add_other(&mut self, count: u64) {
        self.other += count;
    }

    /// Failures by kind (`unknown` where the caller gave none); of some, rollups had no room to tell it.
    pub fn by_type(&self) -> BTreeMap<String, u64> {
        self.types.iter().map(|(kind, count)| (kind.to_string(), count)).collect()
    }

    /// The messages, with what varies folded out, that most failures had; at most `most`.
    pub fn top_messages(&self, most: usize) -> Vec<(&str, u64)> {
        let mut ranked: Vec<_> = self.messages.iter().map(|(m, n)| (m.as_ref(), n)).collect();
        ranked.sort_by_key(|(_, count)| Reverse(*count));
        ranked.truncate(most);
        ranked
    }

    /// Failures whose message a rollup had no room to tell; with a filter, some may be others'.
    pub fn other(&self) -> u64 {
        self.other + self.messages.other()
    }
}

/// Counts a key, and keeps the number of keys within bounds.
fn add(counts: &mut BoundedCounts<Arc<str>>, key: Arc<str>, count: u64) {
    counts.add(key, count, usize::MAX);
    if counts.len() > 2 * MOST {
        counts.bound(MOST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_many_messages_there_are_their_number_is_bounded_and_their_sum_is_kept() {
        let mut errors = Errors::default();
        for number in 0..10_000 {
            let key = ErrorKey {
                error_type: Label::of(Some(&format!("kind {}", number % 7))),
                error_code: Label::Missing,
                message: Label::of(Some(&format!("message {}", number % 5_000))),
                event_type: Label::All,
                livemode: None,
                account: Label::All,
            };
            errors.add(&key, 1 + u64::from(number % 5_000 == 3) * 100);
        }
        let told = errors.top_messages(usize::MAX);
        assert!(told.len() <= 2 * MOST, "{}", told.len());
        assert_eq!(told.first(), Some(&("message 3", 202)));
        let sum: u64 = told.iter().map(|(_, count)| count).sum();
        assert_eq!(sum + errors.other(), 10_200);
        assert_eq!(errors.by_type().len(), 7);
    }
}
