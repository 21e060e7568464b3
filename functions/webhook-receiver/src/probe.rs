//! The health check's probe: an event of its own type under a secret of its own, told from everything
//! else. That secret lets nothing else in.

use jiff::Timestamp;
use shared::log::EventId;
use shared::signing::{PROBE_TYPE, SigningSecret};

use crate::envelope;
use crate::signature::{self, SignatureError, TOLERANCE_SECONDS};

/// Largest body looked at: a forger's must not cost a second reading.
const MOST_BYTES: usize = 1_024;

/// The id of a probe. Everything else is what it is without our looking for probes: a body that no
/// secret of Stripe's has signed.
pub fn read(
    header: Option<&str>,
    body: &[u8],
    secret: Option<&SigningSecret>,
    now: Timestamp,
) -> Result<EventId, SignatureError> {
    let secret = secret.filter(|_| body.len() <= MOST_BYTES).ok_or(SignatureError::Mismatch)?;
    let verified =
        signature::verify(header, body, std::slice::from_ref(secret), now, TOLERANCE_SECONDS);
    let envelope = envelope::read(body);
    match envelope.facts.event_type.as_deref() {
        Some(PROBE_TYPE) => verified.map(|_| envelope.event_id),
        _ => Err(SignatureError::Mismatch),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_probe_under_the_probes_secret_is_one() {
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let (probe, other) = (SigningSecret::new("p", "p"), SigningSecret::new("o", "o"));
        let body = br#"{"id":"probe_1","type":"hookwatch.probe"}"#;
        let event = br#"{"id":"evt_1","type":"charge.failed"}"#;
        let large = [body.as_slice(), &[b' '; MOST_BYTES]].concat();
        let long_ago = Timestamp::from_second(1_699_999_000).unwrap();
        let mismatch = Err(SignatureError::Mismatch);
        for (signed_by, at, known, body, expected) in [
            (&probe, now, Some(&probe), body.as_slice(), Ok("probe_1".to_owned())),
            (&probe, long_ago, Some(&probe), body, Err(SignatureError::TooOld)),
            (&probe, now, Some(&probe), event, mismatch.clone()),
            (&probe, long_ago, Some(&probe), event, mismatch.clone()),
            (&other, now, Some(&probe), body, mismatch.clone()),
            (&probe, now, None, body, mismatch.clone()),
            (&probe, now, Some(&probe), &large, mismatch),
        ] {
            let header = signed_by.header(body, at);
            let read = read(Some(&header), body, known, now).map(|id| id.to_string());
            assert_eq!(read, expected, "{}", String::from_utf8_lossy(body));
        }
    }
}
