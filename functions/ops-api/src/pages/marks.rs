//! What people changed in a range, marked on its charts: a number that jumps there has a reason.

use std::collections::BTreeSet;

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;
use shared::log::TimeRange;
use shared::store::{AuditEntry, AuditType};

use super::chart::Mark;
use super::text;
use crate::config::Config;
use crate::error::ApiError;

/// Marks on a chart; of more, the newest.
const MOST: usize = 30;

/// The changes of a range, from old to new.
pub struct Marks {
    range: TimeRange,
    changes: Vec<AuditEntry>,
}

/// Reads the changes of a range. What somebody does about one issue changes no number.
pub async fn load(config: &Config, range: TimeRange, now: Timestamp) -> Result<Marks, ApiError> {
    let mut changes = config.store.audit_entries(range, now).await?;
    changes.retain(|change| change.kind != AuditType::Issue);
    let more = changes.len().saturating_sub(MOST);
    changes.drain(..more);
    Ok(Marks { range, changes })
}

impl Marks {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// As a chart draws them.
    pub fn of_chart(&self) -> Vec<Mark> {
        let range = self.range;
        let seconds = |from: Timestamp, to: Timestamp| to.duration_since(from).as_secs_f64();
        let whole = seconds(range.from(), range.to());
        let mark = |change: &AuditEntry| Mark {
            x: (seconds(range.from(), change.at) / whole).clamp(0.0, 1.0),
            title: format!(
                "{} {} {} by {}",
                change.at.strftime("%b %d %H:%M"),
                change.action,
                text::plain(&subject(change), 80),
                text::plain(&change.by, 80)
            ),
        };
        self.changes.iter().map(mark).collect()
    }

    /// In words.
    pub fn list(&self, now: Timestamp) -> Markup {
        html! {
            @if !self.changes.is_empty() {
                details open {
                    summary { "Changes marked on the charts" }
                    table.cut { tbody { @for change in self.changes.iter().rev().take(8) {
                        tr {
                            td.nowrap { (text::when(change.at, now)) }
                            td { (change.action.as_str()) " " (text::foreign(&subject(change), 80)) " by " (text::foreign(&change.by, 80)) }
                        }
                    } } }
                }
            }
        }
    }
}

/// What somebody reads: why was muted, which limits changed.
fn subject(change: &AuditEntry) -> String {
    let members = |state: &Value| state.as_object().cloned().unwrap_or_default();
    let (before, after) = (members(&change.before), members(&change.after));
    match change.kind {
        AuditType::Mute => {
            let reason = after.get("reason").or(before.get("reason")).and_then(Value::as_str);
            reason.unwrap_or(&change.subject).to_owned()
        }
        AuditType::Thresholds => {
            let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            let changed = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
            changed.cloned().collect::<Vec<_>>().join(", ")
        }
        AuditType::Issue | AuditType::Deployment => change.subject.clone(),
    }
}
