//! Guessing tokens is slow: a source that sent several wrong ones waits for further answers. Right tokens are
//! never slowed, whoever else shares their address; and since an instance answers one call at a time, those who
//! guess may not keep it waiting for longer than half of its time.

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
/// What a further wrong token waits.
pub const PAUSE: Duration = Duration::from_secs(1);
/// What a wait costs an instance: as long again without one.
const COST: SignedDuration = SignedDuration::from_secs(2);
/// How far ahead an instance may be of what its waits cost: three of them may follow each other.
const MOST_AHEAD: SignedDuration = SignedDuration::from_secs(2);

/// Wrong tokens by source, as one function instance saw them.
#[derive(Default)]
pub struct Guesses(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    sources: BTreeMap<String, Counted>,
    /// When all waits will have cost what they cost.
    paid: Timestamp,
}

struct Counted {
    guesses: u32,
    last: Timestamp,
}

impl Guesses {
    /// Counts a wrong token; whether its answer is to wait.
    pub fn count(&self, source: Option<&str>, now: Timestamp) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Seen { sources, paid } = &mut *seen;
        sources.retain(|_, counted| now.duration_since(counted.last) < MEMORY);
        let source = source.unwrap_or_default();
        let has_room = sources.len() < MOST_SOURCES || sources.contains_key(source);
        let source = if has_room { source } else { "" };
        let counted = sources.entry(source.to_owned()).or_insert(Counted { guesses: 0, last: now });
        counted.guesses = counted.guesses.saturating_add(1);
        counted.last = now;
        let begins = now.max(*paid);
        let waits = counted.guesses > AT_ONCE && begins.duration_since(now) <= MOST_AHEAD;
        if waits {
            *paid = begins.saturating_add(COST).unwrap_or(begins);
        }
        waits
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
        let slowed = |n: i64| guesses.count(Some(&format!("10.1.0.{n}")), at(n / 50));
        assert!((0..105).all(|n| !slowed(n)));
        assert!((105..150).any(slowed));
        assert!(guesses.0.lock().unwrap().sources.len() <= MOST_SOURCES + 1);
    }

    #[test]
    fn a_flood_keeps_an_instance_waiting_for_half_of_its_time() {
        let guesses = Guesses::default();
        let (mut now, mut waited, mut first) = (0, 0, Vec::new());
        while now < 60_000 {
            let waits = guesses.count(Some("10.0.0.1"), at(0) + SignedDuration::from_millis(now));
            first.push(waits);
            // Whoever guesses does not wait for anything else.
            now += if waits { 1_000 } else { 5 };
            waited += i64::from(waits);
        }
        assert_eq!(first[..9], [false, false, false, false, false, true, true, true, false]);
        assert!((30..=32).contains(&waited), "{waited} seconds of 60");
    }
}
