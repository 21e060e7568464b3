//! `cargo bench -p webhook-receiver`: what a webhook costs in CPU time, on one core.
//!
//! The steps of the pure part, the whole of it, and the receiver's own handler with a database that
//! answers at once: that adds what is private to the store (the item) and the SDK's share of the
//! put. No network anywhere. The target: the pure part of a 3 KB event takes less than 120 us.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark may fail loudly")]

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use data_encoding::HEXLOWER;
use dictionary::randomise::randomise;
use divan::Bencher;
use jiff::Timestamp;
use ring::hmac;
use serde_json::json;
use shared::config::{DiagnosticLevel, Vars};
use shared::gateway::Request;
use shared::log::{Cause, Delivery, RequestFacts, SignatureFacts, Verdict};
use shared::privacy::PayloadPolicy;
use shared::store::{Codec, EntityIndex, EventStore, Retention, StoredPayload};
use tokio::runtime::Runtime;
use webhook_receiver::config::Config;
use webhook_receiver::doctor::{Patient, examine};
use webhook_receiver::envelope::{self, Envelope};
use webhook_receiver::handler::{App, handle};
use webhook_receiver::secret::SigningSecret;
use webhook_receiver::signature::{TOLERANCE_SECONDS, verify};
use webhook_receiver::source::Sources;

/// Recorded events by size; each gets random ids.
const EVENTS: [(&str, &str); 3] = [
    ("0.7 KB", "balance.available"),
    ("3 KB", "charge.failed"),
    ("12 KB", "payment_intent.requires_action"),
];
const SIZES: [&str; 3] = [EVENTS[0].0, EVENTS[1].0, EVENTS[2].0];
const SECRET: &str = "whsec_benchmark";

fn main() {
    divan::main();
}

/// From the gateway's JSON to a request.
#[divan::bench(args = SIZES)]
fn step_1_parse_request(bencher: Bencher<'_, '_>, size: &str) {
    let event = gateway_event(&body(size), SECRET);
    bencher.bench(|| parse(black_box(&event)));
}

#[divan::bench(args = SIZES)]
fn step_2_verify_signature(bencher: Bencher<'_, '_>, size: &str) {
    let (secrets, request) = (secrets(), parse(&gateway_event(&body(size), SECRET)));
    bencher.bench(|| verified(black_box(&request), &secrets));
}

#[divan::bench(args = SIZES)]
fn step_3_read_envelope(bencher: Bencher<'_, '_>, size: &str) {
    let body = body(size);
    bencher.bench(|| envelope::read(black_box(body.as_bytes())));
}

#[divan::bench(args = SIZES)]
fn step_4_compress(bencher: Bencher<'_, '_>, size: &str) {
    let (codec, body) = (Codec::new().unwrap(), body(size));
    bencher.bench(|| codec.encode(black_box(body.as_bytes()), PayloadPolicy::Full));
}

/// All four, and the log entry made from them.
#[divan::bench(args = SIZES)]
fn whole_pure_part(bencher: Bencher<'_, '_>, size: &str) {
    let (codec, secrets) = (Codec::new().unwrap(), secrets());
    let event = gateway_event(&body(size), SECRET);
    bencher.bench(|| entry(&codec, &secrets, black_box(&event)));
}

/// The item, and the SDK's request and answer around it.
#[divan::bench(args = SIZES)]
fn whole_put_without_network(bencher: Bencher<'_, '_>, size: &str) {
    let (runtime, store, retention) = (runtime(), store(), retention());
    let (codec, secrets) = (Codec::new().unwrap(), secrets());
    let (delivery, payload) = entry(&codec, &secrets, &gateway_event(&body(size), SECRET));
    bencher.with_inputs(|| payload.clone()).bench_values(|payload| {
        runtime.block_on(store.put_delivery(&delivery, payload, retention)).unwrap()
    });
}

/// From the gateway's JSON to the answer.
#[divan::bench(args = SIZES)]
fn whole_handler_without_network(bencher: Bencher<'_, '_>, size: &str) {
    answer(bencher, &gateway_event(&body(size), SECRET), 200);
}

/// The pure part of refusing 3 KB that Stripe did not sign.
#[divan::bench]
fn forged_pure_part(bencher: Bencher<'_, '_>) {
    let (secrets, event) = (secrets(), gateway_event(&body("3 KB"), "whsec_guessed"));
    bencher.bench(|| assert!(verified(&parse(black_box(&event)), &secrets).is_none()));
}

/// The same through the handler, with the counting.
#[divan::bench]
fn forged_handler(bencher: Bencher<'_, '_>) {
    answer(bencher, &gateway_event(&body("3 KB"), "whsec_guessed"), 400);
}

/// What the doctor takes, once a second at most, to look at 3 KB in vain.
#[divan::bench]
fn forged_examined(bencher: Bencher<'_, '_>) {
    let (secrets, request) = (secrets(), parse(&gateway_event(&body("3 KB"), "whsec_guessed")));
    let (header, body) = (request.headers().get("stripe-signature"), request.body().unwrap());
    let cause = Cause::SignatureMismatch;
    let patient = Patient { cause, header: header.as_deref(), body: &body, is_published: false };
    bencher.bench(|| examine(black_box(&patient), &secrets));
}

fn answer(bencher: Bencher<'_, '_>, event: &[u8], status: u16) {
    let (runtime, app) = (runtime(), app());
    bencher.bench(|| {
        let request = parse(black_box(event));
        let response = runtime.block_on(handle(&app, &request, "invocation"));
        assert_eq!(response.status_code, status);
        response
    });
}

fn parse(event: &[u8]) -> Request {
    serde_json::from_slice(event).unwrap()
}

fn verified(request: &Request, secrets: &[SigningSecret]) -> Option<SignatureFacts> {
    let (header, body) = (request.headers().get("stripe-signature"), request.body().unwrap());
    verify(header.as_deref(), &body, secrets, Timestamp::now(), TOLERANCE_SECONDS).ok()
}

fn entry(codec: &Codec, secrets: &[SigningSecret], event: &[u8]) -> (Delivery, StoredPayload) {
    let request = parse(event);
    let signature = verified(&request, secrets).unwrap();
    let body = request.body().unwrap();
    let Envelope { event_id, facts, quarantine } = envelope::read(&body);
    let payload = codec.encode(&body, PayloadPolicy::Full);
    let delivery = Delivery {
        event_id,
        received_at: Timestamp::now(),
        verdict: Verdict::Accepted,
        event: facts,
        quarantine,
        request: RequestFacts {
            request_id: request.request_id().unwrap().to_owned(),
            source_ip: request.source_ip().map(str::to_owned),
            user_agent: request.headers().get("user-agent"),
            remarks: Default::default(),
        },
        signature,
        body_bytes: u64::try_from(body.len()).unwrap(),
        verify_time: Duration::from_micros(100),
        previous_store_time: Some(Duration::from_micros(4_000)),
    };
    (delivery, payload)
}

fn body(size: &str) -> String {
    let (_, name) = EVENTS.iter().find(|(known, _)| *known == size).unwrap();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/stripe_events");
    let path = Path::new(folder).join(format!("{name}.json"));
    randomise(&std::fs::read_to_string(path).unwrap(), 1_000_000)
}

/// What API Gateway hands on, with every header that Stripe and the gateway set.
fn gateway_event(body: &str, secret: &str) -> Vec<u8> {
    let at = Timestamp::now().as_second();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mac = HEXLOWER.encode(hmac::sign(&key, format!("{at}.{body}").as_bytes()).as_ref());
    let path = "../../tests/fixtures/lambda_events/stripe_webhook_apigw_http_v2.json";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let recorded = std::fs::read_to_string(path).unwrap();
    let mut event: serde_json::Value = serde_json::from_str(&recorded).unwrap();
    event["headers"]["stripe-signature"] = json!(format!("t={at},v1={mac}"));
    if secret != SECRET {
        event["requestContext"]["http"]["sourceIp"] = json!("203.0.113.7");
    }
    event["body"] = json!(body);
    event.to_string().into_bytes()
}

/// Two, since most accounts have a live and a test endpoint; a forgery is checked against both.
fn secrets() -> Vec<SigningSecret> {
    vec![SigningSecret::new("live", SECRET), SigningSecret::new("test", "whsec_test")]
}

fn retention() -> Retention {
    Retention::from_vars(&Vars::new(&|_| None)).unwrap()
}

fn app() -> App {
    App::new(Config {
        secrets: shared::secrets::Secret::fixed(secrets()),
        probe_secret: None,
        sources: Sources::from_vars(&Vars::new(&|_| None)).unwrap(),
        payload: PayloadPolicy::Full,
        privacy_key: None,
        retention: retention(),
        diagnostics: DiagnosticLevel::from_vars(&Vars::new(&|_| None)).unwrap(),
        store: store(),
    })
    .unwrap()
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}

/// A log whose database takes everything and answers at once.
fn store() -> EventStore {
    let http = http_client_fn(|_, _| SharedHttpConnector::new(AnswersAtOnce));
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("id", "key", None, None, "benchmark"))
        .http_client(http)
        .build();
    EventStore::new(Client::from_conf(config), "events".to_owned(), EntityIndex::OFF)
}

#[derive(Debug)]
struct AnswersAtOnce;

impl HttpConnector for AnswersAtOnce {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let ok = 200.try_into().unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(ok, "{}".into())))
    }
}
