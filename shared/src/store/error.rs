//! What can go wrong between the log and DynamoDB.

use std::error::Error;

use crate::causes;

/// A failed request, or an item that is not what we wrote.
///
/// Holds no item: what DynamoDB answers may contain payloads.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// DynamoDB did not do it; after the retries that the caller's limits allow.
    #[error("dynamodb {operation} failed: {reason}")]
    Request {
        /// The API call.
        operation: &'static str,
        /// The chain of causes, without request or response contents.
        reason: String,
    },
    /// An item that this version cannot read: damaged, or written by something else.
    #[error("item {key} has a bad or missing {attribute}")]
    Corrupt {
        /// Partition and sort key.
        key: String,
        /// The attribute.
        attribute: &'static str,
    },
}

impl StoreError {
    pub(super) fn request(operation: &'static str, error: &(dyn Error + 'static)) -> Self {
        Self::Request { operation, reason: causes(error) }
    }

    pub(super) fn corrupt(key: &str, attribute: &'static str) -> Self {
        Self::Corrupt { key: key.to_owned(), attribute }
    }
}
