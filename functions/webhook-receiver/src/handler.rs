//! One webhook: verify, log, answer.

mod arrival;
mod reject;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;
use shared::config::ConfigError;
use shared::gateway::{Request, Response};
use shared::log::{
    Cause, Delivery, Entity, EventFacts, EventId, RequestFacts, SignatureFacts, Verdict,
};
use shared::privacy::{self, PayloadPolicy};
use shared::signing::PROBED;
use shared::store::{Codec, Door, Refusals, StoredPayload};

use crate::config::Config;
use crate::doctor::Doctor;
use crate::envelope;
use crate::probe;
use crate::refusal::{Refusal, answer};
use crate::secret::SigningSecret;
use crate::signature::{self, SignatureError, TOLERANCE_SECONDS};
use crate::unlisted::Unlisted;
use arrival::Arrival;

/// The path that Stripe is given.
const PATH: &str = "/webhooks/stripe";
/// Largest body of a request that is not genuine. Genuine ones have no limit but Lambda's.
const MAX_UNSIGNED_BYTES: usize = 1024 * 1024;
/// What connecting at start may take: with all that a first webhook may take below 10 seconds.
const WARM_LIMIT: Duration = Duration::from_millis(1_500);
/// What logging a repetition may take: the event itself is safe, so the answer does not wait long.
const REPETITION_LIMIT: Duration = Duration::from_millis(1_500);

/// All that outlives a request.
pub struct App {
    /// What start-up read.
    pub config: Config,
    /// What was refused.
    pub refusals: Arc<Refusals>,
    doctor: Doctor,
    unlisted: Unlisted,
    codec: Codec,
    /// What the last put took, in microseconds; 0 before the first.
    previous_store_micros: AtomicU64,
}

impl App {
    /// Prepares the dictionary and names the instance.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        let codec = Codec::new()
            .map_err(|_| ConfigError::new("memory", "too little for the dictionary"))?;
        let refusals = Refusals::new(Door::Webhooks, config.store.clone(), config.retention)?;
        let refusals = Arc::new(refusals);
        Ok(Self {
            config,
            refusals,
            doctor: Doctor::new(),
            unlisted: Unlisted::default(),
            codec,
            previous_store_micros: AtomicU64::new(0),
        })
    }

    /// Connects while Lambda still gives full speed. A database that is down is no reason not to
    /// start: the first webhook will tell.
    pub async fn warm(&self) {
        if let Err(error) = self.config.store.warm_for_writing(WARM_LIMIT).await {
            tracing::warn!(%error, "starting without a warm connection");
        }
    }
}

/// Answers one request; never fails.
pub async fn handle(app: &App, request: &Request, invocation_id: &str) -> Response {
    let arrival = Arrival::now(request, invocation_id);
    let denied = || app.config.sources.refuse(request.source_ip()).map_err(Refusal::Rejected);
    let admitted = match check_route(request).and_then(|()| denied()) {
        Ok(()) => admit(app, &arrival).await,
        Err(refusal) => Err(refusal),
    };
    let result = match admitted {
        Ok(Admitted::Event(genuine)) => log(app, &arrival, genuine).await,
        Ok(Admitted::Probe(id)) => store_probe(app, &arrival, id).await,
        Err(refusal) => Err(refusal),
    };
    match result {
        Ok(logged) => answer(200, &logged),
        Err(refusal) => {
            if let Refusal::Rejected(cause) = refusal {
                reject::reject(app, &arrival, cause).await;
            }
            refusal.response(arrival.request_id)
        }
    }
}

/// A request that may come in.
enum Admitted<'a> {
    Event(Genuine<'a>),
    Probe(EventId),
}

/// A request that Stripe signed.
struct Genuine<'a> {
    body: Cow<'a, [u8]>,
    signature: SignatureFacts,
}

/// What Stripe is told of an event that is safe.
#[derive(Serialize)]
struct Logged {
    received: bool,
    event_id: String,
    status: &'static str,
}

fn check_route(request: &Request) -> Result<(), Refusal> {
    match (request.method(), request.path()) {
        ("POST", PATH) => Ok(()),
        (_, PATH) => Err(Refusal::MethodNotAllowed),
        _ => Err(Refusal::NotFound),
    }
}

/// Before a signature is refused, the secrets are read again: one may have been added since.
async fn admit<'a>(app: &App, arrival: &Arrival<'a>) -> Result<Admitted<'a>, Refusal> {
    let Config { secrets, probe_secret, .. } = &app.config;
    let probe_secret = match probe_secret {
        Some(secret) => Some(secret.current().await),
        None => None,
    };
    let probe_secret = probe_secret.as_deref();
    match verify(arrival, &secrets.current().await, probe_secret) {
        Err(Refusal::Rejected(Cause::SignatureMismatch)) => match secrets.read_again().await {
            Some(secrets) => verify(arrival, &secrets, probe_secret),
            None => Err(Refusal::Rejected(Cause::SignatureMismatch)),
        },
        verified => verified,
    }
}

fn verify<'a>(
    arrival: &Arrival<'a>,
    secrets: &[SigningSecret],
    probe_secret: Option<&SigningSecret>,
) -> Result<Admitted<'a>, Refusal> {
    let request = arrival.request;
    let body = request.body().map_err(|_| Refusal::Rejected(Cause::InvalidBodyEncoding))?;
    let header = request.headers().get("stripe-signature");
    match signature::verify(header.as_deref(), &body, secrets, arrival.at, TOLERANCE_SECONDS) {
        Ok(signature) => Ok(Admitted::Event(Genuine { body, signature })),
        Err(_) if body.len() > MAX_UNSIGNED_BYTES => Err(Refusal::Rejected(Cause::BodyTooLarge)),
        Err(SignatureError::Mismatch) => {
            probe::read(header.as_deref(), &body, probe_secret, arrival.at)
                .map(Admitted::Probe)
                .map_err(|error| Refusal::Rejected(error.into()))
        }
        Err(error) => Err(Refusal::Rejected(error.into())),
    }
}

/// A probe goes the way of an event, into the table by one put, and is no event: it has one item, which
/// nothing else looks at.
async fn store_probe(app: &App, arrival: &Arrival<'_>, id: EventId) -> Result<Logged, Refusal> {
    let event_id = id.to_string();
    app.config.store.put_front_door_probe(arrival.at).await.map_err(|error| {
        tracing::error!(%event_id, request_id = arrival.request_id, %error, "probe not stored");
        Refusal::NotStored
    })?;
    Ok(Logged { received: true, event_id, status: PROBED })
}

async fn log(
    app: &App,
    arrival: &Arrival<'_>,
    Genuine { body, signature }: Genuine<'_>,
) -> Result<Logged, Refusal> {
    let (source_ip, user_agent) = (arrival.source_ip(), arrival.user_agent());
    let sources = &app.config.sources;
    let remarks =
        sources.remarks(source_ip.as_deref(), user_agent.as_deref()).map_err(Refusal::Rejected)?;
    let mut envelope = envelope::read(&body);
    let payload = keep(app, &body, &mut envelope.facts);
    let request_id = arrival.request_id;
    let previous_store_micros = app.previous_store_micros.load(Ordering::Relaxed);
    let mut delivery = Delivery {
        event_id: envelope.event_id,
        received_at: arrival.at,
        verdict: Verdict::Accepted,
        event: envelope.facts,
        quarantine: envelope.quarantine,
        request: RequestFacts { request_id: request_id.to_owned(), source_ip, user_agent, remarks },
        signature,
        body_bytes: body.len().try_into().unwrap_or(u64::MAX),
        verify_time: arrival.stopwatch.elapsed(),
        previous_store_time: Some(previous_store_micros)
            .filter(|micros| *micros > 0)
            .map(Duration::from_micros),
    };
    let config = &app.config;
    let store_stopwatch = Instant::now();
    let verdict = config.store.put_delivery(&delivery, payload, config.retention).await;
    let store_micros = store_stopwatch.elapsed().as_micros().try_into().unwrap_or(u64::MAX);
    app.previous_store_micros.store(store_micros, Ordering::Relaxed);
    let event_id = delivery.event_id.to_string();
    delivery.verdict = verdict.map_err(|error| {
        tracing::error!(%event_id, request_id, %error, "event not stored, left to Stripe's retry");
        Refusal::NotStored
    })?;
    if delivery.verdict != Verdict::Accepted {
        log_repetition(app, &delivery).await;
    }
    app.unlisted.remark(&delivery, &config.store).await;
    let Delivery { verdict, quarantine, .. } = &delivery;
    tracing::debug!(%event_id, request_id, %verdict, ?quarantine, store_micros, "event logged");
    let status = if *verdict == Verdict::Accepted { "stored" } else { verdict.as_str() };
    Ok(Logged { received: true, event_id, status })
}

/// What is kept of a body, and of what was read in it.
fn keep(app: &App, body: &[u8], facts: &mut EventFacts) -> StoredPayload {
    let Config { payload: policy, privacy_key, .. } = &app.config;
    if policy.redacts() {
        let is_code = |text: &String| privacy::is_code(text);
        facts.idempotency_key = facts.idempotency_key.take().filter(is_code);
        facts.entity =
            facts.entity.take().map(|entity| Entity { id: entity.id.filter(is_code), ..entity });
    }
    // Whatever is kept of it, an event can be found by the people in it where there is a key.
    let is_looked_through = *policy == PayloadPolicy::Redacted || privacy_key.is_some();
    let redacted =
        is_looked_through.then(|| privacy::redact_event(body, privacy_key.as_ref())).flatten();
    let stored = match policy {
        PayloadPolicy::Redacted => {
            app.codec.encode_redacted(body, redacted.as_ref().map(|kept| kept.json.as_str()))
        }
        PayloadPolicy::Full | PayloadPolicy::None => app.codec.encode(body, *policy),
    };
    facts.people = redacted.map(|kept| kept.people).unwrap_or_default();
    stored
}

/// The event is safe whatever becomes of this entry, so its loss is logged and nothing more.
async fn log_repetition(app: &App, delivery: &Delivery) {
    let put = app.config.store.put_repetition(delivery, app.config.retention);
    let event_id = &delivery.event_id;
    match tokio::time::timeout(REPETITION_LIMIT, put).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%event_id, %error, "repeated delivery not logged"),
        Err(_) => tracing::warn!(%event_id, "repeated delivery not logged: no answer in time"),
    }
}
