//! Events against what AWS documents and what was recorded from it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::routes::Matched;
use super::{HttpRequest, http_event, is_text, request_id};

fn event(request: &HttpRequest, route_key: &str, parameters: &[(&str, &str)]) -> Value {
    let path_parameters: BTreeMap<_, _> =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    http_event(request, &Matched { target: &(), route_key: route_key.to_owned(), path_parameters })
}

fn request(target: &str, headers: &[(&str, &str)], body: &[u8]) -> HttpRequest {
    let mut request = HttpRequest::new("POST", target);
    request.headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    request.body = body.to_vec();
    request
}

#[test]
fn it_has_the_fields_of_a_recorded_event() {
    let recorded: Value = serde_json::from_slice(
        &std::fs::read(
            crate::workspace()
                .join("tests/fixtures/lambda_events/stripe_webhook_apigw_http_v2.json"),
        )
        .unwrap(),
    )
    .unwrap();
    let headers: Vec<(String, String)> = recorded["headers"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .collect();
    let mut again = HttpRequest::new("POST", "/webhooks/stripe");
    again.headers = headers;
    again.body = recorded["body"].as_str().unwrap().into();
    again.source_ip = "3.18.12.63".to_owned();
    again.request_id = "LV7fzho-PHcEJPw=".to_owned();
    again.time = "2023-11-14T22:13:20.123Z".parse().unwrap();
    let mut made = event(&again, "POST /webhooks/stripe", &[]);
    // What names the API differs; nothing else does.
    made["requestContext"]["apiId"] = json!("abc123defg");
    assert_eq!(made, recorded);
}

#[test]
fn repeated_headers_are_joined_and_cookies_are_apart() {
    let headers = [
        ("Stripe-Signature", "t=1"),
        ("stripe-signature", "t=2"),
        ("Cookie", "a=1; b=2"),
        ("Connection", "keep-alive"),
        ("Host", "example.com:9000"),
    ];
    let made = event(&request("/", &headers, b""), "ANY /", &[]);
    let expected =
        json!({"stripe-signature": "t=1,t=2", "host": "example.com:9000", "content-length": "0"});
    assert_eq!(made["headers"], expected);
    assert_eq!(made["cookies"], json!(["a=1", "b=2"]));
    assert_eq!(made["requestContext"]["domainName"], "example.com");
    assert_eq!(made["requestContext"]["domainPrefix"], "example");
    assert_eq!(made.get("body"), None);
    assert_eq!(made["isBase64Encoded"], false);
}

#[test]
fn paths_and_queries_are_decoded() {
    let made = event(&request("/v1/a%20b?x=1&y=a%26b+c&x=2", &[], b""), "r", &[("id", "a b")]);
    assert_eq!(made["rawPath"], "/v1/a b");
    assert_eq!(made["rawQueryString"], "x=1&y=a%26b+c&x=2");
    assert_eq!(made["queryStringParameters"], json!({"x": "1,2", "y": "a&b c"}));
    assert_eq!(made["pathParameters"], json!({"id": "a b"}));
    let bare = event(&request("/", &[], b""), "r", &[]);
    assert_eq!(bare.get("queryStringParameters").or(bare.get("pathParameters")), None);
}

#[test]
fn a_body_is_text_only_where_type_and_bytes_are() {
    for (kind, body, text) in [
        (Some("application/json; charset=utf-8"), &b"{}"[..], true),
        (Some("application/json"), b"\xff\xfe", false),
        (Some("application/octet-stream"), b"{}", false),
        (Some("application/x-www-form-urlencoded"), b"a=b", false),
        (None, b"{}", false),
    ] {
        let headers: Vec<_> = kind.into_iter().map(|kind| ("content-type", kind)).collect();
        let made = event(&request("/", &headers, body), "r", &[]);
        assert_eq!(made["isBase64Encoded"], !text, "{kind:?}");
        let sent = made["body"].as_str().unwrap().as_bytes().to_vec();
        let sent = if text { sent } else { data_encoding::BASE64.decode(&sent).unwrap() };
        assert_eq!(sent, body, "{kind:?}");
    }
}

#[test]
fn text_types() {
    for (kind, expected) in [
        ("text/csv", true),
        ("Text/HTML; charset=x", true),
        ("application/xml", true),
        ("application/javascript", true),
        ("application/problem+json", true),
        ("image/svg+xml", true),
        ("application/jsonlines", false),
        ("image/png", false),
        ("", false),
    ] {
        assert_eq!(is_text(kind), expected, "{kind}");
    }
}

#[test]
fn request_ids_look_like_the_gateways() {
    assert_eq!(request_id().len(), "LV7fzho-PHcEJPw=".len());
    assert_ne!(request_id(), request_id());
}
