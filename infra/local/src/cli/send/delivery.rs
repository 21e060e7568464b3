//! One delivery: signed now, sent with the headers that Stripe sends, timed.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use local::stripe::sign;
use serde_json::{Value, json};

use super::super::ready::log_link;
use super::super::style::{dim, status};
use super::{SendError, SendOptions};

/// A secret that no system has.
const WRONG_SECRET: &str = "whsec_of_somebody_else";

/// No answer takes longer: the HTTP API itself gives up after 30 s.
const PATIENCE: Duration = Duration::from_secs(60);

/// An event on its way.
pub(super) struct Event {
    /// Its id, where it has one.
    pub(super) id: Option<String>,
    body: Vec<u8>,
}

impl Event {
    pub(super) fn of(body: Vec<u8>) -> Self {
        let parsed: Value = serde_json::from_slice(&body).unwrap_or_default();
        let id = parsed.get("id").and_then(Value::as_str).map(str::to_owned);
        Self { id, body }
    }

    /// What it says; null where it is no JSON.
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Sends to one system.
pub(super) struct Sender {
    pub(super) client: reqwest::Client,
    pub(super) port: u16,
    secret: String,
    forged: bool,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) took: Duration,
    /// Whether that is what such a delivery should be answered with.
    pub(super) is_expected: bool,
    pub(super) body: String,
}

impl Sender {
    pub(super) fn new(options: &SendOptions) -> Result<Self, SendError> {
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .user_agent("Stripe/1.0 (+https://stripe.com/docs/webhooks)")
            .build()?;
        let secret = if options.forged { WRONG_SECRET } else { &options.secret };
        Ok(Self { client, port: options.port, secret: secret.to_owned(), forged: options.forged })
    }

    pub(super) async fn deliver(&self, event: &Event) -> Result<Answer, SendError> {
        let signature = sign(&self.secret, Timestamp::now().as_second(), &event.body);
        let started = Instant::now();
        let response = self
            .client
            .post(format!("http://127.0.0.1:{}/webhooks/stripe", self.port))
            .header("accept", "*/*; q=0.5, application/xml")
            .header("cache-control", "no-cache")
            .header("content-type", "application/json; charset=utf-8")
            .header("stripe-signature", signature)
            .body(event.body.clone())
            .send()
            .await
            .map_err(|error| match error.is_connect() {
                true => SendError::Nobody(self.port),
                false => SendError::Request(error),
            })?;
        let status = response.status().as_u16();
        let body = response.bytes().await?;
        Ok(Answer {
            status,
            took: started.elapsed(),
            is_expected: if self.forged { status == 400 } else { (200..300).contains(&status) },
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }
}

impl Answer {
    /// The answer for a person, or as one line of JSON.
    pub(super) fn report(&self, event: &Event, options: &SendOptions) -> String {
        // What was refused is not in the log.
        let id = event.id.as_deref().filter(|_| self.status < 300);
        let link = id.map(|id| log_link(options.port, Some(id)));
        let milliseconds = self.took.as_secs_f64() * 1000.0;
        if options.json {
            return json!({
                "event_id": event.id,
                "status": self.status,
                "expected": self.is_expected,
                "ms": milliseconds,
                "body": self.body,
                "link": link,
            })
            .to_string();
        }
        let mut text = format!("{}  {milliseconds:.1} ms  {}", status(self.status), self.body);
        if let Some(link) = link {
            text.push_str(&format!("\n  {}", dim(&link)));
        }
        text
    }
}
