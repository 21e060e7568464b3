//! Every recorded trigger event through the receiver: accepted or refused clearly, never a crash.
//! The signatures in them are years old, so a genuine one is told that it is too old.

use local::system::local_secrets;
use serde_json::Value;
use tests::fixtures::json_files;
use tests::hookwatch::Hookwatch;

/// The secret that the recorded webhooks are signed with.
const RECORDED_SECRET: &str = "whsec_test_secret_0123456789abcdefABCDEF";

#[tokio::test]
async fn every_recorded_event_gets_a_clear_answer() {
    let hookwatch = Hookwatch::start_with(|options| {
        options.max_instances = 1;
        options.secrets = local_secrets([RECORDED_SECRET]);
    })
    .await;
    let instance = hookwatch.system.host("webhook-receiver").unwrap().instances();
    let files = json_files("lambda_events");
    assert!(files.len() >= 44);
    for (name, text) in files {
        let event: Value = serde_json::from_str(&text).unwrap();
        let answer = hookwatch.invoke("webhook-receiver", &event).await;
        let code: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        let expected = match name.as_str() {
            name if !name.starts_with("stripe_webhook_") => (None, None),
            name if name.contains("no_signature") => (Some(400), Some("missing_signature")),
            name if name.contains("two_signature") => (Some(400), Some("malformed_signature")),
            _ => (Some(400), Some("timestamp_too_old")),
        };
        let seen = (answer["statusCode"].as_u64(), code["error"]["code"].as_str());
        match expected {
            (None, None) => assert!(matches!(seen.0, Some(404 | 405)), "{name}: {seen:?}"),
            expected => assert_eq!(seen, expected, "{name}"),
        }
    }
    assert_eq!(hookwatch.system.host("webhook-receiver").unwrap().instances(), instance);
}
