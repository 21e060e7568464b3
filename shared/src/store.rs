//! The log in DynamoDB: one table, keys and items as ARCHITECTURE.md lists them.
//!
//! [`EventStore`] is used by every function on the real API; there is no other store and no trait.
//! Keys are made in `keys`, items become domain values in `item` and nowhere else. Writes never
//! change a delivery; reads never show an expired one.

mod connect;
mod documents;
mod entity_index;
mod error;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod item;
mod keys;
mod load;
mod observe;
mod outcomes;
mod payload;
mod probe;
mod processed;
mod read;
mod refusals;
mod rollups;
mod scan;
mod search;
mod table;
mod tally;
mod watch;
mod write;
mod wrong_tokens;

pub use connect::connect;
pub use entity_index::EntityIndex;
pub use error::StoreError;
pub use item::{counted_members, entries_of};
pub use keys::rollups::Detail;
pub use load::{StoredDelivery, StoredEvent, StoredOutcome};
pub use observe::counted;
pub use outcomes::PutOutcome;
pub use payload::{Codec, StoredPayload, compressor};
pub use processed::Joined;
pub use read::{Answered, Reading};
pub use refusals::{Door, Refusals};
pub use rollups::{DamagedRollup, MadeDays, PutRollup, RollupMark, StoredRollup};
pub use scan::{Counted, ScanLimits, Scanned};
pub use search::{Page, Position, Scope, Search};
pub use tally::Refused;
pub use watch::{
    Actor, Alert, AlertSource, AuditAction, AuditEntry, AuditPage, AuditSeverity, AuditType,
    IssueWrite, KnownHistory, KnownIssue, Mute, PastSnapshot, Setting, Settings, Snapshot,
    UnlistedSource,
};
pub use write::Retention;

/// The log. Cheap to clone; the connection is shared.
#[derive(Clone)]
#[allow(clippy::disallowed_types, reason = "this is the module that knows DynamoDB")]
pub struct EventStore {
    client: aws_sdk_dynamodb::Client,
    table: String,
    entity_index: EntityIndex,
}

impl EventStore {
    /// The log kept in `table`.
    #[allow(clippy::disallowed_types, reason = "this is the module that knows DynamoDB")]
    pub fn new(client: aws_sdk_dynamodb::Client, table: String, entity_index: EntityIndex) -> Self {
        Self { client, table, entity_index }
    }
}
