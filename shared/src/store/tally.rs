//! The bounded map of refusals: pure counting, and when to put it.
//!
//! A forger must not make us write, remember or pay: at most [`MOST_KEYS`] pairs of source and cause
//! are told apart in a minute, the rest is counted by cause alone, and the whole map goes into one
//! item at most once a second.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::log::{Cause, Diagnosis, Rejection, Rejections};

/// Pairs of source and cause told apart in one minute. Sources that Stripe publishes always are:
/// there are a dozen of them.
pub const MOST_KEYS: usize = 100;

/// Age at which what could not be put of a minute is counted in the present one instead: roll-ups read
/// a minute for the last time an hour after it, and an instance may have slept for longer.
const MOST_AGE: SignedDuration = SignedDuration::from_mins(50);

/// Minutes remembered once they are put: a put may still fail, and a clock may be set back. By more,
/// and what is counted in a forgotten minute again is not put until it exceeds what was.
const SAVED_MINUTES: usize = 3;

/// The shortest time between two puts of one instance.
pub const PAUSE: SignedDuration = SignedDuration::from_secs(1);

/// What one function instance refused.
pub struct Tally {
    instance: String,
    /// By their start.
    minutes: BTreeMap<Timestamp, Minute>,
    last_put: Option<Timestamp>,
    last_put_failed: bool,
    /// What is on its way to the database.
    in_hand: Option<(Timestamp, Counts)>,
}

type Counts = BTreeMap<Key, u64>;

#[derive(Default)]
struct Minute {
    counts: Counts,
    /// What of it is in the database.
    saved: Counts,
    unsaved: bool,
    /// The last skew of those that were refused for it.
    skews: BTreeMap<Key, i64>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    source_ip: Option<String>,
    cause: Cause,
    refused_genuine: bool,
    diagnosis: Option<Diagnosis>,
}

/// What is known of a refusal, beside its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// The public cause.
    pub cause: Cause,
    /// What was wrong, where it is more than the cause says.
    pub diagnosis: Option<Diagnosis>,
    /// The signature's time minus ours, in seconds, where that is the cause.
    pub skew_seconds: Option<i64>,
}

impl From<Cause> for Refused {
    fn from(cause: Cause) -> Self {
        Self { cause, diagnosis: None, skew_seconds: None }
    }
}

impl Tally {
    /// An empty map. `instance` tells this function instance's items from all others'.
    pub fn new(instance: String) -> Self {
        Self {
            instance,
            minutes: BTreeMap::new(),
            last_put: None,
            last_put_failed: false,
            in_hand: None,
        }
    }

    /// Counts one refusal.
    pub fn count(
        &mut self,
        at: Timestamp,
        source_ip: Option<&str>,
        refused: impl Into<Refused>,
        refused_genuine: bool,
    ) {
        let Refused { cause, diagnosis, skew_seconds } = refused.into();
        let start = Rejections::minute_of(at);
        if !self.minutes.contains_key(&start) {
            self.forget();
            self.carry(at);
        }
        let source_ip = source_ip.map(str::to_owned);
        let key = Key { source_ip, cause, refused_genuine, diagnosis };
        let minute = self.minutes.entry(start).or_default();
        let key = minute.add(key, 1);
        if let Some(seconds) = skew_seconds {
            minute.skews.insert(key, seconds);
        }
    }

    /// What is to be put now: everything of the oldest minute that has something new, over what was
    /// put for it before. `None` when nothing is new or the last put was less than [`PAUSE`] ago.
    pub fn take_due(&mut self, now: Timestamp) -> Option<Rejections> {
        // A clock that was set back must not silence us for as long as it was ahead.
        let paused = |last: Timestamp| now.duration_since(last).abs() >= PAUSE;
        if !self.last_put.is_none_or(paused) {
            return None;
        }
        self.carry(now);
        let (start, minute) = self.minutes.iter_mut().find(|(_, minute)| minute.unsaved)?;
        minute.unsaved = false;
        self.last_put = Some(now);
        self.in_hand = Some((*start, minute.counts.clone()));
        let counts = minute.counts.iter().map(|(key, count)| Rejection {
            minute: *start,
            instance: self.instance.clone(),
            source_ip: key.source_ip.clone(),
            cause: key.cause,
            refused_genuine: key.refused_genuine,
            diagnosis: key.diagnosis,
            skew_seconds: minute.skews.get(key).copied(),
            count: *count,
        });
        Some(Rejections {
            minute: *start,
            instance: self.instance.clone(),
            counts: counts.collect(),
        })
    }

    /// The same, for a put that a sender has to wait for: not while the database takes none.
    pub fn take_due_at_once(&mut self, now: Timestamp) -> Option<Rejections> {
        if self.last_put_failed { None } else { self.take_due(now) }
    }

    /// Whether anything waits to be put.
    pub fn is_waiting(&self) -> bool {
        self.minutes.values().any(|minute| minute.unsaved)
    }

    /// The last put succeeded.
    pub fn put_succeeded(&mut self) {
        self.last_put_failed = false;
        if let Some((start, counts)) = self.in_hand.take()
            && let Some(minute) = self.minutes.get_mut(&start)
        {
            minute.saved = counts;
        }
    }

    /// The put of a minute's rejections failed: they go with a later one.
    pub fn put_failed(&mut self, rejections: &Rejections) {
        self.last_put_failed = true;
        self.in_hand.take_if(|(start, _)| *start == rejections.minute);
        if let Some(minute) = self.minutes.get_mut(&rejections.minute) {
            minute.unsaved = true;
        }
    }

    /// Makes room for another minute.
    fn forget(&mut self) {
        while self.minutes.len() >= SAVED_MINUTES
            && self.minutes.values().next().is_some_and(|m| !m.unsaved)
        {
            self.minutes.pop_first();
        }
    }

    /// Counts what could not be put of old minutes in the present one.
    fn carry(&mut self, now: Timestamp) {
        let is_old = |start: &Timestamp| now.duration_since(*start) > MOST_AGE;
        // Of what is on its way it is not known yet whether it arrives.
        let in_hand = self.in_hand.as_ref().map(|(start, _)| *start);
        let old: Vec<Timestamp> = self
            .minutes
            .keys()
            .filter(|start| is_old(start) && in_hand != Some(**start))
            .copied()
            .collect();
        for start in old {
            let Some(old) = self.minutes.remove(&start) else { continue };
            let present = self.minutes.entry(Rejections::minute_of(now)).or_default();
            for (key, count) in old.counts.into_iter().filter(|_| old.unsaved) {
                let saved = old.saved.get(&key).copied().unwrap_or_default();
                let left = count.saturating_sub(saved);
                if left > 0 {
                    present.add(key, left);
                }
            }
        }
    }
}

impl Minute {
    /// Adds to a key's count; gives the key that it was counted under.
    fn add(&mut self, mut key: Key, count: u64) -> Key {
        // Whoever replays a genuine request from many addresses is genuine to us for five minutes.
        let most = if key.refused_genuine { 2 * MOST_KEYS } else { MOST_KEYS };
        if self.counts.len() >= most && !self.counts.contains_key(&key) {
            key.source_ip = None;
        }
        *self.counts.entry(key.clone()).or_default() += count;
        self.unsaved = true;
        key
    }
}

#[cfg(test)]
mod tests;
