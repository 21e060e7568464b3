//! One request, whichever of the four shapes it came in: HTTP API 2.0, function URL, REST 1.0, ALB.

use std::borrow::Cow;

use data_encoding::BASE64;
use serde::{Deserialize, Deserializer};

use super::Headers;

/// An HTTP request as a function receives it.
///
/// Unknown members are ignored, and missing or null ones are empty. What no gateway sends (a number
/// for a path, say) fails to parse. No `Debug`: it holds the body and the headers.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct Request {
    raw_path: Option<String>,
    path: Option<String>,
    raw_query_string: Option<String>,
    http_method: Option<String>,
    headers: Headers,
    multi_value_headers: Headers,
    #[serde(deserialize_with = "null_is_default")]
    request_context: Context,
    body: Option<String>,
    #[serde(deserialize_with = "null_is_default")]
    is_base64_encoded: bool,
}

fn null_is_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Context {
    http: Option<Http>,
    identity: Option<Identity>,
    request_id: Option<String>,
    stage: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Http {
    method: Option<String>,
    source_ip: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Identity {
    source_ip: Option<String>,
}

/// The body says that it is base64 and is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body is flagged as base64 but does not decode")]
pub struct BodyError;

impl Request {
    /// The method in capitals; empty when the event names none (a direct invocation, say).
    pub fn method(&self) -> &str {
        let http = self.request_context.http.as_ref().and_then(|http| http.method.as_deref());
        http.or(self.http_method.as_deref()).unwrap_or_default()
    }

    /// The path, beginning with `/`, without the stage that HTTP APIs put before it.
    pub fn path(&self) -> &str {
        let Some(path) = self.raw_path.as_deref() else {
            return self.path.as_deref().unwrap_or("/");
        };
        let stage = self.request_context.stage.as_deref().filter(|stage| *stage != "$default");
        stage
            .and_then(|stage| path.strip_prefix('/')?.strip_prefix(stage))
            .filter(|rest| rest.starts_with('/'))
            .unwrap_or(path)
    }

    /// Whether the request came in payload format 2.0, from an HTTP API or a function URL. Of the
    /// other shapes the query string is not read.
    pub fn is_format_2(&self) -> bool {
        self.request_context.http.is_some()
    }

    /// The query string as it came, without `?`; empty when there is none.
    pub fn query(&self) -> &str {
        self.raw_query_string.as_deref().unwrap_or_default()
    }

    /// All headers; `multiValueHeaders` where the event has them, since `headers` then holds only
    /// the last value of each.
    pub fn headers(&self) -> &Headers {
        if self.multi_value_headers.is_empty() { &self.headers } else { &self.multi_value_headers }
    }

    /// The address of the peer that connected to the gateway. Never a header: anyone can write
    /// `X-Forwarded-For`.
    pub fn source_ip(&self) -> Option<&str> {
        let context = &self.request_context;
        let http = context.http.as_ref().and_then(|http| http.source_ip.as_deref());
        let identity = context.identity.as_ref().and_then(|identity| identity.source_ip.as_deref());
        http.or(identity).filter(|ip| !ip.is_empty())
    }

    /// The gateway's id of this request; it is in the gateway's access log too.
    pub fn request_id(&self) -> Option<&str> {
        self.request_context.request_id.as_deref().filter(|id| !id.is_empty())
    }

    /// The body's bytes as they were sent. The base64 flag is always honoured: who sends the
    /// request chooses the content type, and with it the flag.
    pub fn body(&self) -> Result<Cow<'_, [u8]>, BodyError> {
        match &self.body {
            None => Ok(Cow::Borrowed(&[])),
            Some(text) if self.is_base64_encoded => {
                BASE64.decode(text.as_bytes()).map(Cow::Owned).map_err(|_| BodyError)
            }
            Some(text) => Ok(Cow::Borrowed(text.as_bytes())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(json: &str) -> Request {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn reads_every_recorded_shape_of_a_webhook() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/lambda_events");
        let mut seen = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if name.starts_with("stripe_webhook_") {
                let request = request(&std::fs::read_to_string(path).unwrap());
                assert_eq!(
                    (request.method(), request.path()),
                    ("POST", "/webhooks/stripe"),
                    "{name}"
                );
                assert!(request.source_ip().is_some() && request.request_id().is_some(), "{name}");
                assert!(request.body().unwrap().starts_with(b"{"), "{name}");
                let signature = request.headers().get("stripe-signature");
                assert_eq!(signature.is_none(), name.contains("no_signature"), "{name}");
                if name.contains("two_signature") {
                    assert_eq!(signature.unwrap().matches("t=").count(), 2, "{name}");
                }
                seen += 1;
            }
        }
        assert_eq!(seen, 7);
    }

    #[test]
    fn the_stage_is_not_part_of_the_path() {
        let path = |stage: &str, path: &str| {
            request(&format!(r#"{{"rawPath":"{path}","requestContext":{{"stage":"{stage}"}}}}"#))
                .path()
                .to_owned()
        };
        assert_eq!(path("prod", "/prod/webhooks/stripe"), "/webhooks/stripe");
        assert_eq!(path("prod", "/products"), "/products");
        assert_eq!(path("$default", "/webhooks/stripe"), "/webhooks/stripe");
    }

    #[test]
    fn null_is_as_good_as_missing() {
        let all_null = r#"{"rawPath":null,"headers":null,"requestContext":null,"body":null,"isBase64Encoded":null}"#;
        assert_eq!(request(all_null).path(), "/");
        let context =
            r#"{"requestContext":{"http":{"method":null,"sourceIp":null},"identity":null}}"#;
        assert_eq!((request(context).method(), request(context).source_ip()), ("", None));
    }

    #[test]
    fn bad_base64_is_a_value() {
        assert_eq!(request(r#"{"body":"a=b","isBase64Encoded":true}"#).body(), Err(BodyError));
        assert_eq!(request(r#"{"body":"YQ==","isBase64Encoded":true}"#).body().unwrap(), &b"a"[..]);
        assert_eq!(request("{}").body().unwrap(), &b""[..]);
    }
}
