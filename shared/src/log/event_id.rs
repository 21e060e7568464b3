//! An event's id: the key of everything we know about it.

use std::fmt;

use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};

/// A Stripe event id, or the id under which an event without a usable one is quarantined.
///
/// 1 to 255 of `[A-Za-z0-9_.:-]`: what Stripe has ever used and what a key of the table, a URL and
/// a log line carry unescaped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(String);

impl EventId {
    /// The id, if it has the form above.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'-');
        let usable = (1..=255).contains(&text.len()) && text.bytes().all(fits);
        usable.then(|| Self(text.to_owned()))
    }

    /// The id of an event that has none: `quarantined_` and half of the body's SHA-256, so that
    /// Stripe's next try of the same body is found to be the same event.
    pub fn of_quarantined(body: &[u8]) -> Self {
        let hash = digest(&SHA256, body);
        let half = hash.as_ref().get(..16).unwrap_or_default();
        Self(format!("quarantined_{}", HEXLOWER.encode(half)))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form() {
        for good in ["evt_1NG8Du2eZvKYlo2CUI79vXWy", "evt_test_65R2:x.y-z", "e", &"a".repeat(255)] {
            assert!(EventId::parse(good).is_some(), "{good}");
        }
        for bad in ["", "evt 1", "evt#1", "évt", "evt_1\n", &"a".repeat(256)] {
            assert!(EventId::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_quarantined_id_depends_on_the_body_alone_and_is_an_id() {
        let id = EventId::of_quarantined(b"null");
        assert_eq!(id, EventId::of_quarantined(b"null"));
        assert_ne!(id, EventId::of_quarantined(b"[]"));
        assert_eq!(EventId::parse(id.as_str()), Some(id));
    }
}
