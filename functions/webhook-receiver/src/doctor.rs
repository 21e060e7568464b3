//! The signature doctor: what is most probably wrong with a refused request. It changes no answer; its
//! finding is counted with the refusal.
//!
//! Looking for an altered body costs more than refusing it: up to 23 codes over it for each secret. So it is
//! done for small bodies only, and once a second, and once more for addresses that Stripe publishes, lest a
//! flood of forgeries hides the one request that is worth looking at.

mod alterations;
mod charset;
mod claim;
mod escapes;

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use shared::log::{Cause, Diagnosis};

use crate::secret::{SigningSecret, is_retired};
use crate::signature::{self, Header};

/// Largest body that is looked at.
const MOST_BYTES: usize = 64 * 1024;
/// Most secrets that are tried.
const MOST_SECRETS: usize = 8;

/// When bodies were last looked at, in Unix seconds: of anybody's requests, and of those from addresses
/// that Stripe publishes.
pub struct Doctor {
    last: [AtomicI64; 2],
}

/// A refused request.
pub struct Patient<'a> {
    /// The public cause.
    pub cause: Cause,
    /// The signature header.
    pub header: Option<&'a str>,
    /// The body; empty where it could not be read.
    pub body: &'a [u8],
    /// Whether it came from an address that Stripe publishes.
    pub is_published: bool,
}

impl Doctor {
    /// One that has looked at nothing yet.
    pub fn new() -> Self {
        Self { last: [AtomicI64::new(i64::MIN), AtomicI64::new(i64::MIN)] }
    }

    /// Whether there is time to look at a refused request; takes the time. Looking at a header takes
    /// next to none.
    pub fn may(&self, cause: Cause, at: Timestamp, is_published: bool) -> bool {
        let [anybody, published] = &self.last;
        let last = if is_published { published } else { anybody };
        cause != Cause::SignatureMismatch
            || last.swap(at.as_second(), Ordering::Relaxed) != at.as_second()
    }
}

impl Default for Doctor {
    fn default() -> Self {
        Self::new()
    }
}

/// How far a header's time is from ours, in seconds, where it is one of Stripe's form.
pub fn skew_seconds(header: &str, at: Timestamp) -> Option<i64> {
    let Header { time, .. } = signature::parse(header).ok()?;
    Some(time.parse::<i64>().ok()? - at.as_second())
}

/// What is wrong, where it is more than the cause says.
pub fn examine(patient: &Patient<'_>, secrets: &[SigningSecret]) -> Option<Diagnosis> {
    match patient.cause {
        Cause::MalformedSignature | Cause::NoV1Signature => patient.header.and_then(of_header),
        Cause::SignatureMismatch if patient.body.len() <= MOST_BYTES => {
            of_body(patient.header?, patient.body, secrets)
                .or_else(|| claim::missing_secret(patient.body, patient.is_published))
        }
        _ => None,
    }
}

fn of_header(header: &str) -> Option<Diagnosis> {
    let elements = || header.split(',');
    if elements().filter(|element| element.trim_start().starts_with("t=")).nth(1).is_some() {
        return Some(Diagnosis::HeaderJoined);
    }
    elements()
        .any(|element| element.starts_with(' ') && element.contains('='))
        .then_some(Diagnosis::HeaderSpaced)
}

fn of_body(header: &str, body: &[u8], secrets: &[SigningSecret]) -> Option<Diagnosis> {
    let header = signature::parse(header).ok()?;
    let signed = |body: &[u8], retired: bool| {
        let tried = secrets.iter().filter(|secret| is_retired(secret) == retired);
        tried.take(MOST_SECRETS).any(|secret| signature::is_signed(&header, body, secret))
    };
    if signed(body, true) {
        return Some(Diagnosis::RetiredSecret);
    }
    alterations::alterations(body)
        .find(|(_, body)| signed(body, false))
        .map(|(diagnosis, _)| diagnosis)
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;

    use super::*;

    const PRETTY: &str = "{\n  \"id\": \"evt_1\",\n  \"n\": 1.50,\n  \"text\": \"a: b, \\\"{c}\\\" é\",\n  \"list\": [\n    1,\n    {\n      \"x\": null\n    }\n  ],\n  \"none\": [],\n  \"empty\": {}\n}";

    fn at() -> Timestamp {
        Timestamp::from_second(1_700_000_000).unwrap()
    }

    fn secrets() -> [SigningSecret; 2] {
        [SigningSecret::new("live", "whsec_a"), SigningSecret::new("retired:old", "whsec_b")]
    }

    fn examined(header: &str, body: &[u8]) -> Option<Diagnosis> {
        let cause = Cause::SignatureMismatch;
        let patient = Patient { cause, header: Some(header), body, is_published: false };
        examine(&patient, &secrets())
    }

    #[test]
    fn an_alteration_is_known_by_the_signature_of_what_was_before() {
        let compact = r#"{"id":"evt_1","n":1.50,"text":"a: b, \"{c}\" é","list":[1,{"x":null}],"none":[],"empty":{}}"#;
        let spaced = r#"{"id": "evt_1", "n": 1.50, "text": "a: b, \"{c}\" é", "list": [1, {"x": null}], "none": [], "empty": {}}"#;
        let ended = format!("{PRETTY}\n");
        let marked = format!("\u{feff}{PRETTY}");
        let windows = PRETTY.replace('\n', "\r\n");
        let base64 = BASE64.encode(PRETTY.as_bytes());
        let quoted = serde_json::to_string(PRETTY).unwrap();
        let escaped = |json: &str| json.replace('é', "\\u00e9");
        let (pretty_escaped, python) = (escaped(PRETTY), escaped(spaced));
        let php = escaped(compact).replace("a: b", "a:\\/b");
        let slashed = PRETTY.replace("a: b", "a:/b");
        let tangled = PRETTY.replace('é', "Ã©");
        use Diagnosis::{
            BodyBase64, BodyLineEnds, BodyMarked, BodyQuoted, BodyReencoded, BodyReserialised,
            BodyTrimmed,
        };
        for (signed, came, expected) in [
            (PRETTY, ended.as_str(), Some(BodyTrimmed)),
            (&ended, PRETTY, Some(BodyTrimmed)),
            (PRETTY, &marked, Some(BodyMarked)),
            (&marked, PRETTY, Some(BodyMarked)),
            (PRETTY, &windows, Some(BodyLineEnds)),
            (&windows, PRETTY, Some(BodyLineEnds)),
            (PRETTY, compact, Some(BodyReserialised)),
            (PRETTY, spaced, Some(BodyReserialised)),
            (compact, PRETTY, Some(BodyReserialised)),
            (spaced, compact, Some(BodyReserialised)),
            (PRETTY, &python, Some(BodyReserialised)),
            (compact, &python, Some(BodyReserialised)),
            (PRETTY, &pretty_escaped, Some(BodyReserialised)),
            (&slashed, &php, Some(BodyReserialised)),
            (&pretty_escaped, PRETTY, Some(BodyReserialised)),
            (&pretty_escaped, compact, Some(BodyReserialised)),
            (&pretty_escaped, &python, Some(BodyReserialised)),
            (PRETTY, &tangled, Some(BodyReencoded)),
            (PRETTY, &base64, Some(BodyBase64)),
            (&base64, PRETTY, Some(BodyBase64)),
            (PRETTY, &quoted, Some(BodyQuoted)),
            (PRETTY, "{}", None),
            ("", "[", None),
        ] {
            let header = secrets()[0].header(signed.as_bytes(), at());
            let found = examined(&header, came.as_bytes());
            assert_eq!(found, expected, "signed {signed:?}, came {came:?}");
        }
        let latin = PRETTY.split('é').map(str::as_bytes).collect::<Vec<_>>().join(&0xe9);
        let header = secrets()[0].header(PRETTY.as_bytes(), at());
        assert_eq!(examined(&header, &latin), Some(BodyReencoded));
    }

    #[test]
    fn a_body_that_came_unaltered_or_has_lost_something_is_not_known() {
        let unknown = SigningSecret::new("theirs", "whsec_another");
        for (signed, came) in [
            (PRETTY, PRETTY),
            (r#"{"b": 1, "a": 2}"#, r#"{"a": 2, "b": 1}"#),
            (r#"{"n": 1.50}"#, r#"{"n": 1.5}"#),
            (r#"{"text": "Café"}"#, r#"{"text": "Caf?"}"#),
        ] {
            let secret = if signed == came { &unknown } else { &secrets()[0] };
            let header = secret.header(signed.as_bytes(), at());
            assert_eq!(examined(&header, came.as_bytes()), None, "{came}");
        }
    }

    #[test]
    fn a_retired_secret_is_known_and_lets_nothing_in() {
        let header = secrets()[1].header(b"{}", at());
        assert_eq!(examined(&header, b"{}"), Some(Diagnosis::RetiredSecret));
        let verified = signature::verify(Some(&header), b"{}", &secrets(), at(), 300);
        assert_eq!(verified, Err(signature::SignatureError::Mismatch));
    }

    #[test]
    fn bodies_are_looked_at_once_a_second_and_once_more_for_stripes_addresses() {
        let doctor = Doctor::new();
        let mismatch = Cause::SignatureMismatch;
        for (is_published, expected) in [(false, true), (false, false), (true, true), (true, false)]
        {
            assert_eq!(doctor.may(mismatch, at(), is_published), expected);
        }
        assert!(doctor.may(Cause::MalformedSignature, at(), false));
        let later = at() + jiff::SignedDuration::from_secs(1);
        assert!(doctor.may(mismatch, later, false));
        let large = vec![b' '; MOST_BYTES + 1];
        let header = secrets()[1].header(&large, at());
        assert_eq!(examined(&header, &large), None, "too large");
    }

    #[test]
    fn headers_that_a_proxy_has_changed_are_told_from_others() {
        for (header, expected) in [
            ("t=1,v1=00,t=2,v1=00", Some(Diagnosis::HeaderJoined)),
            ("t=1, v1=00, t=2, v1=00", Some(Diagnosis::HeaderJoined)),
            ("t=1, v1=00", Some(Diagnosis::HeaderSpaced)),
            ("nonsense", None),
            (",, ,=", None),
        ] {
            assert_eq!(of_header(header), expected, "{header}");
        }
        assert_eq!(skew_seconds(&secrets()[0].header(b"", at()), at()), Some(0));
        assert_eq!(skew_seconds("t=x", at()), None);
    }
}
