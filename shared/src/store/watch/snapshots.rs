//! Snapshots: what the last run found, and what earlier ones did.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::days_after;
use crate::health::Memory;
use crate::store::documents::{Only, Wanted, Write};
use crate::store::keys::watch as keys;
use crate::store::{EventStore, Retention, StoreError};

/// What a run found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// When.
    pub at: Timestamp,
    /// The health status as it is answered.
    pub health: Value,
    /// What the next run needs to know.
    pub memory: Memory,
}

/// What an earlier run found, in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastSnapshot {
    /// When.
    pub at: Timestamp,
    /// From 0 to 1.
    pub health_score: f64,
    /// The score of each part.
    pub components: std::collections::BTreeMap<String, f64>,
    /// Fingerprints of the issues that were active.
    pub issues: Vec<String>,
}

impl EventStore {
    /// The newest snapshot; `None` where there is none, or none that can be read.
    pub async fn latest_snapshot(&self, now: Timestamp) -> Result<Option<Snapshot>, StoreError> {
        let place = keys::latest_snapshot();
        let wanted = Wanted {
            pk: &place.pk,
            between: Some((place.sk.clone(), place.sk.clone())),
            newest_first: false,
            limit: 1,
        };
        let found = self.documents(wanted, now).await?;
        Ok(found.into_iter().next().and_then(|document| document.value))
    }

    /// Puts a snapshot, unless a newer one is there (`false`), and its entry in the history.
    pub async fn put_snapshot(
        &self,
        snapshot: &Snapshot,
        past: &PastSnapshot,
        retention: Retention,
    ) -> Result<bool, StoreError> {
        let at = snapshot.at;
        let version = u64::try_from(at.as_microsecond()).unwrap_or(0);
        let latest =
            Write::new(keys::latest_snapshot(), snapshot, Only::IfOlderThan(version), None)?;
        let expires_at = days_after(at, i64::from(retention.days_of_metrics()) + 1);
        let past = Write::new(keys::snapshot(at), past, Only::Always, Some(expires_at))?;
        self.write(vec![latest, past]).await
    }

    /// Earlier snapshots of the days that a range touches, from old to new, and within it.
    pub async fn past_snapshots(
        &self,
        from: Timestamp,
        to: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<PastSnapshot>, StoreError> {
        let mut found = Vec::new();
        let mut day = from;
        loop {
            let pk = keys::snapshots_pk(day);
            let wanted = Wanted { pk: &pk, between: None, newest_first: false, limit: usize::MAX };
            let of_day = self.documents::<PastSnapshot>(wanted, now).await?;
            found.extend(of_day.into_iter().filter_map(|document| document.value));
            if pk == keys::snapshots_pk(to) {
                break;
            }
            day = days_after(day, 1).min(to);
        }
        found.retain(|snapshot| snapshot.at >= from && snapshot.at < to);
        Ok(found)
    }

    /// Claims the sending of a window's data: `false` where a run has claimed it before.
    pub async fn claim_publishing(&self, window: Timestamp) -> Result<bool, StoreError> {
        let expires_at = days_after(window, 2);
        let claim = Write::new(keys::published(window), &window, Only::IfAbsent, Some(expires_at))?;
        self.write(vec![claim]).await
    }
}
