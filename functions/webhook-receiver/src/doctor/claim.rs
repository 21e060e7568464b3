//! What a body says of itself that no secret of ours has signed, and whose secret that was therefore.
//!
//! Anybody can write such a body; but nobody sends from Stripe's own addresses but Stripe, so what came from there is
//! believed. Endpoints of the same kind and mode have nothing in their events that tells them apart.

use serde_json::value::RawValue;
use shared::log::Diagnosis;

use crate::pick::{pick, text};

/// The secret that is most probably missing here; `None` where it may as well be a forgery.
pub fn missing_secret(body: &[u8], is_published: bool) -> Option<Diagnosis> {
    let json = std::str::from_utf8(body).ok()?;
    let ([object, livemode, account], result) = pick(json, ["object", "livemode", "account"]);
    result.ok()?;
    let is_thin = match text(object)?.as_str() {
        "event" => false,
        "v2.core.event" => true,
        _ => return None,
    };
    let is_live = livemode.map(RawValue::get) == Some("true");
    match (is_published, is_thin, text(account).is_some()) {
        (true, true, _) => Some(Diagnosis::ThinSecret),
        (true, false, true) => Some(Diagnosis::ConnectSecret),
        (true, false, false) if is_live => Some(Diagnosis::LiveSecret),
        (true, false, false) => Some(Diagnosis::TestSecret),
        // It forwards events of test mode, from the computer that it runs on.
        (false, ..) => (!is_live).then_some(Diagnosis::CliSecret),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_from_stripe_tells_which_endpoints_secret_is_missing() {
        use Diagnosis::{CliSecret, ConnectSecret, LiveSecret, TestSecret, ThinSecret};
        for (body, from_stripe, from_elsewhere) in [
            (r#"{"object":"event","livemode":true}"#, Some(LiveSecret), None),
            (r#"{"object":"event","livemode":false}"#, Some(TestSecret), Some(CliSecret)),
            (r#"{"object":"event","livemode":true,"account":null}"#, Some(LiveSecret), None),
            (r#"{"object":"event","livemode":true,"account":"acct_1"}"#, Some(ConnectSecret), None),
            (
                r#"{"object":"event","livemode":false,"account":"acct_1"}"#,
                Some(ConnectSecret),
                Some(CliSecret),
            ),
            (r#"{"object":"v2.core.event","livemode":true}"#, Some(ThinSecret), None),
            (r#"{"object":"charge","livemode":true}"#, None, None),
            (r#"{"livemode":false}"#, None, None),
            (r#"{"object":"event","livemode":false"#, None, None),
            ("[]", None, None),
            ("", None, None),
        ] {
            let told = [true, false].map(|published| missing_secret(body.as_bytes(), published));
            assert_eq!(told, [from_stripe, from_elsewhere], "{body}");
        }
        assert_eq!(missing_secret(b"\xff", true), None);
    }
}
