//! Putting entries: many at once, none forgotten.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use shared::store::PutOutcome;
use tokio::time::{Instant, sleep, timeout_at};

use super::entry::Entry;
use super::results::Result;
use crate::config::Config;

/// Puts on their way at a time.
const AT_ONCE: usize = 32;
/// Time after which no put is begun or waited for, well within the function's 25 s.
const MOST_TIME: Duration = Duration::from_secs(18);
/// Pause before an entry is tried again, beyond the SDK's own attempts; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// Puts every entry and tells what became of each. Entries with the same key are put one after the
/// other, so that the first of them wins.
pub async fn put_all(config: &Config, entries: Vec<(usize, Entry)>) -> Vec<Result> {
    let until = Instant::now() + MOST_TIME;
    let mut by_key: BTreeMap<(String, String), Vec<(usize, Entry)>> = BTreeMap::new();
    for (index, entry) in entries {
        let outcome = &entry.outcome;
        let key = (outcome.event_id.to_string(), outcome.request_id.clone());
        by_key.entry(key).or_default().push((index, entry));
    }
    let puts = by_key.into_values().map(|group| async move {
        let mut results = Vec::new();
        let mut is_stored = false;
        for (index, entry) in group {
            let mut put = put(config, &entry, until).await;
            // The same entry of the same instant: the log cannot tell it from the SDK's own retry.
            if is_stored && put == Some(PutOutcome::Stored) {
                put = Some(PutOutcome::AlreadyStored);
            }
            is_stored |= put == Some(PutOutcome::Stored);
            results.push(Result::of(index, &entry, put));
        }
        stream::iter(results)
    });
    stream::iter(puts).buffer_unordered(AT_ONCE).flatten().collect().await
}

/// Puts one entry, again and again while there is time; `None` where the database did not take it.
async fn put(config: &Config, entry: &Entry, until: Instant) -> Option<PutOutcome> {
    let mut pause = FIRST_PAUSE;
    loop {
        let Entry { outcome, particulars, content_hash } = entry;
        let put = config.store.put_outcome(outcome, particulars, content_hash, config.retention);
        match timeout_at(until, put).await {
            Ok(Ok(put)) => return Some(put),
            Ok(Err(error)) if Instant::now() + pause < until => {
                tracing::warn!(%error, event_id = %outcome.event_id, "outcome not stored yet");
            }
            Ok(Err(error)) => {
                tracing::error!(%error, event_id = %outcome.event_id, "outcome not stored");
                return None;
            }
            Err(overdue) => {
                tracing::error!(error = %overdue, event_id = %outcome.event_id, "outcome not stored");
                return None;
            }
        }
        sleep(pause).await;
        pause *= 2;
    }
}
