//! A Stripe that does not wait: an event every 20 ms, whatever became of the one before; what got no
//! answer it sends again.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use local::stripe::{sample, sign};
use local::system::SIGNING_SECRET;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep};

use crate::Result;

/// 50 a second.
const PERIOD: Duration = Duration::from_millis(20);

/// How often an event is sent again before the system is blamed.
const REPETITIONS: u32 = 5;

/// One of the larger events: a body of several kilobytes, compared byte for byte afterwards.
const EVENT_TYPE: &str = "invoice.paid";

/// What became of an event when it was sent first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum First {
    /// It was answered 200.
    Acknowledged,
    /// It got another answer.
    Refused,
    /// Its connection broke before the answer.
    CutOff,
    /// Nobody listened.
    Unreached,
}

/// An event of ours.
pub struct Event {
    /// Its id, which no other has.
    pub id: String,
    /// What was sent.
    pub body: Vec<u8>,
    /// What became of it when it was sent first.
    pub first: First,
    /// Deliveries so far; the last one was answered 200, or `acknowledged` is false.
    pub sent: u32,
    /// Whether it was ever answered 200.
    pub acknowledged: bool,
}

/// See the module.
#[derive(Clone)]
pub struct Stripe {
    http: reqwest::Client,
    address: String,
}

impl Stripe {
    /// One that sends to the system on this port.
    pub fn new(port: u16) -> Result<Self> {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(40)).build()?;
        Ok(Self { http, address: format!("http://127.0.0.1:{port}/webhooks/stripe") })
    }

    /// Sends new events for so long; returns when the last one was answered or failed.
    pub async fn send_for(&self, time: Duration) -> Result<Vec<Event>> {
        let (mut ticks, end) = (interval(PERIOD), Instant::now() + time);
        let (mut sending, mut events) = (JoinSet::new(), Vec::new());
        while ticks.tick().await < end {
            let stripe = self.clone();
            let body = sample(EVENT_TYPE)?;
            sending.spawn(async move { stripe.send_new(body).await });
        }
        while let Some(event) = sending.join_next().await {
            events.push(event??);
        }
        Ok(events)
    }

    async fn send_new(&self, body: Vec<u8>) -> Result<Event> {
        let id = serde_json::from_slice::<Value>(&body)?["id"].as_str().unwrap_or("").to_owned();
        let first = self.deliver(&body).await;
        Ok(Event { id, body, first, sent: 1, acknowledged: first == First::Acknowledged })
    }

    /// Sends again what was not answered 200.
    pub async fn send_again(&self, events: &mut [Event]) {
        let open = events.iter_mut().filter(|event| !event.acknowledged);
        stream::iter(open).for_each_concurrent(8, |event| self.insist(event)).await;
    }

    async fn insist(&self, event: &mut Event) {
        for pause in 0..REPETITIONS {
            sleep(Duration::from_millis(200) * pause).await;
            event.sent += 1;
            event.acknowledged = self.deliver(&event.body).await == First::Acknowledged;
            if event.acknowledged {
                return;
            }
        }
    }

    async fn deliver(&self, body: &[u8]) -> First {
        let header = sign(SIGNING_SECRET, Timestamp::now().as_second(), body);
        let request = self.http.post(&self.address).header("stripe-signature", header);
        match request.body(body.to_vec()).send().await {
            Ok(answer) if answer.status() == 200 => First::Acknowledged,
            Ok(_) => First::Refused,
            Err(error) if error.is_connect() => First::Unreached,
            Err(_) => First::CutOff,
        }
    }
}
