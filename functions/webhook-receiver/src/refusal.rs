//! What a refused sender is told: a status, a stable code, a fixed text. Never a detail of ours.

use serde::Serialize;
use shared::gateway::{ErrorBody, Response};
use shared::log::Cause;

use crate::signature::SignatureError;

/// An answer that is not 200.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Not from Stripe, or not provably.
    Rejected(Cause),
    /// No such path.
    NotFound,
    /// The path takes POST only.
    MethodNotAllowed,
    /// Genuine, but could not be logged: Stripe is to try again.
    NotStored,
}

impl From<SignatureError> for Cause {
    fn from(error: SignatureError) -> Self {
        match error {
            SignatureError::Missing => Self::MissingSignature,
            SignatureError::Malformed => Self::MalformedSignature,
            SignatureError::NoV1 => Self::NoV1Signature,
            SignatureError::Mismatch => Self::SignatureMismatch,
            SignatureError::TooOld => Self::TimestampTooOld,
            SignatureError::InFuture => Self::TimestampInFuture,
        }
    }
}

impl Refusal {
    /// The answer.
    pub fn response(self, request_id: &str) -> Response {
        let (status, code, message) = self.parts();
        let response = answer(status, &ErrorBody::new(code, message, request_id));
        match self {
            Self::MethodNotAllowed => response.with_header("allow", "POST"),
            _ => response,
        }
    }

    fn parts(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::Rejected(cause) => (status_of(cause), cause.as_str(), message_of(cause)),
            Self::NotFound => {
                (404, "not_found", "There is nothing here. Webhooks go to POST /webhooks/stripe.")
            }
            Self::MethodNotAllowed => (405, "method_not_allowed", "Webhooks are sent with POST."),
            Self::NotStored => {
                (500, "internal", "The event could not be logged. Please send it again.")
            }
        }
    }
}

fn status_of(cause: Cause) -> u16 {
    match cause {
        Cause::BodyTooLarge => 413,
        Cause::SourceDenied | Cause::SourceNotListed | Cause::UserAgentNotAllowed => 403,
        _ => 400,
    }
}

fn message_of(cause: Cause) -> &'static str {
    match cause {
        Cause::MissingSignature => "The Stripe-Signature header is missing.",
        Cause::MalformedSignature => {
            "The Stripe-Signature header does not have the form t=...,v1=...."
        }
        Cause::NoV1Signature => "The Stripe-Signature header has no v1 signature.",
        Cause::SignatureMismatch => "No signature in the Stripe-Signature header matches the body.",
        Cause::TimestampTooOld => "The signature is too old.",
        Cause::TimestampInFuture => "The signature's time lies in the future.",
        Cause::BodyTooLarge => "The body is too large.",
        Cause::InvalidBodyEncoding => "The body is not the base64 it is said to be.",
        Cause::SourceDenied | Cause::SourceNotListed => "Requests from this address are refused.",
        Cause::UserAgentNotAllowed => "Requests of this user agent are refused.",
        // The operations API's; the receiver has no tokens.
        Cause::TokenWrong => "The token is not known.",
    }
}

/// A JSON answer. The types that come here always serialise.
pub fn answer(status: u16, body: &impl Serialize) -> Response {
    let text = serde_json::to_string(body).unwrap_or_default();
    Response::new(status, "application/json", text)
}
