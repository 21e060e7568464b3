//! Stripe's signature.

use ring::hmac;

const TOLERANCE_SECONDS: u64 = 300;

/// The signing secret.
pub struct Secret(hmac::Key);

impl Secret {
    pub fn new(secret: &str) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()))
    }

    /// Whether a `Stripe-Signature` is this secret's over `body`, and recent.
    pub fn has_signed(&self, header: &str, body: &str, now: u64) -> bool {
        let parts = || header.split(',').filter_map(|part| part.split_once('='));
        let Some((_, sent_at)) = parts().find(|(name, _)| *name == "t") else {
            return false;
        };
        if !sent_at.parse().is_ok_and(|at: u64| now.abs_diff(at) <= TOLERANCE_SECONDS) {
            return false;
        }
        let signed = [sent_at.as_bytes(), b".", body.as_bytes()].concat();
        let signatures = parts().filter(|(name, _)| *name == "v1");
        signatures
            .filter_map(|(_, value)| bytes_of(value))
            .any(|signature| hmac::verify(&self.0, &signed, &signature).is_ok())
    }
}

fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.as_bytes().chunks_exact(2);
    digits.map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()).collect()
}
