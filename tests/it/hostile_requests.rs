//! Requests that nobody means well with: a clear answer, nothing lost, nothing crashed.

use jiff::Timestamp;
use local::stripe::sign;
use local::system::SIGNING_SECRET;
use serde_json::{Value, json};
use tests::hookwatch::{Hookwatch, event};

#[tokio::test]
async fn a_genuine_event_is_stored_whatever_it_contains() {
    let hookwatch = Hookwatch::start().await;
    let deep = "[".repeat(200) + &"]".repeat(200);
    let long_id = format!(r#"{{"id":"{}","type":"t"}}"#, "e".repeat(300));
    let large = format!(r#"{{"id":"evt_large","type":"t","data":"{}"}}"#, "x".repeat(3_000_000));
    // Body, the id it is found under (none: quarantined under its hash), and why.
    let cases: Vec<(Vec<u8>, Option<&str>, Option<&str>)> = vec![
        (b"".to_vec(), None, Some("invalid_json")),
        (b"\xff\xfe\x00".to_vec(), None, Some("invalid_json")),
        (br#"{"id":"evt_x","type":"t","n":NaN}"#.to_vec(), None, Some("invalid_json")),
        (br#"{"id":"evt_x","type":"t"} {}"#.to_vec(), None, Some("invalid_json")),
        (b"null".to_vec(), None, Some("not_an_object")),
        (b"[1,2]".to_vec(), None, Some("not_an_object")),
        (b"42".to_vec(), None, Some("not_an_object")),
        (b"\"text\"".to_vec(), None, Some("not_an_object")),
        (b"{}".to_vec(), None, Some("unusable_id")),
        (br#"{"id":"evt 1","type":"t"}"#.to_vec(), None, Some("unusable_id")),
        (br#"{"id":"\ud800","type":"t"}"#.to_vec(), None, Some("unusable_id")),
        (long_id.into_bytes(), None, Some("unusable_id")),
        (br#"{"id":"evt_no_type"}"#.to_vec(), Some("evt_no_type"), Some("unusable_type")),
        (br#"{"id":"evt_no_data","type":"some.new.type"}"#.to_vec(), Some("evt_no_data"), None),
        (br#"{"id":"evt_old","id":"evt_twice","type":"t"}"#.to_vec(), Some("evt_twice"), None),
        (br#"{"id":"evt_surrogate","type":"t","x":"\ud800"}"#.to_vec(), Some("evt_surrogate"), None),
        (br#"{"id":"evt_big","type":"t","x":99999999999999999999999999}"#.to_vec(), Some("evt_big"), None),
        (format!(r#"{{"id":"evt_deep","type":"t","data":{deep}}}"#).into_bytes(), Some("evt_deep"), None),
        (
            br#"{"id":"evt_odd_entity","type":"t","data":{"object":{"id":"","object":"a#b"}}}"#.to_vec(),
            Some("evt_odd_entity"),
            None,
        ),
        (
            format!(r#"{{"id":"evt_long_entity","type":"t","data":{{"object":{{"id":"{}","object":"plan"}}}}}}"#, "g".repeat(3_000))
                .into_bytes(),
            Some("evt_long_entity"),
            None,
        ),
        (large.into_bytes(), Some("evt_large"), None),
    ];
    for (body, id, reason) in &cases {
        let what = String::from_utf8_lossy(&body[..body.len().min(80)]);
        let answer = hookwatch.deliver(body).await;
        assert_eq!(
            (answer.status, answer.body["status"].as_str()),
            (200, Some("stored")),
            "{what}: {answer:?}"
        );
        let found = answer.body["event_id"].as_str().unwrap();
        assert!(id.map_or(found.starts_with("quarantined_"), |id| id == found), "{what}: {found}");
        let page = hookwatch.get(&format!("/v1/events/{found}?payload=true")).await.body;
        assert_eq!(page["deliveries"][0]["quarantine_reason"].as_str(), *reason, "{what}");
        let status = if reason.is_some() { "quarantined" } else { "received" };
        assert_eq!(page["processing_status"], status, "{what}");
        match std::str::from_utf8(body) {
            Ok(text) => assert_eq!(page["payload"]["body"], text, "{what}"),
            Err(_) => assert!(page["payload"]["body_base64"].is_string(), "{what}"),
        }
        assert_eq!(hookwatch.deliver(body).await.body["status"], "duplicate", "{what}");
    }
    let quarantined =
        hookwatch.entries("/v1/events?status=quarantined&level=WARNING&category=system", 13).await;
    assert_eq!(quarantined.len(), 13);
}

#[tokio::test]
async fn a_large_body_is_refused_only_when_it_is_not_genuine() {
    let hookwatch = Hookwatch::start().await;
    let large = format!(r#"{{"id":"evt_large","type":"t","x":"{}"}}"#, "x".repeat(1_100_000));
    let forged = sign("whsec_other", Timestamp::now().as_second(), large.as_bytes());
    for headers in [&[][..], &[("stripe-signature", forged.as_str())]] {
        let answer = hookwatch.post(large.as_bytes(), headers).await;
        assert_eq!((answer.status, answer.code()), (413, "body_too_large"));
    }
    assert_eq!(hookwatch.deliver(large.as_bytes()).await.status, 200);
}

#[tokio::test]
async fn a_body_that_no_answer_can_hold_is_said_to_be_too_large_to_show() {
    let hookwatch = Hookwatch::start().await;
    for (id, filler) in
        [("evt_plain", "x".repeat(5_900_000)), ("evt_escapes", "\\\"".repeat(900_000))]
    {
        let body = format!(r#"{{"id":"{id}","type":"t","x":"{filler}"}}"#);
        assert_eq!(hookwatch.deliver(body.as_bytes()).await.status, 200, "{id}");
        let page = hookwatch.get(&format!("/v1/events/{id}?payload=true")).await;
        assert_eq!(
            (page.status, &page.body["payload"]["state"]),
            (200, &"too_large_to_show".into()),
            "{id}"
        );
        let page = hookwatch.get(&format!("/v1/events/{id}")).await;
        assert_eq!(page.body["payload"]["state"], "kept", "{id}");
    }
}

/// A webhook as the gateway hands it over, to be spoilt.
fn webhook(body: &str) -> Value {
    let header = sign(SIGNING_SECRET, Timestamp::now().as_second(), body.as_bytes());
    json!({
        "version": "2.0", "routeKey": "POST /webhooks/stripe", "rawPath": "/webhooks/stripe", "rawQueryString": "",
        "headers": {"host": "example.com", "stripe-signature": header},
        "requestContext": {"http": {"method": "POST", "path": "/webhooks/stripe", "sourceIp": "3.18.12.63"},
            "requestId": "r-1", "stage": "$default", "domainName": "example.com"},
        "body": body, "isBase64Encoded": false
    })
}

#[tokio::test]
async fn odd_requests_neither_crash_the_receiver_nor_get_a_5xx() {
    let hookwatch = Hookwatch::start_with(|options| options.max_instances = 1).await;
    let instance = hookwatch.system.host("webhook-receiver").unwrap().instances();
    let body = event("evt_1", "charge.succeeded");
    let spoilt = |change: &dyn Fn(&mut Value)| {
        let mut request = webhook(&body);
        change(&mut request);
        request
    };
    let cases: Vec<(&str, Value, u64)> = vec![
        ("bad base64", spoilt(&|r| r["isBase64Encoded"] = true.into()), 400),
        ("odd host", spoilt(&|r| r["headers"]["host"] = "ex ample..com:x".into()), 200),
        ("no host", spoilt(&|r| r["headers"]["host"] = Value::Null), 200),
        ("odd domain", spoilt(&|r| r["requestContext"]["domainName"] = "[::".into()), 200),
        ("odd query", spoilt(&|r| r["rawQueryString"] = "a b\u{0}<>".into()), 200),
        ("header that is none", spoilt(&|r| r["headers"]["x y\n"] = "\u{0}é".into()), 200),
        (
            "header case",
            spoilt(&|r| {
                let value = r["headers"]["stripe-signature"].take();
                r["headers"]["STRIPE-Signature"] = value;
            }),
            200,
        ),
        ("no body", spoilt(&|r| r["body"] = Value::Null), 400),
        ("GET", spoilt(&|r| r["requestContext"]["http"]["method"] = "GET".into()), 405),
        ("other path", spoilt(&|r| r["rawPath"] = "/webhooks/stripe/x".into()), 404),
        ("path trick", spoilt(&|r| r["rawPath"] = "/webhooks/../webhooks/stripe".into()), 404),
        ("nothing at all", json!({}), 404),
        (
            "a long request id",
            spoilt(&|r| r["requestContext"]["requestId"] = "r".repeat(3_000).into()),
            200,
        ),
        (
            "an odd source",
            spoilt(&|r| r["requestContext"]["http"]["sourceIp"] = "é".repeat(500).into()),
            200,
        ),
    ];
    for (what, request, status) in cases {
        let answer = hookwatch.invoke("webhook-receiver", &request).await;
        assert_eq!(answer["statusCode"], status, "{what}: {answer}");
        let allow = &answer["headers"]["allow"];
        assert_eq!(allow == "POST", status == 405, "{what}");
    }
    assert_eq!(
        hookwatch.system.host("webhook-receiver").unwrap().instances(),
        instance,
        "the instance lives on"
    );
}

#[tokio::test]
async fn the_base64_flag_is_honoured() {
    let hookwatch = Hookwatch::start().await;
    let body = event("evt_1", "charge.succeeded");
    let header = sign(SIGNING_SECRET, Timestamp::now().as_second(), body.as_bytes());
    let headers =
        [("stripe-signature", header.as_str()), ("content-type", "application/octet-stream")];
    assert_eq!(hookwatch.post(body.as_bytes(), &headers).await.status, 200);
}

#[tokio::test]
async fn odd_requests_do_not_crash_the_operations_api() {
    let hookwatch = Hookwatch::start_with(|options| options.max_instances = 1).await;
    let request = |change: &dyn Fn(&mut Value)| {
        let mut request = json!({
            "rawPath": "/v1/events", "rawQueryString": "", "headers": {"authorization": "Bearer local-operator"},
            "requestContext": {"http": {"method": "GET"}, "requestId": "r-1", "stage": "$default"}
        });
        change(&mut request);
        request
    };
    let cases: Vec<(&str, Value, u64)> = vec![
        ("as it should be", request(&|_| {}), 200),
        ("odd host", request(&|r| r["headers"]["host"] = "ex ample..com".into()), 200),
        ("odd header", request(&|r| r["headers"]["x y"] = "\n".into()), 200),
        (
            "odd authorization",
            request(&|r| r["headers"]["authorization"] = "Bearer \u{0}\n".into()),
            401,
        ),
        (
            "bad base64",
            request(&|r| (r["body"], r["isBase64Encoded"]) = ("?".into(), true.into())),
            400,
        ),
        ("no uri", request(&|r| r["rawPath"] = "/v1/ev ents\u{0}é<".into()), 404),
        ("no query", request(&|r| r["rawQueryString"] = "a b".into()), 400),
        ("no method", request(&|r| r["requestContext"]["http"]["method"] = "G T".into()), 400),
        ("bad escapes", request(&|r| r["rawQueryString"] = "event_type=%ff%".into()), 400),
        ("bad escapes in the path", request(&|r| r["rawPath"] = "/v1/events/%ff".into()), 404),
        ("PUT", request(&|r| r["requestContext"]["http"]["method"] = "PUT".into()), 405),
        ("no body", request(&|r| r["requestContext"]["http"]["method"] = "POST".into()), 400),
        ("unknown path", request(&|r| r["rawPath"] = "/v1/nothing".into()), 404),
        ("nothing at all", json!({}), 400),
        ("another gateway's shape", json!({"httpMethod": "GET", "path": "/v1/events"}), 400),
    ];
    for (what, request, status) in cases {
        let answer = hookwatch.invoke("ops-api", &request).await;
        assert_eq!(answer["statusCode"], status, "{what}: {answer}");
        if status >= 400 {
            let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
            assert!(
                body["error"]["code"].is_string() && body["request_id"].is_string(),
                "{what}: {body}"
            );
        }
    }
}
