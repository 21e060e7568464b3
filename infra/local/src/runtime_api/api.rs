//! The Lambda Runtime API, version 2018-06-01, for one instance.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use hyper::body::Incoming;
use hyper::header::HeaderValue;
use hyper::{Method, Request, StatusCode};
use serde::Deserialize;

use super::instance::{Instance, Work};
use super::pool::{Job, Reply};
use super::{InvokeError, MAX_PAYLOAD, environment};
use crate::server::{Answer, BodyError, body, json};

/// What a function says about a failure of its own.
#[derive(Deserialize)]
struct Failure {
    #[serde(rename = "errorType", default)]
    kind: String,
    #[serde(rename = "errorMessage", default)]
    message: String,
}

/// Answers one call of the instance.
pub(super) async fn answer(instance: Arc<Instance>, request: Request<Incoming>) -> Answer {
    let path = request.uri().path().to_owned();
    let Some(call) = path.strip_prefix("/2018-06-01/runtime/") else {
        return refused(StatusCode::NOT_FOUND, "UnknownPath");
    };
    match (request.method().clone(), call.split('/').collect::<Vec<_>>().as_slice()) {
        (Method::GET, ["invocation", "next"]) => next(&instance).await,
        (Method::POST, ["invocation", id, "response"]) => response(&instance, id, request).await,
        (Method::POST, ["invocation", id, "error"]) => {
            let failure = failure(&instance, request).await;
            settled(instance.put(id, Err(failure)))
        }
        (Method::POST, ["init", "error"]) => {
            let reason = match failure(&instance, request).await {
                InvokeError::Function { kind, message, .. } => format!("{kind}: {message}"),
                other => other.to_string(),
            };
            instance.init_failed(reason);
            accepted()
        }
        _ => refused(StatusCode::NOT_FOUND, "UnknownPath"),
    }
}

async fn next(instance: &Instance) -> Answer {
    let waiting = instance.pool.next(instance.id);
    instance.is_ready();
    let Ok(Job { event, reply }) = waiting.await else {
        // The pool drops the other end only when it stops, and kills the instance, which would take
        // any answer for an error and say so.
        return std::future::pending().await;
    };
    let request_id = environment::uuid();
    let spec = &instance.pool.spec;
    let deadline = SystemTime::now() + spec.timeout;
    let deadline = deadline.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let headers = [
        ("lambda-runtime-aws-request-id", request_id.clone()),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", environment::arn(&spec.name)),
        ("lambda-runtime-trace-id", environment::trace_id()),
    ];
    instance.take(Work { request_id, reply });
    let mut answer = json(StatusCode::OK, event);
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}

async fn response(instance: &Instance, id: &str, request: Request<Incoming>) -> Answer {
    let function = instance.pool.name();
    let reply: Reply = match body(request.into_body(), MAX_PAYLOAD).await {
        Ok(bytes) => Ok(bytes.into()),
        Err(BodyError::Broken) => return refused(StatusCode::BAD_REQUEST, "BrokenBody"),
        Err(BodyError::TooLong) => {
            let kind = "Function.ResponseSizeTooLarge".to_owned();
            let message = "the answer is larger than the 6 MB that Lambda takes".to_owned();
            instance.put(id, Err(InvokeError::Function { function, kind, message }));
            return refused(StatusCode::PAYLOAD_TOO_LARGE, "Function.ResponseSizeTooLarge");
        }
    };
    settled(instance.put(id, reply))
}

async fn failure(instance: &Instance, request: Request<Incoming>) -> InvokeError {
    let bytes = body(request.into_body(), MAX_PAYLOAD).await.unwrap_or_default();
    let Failure { kind, message } = serde_json::from_slice(&bytes).unwrap_or_else(|_| Failure {
        kind: "Unknown".to_owned(),
        message: "the function reported an error that is not JSON".to_owned(),
    });
    InvokeError::Function { function: instance.pool.name(), kind, message }
}

fn settled(known: bool) -> Answer {
    if known { accepted() } else { refused(StatusCode::BAD_REQUEST, "InvalidRequestID") }
}

fn accepted() -> Answer {
    json(StatusCode::ACCEPTED, r#"{"status":"OK"}"#)
}

fn refused(status: StatusCode, kind: &str) -> Answer {
    let text = serde_json::json!({"errorType": kind, "errorMessage": kind}).to_string();
    json(status, text)
}
