//! Stripe's signature scheme, read strictly.
//!
//! `Stripe-Signature: t=<unix seconds>,v1=<hex>[,v1=<hex>...]`; what a `v1` is, is in `shared::signing`.
//! Stripe's own libraries differ on odd headers; this accepts what all five of them accept.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use ring::hmac;
use shared::log::SignatureFacts;
use subtle::ConstantTimeEq;

use crate::secret::{SigningSecret, is_retired};

/// How far a signature's time may be from ours, in seconds, either way. The default of all of
/// Stripe's libraries; every retry is signed anew.
pub const TOLERANCE_SECONDS: i64 = 300;

/// Longest header looked at. Stripe's has about 100 bytes, 170 while a secret is rolled.
const MAX_HEADER_BYTES: usize = 8 * 1024;
/// Most `v1` signatures looked at. Stripe sends one for each active secret.
const MAX_SIGNATURES: usize = 16;

/// Why a signature does not prove anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureError {
    /// No header, or an empty one.
    Missing,
    /// Not of Stripe's form.
    Malformed,
    /// Of Stripe's form, without a `v1`.
    NoV1,
    /// No `v1` matches under any secret.
    Mismatch,
    /// Matches, and is older than the tolerance.
    TooOld,
    /// Matches, and is further in the future than the tolerance.
    InFuture,
}

/// Whether Stripe signed `body`, and with which secret. The signature is checked before its time,
/// so that a clock that is wrong is told from a forgery.
pub fn verify(
    header: Option<&str>,
    body: &[u8],
    secrets: &[SigningSecret],
    now: Timestamp,
    tolerance_seconds: i64,
) -> Result<SignatureFacts, SignatureError> {
    let header = header.filter(|header| !header.is_empty()).ok_or(SignatureError::Missing)?;
    let Header { time, signatures } = parse(header)?;
    let secret = secrets
        .iter()
        .filter(|secret| !is_retired(secret))
        .find(|secret| matches_any(&secret.mac(time, body), &signatures))
        .ok_or(SignatureError::Mismatch)?;
    let skew_seconds =
        time.parse::<i64>().map_err(|_| SignatureError::Malformed)? - now.as_second();
    if skew_seconds < -tolerance_seconds {
        Err(SignatureError::TooOld)
    } else if skew_seconds > tolerance_seconds {
        Err(SignatureError::InFuture)
    } else {
        Ok(SignatureFacts { secret_name: secret.name.clone(), skew_seconds })
    }
}

/// A header of Stripe's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header<'a> {
    /// The signature's time, in Unix seconds, as it is written.
    pub time: &'a str,
    /// Every `v1`.
    pub signatures: Vec<[u8; 32]>,
}

/// Whether a secret made one of a header's signatures over a body, whenever that was.
pub fn is_signed(header: &Header<'_>, body: &[u8], secret: &SigningSecret) -> bool {
    matches_any(&secret.mac(header.time, body), &header.signatures)
}

/// Reads a header strictly.
///
/// # Errors
/// `Malformed` or `NoV1`.
pub fn parse(header: &str) -> Result<Header<'_>, SignatureError> {
    if header.len() > MAX_HEADER_BYTES {
        return Err(SignatureError::Malformed);
    }
    let mut time = None;
    let mut v1 = Vec::new();
    for element in header.split(',') {
        let (scheme, value) = element.split_once('=').ok_or(SignatureError::Malformed)?;
        match scheme {
            _ if value.contains('=') => return Err(SignatureError::Malformed),
            "t" if time.is_some() || !is_unix_seconds(value) => {
                return Err(SignatureError::Malformed);
            }
            "t" => time = Some(value),
            "v1" if v1.len() == MAX_SIGNATURES => return Err(SignatureError::Malformed),
            "v1" => v1.push(signature_bytes(value).ok_or(SignatureError::Malformed)?),
            // Other schemes prove nothing: v0 is a fake that Stripe sends with test events.
            _ => {}
        }
    }
    match time {
        None => Err(SignatureError::Malformed),
        Some(_) if v1.is_empty() => Err(SignatureError::NoV1),
        Some(time) => Ok(Header { time, signatures: v1 }),
    }
}

/// 64 lower-case hex digits. Stripe's libraries throw on some other values, ignore others and accept
/// none.
fn signature_bytes(hex: &str) -> Option<[u8; 32]> {
    HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok()
}

/// 1 to 11 digits, no sign, no leading zero.
fn is_unix_seconds(text: &str) -> bool {
    (1..=11).contains(&text.len())
        && !text.starts_with('0')
        && text.bytes().all(|b| b.is_ascii_digit())
}

fn matches_any(expected: &hmac::Tag, signatures: &[[u8; 32]]) -> bool {
    signatures.iter().any(|signature| signature.as_slice().ct_eq(expected.as_ref()).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct File {
        vectors: Vec<Vector>,
    }

    #[derive(Deserialize)]
    struct Vector {
        id: String,
        payload_b64: String,
        header: Option<String>,
        secret: Option<String>,
        now: i64,
        tolerance_s: i64,
        verdict: String,
    }

    /// Where the official libraries leave the choice: future times are refused like old ones, the
    /// tolerance is never "off", `t` has at most 11 digits.
    fn our_policy(id: &str) -> Option<&'static str> {
        match id {
            "clock-tol-negative" | "clock-tol0-old" | "t-zero-tol0" => Some("refuse"),
            "clock-future301" | "clock-future315360000" | "t-millis" => Some("refuse"),
            _ => None,
        }
    }

    #[test]
    fn signature_vectors() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/signature_vectors");
        let mut checked = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            for vector in serde_json::from_str::<File>(&text).unwrap().vectors {
                let body = data_encoding::BASE64.decode(vector.payload_b64.as_bytes()).unwrap();
                let secrets: Vec<_> =
                    vector.secret.iter().map(|secret| SigningSecret::new("s", secret)).collect();
                let now = Timestamp::from_second(vector.now).unwrap();
                let verified =
                    verify(vector.header.as_deref(), &body, &secrets, now, vector.tolerance_s);
                let expected = match vector.verdict.as_str() {
                    "policy" => our_policy(&vector.id).expect("a policy for every open case"),
                    verdict => verdict,
                };
                let seen = if verified.is_ok() { "accept" } else { "refuse" };
                assert_eq!(seen, expected, "{}: {verified:?}", vector.id);
                checked += 1;
            }
        }
        assert!(checked >= 104, "{checked} vectors");
    }

    #[test]
    fn every_cause_is_told_apart() {
        let secrets =
            [SigningSecret::new("old", "whsec_old"), SigningSecret::new("new", "whsec_new")];
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let signed = |t: i64, with: usize| {
            let tag = secrets[with].mac(&t.to_string(), b"{}");
            format!("t={t},v1={}", HEXLOWER.encode(tag.as_ref()))
        };
        let check = |header: &str| {
            verify(Some(header), b"{}", &secrets, now, TOLERANCE_SECONDS)
                .map(|facts| facts.secret_name)
        };
        assert_eq!(check(&signed(1_700_000_000, 1)), Ok("new".into()));
        assert_eq!(check(&signed(1_699_999_700, 0)), Ok("old".into()));
        assert_eq!(check(&signed(1_699_999_699, 0)), Err(SignatureError::TooOld));
        assert_eq!(check(&signed(1_700_000_301, 0)), Err(SignatureError::InFuture));
        assert_eq!(check(""), Err(SignatureError::Missing));
        assert_eq!(check("t=1700000000,v0=00"), Err(SignatureError::NoV1));
        assert_eq!(check("t=1700000000,v1=00"), Err(SignatureError::Malformed));
        let zeros = "0".repeat(64);
        assert_eq!(check(&format!("t=1700000000,v1={zeros}")), Err(SignatureError::Mismatch));
        assert_eq!(check("v1=00"), Err(SignatureError::Malformed));
        let many = format!(",v1={zeros}");
        assert_eq!(
            check(&(signed(1_700_000_000, 0) + &many.repeat(17))),
            Err(SignatureError::Malformed)
        );
        assert_eq!(check(&"x".repeat(9_000)), Err(SignatureError::Malformed));
    }
}
