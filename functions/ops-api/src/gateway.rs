//! Between the gateway's JSON and the router's types.

use axum::body::{Body, to_bytes};
use axum::http;
use axum::response::Response;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use shared::gateway::{Request, Response as Answer};

/// Largest answer: Lambda's own limit for one is 6 MB.
const MAX_ANSWER_BYTES: usize = 5 * 1024 * 1024;

/// What no URI holds as it is. HTTP APIs hand over the path with its escapes undone; a `%` stays,
/// since function URLs leave them in.
const ESCAPED: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`').add(b'{').add(b'}');
const ESCAPED_IN_PATH: &AsciiSet = &ESCAPED.add(b'?').add(b'#');

/// The request as the router takes it; `None` where its method is none that HTTP knows. Headers that
/// are none are left out.
pub fn request(event: &Request) -> Option<http::Request<Body>> {
    let mut uri = utf8_percent_encode(event.path(), ESCAPED_IN_PATH).to_string();
    if !event.query().is_empty() {
        uri.push('?');
        uri.extend(utf8_percent_encode(event.query(), ESCAPED));
    }
    let mut request = http::Request::builder().method(event.method()).uri(uri);
    for (name, value) in event.headers().iter() {
        let name = http::HeaderName::try_from(name);
        let value = http::HeaderValue::from_str(value);
        if let (Ok(name), Ok(value)) = (name, value) {
            request = request.header(name, value);
        }
    }
    request.body(Body::from(event.body().ok()?.into_owned())).ok()
}

/// The router's answer as the gateway takes it.
pub async fn answer(response: Response) -> Answer {
    let (parts, body) = response.into_parts();
    let text = to_bytes(body, MAX_ANSWER_BYTES)
        .await
        .ok()
        .and_then(|bytes| String::from_utf8(bytes.into()).ok());
    let Some(text) = text else {
        tracing::error!("answer is too large or no text");
        return Answer::new(500, "text/plain", String::new());
    };
    let header =
        |name: &http::HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let content_type = header(&http::header::CONTENT_TYPE).unwrap_or("application/json");
    let mut answer = Answer::new(parts.status.as_u16(), content_type, text)
        .with_header("cache-control", "no-store");
    for name in [http::header::WWW_AUTHENTICATE, http::header::ALLOW] {
        if let Some(value) = header(&name) {
            answer = answer.with_header(name.as_str(), value);
        }
    }
    answer
}
