//! Live traffic of every kind, through the front doors.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use local::stripe::{sample_at, sign};
use local::system::{OPERATOR_TOKEN, SIGNING_SECRET, System};
use reqwest::Client;
use serde_json::{Value, json};

use super::history::ERRORS;
use super::ledger::{Ledger, Sent, Told};
use super::question::Facts;
use super::{DemoError, bar, metrics};

const EVENTS: usize = 300;
/// Events that all fail since a deployment: one customer's, of one account.
const BROKEN: usize = 80;
const BROKEN_TYPE: &str = "invoice.finalized";
const BROKEN_CUSTOMER: &str = "cus_1DemoCustomer";
const BROKEN_ACCOUNT: &str = "acct_1DemoAccount";
const TYPES: [&str; 4] = ["invoice.paid", "charge.failed", "customer.created", "charge.succeeded"];

/// Sends the events and tells their outcomes; returns when every refusal has been counted.
pub(super) async fn send(system: &System) -> Result<Ledger, DemoError> {
    let mut front = Front { system, client: Client::new(), ledger: Ledger::default() };
    let bar = bar(EVENTS, "sending");
    let mut outcomes = Vec::new();
    for number in 0..EVENTS {
        outcomes.extend(front.event(number).await?);
        bar.inc(1);
    }
    front.tell(outcomes).await?;
    front.deploy().await?;
    let mut outcomes = Vec::new();
    for number in 0..BROKEN {
        outcomes.push(front.broken(number).await?);
    }
    front.tell(outcomes).await?;
    bar.finish_and_clear();
    front.until_counted().await?;
    println!("sent {EVENTS} live events, and {BROKEN} that fail since a deployment");
    Ok(front.ledger)
}

struct Front<'a> {
    system: &'a System,
    client: Client,
    ledger: Ledger,
}

impl Front<'_> {
    /// Sends one event of the kind that is due; the outcome to tell of it.
    async fn event(&mut self, number: usize) -> Result<Option<Value>, DemoError> {
        let late = number % 10 == 3;
        let ago = SignedDuration::from_mins(if late { 15 } else { 0 });
        let kind = TYPES.get(number % TYPES.len()).copied().unwrap_or("invoice.paid");
        let body = sample_at(kind, Timestamp::now() - ago)?;
        if number % 10 == 4 {
            self.ledger.rejected += 1;
            self.deliver("whsec_forged", &body, 400).await?;
            return Ok(None);
        }
        if number % 50 == 7 {
            self.deliver(SIGNING_SECRET, format!("[{number}]").as_bytes(), 200).await?;
            let facts = Facts::default();
            self.ledger.deliveries.push(Sent {
                at: None,
                facts,
                duplicate: false,
                late: false,
                quarantined: true,
            });
            return Ok(None);
        }
        let event: Value = serde_json::from_slice(&body).unwrap_or_default();
        let text = |name: &str| event.get(name).and_then(Value::as_str).map(str::to_owned);
        let facts = Facts {
            event_type: text("type"),
            livemode: event.get("livemode").and_then(Value::as_bool),
            account: text("account"),
        };
        for duplicate in [false, true].into_iter().take(1 + usize::from(number % 10 == 5)) {
            self.deliver(SIGNING_SECRET, &body, 200).await?;
            let late = late && !duplicate;
            self.ledger.deliveries.push(Sent {
                at: None,
                facts: facts.clone(),
                duplicate,
                late,
                quarantined: false,
            });
        }
        Ok(Some(self.outcome(number, text("id"), facts)))
    }

    fn outcome(&mut self, number: usize, id: Option<String>, facts: Facts) -> Value {
        let error = ERRORS.get(number % 17).copied();
        let micros = 10_000 * (number as u64 % 40 + 1);
        let entry = json!({
            "event_id": id,
            "event_type": facts.event_type,
            "livemode": facts.livemode,
            "account": facts.account,
            "request_id": "demo",
            "success": error.is_none(),
            "processing_time": micros as f64 / 1e6,
            "error_message": error.map(|kind| format!("{kind} in job {number}")),
            "error_details": error.map(|kind| json!({ "error_type": kind })),
        });
        self.ledger.outcomes.push(Told { at: None, facts, error, micros, retries: 0 });
        entry
    }

    /// Says that a version was deployed.
    async fn deploy(&self) -> Result<(), DemoError> {
        let version = json!({ "version": "v42", "note": "new prices" });
        self.post("/v1/deployments", &version).await
    }

    /// Sends an event of the customer whose price went missing; its outcome, which tells no more than it must.
    async fn broken(&mut self, number: usize) -> Result<Value, DemoError> {
        let body = sample_at(BROKEN_TYPE, Timestamp::now())?;
        let mut event: Value = serde_json::from_slice(&body).unwrap_or_default();
        if let Some(members) = event.as_object_mut() {
            members.insert("livemode".to_owned(), json!(true));
            members.insert("account".to_owned(), json!(BROKEN_ACCOUNT));
        }
        if let Some(customer) = event.pointer_mut("/data/object/customer") {
            *customer = json!(BROKEN_CUSTOMER);
        }
        self.deliver(SIGNING_SECRET, event.to_string().as_bytes(), 200).await?;
        let event_type = Some(BROKEN_TYPE.to_owned());
        let facts = Facts { event_type, livemode: Some(true), account: None };
        let account = Some(BROKEN_ACCOUNT.to_owned());
        self.ledger.deliveries.push(Sent {
            at: None,
            facts: Facts { account, ..facts.clone() },
            duplicate: false,
            late: false,
            quarantined: false,
        });
        let (error, micros) = ("missing_price", 120_000);
        self.ledger.outcomes.push(Told { at: None, facts, error: Some(error), micros, retries: 0 });
        Ok(json!({
            "event_id": event.get("id"),
            "event_type": BROKEN_TYPE,
            "livemode": true,
            "request_id": "demo",
            "success": false,
            "processing_time": micros as f64 / 1e6,
            "error_message": format!("no price for plan {}", 1_000 + number),
            "error_details": { "error_type": error },
        }))
    }

    async fn deliver(&self, secret: &str, body: &[u8], expected: u16) -> Result<(), DemoError> {
        let header = sign(secret, Timestamp::now().as_second(), body);
        let request = self
            .client
            .post(format!("{}/webhooks/stripe", self.system.url()))
            .header("stripe-signature", header)
            .body(body.to_vec());
        let status = request.send().await?.status().as_u16();
        match status == expected {
            true => Ok(()),
            false => Err(DemoError::Answer(format!("a webhook was answered {status}"))),
        }
    }

    /// Tells all outcomes in one batch, twice, as a caller does that got no answer.
    async fn tell(&self, outcomes: Vec<Value>) -> Result<(), DemoError> {
        let body = json!({ "events": outcomes });
        for _ in 0..2 {
            self.post("/v1/events/batch", &body).await?;
        }
        Ok(())
    }

    async fn post(&self, path: &str, body: &Value) -> Result<(), DemoError> {
        let request = self.client.post(format!("{}{path}", self.system.url()));
        let request = request.bearer_auth(OPERATOR_TOKEN).body(body.to_string());
        let status = request.send().await?.status();
        match status.is_success() {
            true => Ok(()),
            false => Err(DemoError::Answer(format!("{path} was answered {status}"))),
        }
    }

    /// Refusals are put within a second or two.
    async fn until_counted(&self) -> Result<(), DemoError> {
        for _ in 0..50 {
            let answer = metrics(self.system, "time_range_hours=0.1").await?;
            let rejected = answer.pointer("/deliveries/rejected").and_then(Value::as_u64);
            if rejected.is_some_and(|rejected| rejected >= self.ledger.rejected) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        // The table will tell.
        Ok(())
    }
}
