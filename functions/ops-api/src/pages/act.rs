//! What operators do by a form: the API's own calls, in a form's coat.

use std::sync::Arc;

use axum::Form;
use axum::body::Bytes;
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Extension, Path, State};
use axum::http::HeaderMap;
use axum::response::Redirect;
use jiff::Timestamp;
use serde_json::json;
use shared::store::Actor;

use super::form::{self, Fields};
use super::link;
use crate::auth::Caller;
use crate::config::Config;
use crate::error::ApiError;
use crate::members::{HOURS, Invalid};
use crate::{issues, mutes};

type Who = (Extension<Actor>, Extension<Caller>);
type Sent = Result<Form<Vec<(String, String)>>, FormRejection>;

/// Acknowledges, snoozes or resolves an issue, then shows it again where it was.
pub async fn issue(
    config: State<Arc<Config>>,
    (actor, Extension(caller)): Who,
    path: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
    sent: Sent,
) -> Result<Redirect, ApiError> {
    let Path((fingerprint, action)) = path.map_err(|_| ApiError::IssueNotFound)?;
    let fields = fields(sent, &headers, &caller, actor.at)?;
    let body = match action.as_str() {
        "snooze" => json!({"hours": hours(&fields)?}).to_string(),
        _ => String::new(),
    };
    let path = Ok(Path((fingerprint.clone(), action)));
    drop(issues::act(config, actor, path, Bytes::from(body)).await?);
    Ok(match fields.text("back") {
        "issue" => Redirect::to(&link::issue(&fingerprint)),
        _ => Redirect::to("/"),
    })
}

/// Mutes issues for a time.
pub async fn mute(
    config: State<Arc<Config>>,
    (actor, Extension(caller)): Who,
    headers: HeaderMap,
    sent: Sent,
) -> Result<Redirect, ApiError> {
    let fields = fields(sent, &headers, &caller, actor.at)?;
    let mut mute = json!({"hours": hours(&fields)?, "reason": fields.text("reason")});
    let kind = fields.text("kind");
    if let Some(members) = mute.as_object_mut().filter(|_| !kind.is_empty()) {
        members.insert("kinds".to_owned(), json!([kind]));
    }
    let body = Bytes::from(mute.to_string());
    drop(mutes::add(config, actor, body).await?);
    Ok(Redirect::to("/#mutes"))
}

/// Ends a mute.
pub async fn unmute(
    config: State<Arc<Config>>,
    (actor, Extension(caller)): Who,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    sent: Sent,
) -> Result<Redirect, ApiError> {
    fields(sent, &headers, &caller, actor.at)?;
    mutes::remove(config, actor, path).await?;
    Ok(Redirect::to("/#mutes"))
}

fn fields(
    sent: Sent,
    headers: &HeaderMap,
    caller: &Caller,
    now: Timestamp,
) -> Result<Fields, ApiError> {
    let Form(fields) = sent.map_err(|_| ApiError::FormRefused)?;
    form::checked(headers, fields, &caller.hash, now)
}

fn hours(fields: &Fields) -> Result<f64, ApiError> {
    let wrong = || Invalid::new("hours", HOURS);
    Ok(fields.text("hours").parse().map_err(|_| wrong())?)
}
