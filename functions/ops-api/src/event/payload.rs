//! What is kept of an event's body, and the body.

use data_encoding::{BASE64, HEXLOWER};
use serde::Serialize;
use shared::log::Verdict;
use shared::store::{StoredDelivery, StoredPayload};

use crate::gateway::bytes_in_json;

/// What is kept of the event's body.
#[derive(Serialize)]
pub struct Payload {
    /// `kept`, `redacted` (what is on the list), `not_kept`, `omitted` (too large to keep), `unreadable` (damaged) or, where the body
    /// was asked for, `too_large_to_show`.
    state: &'static str,
    /// Null where the event was never delivered here.
    body_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    /// The body, byte for byte or as far as it is kept, where it is text and `payload=true` asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    /// The same for a body that is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
}

impl Payload {
    /// What is kept; `first` is `None` for an event that was never delivered here.
    pub fn of(first: Option<&StoredDelivery>) -> Self {
        let mut payload = Self {
            state: "not_kept",
            body_bytes: first.map(|first| first.delivery.body_bytes),
            sha256: None,
            body: None,
            body_base64: None,
        };
        let Some(first) = first else { return payload };
        match &first.payload {
            // The first delivery was left out: what is kept is with it.
            StoredPayload::NotKept if first.delivery.verdict != Verdict::Accepted => {
                payload.state = "unreadable";
            }
            StoredPayload::NotKept => {}
            StoredPayload::Omitted { sha256 } => {
                payload.state = "omitted";
                payload.sha256 = Some(HEXLOWER.encode(sha256));
            }
            StoredPayload::Kept(_) if first.body().is_none() => payload.state = "unreadable",
            StoredPayload::Kept(_) if first.is_redacted() => payload.state = "redacted",
            StoredPayload::Kept(_) => payload.state = "kept",
        }
        payload
    }

    /// Puts the body into the answer where it fits into `room` bytes: in a JSON text, which Lambda takes
    /// as a JSON string.
    pub fn show_body(&mut self, first: &StoredDelivery, room: usize) {
        let Some(body) = first.body() else { return };
        let fits = |text: &str| {
            let json = serde_json::to_string(text).unwrap_or_default();
            bytes_in_json(&json) < room
        };
        match String::from_utf8(body) {
            Ok(text) if fits(&text) => self.body = Some(text),
            Ok(_) => self.state = "too_large_to_show",
            Err(bytes) => {
                let text = BASE64.encode(bytes.as_bytes());
                match fits(&text) {
                    true => self.body_base64 = Some(text),
                    false => self.state = "too_large_to_show",
                }
            }
        }
    }
}
