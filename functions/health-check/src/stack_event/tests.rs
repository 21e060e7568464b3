use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

fn event(request: &str, url: &str) -> Value {
    json!({
        "RequestType": request,
        "ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:health-check",
        "ResponseURL": url,
        "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/shop/4f2b",
        "RequestId": "9a1c",
        "LogicalResourceId": "Alarms",
        "PhysicalResourceId": "alarms",
        "ResourceType": "Custom::Alarms",
        "ResourceProperties": {},
    })
}

#[test]
fn events_are_read() {
    for (name, request) in
        [("Create", Request::Create), ("Update", Request::Update), ("Delete", Request::Delete)]
    {
        let read = read(&event(name, "https://bucket.example/?Signature=abc")).unwrap().unwrap();
        assert_eq!((read.request, read.physical_id.as_str()), (request, "alarms"));
        assert!(!format!("{read:?}").contains("Signature"), "{read:?}");
    }
    assert_eq!(read(&json!({ "RequestType": "Delete" })), Ok(None));
}

#[test]
fn settings_that_cannot_be_so_are_refused_but_for_whoever_deletes() {
    let checked = |request, settings| {
        let mut event = event(request, "https://bucket.example/");
        event["ResourceProperties"] = json!({ "Settings": settings });
        read(&event).unwrap().unwrap().check().map_err(|error| error.to_string())
    };
    for (settings, expected) in [
        (json!({}), Ok(())),
        (json!({ "WEBHOOK_ERROR_RATE_THRESHOLD": "0.1", "WEBHOOK_DENY_ADDRESSES": "" }), Ok(())),
        (
            json!({ "WEBHOOK_DENY_ADDRESSES": "203.0.113.0/24, ::::" }),
            Err("WEBHOOK_DENY_ADDRESSES: must be addresses or networks (203.0.113.0/24), \
                comma-separated"),
        ),
        (
            json!({ "WEBHOOK_STRIPE_ADDRESSES": "3.18.12.63/8" }),
            Err("WEBHOOK_STRIPE_ADDRESSES: must be addresses or networks (203.0.113.0/24), \
                comma-separated"),
        ),
        (
            json!({ "WEBHOOK_ENTITY_INDEX": "2026-02-31" }),
            Err("WEBHOOK_ENTITY_INDEX: must be off, on or a day as YYYY-MM-DD"),
        ),
        (
            json!({ "WEBHOOK_ERROR_RATE_THRESHOLD": "0.2" }),
            Err("WEBHOOK_ALERT_CRITICAL_ERROR_RATE: must be at least WEBHOOK_ERROR_RATE_THRESHOLD"),
        ),
        (
            json!({ "WEBHOOK_SUCCESS_RATE_THRESHOLD": "0.8" }),
            Err("WEBHOOK_ALERT_LOW_SUCCESS_RATE: must be at most WEBHOOK_SUCCESS_RATE_THRESHOLD"),
        ),
        (
            json!({
                "WEBHOOK_PROCESSING_TIME_THRESHOLD": "5.0",
                "WEBHOOK_ALERT_HIGH_PROCESSING_TIME": "4",
            }),
            Err("WEBHOOK_ALERT_HIGH_PROCESSING_TIME: must be at least \
                WEBHOOK_PROCESSING_TIME_THRESHOLD"),
        ),
    ] {
        let expected = expected.map_err(str::to_owned);
        assert_eq!(checked("Create", settings.clone()), expected);
        assert_eq!(checked("Update", settings.clone()), expected);
        assert_eq!(checked("Delete", settings), Ok(()));
    }
}

#[test]
fn damage_is_named() {
    for (member, value) in [
        ("RequestType", json!("Destroy")),
        ("RequestType", json!(null)),
        ("ResponseURL", json!("file:///etc/hosts")),
        ("ResponseURL", json!(null)),
        ("StackId", json!("")),
        ("RequestId", json!(7)),
        ("LogicalResourceId", json!("x".repeat(2_000))),
        ("PhysicalResourceId", json!({})),
    ] {
        let mut event = event("Delete", "https://bucket.example/");
        event[member] = value;
        assert_eq!(read(&event), Err(bad(member)), "{event}");
    }
}

/// Answers each connection with one of `statuses`, in their order, and returns what was asked.
async fn serve(listener: TcpListener, statuses: &[&str]) -> Vec<String> {
    let mut requests = Vec::new();
    for status in statuses {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        // The body ends with the JSON object's brace.
        while !request.ends_with(b"}") {
            let mut part = [0; 4096];
            let read = stream.read(&mut part).await.unwrap();
            assert_ne!(read, 0, "{}", String::from_utf8_lossy(&request));
            request.extend_from_slice(&part[..read]);
        }
        requests.push(String::from_utf8(request).unwrap());
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
    requests
}

async fn answered(
    request: &str,
    statuses: &[&str],
    result: Result<(), &str>,
) -> (Result<(), AnswerError>, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/answer?Signature=a%2Bb", listener.local_addr().unwrap());
    let event = read(&event(request, &url)).unwrap().unwrap();
    tokio::join!(answer(&event, result), serve(listener, statuses))
}

#[tokio::test]
async fn the_answer_is_put_where_it_was_asked_for() {
    let (result, requests) = answered("Delete", &["200 OK"], Ok(())).await;
    assert_eq!(result, Ok(()));
    let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("PUT /answer?Signature=a%2Bb HTTP/1.1\r\n"), "{head}");
    let head = head.to_ascii_lowercase();
    assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
    assert!(!head.contains("content-type") && !head.contains("transfer-encoding"), "{head}");
    let body: Value = serde_json::from_str(body).unwrap();
    let expected = json!({
        "Status": "SUCCESS",
        "PhysicalResourceId": "alarms",
        "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/shop/4f2b",
        "RequestId": "9a1c",
        "LogicalResourceId": "Alarms",
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_failure_says_why_in_few_words_and_is_tried_again() {
    let reason = "cloudwatch ".repeat(1_000);
    let (result, requests) = answered("Update", &["503 Busy", "200 OK"], Err(&reason)).await;
    assert_eq!(result, Ok(()));
    assert_eq!(
        requests[0].split_once("\r\n\r\n").unwrap().1,
        requests[1].split_once("\r\n\r\n").unwrap().1
    );
    let body: Value = serde_json::from_str(requests[0].split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(
        (body["Status"].as_str(), body["Reason"].as_str().unwrap().len()),
        (Some("FAILED"), 400)
    );
    assert_eq!(body["PhysicalResourceId"], "alarms");
}

#[tokio::test]
async fn what_was_refused_when_it_was_made_is_deleted_without_a_call() {
    let (_, requests) = answered("Create", &["200 OK"], Err("no")).await;
    let body: Value = serde_json::from_str(requests[0].split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_ne!(body["PhysicalResourceId"], "alarms");
    let mut event = event("Delete", "https://bucket.example/");
    event["PhysicalResourceId"] = body["PhysicalResourceId"].clone();
    let event = read(&event).unwrap().unwrap();
    // Without a variable nothing can be asked.
    assert!(act(&Vars::new(&|_| None), &event).await.is_ok());
}

#[tokio::test]
async fn an_answer_that_is_not_taken_is_an_error_without_the_url() {
    let (result, _) = answered("Delete", &["403 No", "403 No", "403 No"], Ok(())).await;
    assert_eq!(
        result.unwrap_err().to_string(),
        "the stack's event could not be answered: status 403"
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/?Signature=secret", listener.local_addr().unwrap());
    drop(listener);
    let event = read(&event("Create", &url)).unwrap().unwrap();
    let error = answer(&event, Ok(())).await.unwrap_err();
    assert_eq!(error.to_string(), "the stack's event could not be answered: the connection failed");
}
