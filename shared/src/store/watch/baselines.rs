//! Baselines in the table: what was counted by the hour, an item for all events and one for each type.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::days_after;
use crate::health::{History, Progress};
use crate::statistics::HourlyCounts;
use crate::store::documents::{Only, Wanted, Write};
use crate::store::keys::watch as keys;
use crate::store::{EventStore, StoreError};

/// Items that are looked at: more than are ever written.
const MOST: usize = 100;
/// Days that one is kept without being counted on.
const KEPT_DAYS: i64 = 60;

/// An item: of all events with its progress, of a type without.
#[derive(Serialize, Deserialize)]
struct Scope {
    counts: HourlyCounts,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    progress: Option<Progress>,
}

/// A history as it was found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct KnownHistory {
    /// What can be read of it.
    pub history: History,
    /// Scopes whose item cannot be read.
    pub damaged: BTreeSet<String>,
}

impl EventStore {
    /// What was counted by the hour.
    pub async fn history(&self, now: Timestamp) -> Result<KnownHistory, StoreError> {
        let wanted =
            Wanted { pk: keys::BASELINES, between: None, newest_first: false, limit: MOST };
        let mut known = KnownHistory::default();
        for document in self.documents::<Value>(wanted, now).await? {
            let scope = document.value.and_then(|value| serde_json::from_value(value).ok());
            match (keys::type_of_baseline(&document.sk), scope) {
                (None, Some(Scope { counts, progress: Some(progress) })) => {
                    known.history.all = counts;
                    known.history.progress = Some(progress);
                }
                (Some(event_type), Some(Scope { counts, .. })) => {
                    known.history.types.insert(event_type.to_owned(), counts);
                }
                (_, None) | (None, Some(_)) => {
                    known.damaged.insert(document.sk);
                }
            }
        }
        Ok(known)
    }

    /// Puts what has changed of a history: types first, then all events, whose progress says what is
    /// counted. What a later run has put stays. A damaged item of a type that is no longer followed expires.
    pub async fn put_history(
        &self,
        known: &KnownHistory,
        history: &History,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let KnownHistory { history: before, damaged } = known;
        let version = u64::try_from(at.as_microsecond()).unwrap_or(0);
        let expires_at = days_after(at, KEPT_DAYS);
        let write = |scope: &str, counts: &HourlyCounts, progress, expires_at| {
            let scope = keys::baseline(scope);
            let value = Scope { counts: counts.clone(), progress };
            Write::new(scope, &value, Only::IfOlderThan(version), Some(expires_at))
        };
        let mut writes = Vec::new();
        let changed = changed(&before.types, &history.types);
        let damaged = damaged.iter().filter_map(|scope| keys::type_of_baseline(scope));
        let left =
            damaged.filter(|name| !history.types.contains_key(*name)).map(|name| (name, None));
        for (event_type, counts) in changed.chain(left) {
            let scope = keys::scope_of_type(event_type);
            // One that is no longer followed expires.
            let expires_at = if counts.is_some() { expires_at } else { at };
            let counts = counts.cloned().unwrap_or_default();
            writes.push(write(&scope, &counts, None, expires_at)?);
        }
        try_join_all(writes.into_iter().map(|one| self.write(vec![one]))).await?;
        if before.progress != history.progress || before.all != history.all {
            let all = write(keys::ALL, &history.all, history.progress, expires_at)?;
            self.write(vec![all]).await?;
        }
        Ok(())
    }
}

/// Types whose counts differ, with those that they have now.
fn changed<'a>(
    before: &'a BTreeMap<String, HourlyCounts>,
    after: &'a BTreeMap<String, HourlyCounts>,
) -> impl Iterator<Item = (&'a str, Option<&'a HourlyCounts>)> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| (name.as_str(), after.get(name)))
}
