//! What can go wrong between the log and DynamoDB.

use std::error::Error;

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
        Self::Request { operation, reason: chain(error) }
    }

    pub(super) fn corrupt(key: &str, attribute: &'static str) -> Self {
        Self::Corrupt { key: key.to_owned(), attribute }
    }
}

/// Every cause's own text, outermost first. The SDK's `Debug` is not used since it prints bodies.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.ends_with(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}
