//! Where requests come from, and what is wrong with those that are refused: remarks, rules, the doctor.

use jiff::Timestamp;
use local::stripe::sign;
use local::system::SIGNING_SECRET;
use serde_json::{Value, json};
use tests::hookwatch::{Answer, Hookwatch, event};

const ELSEWHERE: &str = "203.0.113.7";

async fn with(parameters: &[(&str, &str)]) -> Hookwatch {
    Hookwatch::start_with(|options| {
        options.max_instances = 1;
        let parameters = parameters.iter().map(|(name, value)| (*name, *value));
        for (name, value) in parameters {
            options.parameters.insert(name.to_owned(), value.to_owned());
        }
    })
    .await
}

async fn deliver(hookwatch: &Hookwatch, id: &str, from: &str, forwarded_for: &str) -> Answer {
    let body = event(id, "charge.succeeded");
    let header = sign(SIGNING_SECRET, Timestamp::now().as_second(), body.as_bytes());
    let headers = [
        ("stripe-signature", header.as_str()),
        ("x-test-source-ip", from),
        ("x-forwarded-for", forwarded_for),
    ];
    hookwatch.post(body.as_bytes(), &headers).await
}

#[tokio::test]
async fn an_unlisted_address_is_remarked_on_and_told_and_loses_nothing() {
    let hookwatch = with(&[("SourceIpRule", "monitor")]).await;
    assert_eq!(deliver(&hookwatch, "evt_1", ELSEWHERE, "3.18.12.63").await.status, 200);
    assert_eq!(deliver(&hookwatch, "evt_2", "3.18.12.63", ELSEWHERE).await.status, 200);
    let remarks = async |id: &str| {
        let page = hookwatch.get(&format!("/v1/events/{id}")).await.body;
        page["deliveries"][0]["remarks"].clone()
    };
    assert_eq!(remarks("evt_1").await, json!(["unlisted_source"]), "the gateway's word counts");
    assert_eq!(remarks("evt_2").await, Value::Null);
    hookwatch.run_health_check().await;
    let issues = hookwatch.get("/v1/issues").await.body;
    let of_source = issues["issues"].as_array().unwrap().iter();
    let found: Vec<_> = of_source.filter(|issue| issue["type"] == "unlisted_source").collect();
    assert_eq!(found.len(), 1, "{issues}");
    assert_eq!(found[0]["severity"], "warning");
    assert!(found[0]["evidence"].as_str().unwrap().contains(ELSEWHERE), "{issues}");
}

#[tokio::test]
async fn a_rule_that_is_enforced_refuses_and_says_that_it_refused_stripe() {
    let hookwatch = with(&[("SourceIpRule", "enforce")]).await;
    let refused = deliver(&hookwatch, "evt_1", ELSEWHERE, "3.18.12.63").await;
    assert_eq!((refused.status, refused.code()), (403, "source_not_listed"));
    assert_eq!(hookwatch.get("/v1/events/evt_1").await.code(), "event_not_found");
    assert_eq!(deliver(&hookwatch, "evt_2", "3.18.12.63", ELSEWHERE).await.status, 200);
    let forged = [("x-test-source-ip", ELSEWHERE)];
    assert_eq!(hookwatch.post(b"{}", &forged).await.code(), "missing_signature");
    let entries = hookwatch.rejections(&format!("&source_ip={ELSEWHERE}"), 2).await;
    let genuine: Vec<_> = entries.iter().filter(|entry| entry["refused_genuine"] == true).collect();
    assert_eq!(genuine.len(), 1, "{entries:?}");
    assert_eq!(
        (&genuine[0]["error_code"], &genuine[0]["diagnosis"]),
        (&json!("source_not_listed"), &json!("unlisted"))
    );
}

#[tokio::test]
async fn denied_addresses_are_refused_before_anything_is_read() {
    let denied = [("DenyAddresses", "203.0.113.0/24"), ("DenyRule", "enforce")];
    let hookwatch = with(&denied).await;
    let refused = deliver(&hookwatch, "evt_1", ELSEWHERE, "").await;
    assert_eq!((refused.status, refused.code()), (403, "source_denied"));
    assert_eq!(deliver(&hookwatch, "evt_1", "203.0.114.7", "").await.status, 200);
    let entries = hookwatch.rejections("", 1).await;
    assert_eq!(entries[0]["error_code"], "source_denied");

    let monitored = with(&[("DenyAddresses", "203.0.113.0/24")]).await;
    assert_eq!(deliver(&monitored, "evt_1", ELSEWHERE, "").await.status, 200);
    let page = monitored.get("/v1/events/evt_1").await.body;
    assert_eq!(page["deliveries"][0]["remarks"], json!(["denied_source"]));
}

#[tokio::test]
async fn operators_read_what_is_wrong_and_senders_do_not() {
    let hookwatch = Hookwatch::start_with(|options| {
        options.max_instances = 1;
        let secrets = format!("local={SIGNING_SECRET},retired:old=whsec_old");
        options.secrets.insert("SigningSecrets".to_owned(), secrets);
    })
    .await;
    let body = event("evt_1", "charge.succeeded");
    let ended = format!("{body}\r\n");
    let now = Timestamp::now().as_second();
    let signed = sign(SIGNING_SECRET, now, body.as_bytes());
    let accented = "{\n  \"id\": \"evt_1\",\n  \"description\": \"Café\"\n}";
    for (from, header, body, code, diagnosis) in [
        ("3.18.12.63", signed.clone(), ended.as_str(), "signature_mismatch", "body_trimmed"),
        ("10.0.0.1", signed.clone() + "," + &signed, &body, "malformed_signature", "header_joined"),
        ("10.0.0.2", signed.replace(',', ", "), &body, "no_v1_signature", "header_spaced"),
        (
            "10.0.0.3",
            sign("whsec_old", now, body.as_bytes()),
            &body,
            "signature_mismatch",
            "retired_secret",
        ),
        (
            "10.0.0.4",
            sign(SIGNING_SECRET, now - 1_000, body.as_bytes()),
            &body,
            "timestamp_too_old",
            "stale",
        ),
        (
            "10.0.0.5",
            sign(SIGNING_SECRET, now, accented.as_bytes()),
            // What Python makes of it.
            r#"{"id": "evt_1", "description": "Caf\u00e9"}"#,
            "signature_mismatch",
            "body_reserialised",
        ),
    ] {
        let headers = [("stripe-signature", header.as_str()), ("x-test-source-ip", from)];
        let answer = hookwatch.post(body.as_bytes(), &headers).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{diagnosis}");
        let told = answer.body.to_string();
        assert!(!told.contains(diagnosis), "{told}");
        let entries = hookwatch.rejections(&format!("&source_ip={from}"), 1).await;
        assert_eq!(entries[0]["diagnosis"], diagnosis, "{entries:?}");
        assert!(entries[0]["explanation"].as_str().unwrap().len() > 20);
        let skew = entries[0]["signature_skew"].as_i64();
        assert_eq!(
            skew.is_some_and(|skew| (-1_030..=-1_000).contains(&skew)),
            diagnosis == "stale"
        );
    }
    assert_eq!(hookwatch.get("/v1/events/evt_1").await.code(), "event_not_found");
    let diagnoses = hookwatch.get("/v1/security").await.body["diagnoses"].clone();
    let found = diagnoses["found"].as_array().unwrap().iter();
    let mut found: Vec<_> = found.map(|one| one["diagnosis"].as_str().unwrap()).collect();
    found.sort_unstable();
    let told = [
        "body_reserialised",
        "body_trimmed",
        "header_joined",
        "header_spaced",
        "retired_secret",
        "stale",
    ];
    assert_eq!(found, told, "{diagnoses}");
    let trimmed =
        diagnoses["found"].as_array().unwrap().iter().find(|one| one["refused_genuine"] == 1);
    assert_eq!(trimmed.unwrap()["diagnosis"], "body_trimmed");
}

#[tokio::test]
async fn what_stripe_sent_tells_whose_secret_is_missing() {
    let hookwatch = Hookwatch::start().await;
    let body = event("evt_1", "charge.succeeded");
    let signed = sign("whsec_unknown", Timestamp::now().as_second(), body.as_bytes());
    for (from, diagnosis) in [("3.18.12.63", "test_secret"), (ELSEWHERE, "cli_secret")] {
        let headers = [("stripe-signature", signed.as_str()), ("x-test-source-ip", from)];
        let answer = hookwatch.post(body.as_bytes(), &headers).await;
        assert_eq!((answer.status, answer.code()), (400, "signature_mismatch"), "{from}");
        let entries = hookwatch.rejections(&format!("&source_ip={from}"), 1).await;
        assert_eq!(entries[0]["diagnosis"], diagnosis, "{entries:?}");
    }
}
