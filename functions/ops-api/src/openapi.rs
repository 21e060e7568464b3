//! `GET /openapi.json`: what there is to be asked, for programs. Written by hand beside the code, and
//! held against it by `tests/it/openapi.rs`.

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

const DOCUMENT: &str = include_str!("../openapi.json");

/// The document.
pub async fn document() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT)
}
