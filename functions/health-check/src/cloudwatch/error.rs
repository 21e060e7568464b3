//! What can go wrong between us and CloudWatch.

use aws_sdk_cloudwatch::error::SdkError;
use std::error::Error;

/// Longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// A call that CloudWatch did not do, after the attempts that there is time for. Holds nothing of the
/// request or the answer but CloudWatch's own code and message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cloudwatch {operation} failed: {reason}")]
pub struct CloudWatchError {
    /// The API call.
    pub operation: &'static str,
    /// The chain of causes, at most 500 characters.
    pub reason: String,
}

impl CloudWatchError {
    pub(super) fn new<E, R>(operation: &'static str, error: &SdkError<E, R>) -> Self
    where
        E: Error + 'static,
        R: std::fmt::Debug + 'static,
    {
        let reason = shared::causes(error).chars().take(LONGEST_REASON).collect();
        Self { operation, reason }
    }
}
