//! Every recorded trigger event through the function it is meant for, and through those it is not meant
//! for: done, accepted or refused clearly, never a crash. Their signatures and times are years old, so
//! what is to be accepted is signed again, and what is to be shown happens again.

use data_encoding::BASE64;
use jiff::Timestamp;
use local::stripe;
use local::system::{SIGNING_SECRET, local_secrets};
use serde_json::{Value, json};
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

/// The four shapes in which a gateway hands over the same genuine webhook, and base64 besides.
#[tokio::test]
async fn a_fresh_webhook_is_accepted_from_every_gateway() {
    let hookwatch = Hookwatch::start().await;
    let mut events: Vec<(String, Value)> = json_files("lambda_events")
        .into_iter()
        .filter(|(name, _)| name.starts_with("stripe_webhook_"))
        .filter(|(name, _)| !name.contains("no_signature") && !name.contains("two_signature"))
        .map(|(name, text)| (name, serde_json::from_str(&text).unwrap()))
        .collect();
    assert_eq!(events.len(), 4, "HTTP API, in base64 too, function URL and REST");
    // A load balancer says of itself what REST does not, and no more about the request.
    let [(_, balancer), (_, rest)] = ["alb_request.json", "stripe_webhook_apigw_rest_v1.json"]
        .map(|name| json_files("lambda_events").into_iter().find(|(of, _)| of == name).unwrap());
    let (balancer, mut of_balancer): (Value, Value) =
        (serde_json::from_str(&balancer).unwrap(), serde_json::from_str(&rest).unwrap());
    of_balancer["requestContext"] = balancer["requestContext"].clone();
    of_balancer.as_object_mut().unwrap().remove("multiValueHeaders");
    events.push(("load balancer".to_owned(), of_balancer));

    for (number, (name, event)) in events.iter_mut().enumerate() {
        let id = format!("evt_shape_{number}");
        sign_again(event, &id);
        let answer = hookwatch.invoke("webhook-receiver", event).await;
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!(
            (&answer["statusCode"], &body["status"]),
            (&json!(200), &json!("stored")),
            "{name}"
        );
        let page = hookwatch.get(&format!("/v1/events/{id}")).await;
        assert_eq!(page.status, 200, "{name}: {page:?}");
    }
}

/// Gives the event in a request another id, and the request the signature of now.
fn sign_again(request: &mut Value, id: &str) {
    let text = request["body"].as_str().unwrap();
    let is_packed = request["isBase64Encoded"] == true;
    let body = match is_packed {
        true => String::from_utf8(BASE64.decode(text.as_bytes()).unwrap()).unwrap(),
        false => text.to_owned(),
    };
    let body = body.replace("evt_1NG8Du2eZvKYlo2CUI79vXWy", id);
    assert!(body.contains(id));
    let signature = stripe::sign(SIGNING_SECRET, Timestamp::now().as_second(), body.as_bytes());
    request["body"] = json!(if is_packed { BASE64.encode(body.as_bytes()) } else { body });
    for (headers, value) in
        [("headers", json!(signature)), ("multiValueHeaders", json!([signature]))]
    {
        let headers = request.get_mut(headers).and_then(Value::as_object_mut).into_iter();
        for (name, old) in
            headers.flatten().filter(|(n, _)| n.eq_ignore_ascii_case("stripe-signature"))
        {
            assert_ne!(*old, value, "{name}");
            *old = value.clone();
        }
    }
}

/// The operations API is served by HTTP APIs and function URLs.
#[tokio::test]
async fn the_operations_api_answers_every_recorded_event() {
    let hookwatch = Hookwatch::start_with(|options| options.max_instances = 1).await;
    let instances = hookwatch.system.host("ops-api").unwrap().instances();
    for (name, text) in json_files("lambda_events") {
        let event: Value = serde_json::from_str(&text).unwrap();
        let answer = hookwatch.invoke("ops-api", &event).await;
        let text = answer["body"].as_str().unwrap();
        // Beside the API there are pages, for browsers.
        let body: Value = serde_json::from_str(text).unwrap_or_default();
        let status = answer["statusCode"].as_u64().unwrap();
        let code = body["error"]["code"].as_str().unwrap_or_default();
        let is_told = code.starts_with("token_") || text.starts_with("<!DOCTYPE html>");
        match event.pointer("/requestContext/http").is_some() {
            true => assert!(status == 401 && is_told, "{name}: {answer}"),
            false => assert_eq!((status, code), (400, "invalid_request"), "{name}"),
        }
    }
    assert_eq!(hookwatch.system.host("ops-api").unwrap().instances(), instances);
}

/// Whatever a schedule or a rule sends, it is time for a run.
#[tokio::test]
async fn every_recorded_schedule_runs_the_health_check() {
    let hookwatch = Hookwatch::start_with(|options| options.max_instances = 1).await;
    let mut ran = 0;
    for (name, text) in json_files("lambda_events") {
        if !name.contains("schedule") {
            continue;
        }
        let summary = hookwatch.invoke("health-check", &serde_json::from_str(&text).unwrap()).await;
        assert_eq!(summary["failed"], 0, "{name}: {summary}");
        assert!(summary["overall_status"].is_string(), "{name}: {summary}");
        ran += 1;
    }
    assert_eq!(ran, 4, "two of a rule, two of EventBridge Scheduler");
}

/// All three shapes of an alarm's change are recorded; a change that is told more than once, in one shape
/// or in several, is shown once.
#[tokio::test]
async fn every_recorded_alarm_is_shown_once() {
    /// The times of the changes in the files.
    const TIMES: [&str; 5] = [
        "2015-06-03T17:43:27.123+0000",
        "2019-10-02T17:04:40.989+0000",
        "2019-10-02T17:20:48.554+0000",
        "2023-08-04T12:56:46.138+0000",
        "2024-02-17T11:53:08.431+0000",
    ];
    let hookwatch = Hookwatch::start().await;
    let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string();
    let mut told = 0;
    for (name, text) in json_files("lambda_events") {
        if !name.contains("cloudwatch_alarm") {
            continue;
        }
        let text = TIMES.iter().fold(text, |text, time| text.replace(time, &now));
        assert!(text.contains(&now), "{name}");
        let event = serde_json::from_str(&text).unwrap();
        for _ in 0..2 {
            assert_eq!(hookwatch.invoke("health-check", &event).await, Value::Null, "{name}");
        }
        told += 1;
    }
    assert_eq!(told, 6, "two of EventBridge, two of a Lambda action, two of SNS");
    hookwatch.run_health_check().await;
    let health = hookwatch.get("/v1/health").await.body;
    let alerts = health["recent_alerts"].as_array().unwrap().iter();
    let mut shown: Vec<_> = alerts
        .filter(|alert| alert["source"] == "alarm" && alert["state"] == "ALARM")
        .filter_map(|alert| alert["subject"].as_str())
        .filter(|alarm| !alarm.starts_with("hookwatch-local"))
        .collect();
    shown.sort_unstable();
    let expected = [
        "CompositeDemo.Main",
        "EXAMPLE",
        "ServerCpuTooHigh",
        "Test alert",
        "TotalNetworkTrafficTooHigh",
    ];
    assert_eq!(shown, expected, "{health}");
}
