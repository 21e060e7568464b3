//! `GET /v1/events`: filters, pages, cursors, bad questions.

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use local::stripe::sign;
use local::system::{SIGNING_SECRET, local_parameters};
use serde_json::Value;
use tests::hookwatch::Hookwatch;

const PATHS: [(&str, &str); 2] = [("entity index on", "on"), ("entity index off", "off")];

/// Eight deliveries, a duplicate, a quarantined body and a rejection.
async fn seeded(entity_index: &str) -> Hookwatch {
    let hookwatch = Hookwatch::start_with(|options| {
        options.parameters = local_parameters();
        options.parameters.insert("EntityIndex".to_owned(), entity_index.to_owned());
    })
    .await;
    for n in 0..8 {
        let body = format!(
            r#"{{"id":"evt_{n}","object":"event","type":"{}","created":1,"livemode":{},"account":"acct_{}",
            "request":{{"id":"req_{n}","idempotency_key":"key_{n}"}},
            "data":{{"object":{{"id":"cus_{}","object":"customer"}}}}}}"#,
            if n == 7 { "account.updated" } else { "customer.updated" },
            n % 2 == 0,
            n % 4,
            n % 3,
        );
        let header = sign(SIGNING_SECRET, Timestamp::now().as_second(), body.as_bytes());
        let source = format!("10.0.0.{n}");
        let headers = [("stripe-signature", header.as_str()), ("x-test-source-ip", &source)];
        assert_eq!(hookwatch.post(body.as_bytes(), &headers).await.status, 200);
        if n == 0 {
            assert_eq!(hookwatch.post(body.as_bytes(), &headers).await.status, 200);
        }
    }
    hookwatch.deliver(b"null").await;
    hookwatch.post(b"{}", &[("x-test-source-ip", "10.9.9.9")]).await;
    hookwatch.entries("/v1/events", 11).await;
    hookwatch
}

#[tokio::test]
async fn every_filter_shows_what_it_says() {
    for (what, entity_index) in PATHS {
        let hookwatch = seeded(entity_index).await;
        for (query, expected) in [
            ("", 11),
            ("event_type=customer.updated", 8),
            ("event_type=customer", 0),
            ("level=INFO", 9),
            ("level=WARNING", 2),
            ("level=ERROR", 0),
            ("category=business", 8),
            ("category=system", 2),
            ("category=security", 1),
            ("success=true", 10),
            ("success=false", 1),
            ("status=received", 8),
            ("status=duplicate", 1),
            ("status=quarantined", 1),
            ("status=rejected", 1),
            ("entity_type=customer", 9),
            ("entity_id=cus_1", 3),
            ("entity_type=customer&entity_id=cus_1", 3),
            ("entity_type=charge&entity_id=cus_1", 0),
            ("account=acct_3", 2),
            ("livemode=true", 5),
            ("livemode=false", 4),
            ("source_ip=10.0.0.5", 1),
            ("source_ip=10.9.9.9", 1),
            ("request_id=req_3", 1),
            ("correlation_id=key_3", 1),
            ("entity_type=customer&entity_id=cus_0&livemode=true&status=duplicate", 1),
            ("time_range_hours=0.1", 11),
            ("to=2026-01-01T00:00:00Z", 0),
        ] {
            let answer = hookwatch.get(&format!("/v1/events?{query}")).await;
            assert_eq!(answer.status, 200, "{query}");
            let events = answer.body["events"].as_array().unwrap();
            assert_eq!(events.len(), expected, "{query} with {what}: {answer:?}");
            assert!(answer.body["next_cursor"].is_null(), "{query}");
            assert_eq!(answer.body["searched_through"], answer.body["from"], "{query}");
        }
        let ours = hookwatch.get("/v1/events?event_type=account.updated").await.body["events"][0]["request_id"].clone();
        let by_id =
            hookwatch.get(&format!("/v1/events?request_id={}", ours.as_str().unwrap())).await;
        assert_eq!(
            by_id.body["events"].as_array().unwrap().len(),
            1,
            "the gateway's id finds it too"
        );
    }
}

#[tokio::test]
async fn pages_go_on_where_the_last_one_ended_even_when_new_events_come_in() {
    let hookwatch = seeded("on").await;
    let all = hookwatch.get("/v1/events").await.body["events"].as_array().unwrap().clone();
    let times: Vec<&str> = all.iter().map(|event| event["timestamp"].as_str().unwrap()).collect();
    let sorted = times.iter().map(|t| t.parse::<Timestamp>().unwrap()).rev().is_sorted();
    assert!(sorted, "{times:?}");
    let (mut listed, mut cursor) = (Vec::<Value>::new(), String::new());
    loop {
        let page = hookwatch.get(&format!("/v1/events?limit=3&cursor={cursor}")).await;
        assert_eq!(page.status, 200, "{page:?}");
        let events = page.body["events"].as_array().unwrap();
        assert!(events.len() <= 3);
        listed.extend(events.clone());
        if listed.len() == 3 {
            hookwatch.deliver(br#"{"id":"evt_new","type":"t"}"#).await;
        }
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(listed, all);
}

#[tokio::test]
async fn a_bad_question_is_told_what_is_wrong_with_it() {
    let hookwatch = seeded("on").await;
    for (query, code, about) in [
        ("time_range_hours=0", "invalid_parameter", "time_range_hours"),
        ("time_range_hours=-1", "invalid_parameter", "time_range_hours"),
        ("time_range_hours=1e9", "invalid_parameter", "time_range_hours"),
        ("time_range_hours=8784.1", "invalid_parameter", "8784"),
        ("from=2016-01-01T00:00:00Z", "invalid_parameter", "8784"),
        ("time_range_hours=many", "invalid_parameter", "time_range_hours"),
        ("from=yesterday", "invalid_parameter", "from"),
        ("from=2030-01-01T00:00:00Z", "invalid_parameter", "from"),
        ("from=-009999-01-02T01:59:59Z&to=-000001-01-01T00:00:00Z", "invalid_parameter", "from"),
        ("limit=0", "invalid_parameter", "limit"),
        ("limit=201", "invalid_parameter", "limit"),
        ("limit=1.5", "invalid_parameter", "limit"),
        ("level=info", "invalid_parameter", "level"),
        ("category=money", "invalid_parameter", "category"),
        ("success=yes", "invalid_parameter", "success"),
        ("livemode=1", "invalid_parameter", "livemode"),
        ("status=lost", "invalid_parameter", "status"),
        ("status=received&status=rejected", "invalid_parameter", "status"),
        ("account=%ff", "invalid_parameter", "account"),
        ("request_id=req%00_1", "invalid_parameter", "request_id"),
        ("%01=x", "invalid_parameter", "the name of a parameter"),
        ("eventtype=x", "unknown_parameter", "eventtype"),
        ("cursor=x", "invalid_cursor", ""),
        ("cursor=MSAyIDMgNCA1", "invalid_cursor", ""),
    ] {
        let answer = hookwatch.get(&format!("/v1/events?{query}")).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{query}: {answer:?}");
        assert!(
            answer.body["error"]["message"].as_str().unwrap().contains(about),
            "{query}: {answer:?}"
        );
    }
    let page = hookwatch.get("/v1/events?limit=1").await;
    let cursor = page.body["next_cursor"].as_str().unwrap();
    // With the right fingerprint, which has no secret: everything else made up.
    let text = String::from_utf8(BASE64URL_NOPAD.decode(cursor.as_bytes()).unwrap()).unwrap();
    let fingerprint = text.split(' ').nth(1).unwrap();
    for (rest, status) in [
        ("-377705023201000000 1 1970-01-01T00:00:00.000000Z", 400),
        ("0 253000000000000000 9999-01-01T00:00:00.000000Z", 400),
        ("0 253000000000000000 2026-01-01T00:00:00.000000Z#~rejected#a", 400),
        ("1764547200000000 1769904000000000 2026-01-01T00:00:00.000000Z#~rejected#a", 200),
        ("2 1 1970-01-01T00:00:00.000000Z", 400),
        ("x y z", 400),
    ] {
        let made_up = BASE64URL_NOPAD.encode(format!("1 {fingerprint} {rest}").as_bytes());
        let answer = hookwatch.get(&format!("/v1/events?limit=1&cursor={made_up}")).await;
        assert_eq!(answer.status, status, "{rest}: {answer:?}");
    }
    let foreign = hookwatch.get(&format!("/v1/events?limit=1&level=INFO&cursor={cursor}")).await;
    assert_eq!((foreign.status, foreign.code()), (400, "invalid_cursor"));
    assert_eq!(hookwatch.get(&format!("/v1/events?limit=9&cursor={cursor}")).await.status, 200);
}
