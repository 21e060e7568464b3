//! Rejections: requests that were refused, counted by source and cause, one map a minute and
//! function instance, so that a forger cannot make us write.

use jiff::Timestamp;

use super::Diagnosis;
use super::class::named;

named! {
    /// Why a request was refused: the public code of the answer.
    Cause {
        /// No `Stripe-Signature` header, or an empty one.
        MissingSignature = "missing_signature",
        /// The header does not have Stripe's form.
        MalformedSignature = "malformed_signature",
        /// The header has no `v1` signature.
        NoV1Signature = "no_v1_signature",
        /// No `v1` signature matches the body under any of our secrets.
        SignatureMismatch = "signature_mismatch",
        /// The signature is right and its time is too long ago.
        TimestampTooOld = "timestamp_too_old",
        /// The signature is right and its time lies in the future.
        TimestampInFuture = "timestamp_in_future",
        /// Not genuine, and larger than an unsigned body may be.
        BodyTooLarge = "body_too_large",
        /// The body is flagged as base64 and does not decode.
        InvalidBodyEncoding = "invalid_body_encoding",
        /// A token of the operations API that is not known.
        TokenWrong = "token_wrong",
        /// The operators deny the address.
        SourceDenied = "source_denied",
        /// Genuine, but from no address that Stripe publishes, and the rule is enforced.
        SourceNotListed = "source_not_listed",
        /// Genuine, but with another user agent than Stripe's, and the rule is enforced.
        UserAgentNotAllowed = "user_agent_not_allowed",
    }
}

/// How often one source was refused for one cause within one minute, as one instance saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// Start of the minute.
    pub minute: Timestamp,
    /// The function instance that counted.
    pub instance: String,
    /// Address of the peer; `None` when it is unknown or was folded into the rest of a full map.
    pub source_ip: Option<String>,
    /// Why.
    pub cause: Cause,
    /// The source is in Stripe's published list: most probably our secret or clock is wrong.
    pub refused_genuine: bool,
    /// What was wrong, where it is more than the cause says.
    pub diagnosis: Option<Diagnosis>,
    /// The last signature's time minus ours, in seconds, where that is the cause.
    pub skew_seconds: Option<i64>,
    /// How often.
    pub count: u64,
}

impl Rejection {
    /// What is most probably wrong.
    pub fn most_probably(&self) -> Diagnosis {
        self.diagnosis.unwrap_or(Diagnosis::of(self.cause))
    }
}

/// All that one instance refused in one minute: one item of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejections {
    /// Start of the minute.
    pub minute: Timestamp,
    /// The function instance that counted; unique among instances.
    pub instance: String,
    /// The counts, each of this minute and instance.
    pub counts: Vec<Rejection>,
}

impl Rejections {
    /// The start of the minute that an instant is counted in.
    pub fn minute_of(at: Timestamp) -> Timestamp {
        let seconds = at.as_second() - at.as_second().rem_euclid(60);
        Timestamp::from_second(seconds).unwrap_or(Timestamp::MIN)
    }

    /// All of them together.
    pub fn total(&self) -> u64 {
        self.counts.iter().map(|rejection| rejection.count).sum()
    }
}
