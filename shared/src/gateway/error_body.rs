//! The one shape of an error answer.

use serde::Serialize;

/// `{"error":{"code","message"},"request_id"}`.
#[derive(Debug, Serialize)]
pub struct ErrorBody<'a> {
    error: Detail<'a>,
    request_id: &'a str,
}

#[derive(Debug, Serialize)]
struct Detail<'a> {
    code: &'a str,
    message: &'a str,
}

impl<'a> ErrorBody<'a> {
    /// `code` is stable and for programs, `message` for people; neither holds a detail of ours.
    pub fn new(code: &'a str, message: &'a str, request_id: &'a str) -> Self {
        Self { error: Detail { code, message }, request_id }
    }
}
