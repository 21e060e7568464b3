//! What people set.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::audit::{AuditEntry, audit_write};
use crate::health::IssueKind;
use crate::store::documents::{Document, Only, Wanted, Write};
use crate::store::keys::watch as keys;
use crate::store::{EventStore, Retention, StoreError};

/// A setting with the version that a change must be based on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// 0: never set.
    pub version: u64,
    /// What is set.
    pub value: T,
    /// The item cannot be read: the default stands in for it.
    pub is_damaged: bool,
}

/// Everything that people set.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Thresholds that differ from the deployment's.
    pub thresholds: Setting<BTreeMap<String, f64>>,
    /// Times in which nobody is to be told.
    pub mutes: Setting<Vec<Mute>>,
}

/// A time in which nobody is to be told of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mute {
    /// What it is known by.
    pub id: String,
    /// Kinds of issues; none: all of them.
    pub kinds: Vec<IssueKind>,
    /// Why.
    pub reason: String,
    /// When it begins.
    pub from: Timestamp,
    /// When it ends.
    pub until: Timestamp,
    /// Name of the token that asked for it.
    pub by: String,
}

impl Mute {
    /// Whether nobody is to be told of issues of a kind now.
    pub fn covers(&self, kind: IssueKind, now: Timestamp) -> bool {
        (self.from..self.until).contains(&now)
            && (self.kinds.is_empty() || self.kinds.contains(&kind))
    }
}

impl EventStore {
    /// Everything that people set.
    pub async fn settings(&self, now: Timestamp) -> Result<Settings, StoreError> {
        let wanted = Wanted { pk: keys::SETTINGS, between: None, newest_first: false, limit: 100 };
        let found = self.documents::<Value>(wanted, now).await?;
        Ok(Settings {
            thresholds: setting(&found, keys::THRESHOLDS),
            mutes: mutes(setting(&found, keys::MUTES)),
        })
    }

    /// Sets thresholds, unless another has set them meanwhile (`false`).
    pub async fn put_thresholds(
        &self,
        changed: &Setting<BTreeMap<String, f64>>,
        audit: &AuditEntry,
        retention: Retention,
    ) -> Result<bool, StoreError> {
        self.put_setting(keys::THRESHOLDS, changed, audit, retention).await
    }

    /// Sets the mutes, unless another has set them meanwhile (`false`).
    pub async fn put_mutes(
        &self,
        changed: &Setting<Vec<Mute>>,
        audit: &AuditEntry,
        retention: Retention,
    ) -> Result<bool, StoreError> {
        self.put_setting(keys::MUTES, changed, audit, retention).await
    }

    async fn put_setting<T: Serialize>(
        &self,
        name: &str,
        changed: &Setting<T>,
        audit: &AuditEntry,
        retention: Retention,
    ) -> Result<bool, StoreError> {
        let only = Only::IfVersion(changed.version);
        let setting = Write::new(keys::setting(name), &changed.value, only, None)?;
        self.write(vec![setting, audit_write(audit, retention)?]).await
    }
}

/// Leaves out what cannot be read: a mute, or a kind of one that has others. Without any kind left a mute
/// would be one of everything.
fn mutes(stored: Setting<Vec<Value>>) -> Setting<Vec<Mute>> {
    let Setting { version, value, mut is_damaged } = stored;
    let mut mutes = Vec::new();
    for mut mute in value {
        let kinds = mute.get_mut("kinds").and_then(Value::as_array_mut);
        let is_emptied = kinds.is_some_and(|kinds| {
            let before = kinds.len();
            kinds.retain(|kind| IssueKind::deserialize(kind as &Value).is_ok());
            is_damaged |= kinds.len() < before;
            kinds.is_empty() && before > 0
        });
        match serde_json::from_value(mute) {
            Ok(mute) if !is_emptied => mutes.push(mute),
            _ => is_damaged = true,
        }
    }
    Setting { version, value: mutes, is_damaged }
}

fn setting<T: DeserializeOwned + Default>(found: &[Document<Value>], name: &str) -> Setting<T> {
    let document = found.iter().find(|document| document.sk == name);
    let value = document.and_then(|document| document.value.clone());
    let value = value.and_then(|value| serde_json::from_value(value).ok());
    Setting {
        version: document.map_or(0, |document| document.version),
        is_damaged: document.is_some() && value.is_none(),
        value: value.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_mute_that_cannot_be_read_takes_no_other_with_it() {
        let mute = |kinds: Value| {
            let at = "2026-01-01T00:00:00Z";
            json!({"id": "a", "kinds": kinds, "reason": "r", "from": at, "until": at, "by": "ann"})
        };
        let known = IssueKind::ForgedTraffic;
        for (stored, expected, is_damaged) in [
            (json!([mute(json!([])), mute(json!([known]))]), vec![vec![], vec![known]], false),
            (json!([mute(json!(["of_old", known]))]), vec![vec![known]], true),
            (json!([mute(json!(["of_old"])), mute(json!([known]))]), vec![vec![known]], true),
            (json!([{"id": 7}, 7, mute(json!([7, known]))]), vec![vec![known]], true),
        ] {
            let value = stored.as_array().unwrap().clone();
            let read = mutes(Setting { version: 3, value, is_damaged: false });
            let kinds: Vec<_> = read.value.into_iter().map(|mute| mute.kinds).collect();
            assert_eq!((kinds, read.is_damaged), (expected, is_damaged), "{stored}");
        }
    }
}
