//! A function's answer as an HTTP response, payload format 2.0.

use data_encoding::BASE64;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, SET_COOKIE};
use hyper::{Response, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::server::{Answer, json};

/// Why an answer is not a response; the client sees a 500.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the function's answer is not an HTTP response: {0}")]
pub struct NotAResponse(&'static str);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Structured {
    status_code: u16,
    #[serde(default)]
    headers: Option<Map<String, Value>>,
    #[serde(default)]
    cookies: Option<Vec<String>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: Option<bool>,
}

/// Turns what a function returned into what the client gets.
///
/// # Errors
/// When it is not JSON, or names a status, a header or a body that cannot be sent.
pub fn function_answer(answer: &[u8]) -> Result<Answer, NotAResponse> {
    let value: Value =
        serde_json::from_slice(answer).map_err(|_| NotAResponse("it is not JSON"))?;
    // Without a status it is the body of a 200: a string's content, or any other JSON as it stands.
    let structured: Structured = match value {
        Value::Object(ref fields) if fields.contains_key("statusCode") => {
            serde_json::from_value(value).map_err(|_| NotAResponse("a field has the wrong type"))?
        }
        Value::String(text) => return Ok(json(StatusCode::OK, text)),
        _ => return Ok(json(StatusCode::OK, answer.to_vec())),
    };
    let body = structured.body.unwrap_or_default();
    let body = match structured.is_base64_encoded {
        Some(true) => {
            BASE64.decode(body.as_bytes()).map_err(|_| NotAResponse("its body is not base64"))?
        }
        _ => body.into_bytes(),
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = StatusCode::from_u16(structured.status_code)
        .ok()
        .filter(|status| (200..600).contains(&status.as_u16()))
        .ok_or(NotAResponse("its status is out of range"))?;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain;charset=UTF-8"));
    for (name, value) in structured.headers.unwrap_or_default() {
        let name: HeaderName =
            name.parse().map_err(|_| NotAResponse("a header's name is not valid"))?;
        let value = match value {
            Value::String(text) => text,
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => return Err(NotAResponse("a header's value is not text")),
        };
        let value = HeaderValue::from_str(&value)
            .map_err(|_| NotAResponse("a header's value is not valid"))?;
        // The length is the gateway's to know.
        if name != CONTENT_LENGTH {
            headers.insert(name, value);
        }
    }
    for cookie in structured.cookies.unwrap_or_default() {
        let cookie =
            HeaderValue::from_str(&cookie).map_err(|_| NotAResponse("a cookie is not valid"))?;
        headers.append(SET_COOKIE, cookie);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::function_answer;

    /// Status, content type, body.
    async fn seen(answer: &str) -> (u16, String, String) {
        let response = function_answer(answer.as_bytes()).unwrap();
        let (status, kind) =
            (response.status().as_u16(), response.headers()["content-type"].clone());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, kind.to_str().unwrap().to_owned(), String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn answers_become_responses() {
        let (plain, json) = ("text/plain;charset=UTF-8", "application/json");
        for (answer, status, kind, body) in [
            (r#"{"statusCode":400,"body":"no"}"#, 400, plain, "no"),
            (r#"{"statusCode":204}"#, 204, plain, ""),
            (
                r#"{"statusCode":200,"headers":{"Content-Type":"application/json"},"body":"{}"}"#,
                200,
                json,
                "{}",
            ),
            (r#"{"statusCode":200,"body":"aMOp","isBase64Encoded":true}"#, 200, plain, "hé"),
            (r#"{"statusCode":200,"headers":null,"cookies":null,"body":null}"#, 200, plain, ""),
            (r#"{ "message": 1 }"#, 200, json, r#"{ "message": 1 }"#),
            (r#""hello""#, 200, json, "hello"),
            ("[1]", 200, json, "[1]"),
        ] {
            let expected = (status, kind.to_owned(), body.to_owned());
            assert_eq!(seen(answer).await, expected, "{answer}");
        }
    }

    #[test]
    fn headers_and_cookies_are_kept() {
        let answer =
            br#"{"statusCode":200,"headers":{"X-A":"1","retry-after":7,"content-length":"99"},
            "cookies":["a=1; Secure","b=2"]}"#;
        let response = function_answer(answer).unwrap();
        assert_eq!(response.headers()["x-a"], "1");
        assert_eq!(response.headers()["retry-after"], "7");
        assert_eq!(response.headers().get("content-length"), None);
        let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
        assert_eq!(cookies, ["a=1; Secure", "b=2"]);
    }

    #[test]
    fn what_cannot_be_sent_is_an_error() {
        for answer in [
            "",
            "{",
            r#"{"statusCode":"200"}"#,
            r#"{"statusCode":99}"#,
            r#"{"statusCode":1000}"#,
            r#"{"statusCode":200,"body":{}}"#,
            r#"{"statusCode":200,"body":"*","isBase64Encoded":true}"#,
            r#"{"statusCode":200,"headers":{"a b":"c"}}"#,
            r#"{"statusCode":200,"headers":{"a":"\n"}}"#,
            r#"{"statusCode":200,"headers":{"a":["b"]}}"#,
        ] {
            assert!(function_answer(answer.as_bytes()).is_err(), "{answer}");
        }
    }
}
