//! The answer to CloudFormation.

use std::time::Duration;

use serde_json::json;
use tokio::time::{sleep, timeout};

use super::{REFUSED, Request, StackEvent};
use crate::http;

/// Longest reason, in characters: the answer may have 4096 bytes.
const LONGEST_REASON: usize = 400;
const ATTEMPTS: u32 = 3;
/// Of one attempt, with the connection.
const ATTEMPT: Duration = Duration::from_secs(5);
/// Before the next attempt.
const PAUSE: Duration = Duration::from_millis(500);

/// An answer that CloudFormation did not take; it waits until its own time-out. Never holds the URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the stack's event could not be answered: {0}")]
pub struct AnswerError(String);

/// Says that what the event asked for was done, or why it was not; up to three times, 16 seconds in all.
///
/// # Errors
/// When no attempt was taken.
pub async fn answer(event: &StackEvent, result: Result<(), &str>) -> Result<(), AnswerError> {
    let body = body(event, result);
    let mut failure = AnswerError(String::new());
    for attempt in 1..=ATTEMPTS {
        match timeout(ATTEMPT, put(&event.response_url, &body)).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => failure = error,
            Err(_) => failure = AnswerError("no answer in time".to_owned()),
        }
        if attempt < ATTEMPTS {
            sleep(PAUSE).await;
        }
    }
    Err(failure)
}

fn body(event: &StackEvent, result: Result<(), &str>) -> String {
    let is_refused = result.is_err() && event.request == Request::Create;
    let mut body = json!({
        "Status": if result.is_ok() { "SUCCESS" } else { "FAILED" },
        "PhysicalResourceId": if is_refused { REFUSED } else { &event.physical_id },
        "StackId": event.stack_id,
        "RequestId": event.request_id,
        "LogicalResourceId": event.logical_id,
    });
    if let (Err(reason), Some(body)) = (result, body.as_object_mut()) {
        let reason: String = reason.chars().take(LONGEST_REASON).collect();
        body.insert("Reason".to_owned(), reason.into());
    }
    body.to_string()
}

/// The URL's signature covers a content type that is not there, so none is sent.
async fn put(url: &str, body: &str) -> Result<(), AnswerError> {
    let response = http::send("PUT", url, &[], body.to_owned()).await;
    let response = response.map_err(|failure| AnswerError(failure.to_owned()))?;
    let status = response.status();
    match status.is_success() {
        true => Ok(()),
        false => Err(AnswerError(format!("status {}", status.as_u16()))),
    }
}
