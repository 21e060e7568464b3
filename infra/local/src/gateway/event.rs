//! An HTTP request as a Lambda event, payload format 2.0.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::routes::{Matched, decoded};

/// A request, as it came in.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// Its method, in upper case.
    pub method: String,
    /// Its path, undecoded.
    pub path: String,
    /// Its query string without the question mark; empty where there is none.
    pub query: String,
    /// Its headers, in order, names as sent; a name may come more than once.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
    /// The address that it came from.
    pub source_ip: String,
    /// When it came in.
    pub time: Timestamp,
    /// The gateway's id of the request.
    pub request_id: String,
}

impl HttpRequest {
    /// A request of this moment, with a new id, from this machine, without headers or a body.
    #[must_use]
    pub fn new(method: &str, path_and_query: &str) -> Self {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            source_ip: "127.0.0.1".to_owned(),
            time: Timestamp::now(),
            request_id: request_id(),
        }
    }
}

/// Headers that concern one connection, not the request.
const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "expect",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The event that a function gets for a request on a route.
#[must_use]
pub fn http_event<T>(request: &HttpRequest, matched: &Matched<'_, T>) -> Value {
    let (headers, cookies) = headers(request);
    let text = |name: &str| headers.get(name).cloned().unwrap_or_default();
    let domain =
        text("host").rsplit_once(':').map_or_else(|| text("host"), |(host, _)| host.to_owned());
    // API Gateway decodes the path, whatever the field's name says.
    let path = decoded(&request.path);
    let (body, is_base64) = body(&request.body, headers.get("content-type").map(String::as_str));

    let mut event = Map::new();
    let mut put = |name: &str, value: Value| drop(event.insert(name.to_owned(), value));
    put("version", json!("2.0"));
    put("routeKey", json!(matched.route_key));
    put("rawPath", json!(path));
    put("rawQueryString", json!(request.query));
    if !cookies.is_empty() {
        put("cookies", json!(cookies));
    }
    if !request.query.is_empty() {
        put("queryStringParameters", json!(query(&request.query)));
    }
    if !matched.path_parameters.is_empty() {
        put("pathParameters", json!(matched.path_parameters));
    }
    put(
        "requestContext",
        json!({
            "accountId": crate::ACCOUNT,
            "apiId": "local",
            "domainName": domain,
            "domainPrefix": domain.split('.').next(),
            "http": {
                "method": request.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.source_ip,
                "userAgent": text("user-agent"),
            },
            "requestId": request.request_id,
            "routeKey": matched.route_key,
            "stage": "$default",
            "time": common_log_time(request.time),
            "timeEpoch": request.time.as_millisecond(),
        }),
    );
    if let Some(body) = body {
        put("body", json!(body));
    }
    put("isBase64Encoded", json!(is_base64));
    put("headers", json!(headers));
    Value::Object(event)
}

/// Lower-case names, values of one name joined with a comma; cookies apart.
fn headers(request: &HttpRequest) -> (BTreeMap<String, String>, Vec<String>) {
    let mut joined = BTreeMap::<String, String>::new();
    let mut cookies = Vec::new();
    for (name, value) in &request.headers {
        let name = name.to_lowercase();
        if name == "cookie" {
            cookies.extend(value.split(';').map(|cookie| cookie.trim().to_owned()));
        } else if !HOP_BY_HOP.contains(&name.as_str()) {
            joined
                .entry(name)
                .and_modify(|all| {
                    all.push(',');
                    all.push_str(value);
                })
                .or_insert_with(|| value.clone());
        }
    }
    joined.insert("content-length".to_owned(), request.body.len().to_string());
    (joined, cookies)
}

/// Decoded, values of one name joined with a comma.
fn query(text: &str) -> BTreeMap<String, String> {
    let mut joined = BTreeMap::<String, String>::new();
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        joined
            .entry(name.into_owned())
            .and_modify(|all| {
                all.push(',');
                all.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    joined
}

/// The body as text where its content type and its bytes allow it, else in base64; none when empty.
fn body(bytes: &[u8], content_type: Option<&str>) -> (Option<String>, bool) {
    if bytes.is_empty() {
        return (None, false);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if content_type.is_some_and(is_text) => (Some(text.to_owned()), false),
        _ => (Some(BASE64.encode(bytes)), true),
    }
}

/// Whether API Gateway hands bodies of this type on as text.
fn is_text(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_lowercase();
    media_type.starts_with("text/")
        || ["application/json", "application/xml", "application/javascript"]
            .contains(&media_type.as_str())
        || media_type.ends_with("+json")
        || media_type.ends_with("+xml")
}

/// `23/Nov/2026:15:04:05 +0000`
fn common_log_time(time: Timestamp) -> String {
    time.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string()
}

/// An id like API Gateway's: short, unique, `LV7fzho-PHcEJPw=`.
fn request_id() -> String {
    let mut bytes = [0; 11];
    fastrand::fill(&mut bytes);
    data_encoding::BASE64URL.encode(&bytes)
}

#[cfg(test)]
mod tests;
