//! A signature header and a body, apart at the first zero byte: neither verifying nor the doctor fails, and
//! without a secret nothing is genuine.
#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use shared::log::Cause;
use webhook_receiver::doctor::{Patient, examine, skew_seconds};
use webhook_receiver::secret::SigningSecret;
use webhook_receiver::signature::verify;

fuzz_target!(|data: &[u8]| {
    let cut = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    let (header, body) = data.split_at(cut);
    let Ok(header) = std::str::from_utf8(header) else { return };
    let secrets =
        [SigningSecret::new("a", "whsec_unknowable"), SigningSecret::new("retired:b", "whsec_b")];
    let now = Timestamp::from_second(1_700_000_000).unwrap();
    assert!(verify(Some(header), body, &secrets, now, 300).is_err());
    for cause in [Cause::MalformedSignature, Cause::SignatureMismatch] {
        examine(&Patient { cause, header: Some(header), body }, &secrets);
    }
    skew_seconds(header, now);
});
