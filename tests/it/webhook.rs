//! Webhooks: what is stored, what is refused, what both are answered.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use local::stripe::sign;
use local::system::{OPERATOR_TOKEN, SIGNING_SECRET, System, SystemOptions, local_secrets};
use serde_json::Value;
use tests::hookwatch::{Hookwatch, event};

#[tokio::test]
async fn an_event_is_stored_and_shown_with_every_field() {
    let hookwatch = Hookwatch::start().await;
    let created = Timestamp::now().as_second() - 90;
    let body = format!(
        r#"{{"id":"evt_1","object":"event","api_version":"2026-10-28.endive","account":"acct_1","context":"org_1/acct_1",
        "created":{created},"data":{{"object":{{"id":"dp_1","object":"dispute"}}}},"livemode":true,"pending_webhooks":1,
        "request":{{"id":"req_1","idempotency_key":"key-1"}},"type":"charge.dispute.created"}}"#
    );
    let header = sign(SIGNING_SECRET, Timestamp::now().as_second() - 3, body.as_bytes());
    let answer = hookwatch
        .post(body.as_bytes(), &[("stripe-signature", &header), ("x-test-source-ip", "3.18.12.63")])
        .await;
    assert_eq!((answer.status, answer.body["status"].as_str()), (200, Some("stored")));

    let page = hookwatch.get("/v1/events/evt_1?payload=true").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.body["payload"]["body"], body);
    let delivery = &page.body["deliveries"][0];
    let expected = serde_json::json!({
        "kind": "delivery", "event_id": "evt_1", "event_type": "charge.dispute.created",
        "level": "INFO", "category": "business", "status": "received", "success": true,
        "entity_type": "dispute", "entity_id": "dp_1", "livemode": true, "account": "acct_1",
        "context": "org_1/acct_1", "api_version": "2026-10-28.endive", "shape": "snapshot", "late": true,
        "source_ip": "3.18.12.63", "user_agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "stripe_request_id": "req_1", "correlation_id": "key-1", "secret_name": "local",
        "body_bytes": body.len(),
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&delivery[name], value, "{name}");
    }
    assert_eq!(
        delivery["created"].as_str().unwrap().parse::<Timestamp>().unwrap().as_second(),
        created
    );
    let number = |name: &str| delivery[name].as_f64().unwrap();
    assert!(
        (90.0..100.0).contains(&number("lag")) && (-5.0..=-3.0).contains(&number("signature_skew"))
    );
    assert!((0.000_001..1.0).contains(&number("processing_time")));
    assert_eq!(delivery["previous_store_ms"], Value::Null, "the first of its instance");
    assert!(!delivery["request_id"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn repetitions_are_answered_200_and_told_apart() {
    let hookwatch = Hookwatch::start_with(|options| {
        options.secrets = local_secrets([SIGNING_SECRET, "whsec_connect"]);
    })
    .await;
    let body = event("evt_1", "charge.succeeded");
    let status = |answer: tests::hookwatch::Answer| {
        assert_eq!(answer.status, 200);
        answer.body["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(status(hookwatch.deliver(body.as_bytes()).await), "stored");
    assert_eq!(status(hookwatch.deliver(body.as_bytes()).await), "duplicate");
    assert_eq!(
        status(hookwatch.deliver_with("whsec_connect", body.as_bytes()).await),
        "other_endpoint"
    );
    let page = hookwatch.get("/v1/events/evt_1").await.body;
    let statuses: Vec<_> = page["deliveries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["received", "duplicate", "other_endpoint"]);
    let secrets: Vec<_> = page["deliveries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d["secret_name"].as_str().unwrap())
        .collect();
    assert_eq!(secrets, ["local", "local", "local2"]);
}

#[tokio::test]
async fn of_many_deliveries_at_once_one_is_stored() {
    let hookwatch = Hookwatch::start().await;
    let body = event("evt_1", "charge.succeeded");
    let answers =
        futures_util::future::join_all((0..60).map(|_| hookwatch.deliver(body.as_bytes()))).await;
    let stored = answers.iter().filter(|answer| answer.body["status"] == "stored").count();
    assert_eq!((answers.iter().filter(|answer| answer.status == 200).count(), stored), (60, 1));
    let page = hookwatch.get("/v1/events/evt_1").await;
    assert_eq!(page.body["deliveries"].as_array().unwrap().len(), 60);
}

#[tokio::test]
async fn while_a_secret_is_rolled_either_signature_is_enough() {
    let hookwatch = Hookwatch::start().await;
    let now = Timestamp::now().as_second();
    for (id, first, second) in
        [("evt_1", "whsec_new", SIGNING_SECRET), ("evt_2", SIGNING_SECRET, "whsec_new")]
    {
        let body = event(id, "charge.succeeded");
        let second = sign(second, now, body.as_bytes());
        let header = sign(first, now, body.as_bytes()) + "," + second.split_once(',').unwrap().1;
        assert_eq!(
            hookwatch.post(body.as_bytes(), &[("stripe-signature", &header)]).await.status,
            200
        );
    }
}

#[tokio::test]
async fn every_refusal_has_its_code_and_is_counted() {
    let hookwatch = Hookwatch::start_with(|options| options.max_instances = 1).await;
    let body = event("evt_1", "charge.succeeded");
    let body = body.as_bytes();
    let now = Timestamp::now().as_second();
    let signed = |secret, time| sign(secret, time, body);
    let cases = [
        (None, "missing_signature"),
        (Some(String::new()), "missing_signature"),
        (Some("nonsense".to_owned()), "malformed_signature"),
        (Some("t=1".repeat(4_000)), "malformed_signature"),
        (Some(format!("t={now},t={now},v1=00")), "malformed_signature"),
        (
            Some(format!("{},{}", signed(SIGNING_SECRET, now), signed(SIGNING_SECRET, now))),
            "malformed_signature",
        ),
        (Some(format!("t={now},v0=00")), "no_v1_signature"),
        (Some(format!("t={now},v1=é")), "malformed_signature"),
        (Some(signed("whsec_other", now)), "signature_mismatch"),
        (Some(signed(SIGNING_SECRET, now - 400)), "timestamp_too_old"),
        (Some(signed(SIGNING_SECRET, now + 400)), "timestamp_in_future"),
    ];
    let mut expected = BTreeMap::<&str, u64>::new();
    for (header, code) in &cases {
        // Straight to the function: a gateway has its own say on headers of this size.
        let mut headers = serde_json::Map::new();
        headers.extend(
            header.iter().map(|h| ("stripe-signature".to_owned(), Value::from(h.as_str()))),
        );
        let request = serde_json::json!({
            "rawPath": "/webhooks/stripe", "headers": headers, "body": std::str::from_utf8(body).unwrap(),
            "requestContext": {"http": {"method": "POST", "sourceIp": "10.0.0.9"}, "requestId": "r"}
        });
        let answer = hookwatch.invoke("webhook-receiver", &request).await;
        let error: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!(
            (answer["statusCode"].as_u64(), error["error"]["code"].as_str()),
            (Some(400), Some(*code)),
            "{header:?}"
        );
        assert_eq!(error["request_id"], "r");
        *expected.entry(code).or_default() += 1;
    }
    assert_eq!(hookwatch.get("/v1/events/evt_1").await.code(), "event_not_found");
    let entries = hookwatch.rejections("&source_ip=10.0.0.9", cases.len() as u64).await;
    let mut counted = BTreeMap::<&str, u64>::new();
    for entry in &entries {
        assert_eq!((&entry["level"], &entry["category"]), (&"WARNING".into(), &"security".into()));
        assert_eq!(entry["refused_genuine"], false);
        *counted.entry(entry["error_code"].as_str().unwrap()).or_default() +=
            entry["count"].as_u64().unwrap();
    }
    assert_eq!(counted, expected);
    let minute: Timestamp = entries[0]["timestamp"].as_str().unwrap().parse().unwrap();
    let (from, to) =
        (minute + SignedDuration::from_secs(40), minute + SignedDuration::from_secs(41));
    let within = hookwatch.get(&format!("/v1/events?status=rejected&from={from}&to={to}")).await;
    assert!(
        !within.body["events"].as_array().unwrap().is_empty(),
        "every second of it: {within:?}"
    );
}

#[tokio::test]
async fn the_gateway_lets_the_function_say_which_methods_there_are() {
    let hookwatch = Hookwatch::start().await;
    for (path, allowed) in
        [("/webhooks/stripe", "POST"), ("/v1/events", "GET"), ("/v1/events/evt_1", "GET")]
    {
        let answer = hookwatch.delete(path).await;
        assert_eq!((answer.status, answer.code()), (405, "method_not_allowed"), "{path}");
        assert!(answer.headers["allow"].contains(allowed), "{path}: {:?}", answer.headers);
    }
    assert_eq!(hookwatch.get("/v2/events").await.status, 404);
}

#[tokio::test]
async fn a_refused_request_from_stripes_own_address_is_kept_apart() {
    let hookwatch = Hookwatch::start().await;
    let body = event("evt_1", "charge.succeeded");
    let header = sign("whsec_not_ours", Timestamp::now().as_second(), body.as_bytes());
    let answer = hookwatch
        .post(
            body.as_bytes(),
            &[("stripe-signature", &header), ("x-test-source-ip", "54.187.216.72")],
        )
        .await;
    assert_eq!((answer.status, answer.code()), (400, "signature_mismatch"));
    let entries = hookwatch.entries("/v1/events?category=security", 1).await;
    assert_eq!(entries[0]["refused_genuine"], true);
    assert_eq!(entries[0]["source_ip"], "54.187.216.72");
    hookwatch.log_with(&["refused a request from Stripe's own address"]).await;
}

#[tokio::test]
async fn no_payload_is_kept_where_the_policy_says_so() {
    let hookwatch = Hookwatch::start_with(|options| {
        options.parameters.insert("Payload".to_owned(), "none".to_owned());
    })
    .await;
    hookwatch.deliver(event("evt_1", "charge.succeeded").as_bytes()).await;
    let payload = hookwatch.get("/v1/events/evt_1?payload=true").await.body["payload"].clone();
    assert_eq!((payload["state"].as_str(), payload.get("body")), (Some("not_kept"), None));
}

#[tokio::test]
async fn neither_bodies_nor_secrets_are_logged() {
    let hookwatch = Hookwatch::start_with(|options| {
        options.parameters.insert("LogLevel".to_owned(), "DEBUG".to_owned());
    })
    .await;
    let body = event("evt_1", "charge.succeeded")
        .replace("\"charge\"}", "\"charge\",\"email\":\"marker@example.com\"}");
    hookwatch.deliver(body.as_bytes()).await;
    hookwatch.deliver(body.as_bytes()).await;
    hookwatch.post(body.as_bytes(), &[("stripe-signature", "t=1,v1=marker@example.com")]).await;
    hookwatch.get("/v1/events/evt_1?payload=true").await;
    hookwatch.get_as("/v1/events", Some("Bearer marker@example.com")).await;
    let said_around = [("cookie", "marker@example.com"), ("x-forwarded-for", "marker@example.com")];
    hookwatch.post(body.as_bytes(), &said_around).await;
    // An address is written by whoever asks, and who guesses writes none into our log.
    for authorization in ["Bearer guess".to_owned(), format!("Bearer {OPERATOR_TOKEN}")] {
        hookwatch.get_as("/events/marker@example.com", Some(&authorization)).await;
    }
    let said = ["event logged", "duplicate", "wrong token", "asked"];
    let log = hookwatch.log_with(&said).await;
    for secret in ["marker@example.com", SIGNING_SECRET, "local-operator"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

#[tokio::test]
async fn a_bad_variable_stops_start_up_and_is_named() {
    for (package, name, value) in [
        ("webhook-receiver", "STRIPE_WEBHOOK_SECRETS_ARN", ""),
        ("webhook-receiver", "STRIPE_WEBHOOK_SECRETS", "live=whsec_hidden"),
        ("webhook-receiver", "WEBHOOK_PAYLOAD", "hidden"),
        ("webhook-receiver", "WEBHOOK_LOG_RETENTION_DAYS", "0"),
        ("webhook-receiver", "TABLE_NAME", " "),
        ("ops-api", "WEBHOOK_API_TOKENS_ARN", " "),
        ("ops-api", "AWS_REGION", ""),
    ] {
        let mut options = SystemOptions::default();
        let variables = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        options.variables.insert(package.to_owned(), variables);
        let error = System::start(options).await.err().unwrap().to_string();
        assert!(error.contains(package) && error.contains(name), "{name}: {error}");
        assert!(!error.contains("hidden"), "{error}");
    }
}
