//! Stripe's signature scheme, and the probe that is signed with it: the health check signs, the receiver
//! verifies.
//!
//! `Stripe-Signature: t=<unix seconds>,v1=<hex>`, where `v1` is HMAC-SHA256 over `<t>.<raw body>` under the
//! whole secret (docs.stripe.com/webhooks#verify-manually).

use std::fmt;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use ring::hmac;

use crate::config::{ConfigError, Vars};
use crate::secrets::{Names, Secret};

/// The type of the event that the health check posts to the public URL. It is no event of Stripe's.
pub const PROBE_TYPE: &str = "hookwatch.probe";
/// What the receiver answers a probe that it has stored: the member `status`.
pub const PROBED: &str = "probe";

const PROBE_SECRET: Names =
    Names { plain: "WEBHOOK_PROBE_SECRET", arn: "WEBHOOK_PROBE_SECRET_ARN" };
/// Characters that make the probe's secret hard enough to guess.
const SHORTEST: usize = 16;

/// A signing secret under a name of ours. Neither shows the key.
#[derive(Clone)]
pub struct SigningSecret {
    /// What log entries call it, `live` say.
    pub name: String,
    /// HMAC-SHA256 under the whole secret, `whsec_` included, as Stripe has it.
    pub key: hmac::Key,
}

impl SigningSecret {
    /// A secret from its text.
    pub fn new(name: &str, secret: &str) -> Self {
        Self { name: name.to_owned(), key: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()) }
    }

    /// What signs `body` at `time`, in Unix seconds as they are written in the header.
    pub fn mac(&self, time: &str, body: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(time.as_bytes());
        context.update(b".");
        context.update(body);
        context.sign()
    }

    /// The value of `Stripe-Signature` for a body that is sent now.
    pub fn header(&self, body: &[u8], now: Timestamp) -> String {
        let time = now.as_second().to_string();
        let code = HEXLOWER.encode(self.mac(&time, body).as_ref());
        format!("t={time},v1={code}")
    }

    /// Whether it is another's secret too.
    pub fn is_same_key(&self, other: &Self) -> bool {
        self.mac("0", b"").as_ref() == other.mac("0", b"").as_ref()
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningSecret").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Reads `WEBHOOK_PROBE_SECRET`, or the secret that `WEBHOOK_PROBE_SECRET_ARN` names: at least 16 printable
/// ASCII characters; none: no probes.
///
/// # Errors
/// When it is too short or has other characters, or cannot be read.
pub async fn probe_secret(vars: &Vars<'_>) -> Result<Option<Secret<SigningSecret>>, ConfigError> {
    Secret::load_optional(vars, PROBE_SECRET, parse_probe_secret).await
}

fn parse_probe_secret(secret: &str) -> Result<SigningSecret, String> {
    if secret.len() < SHORTEST || !secret.bytes().all(|b| b.is_ascii_graphic()) {
        const EXPECTED: &str = "must be 16 printable ASCII characters or more, without spaces";
        return Err(EXPECTED.to_owned());
    }
    Ok(SigningSecret::new(PROBED, secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_named_and_not_shown() {
        let secret = parse_probe_secret("0123456789abcdef").unwrap();
        assert!(!format!("{secret:?}").contains("0123"));
        assert!(secret.is_same_key(&SigningSecret::new("other", "0123456789abcdef")));
        assert!(!secret.is_same_key(&SigningSecret::new("other", "0123456789abcdeg")));
        for bad in ["0123456789abcde", "0123456789 abcdef", "0123456789abcdefä"] {
            assert!(!parse_probe_secret(bad).unwrap_err().contains(bad));
        }
    }
}
