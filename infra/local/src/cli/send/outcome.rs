//! Telling what became of an event, as the application would.

use std::str::FromStr;
use std::time::Instant;

use local::system::OPERATOR_TOKEN;
use serde_json::{Value, json};

use super::SendError;
use super::delivery::{Answer, Event, Sender};

/// What is told: `succeeded`, or `failed` with a kind of error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Succeeded,
    Failed(Option<String>),
}

impl FromStr for Outcome {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "succeeded" => Ok(Self::Succeeded),
            None if text == "failed" => Ok(Self::Failed(None)),
            Some(("failed", kind)) if !kind.is_empty() => Ok(Self::Failed(Some(kind.to_owned()))),
            _ => Err("succeeded, failed or failed:<kind of error>".to_owned()),
        }
    }
}

impl Outcome {
    /// The entry for an event; `seconds` is what processing took.
    fn entry(&self, event: &Event, seconds: f64) -> Value {
        let body = event.json();
        let error = match self {
            Self::Succeeded => None,
            Self::Failed(kind) => kind.as_ref(),
        };
        json!({
            "event_id": event.id,
            "event_type": body.get("type"),
            "livemode": body.get("livemode"),
            "account": body.get("account"),
            "api_version": body.get("api_version"),
            "success": *self == Self::Succeeded,
            "processing_time": seconds,
            "error_message": error.map(|kind| format!("{kind} while processing")),
            "error_details": error.map(|kind| json!({ "error_type": kind })),
        })
    }
}

impl Sender {
    /// Tells the outcome of an event.
    pub(super) async fn tell(
        &self,
        event: &Event,
        outcome: &Outcome,
        seconds: f64,
    ) -> Result<Answer, SendError> {
        let started = Instant::now();
        let response = self
            .client
            .post(format!("http://127.0.0.1:{}/v1/events", self.port))
            .bearer_auth(OPERATOR_TOKEN)
            .header("content-type", "application/json")
            .body(outcome.entry(event, seconds).to_string())
            .send()
            .await?;
        let status = response.status().as_u16();
        let body = response.bytes().await?;
        Ok(Answer {
            status,
            took: started.elapsed(),
            is_expected: status == 201,
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Outcome;

    #[test]
    fn outcomes_are_read() {
        for (text, expected) in [
            ("succeeded", Some(Outcome::Succeeded)),
            ("failed", Some(Outcome::Failed(None))),
            ("failed:db_timeout", Some(Outcome::Failed(Some("db_timeout".to_owned())))),
            ("failed:", None),
            ("succeeded:x", None),
            ("", None),
        ] {
            assert_eq!(text.parse().ok(), expected, "{text}");
        }
    }
}
