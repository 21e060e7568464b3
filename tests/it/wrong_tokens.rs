//! Somebody tries tokens: counted apart from webhooks, and told.

use serde_json::{Value, json};
use tests::hookwatch::Hookwatch;

fn signal(health: &Value) -> (Value, bool) {
    let signals = health["security_health"]["signals"].as_array().unwrap();
    let signal = signals.iter().find(|signal| signal["name"] == "authentication_failures").unwrap();
    let issues = health["active_issues"].as_array().unwrap();
    let is_told = issues.iter().any(|issue| issue["type"] == "authentication_failures");
    (signal["value"].clone(), is_told)
}

#[tokio::test]
async fn wrong_tokens_are_counted_and_told_and_missing_ones_are_not() {
    let hookwatch = Hookwatch::start().await;
    for _ in 0..20 {
        assert_eq!(hookwatch.get_as("/v1/health", None).await.code(), "token_missing");
    }
    hookwatch.run_health_check().await;
    assert_eq!(signal(&hookwatch.get("/v1/health").await.body), (json!(0.0), false));
    for number in 0..11 {
        let token = format!("Bearer guess-{number}");
        assert_eq!(hookwatch.get_as("/v1/health", Some(&token)).await.code(), "token_wrong");
    }
    // What came within a second of an instance's put is put a second later.
    for _ in 0..20 {
        hookwatch.run_health_check().await;
        if signal(&hookwatch.get("/v1/health").await.body) == (json!(11.0), true) {
            let log = hookwatch.log_with(&["wrong token"]).await;
            assert!(!log.contains("guess-"), "no token is in the log");
            let fresh = hookwatch.get("/v1/health?fresh=true").await.body;
            assert_eq!(signal(&fresh), (json!(11.0), true));
            let refused = hookwatch.get("/v1/events?status=rejected").await.body;
            assert_eq!(refused["events"], json!([]), "they are no webhooks");
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    panic!("{}", hookwatch.get("/v1/health").await.body);
}
