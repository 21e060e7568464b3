//! What fuzz targets call: what must hold of whatever bytes come. Each tells whether they were understood.

use jiff::Timestamp;
use shared::log::{Cause, EventId, Quarantine};
use shared::privacy;

use crate::doctor::{Patient, examine, skew_seconds};
use crate::envelope;
use crate::secret::SigningSecret;
use crate::signature::{TOLERANCE_SECONDS, parse, verify};

/// A signature header and a body, apart at the first zero byte: without a secret nothing is genuine, and
/// what is signed is, as long as it is not altered. Neither verifying nor the doctor fails.
pub fn signature(data: &[u8]) -> bool {
    let cut = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    let (header, body) = data.split_at(cut);
    let Ok(header) = std::str::from_utf8(header) else { return false };
    let secrets =
        [SigningSecret::new("a", "whsec_unknowable"), SigningSecret::new("retired:b", "whsec_b")];
    let now = Timestamp::from_second(1_700_000_000).unwrap_or(Timestamp::UNIX_EPOCH);
    let verified = |header: &str, body: &[u8]| {
        verify(Some(header), body, &secrets, now, TOLERANCE_SECONDS).is_ok()
    };
    assert!(!verified(header, body), "forged");
    for cause in [Cause::MalformedSignature, Cause::SignatureMismatch] {
        for is_published in [false, true] {
            examine(&Patient { cause, header: Some(header), body, is_published }, &secrets);
        }
    }
    skew_seconds(header, now);
    for (secret, is_let_in) in secrets.iter().zip([true, false]) {
        let signed = secret.header(body, now);
        assert_eq!(verified(&signed, body), is_let_in);
        assert!(!verified(&signed, &[body, b" "].concat()), "altered");
    }
    parse(header).is_ok()
}

/// A genuine body: it always has an id that can be a key, and a reason where it was not understood. What is
/// left of it for the table is JSON.
pub fn envelope(data: &[u8]) -> bool {
    let read = envelope::read(data);
    assert_eq!(EventId::parse(read.event_id.as_str()), Some(read.event_id.clone()));
    match read.quarantine {
        None => assert!(read.facts.event_type.is_some()),
        Some(Quarantine::UnusableType) => assert!(read.facts.event_type.is_none()),
        Some(_) => assert_eq!(read.event_id, EventId::of_quarantined(data)),
    }
    if let Some(kept) = privacy::redact_event(data, None) {
        assert!(serde_json::from_str::<&serde_json::value::RawValue>(&kept.json).is_ok());
        assert!(kept.people.is_empty(), "nobody is known without a key");
    }
    read.quarantine.is_none()
}

#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::replay::replay;

    #[test]
    fn signatures() {
        replay(&["fuzz/seeds/signature"], super::signature);
    }

    #[test]
    fn envelopes() {
        replay(&["fuzz/seeds/envelope", "tests/fixtures/stripe_events"], super::envelope);
    }
}
