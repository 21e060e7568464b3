//! The answer in the shape of HTTP APIs and function URLs (payload format 2.0).

use serde::Serialize;

/// An HTTP answer with a text body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// The HTTP status.
    pub status_code: u16,
    #[serde(serialize_with = "as_map")]
    headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
    is_base64_encoded: bool,
    /// Always empty; `cargo lambda watch` takes no answer without it.
    cookies: [(); 0],
}

impl Response {
    /// An answer with a body of the given content type.
    pub fn new(status_code: u16, content_type: &str, body: String) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self { status_code, headers, body, is_base64_encoded: false, cookies: [] }
    }

    /// Adds a header.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

fn as_map<S: serde::Serializer>(headers: &[(String, String)], to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(headers.iter().map(|(name, value)| (name, value)))
}
