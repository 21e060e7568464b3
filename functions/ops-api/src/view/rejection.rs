//! Refused requests in the guide's words.

use jiff::Timestamp;
use serde::Serialize;
use shared::log::Rejection;

use super::REJECTED;

/// Requests refused in one minute: one source, one cause.
#[derive(Debug, Serialize)]
pub struct RejectionEntry {
    kind: &'static str,
    timestamp: Timestamp,
    level: &'static str,
    category: &'static str,
    status: &'static str,
    success: bool,
    source_ip: Option<String>,
    error_code: &'static str,
    refused_genuine: bool,
    /// What is most probably wrong, by name and in words.
    diagnosis: &'static str,
    explanation: &'static str,
    /// Seconds, the last signature's time minus ours, where that is the cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    signature_skew: Option<i64>,
    count: u64,
}

impl From<&Rejection> for RejectionEntry {
    fn from(rejection: &Rejection) -> Self {
        Self {
            kind: "rejection",
            timestamp: rejection.minute,
            level: "WARNING",
            category: "security",
            status: REJECTED,
            success: false,
            source_ip: rejection.source_ip.clone(),
            error_code: rejection.cause.as_str(),
            refused_genuine: rejection.refused_genuine,
            diagnosis: rejection.most_probably().as_str(),
            explanation: rejection.most_probably().explanation(),
            signature_skew: rejection.skew_seconds,
            count: rejection.count,
        }
    }
}
