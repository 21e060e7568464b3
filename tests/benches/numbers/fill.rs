//! A log to measure on: deliveries and outcomes of twenty types, half of each, as large as Stripe's are.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use jiff::{SignedDuration, Timestamp};
use local::engine::Engine;
use local::template::Template;
use shared::log::{
    Category, Entity, EventFacts, Failure, Level, Outcome, OutcomeParticulars, ProcessingResult,
};
use shared::store::{EntityIndex, EventStore, StoredPayload};
use tests::log::{delivery, retention};

pub const TABLE: &str = "numbers";
const AT_ONCE: usize = 16;

/// An empty log.
pub async fn table(engine: &Engine) -> EventStore {
    let client = local::table::client(engine.endpoint());
    let template = Template::read(&local::workspace().join("template.yaml")).unwrap();
    let definition = template.table(&BTreeMap::new()).unwrap();
    local::table::create(&client, &definition, TABLE).await.unwrap();
    EventStore::new(client, TABLE.to_owned(), EntityIndex::OFF)
}

/// A log with `count` entries, evenly from `begin` on for `length`.
pub async fn fill(
    engine: &Engine,
    count: u64,
    begin: Timestamp,
    length: SignedDuration,
) -> EventStore {
    let store = table(engine).await;
    log(&store, 0..count, begin, length).await;
    store
}

/// Logs the entries of these numbers, evenly from `begin` on for `length`.
pub async fn log(
    store: &EventStore,
    numbers: Range<u64>,
    begin: Timestamp,
    length: SignedDuration,
) {
    let (first, count) = (numbers.start, numbers.end - numbers.start);
    let step = length.as_micros() / i128::from(count);
    let puts = numbers.map(|n| {
        let store = store.clone();
        let steps = step * i128::from(n - first);
        let after = SignedDuration::from_micros(i64::try_from(steps).unwrap());
        tokio::spawn(async move { put(&store, n, begin + after).await })
    });
    stream::iter(puts).buffer_unordered(AT_ONCE).for_each(async |put| put.unwrap()).await;
}

async fn put(store: &EventStore, n: u64, at: Timestamp) {
    if n.is_multiple_of(2) {
        let mut delivery = delivery(&event_id(n), at);
        delivery.event = EventFacts {
            event_type: Some(event_type(n)),
            created: Some(at - SignedDuration::from_micros(lognormal(900_000.0))),
            api_version: Some("2026-10-28.endive".to_owned()),
            entity: Some(Entity {
                entity_type: "charge".to_owned(),
                id: Some(format!("ch_{n:024}")),
            }),
            stripe_request_id: Some(format!("req_{n:014}")),
            idempotency_key: Some(format!("00000000-0000-4000-8000-{n:012}")),
            people: vec![format!("{n:016x}")],
            ..delivery.event
        };
        delivery.body_bytes = 3_000;
        delivery.previous_store_time = Some(Duration::from_micros(4_000 + n % 1_000));
        store.put_delivery(&delivery, StoredPayload::NotKept, retention()).await.unwrap();
    } else {
        let rest = OutcomeParticulars::default();
        store.put_outcome(&outcome(n, at), &rest, b"h", retention()).await.unwrap();
    }
}

/// As long as Stripe's.
fn event_id(n: u64) -> String {
    format!("evt_{n:024}")
}

fn event_type(n: u64) -> String {
    format!("object.{:02}.happened", n % 20)
}

/// An outcome; one in thirty failed.
pub fn outcome(n: u64, at: Timestamp) -> Outcome {
    let failure = Failure {
        message: Some(format!("no row for job {n}")),
        error_type: Some(["timeout", "database_error"][usize::from(n % 60 == 1)].to_owned()),
        ..Failure::default()
    };
    Outcome {
        event_id: delivery(&event_id(n - n % 2), at).event_id,
        request_id: format!("job-{n}"),
        logged_at: at,
        ended_at: at,
        result: match n % 30 {
            1 => ProcessingResult::Failed(failure),
            _ => ProcessingResult::Succeeded,
        },
        processing_time: Duration::from_micros(lognormal(180_000.0).unsigned_abs()),
        retry_attempts: 0,
        event_type: event_type(n),
        livemode: Some(!n.is_multiple_of(20)),
        api_version: Some("2026-10-28.endive".to_owned()),
        account: None,
        entity: None,
        level: Level::Info,
        category: Category::Business,
        source_ip: None,
        user_agent: None,
        session_id: None,
        correlation_id: None,
    }
}

/// Microseconds around a median, as wide as processing times are.
pub fn lognormal(median: f64) -> i64 {
    let (u, v) = (1.0 - fastrand::f64(), fastrand::f64());
    let normal = (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos();
    (median * (0.9 * normal).exp()) as i64
}
