//! Addresses that genuine deliveries came from and Stripe does not publish, as far as we know.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::days_after;
use crate::store::documents::{Only, Wanted, Write};
use crate::store::keys::watch as keys;
use crate::store::{EventStore, StoreError};

/// Days that an address is remembered after it was last seen.
const DAYS: i64 = 1;
/// Addresses that are looked at.
const MOST: usize = 20;

/// An address, and when a genuine delivery last came from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnlistedSource {
    /// The address.
    pub address: String,
    /// When.
    pub at: Timestamp,
}

impl EventStore {
    /// Notes that a genuine delivery came from an address that is not in the list.
    pub async fn put_unlisted_source(
        &self,
        address: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let source = UnlistedSource { address: address.to_owned(), at };
        let place = keys::unlisted_source(address);
        let write = Write::new(place, &source, Only::Always, Some(days_after(at, DAYS)))?;
        self.write(vec![write]).await.map(drop)
    }

    /// Such addresses of the last day, 20 at most.
    pub async fn unlisted_sources(
        &self,
        now: Timestamp,
    ) -> Result<Vec<UnlistedSource>, StoreError> {
        let pk = keys::UNLISTED_SOURCES;
        let wanted = Wanted { pk, between: None, newest_first: false, limit: MOST };
        let found = self.documents(wanted, now).await?;
        Ok(found.into_iter().filter_map(|document| document.value).collect())
    }
}
