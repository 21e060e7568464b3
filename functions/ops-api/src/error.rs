//! Errors as callers see them: one shape, a stable code, never an internal detail.

use axum::http::header::{ALLOW, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use shared::gateway::ErrorBody;
use shared::store::StoreError;

/// An answer that is not the one that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiError {
    /// No token came with the request.
    TokenMissing,
    /// The token is not known.
    TokenWrong,
    /// The token's role may not do this.
    Forbidden,
    /// A parameter cannot be used: its name, and what would be right.
    InvalidParameter(String, &'static str),
    /// The endpoint has no parameter of this name: the name, and those that it has.
    UnknownParameter(String, String),
    /// The cursor is not one of ours, or belongs to another question.
    InvalidCursor,
    /// No such path.
    NotFound,
    /// The path does not take this method.
    MethodNotAllowed,
    /// Nothing is known about this event.
    EventNotFound,
    /// The request is none that HTTP knows.
    InvalidRequest,
    /// The body is not JSON.
    InvalidJson,
    /// An entry to be logged: its member, and what that must be.
    InvalidEntry(String, &'static str),
    /// The body is not a batch.
    InvalidBatch,
    /// Another entry has the request id.
    Conflict,
    /// The database did not take it, as far as we know: the request id to send it again with. Logged
    /// where it happened.
    NotStored(String),
    /// A member of the body: its name, and what it must be.
    InvalidField(String, &'static str),
    /// A threshold: its name, and what it must be.
    InvalidThreshold(String, &'static str),
    /// It was changed by another since the version that the change is based on.
    VersionConflict,
    /// There is no issue of this fingerprint.
    IssueNotFound,
    /// The issue is over.
    IssueIsOver,
    /// There is no mute of this id.
    MuteNotFound,
    /// A change that a page of another site asked for.
    ForeignOrigin,
    /// A form that no page of ours sent, or that is a day old.
    FormRefused,
    /// Lambda answers with 6 MB at most.
    AnswerTooLarge,
    /// Ours; logged where it happened.
    Internal,
}

impl ApiError {
    /// The status, the stable code, and what a person is told.
    pub fn parts(&self) -> (StatusCode, &'static str, String) {
        let fixed = |status, code, text: &str| (status, code, text.to_owned());
        match self {
            Self::TokenMissing => fixed(
                StatusCode::UNAUTHORIZED,
                "token_missing",
                "Send a token: Authorization: Bearer <token>, or as the password of HTTP Basic.",
            ),
            Self::TokenWrong => {
                fixed(StatusCode::UNAUTHORIZED, "token_wrong", "The token is not known.")
            }
            Self::Forbidden => {
                fixed(StatusCode::FORBIDDEN, "forbidden", "The token's role may not do this.")
            }
            Self::InvalidParameter(name, expected) => (
                StatusCode::BAD_REQUEST,
                "invalid_parameter",
                format!("{name} must be {expected}."),
            ),
            Self::UnknownParameter(name, known) => (
                StatusCode::BAD_REQUEST,
                "unknown_parameter",
                format!("There is no parameter {name}; there are: {known}."),
            ),
            Self::InvalidCursor => fixed(
                StatusCode::BAD_REQUEST,
                "invalid_cursor",
                "The cursor is not from an earlier page of this very question.",
            ),
            Self::NotFound => fixed(StatusCode::NOT_FOUND, "not_found", "There is nothing here."),
            Self::MethodNotAllowed => fixed(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "The path does not take this method.",
            ),
            Self::EventNotFound => fixed(
                StatusCode::NOT_FOUND,
                "event_not_found",
                "No delivery of this event is in the log: it never came, or its time is over.",
            ),
            Self::InvalidRequest => {
                fixed(StatusCode::BAD_REQUEST, "invalid_request", "The request cannot be read.")
            }
            Self::InvalidJson => {
                fixed(StatusCode::BAD_REQUEST, "invalid_json", "The body is not JSON.")
            }
            Self::InvalidEntry(field, expected) => {
                (StatusCode::BAD_REQUEST, "invalid_entry", format!("{field} must be {expected}."))
            }
            Self::InvalidBatch => fixed(
                StatusCode::BAD_REQUEST,
                "invalid_batch",
                "The body must be {\"events\": [...]} with 1 to 500 entries.",
            ),
            Self::Conflict => fixed(
                StatusCode::CONFLICT,
                "conflict",
                "Another entry of this event has the request_id: give each attempt its own.",
            ),
            Self::NotStored(request_id) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "not_stored",
                format!(
                    "The log did not take the entry. Please send it again with the request_id {request_id}, so that it counts once."
                ),
            ),
            Self::InvalidField(field, expected) => {
                (StatusCode::BAD_REQUEST, "invalid_field", format!("{field} must be {expected}."))
            }
            Self::InvalidThreshold(name, expected) => (
                StatusCode::BAD_REQUEST,
                "invalid_threshold",
                format!("{name} must be {expected}."),
            ),
            Self::VersionConflict => fixed(
                StatusCode::CONFLICT,
                "version_conflict",
                "Another has changed it meanwhile: read it again, and change that.",
            ),
            Self::IssueNotFound => fixed(
                StatusCode::NOT_FOUND,
                "issue_not_found",
                "There is no issue of this fingerprint, or it was over more than 90 days ago.",
            ),
            Self::IssueIsOver => {
                fixed(StatusCode::CONFLICT, "issue_is_over", "The issue is over already.")
            }
            Self::MuteNotFound => {
                fixed(StatusCode::NOT_FOUND, "mute_not_found", "There is no mute of this id.")
            }
            Self::ForeignOrigin => fixed(
                StatusCode::FORBIDDEN,
                "foreign_origin",
                "A page of another site sent this, by what the browser says. Nothing was changed.",
            ),
            Self::FormRefused => fixed(
                StatusCode::FORBIDDEN,
                "form_refused",
                "The form is not from a page of this site, or a day old. Load the page again.",
            ),
            Self::AnswerTooLarge => fixed(
                StatusCode::INTERNAL_SERVER_ERROR,
                "answer_too_large",
                "The answer is larger than 6 MB. Ask for less: a smaller limit, no payload.",
            ),
            Self::Internal => fixed(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "The log could not be read. Please try again.",
            ),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "log not read");
        Self::Internal
    }
}

/// An error on its way out; [`name_request`] gives it its body.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.parts().0.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives an error its body, which names the request it answers.
pub fn name_request(response: Response, request_id: &str) -> Response {
    let Some(error) = response.extensions().get::<ApiError>().cloned() else { return response };
    let (status, code, message) = error.parts();
    let body = axum::Json(ErrorBody::new(code, &message, request_id));
    keep_headers((status, body).into_response(), &response)
}

/// Gives an error's answer the headers that belong to its status.
pub fn keep_headers(mut answer: Response, response: &Response) -> Response {
    let status = response.status();
    if let Some(methods) = response.headers().get(ALLOW) {
        answer.headers_mut().insert(ALLOW, methods.clone());
    }
    if status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Basic realm=\"hookwatch\", charset=\"UTF-8\"");
        answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    answer
}
