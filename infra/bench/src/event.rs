//! The gateway's events: a recorded request of Stripe's around an event with random ids.

use std::path::Path;

use dictionary::randomise::randomise;
use jiff::Timestamp;
use serde_json::{Value, json};

/// What the events are signed with.
pub const SECRET: &str = "whsec_bench_0123456789abcdefghijklmn";
/// A recorded event of middling size.
const EVENT: &str = "tests/fixtures/stripe_events/charge.failed.json";
const REQUEST: &str = "tests/fixtures/lambda_events/stripe_webhook_apigw_http_v2.json";

/// Where events come from.
pub struct Source {
    request: Value,
    event: String,
}

/// Who signed an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signer {
    /// Stripe.
    Stripe,
    /// Somebody who had to guess the secret.
    Forger,
}

impl Source {
    /// Reads the recordings.
    ///
    /// # Errors
    /// When they are missing.
    pub fn load(workspace: &Path) -> std::io::Result<Self> {
        let request = std::fs::read(workspace.join(REQUEST))?;
        let event = std::fs::read_to_string(workspace.join(EVENT))?;
        Ok(Self { request: serde_json::from_slice(&request)?, event })
    }

    /// An event's body; another number is another event.
    #[must_use]
    pub fn body(&self, number: u64) -> String {
        randomise(&self.event, 1_000_000 + number)
    }

    /// What the function is handed for a body that is sent now.
    #[must_use]
    pub fn request(&self, body: &str, signer: Signer) -> Vec<u8> {
        let (secret, address) = match signer {
            Signer::Stripe => (SECRET, "3.18.12.63"),
            Signer::Forger => ("whsec_guessed", "203.0.113.7"),
        };
        let signature = local::stripe::sign(secret, Timestamp::now().as_second(), body.as_bytes());
        let mut request = self.request.clone();
        for (place, value) in [
            ("/headers/stripe-signature", json!(signature)),
            ("/headers/content-length", json!(body.len().to_string())),
            ("/headers/x-forwarded-for", json!(address)),
            ("/requestContext/http/sourceIp", json!(address)),
            ("/requestContext/requestId", json!(request_id())),
            ("/body", json!(body)),
        ] {
            if let Some(member) = request.pointer_mut(place) {
                *member = value;
            }
        }
        request.to_string().into_bytes()
    }
}

/// As long as the HTTP API's.
fn request_id() -> String {
    let text: String = (0..15).map(|_| fastrand::alphanumeric()).collect();
    format!("{text}=")
}

#[cfg(test)]
mod tests {
    use super::{Signer, Source};

    #[test]
    fn a_forgery_differs_in_who_signed_it_and_from_where() {
        let source = Source::load(&local::workspace()).unwrap();
        let body = source.body(1);
        assert_ne!(body, source.body(2));
        let of = |signer| serde_json::from_slice(&source.request(&body, signer)).unwrap();
        let (genuine, forged): (serde_json::Value, serde_json::Value) =
            (of(Signer::Stripe), of(Signer::Forger));
        assert_eq!(genuine["body"], forged["body"]);
        assert_eq!(genuine["body"], body);
        assert_ne!(genuine["headers"]["stripe-signature"], forged["headers"]["stripe-signature"]);
        assert_eq!(forged["requestContext"]["http"]["sourceIp"], "203.0.113.7");
    }
}
