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
            count: rejection.count,
        }
    }
}
