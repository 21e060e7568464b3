//! Alerts: what happened to issues and alarms, one entry each.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::days_after;
use crate::store::documents::{Only, Wanted, Write};
use crate::store::keys::{day_of, watch as keys};
use crate::store::{EventStore, Retention, StoreError};

/// Whose state changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertSource {
    /// One of our issues.
    Issue,
    /// One of CloudWatch's alarms.
    Alarm,
}

/// A change of state. The same one told twice has the same time and id, and is there once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// When it changed.
    pub at: Timestamp,
    /// Tells it apart from others of the same time: letters, digits, `.`, `_`, `-` and `:`.
    pub id: String,
    /// Whose.
    pub source: AlertSource,
    /// The issue's fingerprint, or the alarm's name.
    pub subject: String,
    /// What it is now, or what happened.
    pub state: String,
    /// How bad it is, of an issue.
    pub severity: Option<String>,
    /// In words.
    pub text: String,
}

pub(super) fn alert_write(alert: &Alert, retention: Retention) -> Result<Write, StoreError> {
    let expires_at = days_after(alert.at, i64::from(retention.days_of_metrics()) + 1);
    Write::new(keys::alert(alert.at, &alert.id), alert, Only::Always, Some(expires_at))
}

impl EventStore {
    /// Records an alert.
    pub async fn put_alert(&self, alert: &Alert, retention: Retention) -> Result<(), StoreError> {
        self.write(vec![alert_write(alert, retention)?]).await.map(drop)
    }

    /// The newest alerts of this month and the last, the newest first.
    pub async fn recent_alerts(
        &self,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Alert>, StoreError> {
        let mut found = Vec::new();
        let day = day_of(now);
        let months = [Some(day), day.first_of_month().yesterday().ok()];
        for pk in months.into_iter().flatten().map(keys::alerts_pk) {
            let wanted = Wanted { pk: &pk, between: None, newest_first: true, limit };
            let of_month = self.documents::<Alert>(wanted, now).await?;
            found.extend(of_month.into_iter().filter_map(|document| document.value));
            if found.len() >= limit {
                break;
            }
        }
        found.truncate(limit);
        Ok(found)
    }
}
