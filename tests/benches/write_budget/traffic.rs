//! Events as a live account sends them, in requests as API Gateway hands them on.

use data_encoding::BASE64URL;
use dictionary::fixtures::Fixture;
use dictionary::random::Random;
use dictionary::randomise::randomise;
use jiff::Timestamp;
use serde_json::json;
use shared::gateway::Request;

/// The endpoint's signing secret.
pub const SECRET: &str = "whsec_write_budget";
/// Far above the seeds that dictionaries are trained with.
const FIRST_SEED: u64 = 1_000_000;
/// What ids are made of.
const ALPHABET: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Three of the addresses that Stripe publishes, on average as long as all twelve.
const ADDRESSES: [&str; 3] = ["3.18.12.63", "13.235.122.149", "54.187.205.235"];

/// An event of a customer nobody has seen before.
pub struct Event {
    /// The fixture that it was made from, by place.
    pub fixture: usize,
    /// The body.
    pub json: String,
}

impl Event {
    /// Its id.
    pub fn id(&self) -> String {
        let event: serde_json::Value = serde_json::from_str(&self.json).unwrap();
        event["id"].as_str().unwrap().to_owned()
    }
}

/// So many events, every fixture as often as the others.
pub fn events(fixtures: &[Fixture], count: usize) -> Vec<Event> {
    let event = |(number, seed): (usize, u64)| {
        let fixture = number % fixtures.len();
        let json = randomise(&fixtures[fixture].json, seed);
        let mut event = Event { fixture, json };
        // Samples of thin events have ids like `evt_234`; real ones have 46 characters.
        let id = event.id();
        if id.len() < "evt_00000000000000".len() {
            let real = format!("evt_65{}", Random::new(seed, "event", "").text(44, ALPHABET));
            event.json = event.json.replace(&format!("\"{id}\""), &format!("\"{real}\""));
        }
        event
    };
    (0..count).zip(FIRST_SEED..).map(event).collect()
}

/// The request that brings `body`, signed a moment ago.
pub fn request(body: &str) -> Request {
    let sent_at = Timestamp::now().as_second() - fastrand::i64(0..=1);
    let source_ip = ADDRESSES[fastrand::usize(..ADDRESSES.len())];
    let agent = "Stripe/1.0 (+https://stripe.com/docs/webhooks)";
    serde_json::from_value(json!({
        "version": "2.0",
        "routeKey": "POST /webhooks/stripe",
        "rawPath": "/webhooks/stripe",
        "rawQueryString": "",
        "headers": {
            "content-type": "application/json; charset=utf-8",
            "stripe-signature": local::stripe::sign(SECRET, sent_at, body.as_bytes()),
            "user-agent": agent,
            "x-forwarded-for": source_ip,
        },
        "requestContext": {
            "http": { "method": "POST", "sourceIp": source_ip, "userAgent": agent },
            "requestId": request_id(),
            "stage": "$default",
        },
        "body": body,
        "isBase64Encoded": false,
    }))
    .unwrap()
}

/// 16 characters, as the HTTP API's are: `LV7fzho-PHcEJPw=`.
fn request_id() -> String {
    let mut bytes = [0; 11];
    fastrand::fill(&mut bytes);
    BASE64URL.encode(&bytes)
}
