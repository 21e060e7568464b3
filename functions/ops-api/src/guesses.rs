//! Guessing tokens is slow: a source that sent several wrong ones waits for every further answer. Right
//! tokens are never slowed, whoever else shares their address.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Wrong tokens of a source within [`MEMORY`] that are answered at once: a slip, an old configuration.
const AT_ONCE: u32 = 5;
/// How long a wrong token is held against its source.
const MEMORY: SignedDuration = SignedDuration::from_mins(5);
/// Sources told apart; all others count as one.
const MOST_SOURCES: usize = 100;
/// What a further wrong token waits. An instance answers one call at a time, so this is also what a
/// guesser may cost: a second of it for a guess.
pub const PAUSE: Duration = Duration::from_secs(1);

/// Wrong tokens by source, as one function instance saw them.
#[derive(Default)]
pub struct Guesses(Mutex<BTreeMap<String, Counted>>);

struct Counted {
    guesses: u32,
    last: Timestamp,
}

impl Guesses {
    /// Counts a wrong token; whether its answer is to wait.
    pub fn count(&self, source: Option<&str>, now: Timestamp) -> bool {
        let mut sources = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sources.retain(|_, counted| now.duration_since(counted.last) < MEMORY);
        let source = source.unwrap_or_default();
        let has_room = sources.len() < MOST_SOURCES || sources.contains_key(source);
        let source = if has_room { source } else { "" };
        let counted = sources.entry(source.to_owned()).or_insert(Counted { guesses: 0, last: now });
        counted.guesses = counted.guesses.saturating_add(1);
        counted.last = now;
        counted.guesses > AT_ONCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + seconds).unwrap()
    }

    #[test]
    fn a_source_that_guesses_waits_and_others_do_not() {
        let guesses = Guesses::default();
        let slowed: Vec<bool> = (0..7).map(|n| guesses.count(Some("10.0.0.1"), at(n))).collect();
        assert_eq!(slowed, [false, false, false, false, false, true, true]);
        assert!(!guesses.count(Some("10.0.0.2"), at(7)));
        assert!(guesses.count(Some("10.0.0.1"), at(305)), "within 5 minutes of the last");
        assert!(!guesses.count(Some("10.0.0.1"), at(605)));
    }

    #[test]
    fn many_sources_are_one() {
        let guesses = Guesses::default();
        let slowed = (0..1_000).filter(|n| guesses.count(Some(&format!("10.1.0.{n}")), at(0)));
        assert_eq!(slowed.count(), 1_000 - MOST_SOURCES - AT_ONCE as usize);
        assert!(guesses.0.lock().unwrap().len() <= MOST_SOURCES + 1);
    }
}
