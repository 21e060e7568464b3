//! A request as it comes in: when, from whom, under which name.

use std::time::Instant;

use jiff::Timestamp;
use shared::gateway::Request;

/// Bytes of the gateway's name for a request.
const MOST_REQUEST_ID: usize = 128;
/// Bytes of an address that are kept.
const MOST_ADDRESS: usize = 64;
/// Bytes of a user agent that are kept.
const MOST_USER_AGENT: usize = 255;

/// A request, and the one reading of the clock that it gets.
pub(super) struct Arrival<'a> {
    pub(super) request: &'a Request,
    pub(super) request_id: &'a str,
    pub(super) at: Timestamp,
    pub(super) stopwatch: Instant,
}

impl<'a> Arrival<'a> {
    /// Now. Requests that say no name of theirs have the invocation's.
    pub(super) fn now(request: &'a Request, invocation_id: &'a str) -> Self {
        let request_id = request.request_id().filter(|id| id.len() <= MOST_REQUEST_ID);
        Self {
            request,
            request_id: request_id.unwrap_or(invocation_id),
            at: now_in_micros(),
            stopwatch: Instant::now(),
        }
    }

    pub(super) fn source_ip(&self) -> Option<String> {
        self.request.source_ip().map(|ip| truncated(ip, MOST_ADDRESS))
    }

    pub(super) fn user_agent(&self) -> Option<String> {
        self.request.headers().get("user-agent").map(|agent| truncated(&agent, MOST_USER_AGENT))
    }
}

/// The clock in the precision that keys have.
fn now_in_micros() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}

fn truncated(text: &str, most_bytes: usize) -> String {
    let end = text
        .char_indices()
        .map(|(at, c)| at + c.len_utf8())
        .take_while(|end| *end <= most_bytes)
        .last();
    text.get(..end.unwrap_or(0)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::truncated;

    #[test]
    fn text_is_cut_between_characters() {
        assert_eq!(truncated("abc", 5), "abc");
        assert_eq!(truncated("aéb", 2), "a");
        assert_eq!(truncated("", 0), "");
    }
}
