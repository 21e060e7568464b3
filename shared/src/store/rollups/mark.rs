//! The mark: how far everything is rolled up, so that a run need not look at a month of hours, nor at days.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::store::documents::{Only, Wanted, Write};
use crate::store::keys::rollups as keys;
use crate::store::{EventStore, StoreError};

/// What a run has seen rolled up. Without it the next one looks at everything and does the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollupMark {
    /// From here on the log's first entry was looked for.
    pub looked_from: Timestamp,
    /// Where rolling up begins: nothing was logged before.
    pub since: Timestamp,
    /// Every hour from `since` to here is made.
    pub through: Timestamp,
    /// The days that are made; `None` where none was yet.
    #[serde(default)]
    pub days: Option<MadeDays>,
}

/// UTC days that follow each other and are made of their hours, or cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeDays {
    /// The beginning of the first.
    pub from: Timestamp,
    /// The end of the last.
    pub through: Timestamp,
}

impl EventStore {
    /// How far everything is rolled up; `None` where nobody has said, or it cannot be read.
    pub async fn rollup_mark(&self, now: Timestamp) -> Result<Option<RollupMark>, StoreError> {
        let place = keys::mark();
        let between = Some((place.sk.clone(), place.sk.clone()));
        let wanted = Wanted { pk: &place.pk, between, newest_first: false, limit: 1 };
        let found = self.documents(wanted, now).await?;
        Ok(found.into_iter().next().and_then(|document| document.value))
    }

    /// Says how far everything is rolled up. Where two runs say it, either is true.
    pub async fn put_rollup_mark(&self, mark: &RollupMark) -> Result<(), StoreError> {
        let write = Write::new(keys::mark(), mark, Only::Always, None)?;
        self.write(vec![write]).await.map(drop)
    }
}
