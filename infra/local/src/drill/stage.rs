//! A running system as a drill uses it: events by the gateway, outcomes by the API, and by the store
//! what only a past can bring.

mod outcomes;

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use shared::config::Vars;
use shared::store::{EntityIndex, EventStore, Retention};
use tokio::task::AbortHandle;

use super::DrillError;
use super::sightings::ActiveIssue;
use crate::gateway::{HttpRequest, Matched, function_answer, http_event};
use crate::invented;
use crate::runtime_api::FunctionHost;
use crate::schedule::Schedule;
use crate::stripe::{sample, sign};
use crate::system::{OPERATOR_TOKEN, System};
use crate::table;

/// What the events of drills are.
pub(super) const EVENT_TYPE: &str = "invoice.paid";
/// An address that Stripe publishes (docs.stripe.com/ips).
const STRIPE: &str = "3.18.12.63";
/// The secret that a rolled endpoint has and nobody told us.
const OTHER_SECRET: &str = "whsec_rolled_and_not_deployed";
/// Instances of the receiver that a flood is counted by, as their items name them.
const FLOOD: &str = "drill-flood";
/// Forged requests that come by the gateway, and those that other instances have counted: more than
/// 600 a minute, though a rate is of up to ten minutes.
const FORGED: u64 = 100;
const FORGED_ELSEWHERE: u64 = 8_000;
/// Requests on their way at a time.
const AT_ONCE: usize = 8;

/// A running system, its schedule, and what is needed to use them.
#[derive(Debug)]
pub struct Stage<'a> {
    pub(super) system: &'a System,
    pub(super) schedule: &'a Schedule,
    secret: String,
    http: Client,
}

/// Events that go on coming; dropping it ends them.
#[derive(Debug)]
pub(super) struct Traffic(AbortHandle);

impl Drop for Traffic {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<'a> Stage<'a> {
    /// A system and its schedule; `secret` is one that it verifies with.
    #[must_use]
    pub fn new(system: &'a System, schedule: &'a Schedule, secret: &str) -> Self {
        Self { system, schedule, secret: secret.to_owned(), http: Client::new() }
    }

    /// Waits for the end of the next run of the health check.
    pub(crate) async fn ticked(&self) {
        self.schedule.next().await;
    }

    pub(super) fn store(&self) -> Result<(EventStore, Retention), DrillError> {
        let client = table::client(self.system.dynamodb_endpoint());
        let store = EventStore::new(client, self.system.table().to_owned(), EntityIndex::OFF);
        Ok((store, Retention::from_vars(&Vars::new(&|_| None))?))
    }

    /// Delivers so many live events.
    pub(super) async fn deliver(&self, count: u64) -> Result<(), DrillError> {
        let deliveries = (0..count).map(|_| async {
            let body = live_event()?;
            accepted("a webhook", self.webhook(&body, &self.secret), 200).await.map(drop)
        });
        stream::iter(deliveries).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Live events that go on coming, whatever becomes of them.
    pub(super) fn traffic(&self, pause: Duration) -> Traffic {
        let (http, url, secret) = (self.http.clone(), self.webhooks(), self.secret.clone());
        let sending = tokio::spawn(async move {
            loop {
                if let Ok(body) = live_event() {
                    drop(webhook(&http, &url, &body, &secret).send().await);
                }
                tokio::time::sleep(pause).await;
            }
        });
        Traffic(sending.abort_handle())
    }

    /// Requests from Stripe's own addresses under a secret that is not ours.
    pub(super) async fn refused_by_us(&self, count: u64) -> Result<(), DrillError> {
        let receiver = self.system.host("webhook-receiver");
        let receiver = receiver.ok_or(DrillError::Impossible("there is no receiver"))?;
        let before = self.refused_genuine().await?;
        for _ in 0..count {
            let body = live_event()?;
            let mut request = HttpRequest::new("POST", "/webhooks/stripe");
            request.source_ip = STRIPE.to_owned();
            let signature = sign(OTHER_SECRET, Timestamp::now().as_second(), &body);
            request.headers.push(("stripe-signature".to_owned(), signature));
            request.body = body;
            // No request from this machine has such an address, so the gateway is left out.
            let route_key = "ANY /webhooks/stripe".to_owned();
            let matched = Matched { target: &(), route_key, path_parameters: BTreeMap::new() };
            let event = http_event(&request, &matched).to_string();
            let answer = receiver.invoke(event.as_bytes()).await?;
            let status = function_answer(&answer).map_or(502, |answer| answer.status().as_u16());
            if status != 400 {
                return Err(DrillError::Answer { what: "a wrong signature".to_owned(), status });
            }
        }
        // The receiver puts its counts within a second, which is nothing on AWS and minutes here.
        for _ in 0..50 {
            if self.refused_genuine().await? >= before + count {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// Requests from Stripe's own addresses that were refused of late.
    async fn refused_genuine(&self) -> Result<u64, DrillError> {
        let request = self.http.get(self.url("/v1/metrics?time_range_hours=1"));
        let answer = accepted("metrics", self.ask(request), 200).await?;
        let count = answer.pointer("/deliveries/refused_genuine").and_then(Value::as_u64);
        Ok(count.unwrap_or_default())
    }

    /// Forged requests: some by the gateway, most as other instances of the receiver count them.
    pub(super) async fn forged_flood(&self) -> Result<(), DrillError> {
        let forged = (0..FORGED).map(|_| async {
            let body = live_event()?;
            accepted("a forged webhook", self.webhook(&body, "whsec_forged"), 400).await.map(drop)
        });
        stream::iter(forged).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        let (store, retention) = self.store()?;
        let flood = invented::forged(Timestamp::now(), FLOOD.to_owned(), FORGED_ELSEWHERE);
        Ok(store.put_rejections(&flood, retention).await?)
    }

    /// Takes what other instances have counted of the flood out of the log: it stands for the ten minutes
    /// after which it is no longer looked at.
    pub(super) async fn forget_flood(&self) -> Result<(), DrillError> {
        self.forget("contains(sk, :text)", FLOOD).await
    }

    /// Live deliveries of the last so many minutes.
    pub(super) async fn delivered_since(&self, ago: SignedDuration) -> Result<u64, DrillError> {
        let from = Timestamp::now() - ago;
        let url = self.url(&format!("/v1/metrics?livemode=true&from={from}"));
        let answer = accepted("metrics", self.ask(self.http.get(url)), 200).await?;
        let count = answer.pointer("/deliveries/received").and_then(Value::as_u64);
        Ok(count.unwrap_or_default())
    }

    fn health_check(&self) -> Result<&FunctionHost, DrillError> {
        let host = self.system.host("health-check");
        host.ok_or(DrillError::Impossible("there is no health check"))
    }

    /// Lets the health check forget what it knows by itself.
    pub(super) async fn restart_health_check(&self) -> Result<(), DrillError> {
        self.health_check()?.kill_instances().await;
        Ok(())
    }

    /// Says whether the application logs what became of every event; `None`: as at the start.
    pub(super) async fn set_outcomes(&self, policy: Option<&str>) -> Result<(), DrillError> {
        self.health_check()?.set_variable("WEBHOOK_OUTCOMES", policy).await;
        Ok(())
    }

    /// Lets the health check run at once.
    pub(super) async fn run_health_check(&self) -> Result<(), DrillError> {
        Ok(self.health_check()?.invoke(b"{}").await.map(drop)?)
    }

    /// Takes the items out of the table for which something holds of a text.
    pub(super) async fn forget(&self, what: &str, text: &str) -> Result<(), DrillError> {
        let unreachable = |_| DrillError::Impossible("the database does not answer");
        let client = table::client(self.system.dynamodb_endpoint());
        let found = client
            .scan()
            .table_name(self.system.table())
            .filter_expression(what)
            .expression_attribute_values(":text", AttributeValue::S(text.to_owned()))
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .map_err(|error| unreachable(error.to_string()))?;
        let client = &client;
        let deletes = found.into_iter().map(|mut item| async move {
            item.retain(|name, _| name == "pk" || name == "sk");
            let delete = client.delete_item().table_name(self.system.table()).set_key(Some(item));
            delete.send().await.map(drop).map_err(|error| unreachable(error.to_string()))
        });
        // A past has thousands of them.
        stream::iter(deletes).buffer_unordered(16).try_collect::<()>().await?;
        Ok(())
    }

    /// Sets, or forgets, how long an event may be without an outcome, in seconds; what was set before.
    pub(super) async fn set_unprocessed_after(
        &self,
        seconds: Option<f64>,
    ) -> Result<Option<f64>, DrillError> {
        let url = self.url("/v1/thresholds");
        let known = accepted("thresholds", self.ask(self.http.get(&url)), 200).await?;
        let request = self.ask(self.http.patch(url));
        let request = request.body(json!({"unprocessed_after": seconds}).to_string());
        accepted("a threshold", request, 200).await?;
        Ok(known.pointer("/set/unprocessed_after").and_then(Value::as_f64))
    }

    /// The issues that are active; `None` where health is not answered.
    pub(super) async fn issues(&self) -> Option<Vec<ActiveIssue>> {
        let request = self.ask(self.http.get(self.url("/v1/health")));
        let health = accepted("health", request, 200).await.ok()?;
        let issues = health.get("active_issues")?.as_array()?.iter().map(|issue| {
            let text = |name: &str| issue.get(name).and_then(Value::as_str).unwrap_or_default();
            ActiveIssue { kind: text("type").to_owned(), evidence: text("evidence").to_owned() }
        });
        Some(issues.collect())
    }

    fn ask(&self, request: RequestBuilder) -> RequestBuilder {
        let request = request.bearer_auth(OPERATOR_TOKEN).header("cache-control", "no-cache");
        request.timeout(Duration::from_secs(30))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.system.url())
    }

    fn webhooks(&self) -> String {
        self.url("/webhooks/stripe")
    }

    fn webhook(&self, body: &[u8], secret: &str) -> RequestBuilder {
        webhook(&self.http, &self.webhooks(), body, secret)
    }
}

fn webhook(http: &Client, url: &str, body: &[u8], secret: &str) -> RequestBuilder {
    let header = sign(secret, Timestamp::now().as_second(), body);
    http.post(url).header("stripe-signature", header).body(body.to_vec())
}

/// Sends a request and reads its answer, which should have a status.
async fn accepted(what: &str, request: RequestBuilder, expected: u16) -> Result<Value, DrillError> {
    let answer = request.send().await?;
    let status = answer.status().as_u16();
    if status != expected {
        return Err(DrillError::Answer { what: what.to_owned(), status });
    }
    Ok(serde_json::from_slice(&answer.bytes().await?).unwrap_or_default())
}

fn live_event() -> Result<Vec<u8>, DrillError> {
    let body = sample(EVENT_TYPE)?;
    let mut event: Value = serde_json::from_slice(&body).unwrap_or_default();
    if let Some(event) = event.as_object_mut() {
        event.insert("livemode".to_owned(), json!(true));
        event.insert("id".to_owned(), json!(new_id()));
    }
    Ok(event.to_string().into_bytes())
}

/// The id of an event that nobody else has.
pub(super) fn new_id() -> String {
    let letters = std::iter::repeat_with(fastrand::alphanumeric);
    format!("evt_drill{}", letters.take(15).collect::<String>())
}
