//! Whether the table is as the template makes it: looked at once an hour, and in every run while it is not.

use jiff::{SignedDuration, Timestamp};
use shared::health::{Memory, OwnTrouble};
use shared::store::EventStore;

/// A look costs two calls that DynamoDB does not bill, and limits to a few a second for an account.
const EVERY: SignedDuration = SignedDuration::from_hours(1);

/// What is wrong with the table. Not being able to look says nothing about it.
pub async fn check(memory: &mut Memory, store: &EventStore, at: Timestamp) -> Vec<OwnTrouble> {
    let is_over = |last: Timestamp| at.duration_since(last).abs() >= EVERY;
    if !memory.table_faults.is_empty() || memory.table_checked_at.is_none_or(is_over) {
        match store.table_faults().await {
            Ok(faults) => {
                memory.table_faults = faults;
                memory.table_checked_at = Some(at);
            }
            Err(error) => tracing::warn!(%error, "table not looked at"),
        }
    }
    memory.table_faults.iter().copied().map(OwnTrouble::Table).collect()
}
