//! Between the gateway's JSON and the router's types.

use axum::body::{Body, to_bytes};
use axum::http;
use axum::response::Response;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use shared::gateway::{Request, Response as Answer};

/// The gateway's id of the call, or Lambda's.
#[derive(Clone)]
pub struct RequestId(pub String);

/// The address that a call came from.
#[derive(Clone)]
pub struct SourceIp(pub Option<String>);

/// Largest answer, as the JSON string that Lambda takes it in: Lambda's own limit is 6 MB, with the
/// headers.
pub const MAX_ANSWER_BYTES: usize = 5_900_000;

/// Headers of an answer that are passed on.
const PASSED_ON: [http::HeaderName; 10] = [
    http::header::WWW_AUTHENTICATE,
    http::header::ALLOW,
    http::header::ETAG,
    http::header::AGE,
    http::header::VARY,
    http::header::CONTENT_DISPOSITION,
    http::header::LOCATION,
    http::header::CONTENT_SECURITY_POLICY,
    http::header::X_CONTENT_TYPE_OPTIONS,
    http::header::REFERRER_POLICY,
];

/// What no URI holds as it is. HTTP APIs hand over the path with its escapes undone; a `%` stays,
/// since function URLs leave them in.
const ESCAPED: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`').add(b'{').add(b'}');
const ESCAPED_IN_PATH: &AsciiSet = &ESCAPED.add(b'?').add(b'#');

/// The request as the router takes it; `None` where its method is none that HTTP knows, or where it
/// is not in payload format 2.0. Headers that are none are left out.
pub fn request(event: &Request) -> Option<http::Request<Body>> {
    if !event.is_format_2() {
        return None;
    }
    let mut uri = utf8_percent_encode(event.path(), ESCAPED_IN_PATH).to_string();
    if !event.query().is_empty() {
        uri.push('?');
        uri.extend(utf8_percent_encode(event.query(), ESCAPED));
    }
    let mut request = http::Request::builder().method(event.method()).uri(uri);
    for (name, value) in event.headers().iter() {
        let name = http::HeaderName::try_from(name);
        let value = http::HeaderValue::from_bytes(value.as_bytes());
        if let (Ok(name), Ok(value)) = (name, value) {
            request = request.header(name, value);
        }
    }
    request.body(Body::from(event.body().ok()?.into_owned())).ok()
}

/// Bytes of a text as a JSON string.
pub fn bytes_in_json(text: &str) -> usize {
    serde_json::to_string(text).map_or(usize::MAX, |json| json.len())
}

/// The router's answer as the gateway takes it; `None` where it is too large for Lambda.
pub async fn answer(response: Response) -> Option<Answer> {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, MAX_ANSWER_BYTES).await.ok()?;
    let text = String::from_utf8(bytes.into()).ok()?;
    if bytes_in_json(&text) > MAX_ANSWER_BYTES {
        return None;
    }
    let header =
        |name: &http::HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let content_type = header(&http::header::CONTENT_TYPE).unwrap_or("application/json");
    let cache_control = header(&http::header::CACHE_CONTROL).unwrap_or("no-store");
    let mut answer = Answer::new(parts.status.as_u16(), content_type, text)
        .with_header("cache-control", cache_control);
    for name in PASSED_ON {
        if let Some(value) = header(&name) {
            answer = answer.with_header(name.as_str(), value);
        }
    }
    Some(answer)
}
