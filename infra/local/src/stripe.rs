//! A Stripe for one machine: it makes events of any known type and signs them as Stripe does.

mod compose;
mod fixtures;
mod refresh;
mod sample;

use ring::hmac;

pub use fixtures::{EventType, Kind, event_types};
pub use sample::{SampleError, sample, sample_at};

/// The value of `Stripe-Signature` for a body sent at `timestamp` (epoch seconds): `t=...,v1=...`.
/// The key is the whole secret, its `whsec_` included.
#[must_use]
pub fn sign(secret: &str, timestamp: i64, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mut context = hmac::Context::with_key(&key);
    context.update(format!("{timestamp}.").as_bytes());
    context.update(body);
    let code = data_encoding::HEXLOWER.encode(context.sign().as_ref());
    format!("t={timestamp},v1={code}")
}

#[cfg(test)]
mod tests {
    use super::sign;

    #[test]
    fn signatures_are_those_of_the_recorded_vectors() {
        let path = "tests/fixtures/signature_vectors/stripe_signature_vectors.json";
        let text = std::fs::read_to_string(crate::workspace().join(path)).unwrap();
        let file: serde_json::Value = serde_json::from_str(&text).unwrap();
        let mut checked = 0;
        for vector in file["vectors"].as_array().unwrap() {
            let text = |field: &str| vector[field].as_str().unwrap_or_default();
            let body = data_encoding::BASE64.decode(text("payload_b64").as_bytes()).unwrap();
            // Those that one secret signed once, in the order and the case that we write.
            let Some((timestamp, code)) = text("header").split_once(",v1=") else { continue };
            let Some(Ok(timestamp)) = timestamp.strip_prefix("t=").map(str::parse) else {
                continue;
            };
            if vector["consensus"] == "accept" && code.len() == 64 {
                assert_eq!(
                    sign(text("secret"), timestamp, &body),
                    text("header"),
                    "{}",
                    text("id")
                );
                checked += 1;
            }
        }
        assert!(checked > 10, "only {checked} vectors were usable");
    }
}
