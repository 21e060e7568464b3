//! `GET /v1/health` and `/v1/health/history`: how things are, and how they were.

mod answer;

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};
use shared::config::OutcomesPolicy;
use shared::health::{
    HealthStatus, Memory, Observation, Step, Unprocessed, evaluate, listen_between_runs,
};
use shared::store::{Alert, KnownIssue, PastSnapshot, Snapshot, StoreError, counted};

use crate::clock::Now;
use crate::config::Config;
use crate::error::ApiError;
use crate::parameters::{Asked, Parameters};
pub use answer::Health;

/// What the database's probe may take.
const PROBE_LIMIT: Duration = Duration::from_secs(2);
/// The longest history, in hours: an answer has 6 MB at most.
const LONGEST_HISTORY: f64 = 720.0;
/// Alerts that are told.
const ALERTS: usize = 20;

/// How things are: by the last run, or, with `fresh=true`, now.
pub async fn health(
    State(config): State<Arc<Config>>,
    Extension(Now(now)): Extension<Now>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(pairs) = query.map_err(|_| ApiError::InvalidRequest)?;
    let given = Parameters::new(pairs, &["fresh"])?;
    let fresh = given.value("fresh", "true or false")?.unwrap_or(false);
    let health = Json(current(&config, fresh, now).await?);
    // What is asked for now is not kept.
    Ok(match fresh {
        true => ([(CACHE_CONTROL, "no-store")], health).into_response(),
        false => health.into_response(),
    })
}

/// The same, for whoever answers with it.
pub async fn current(config: &Config, fresh: bool, now: Timestamp) -> Result<Health, ApiError> {
    let stale_after = config.interval * 3;
    let (snapshot, known, alerts) = match load(config, now).await {
        Ok(loaded) => loaded,
        Err(error) => {
            tracing::error!(%error, "log not read");
            let status = unreachable(config, now);
            return Ok(Health::unreachable(status, now));
        }
    };
    let status = match &snapshot {
        Some(snapshot) if !fresh => Some((snapshot.at, snapshot.health.clone())),
        _ => None,
    };
    let (at, status) = match status {
        Some(status) => status,
        None => (now, evaluated_now(config, snapshot.as_ref(), now).await?),
    };
    let last_run = snapshot.map(|snapshot| snapshot.at);
    Ok(Health::new(status, at, last_run, stale_after, known, alerts, now))
}

async fn load(
    config: &Config,
    now: Timestamp,
) -> Result<(Option<Snapshot>, Vec<KnownIssue>, Vec<Alert>), StoreError> {
    let Config { store, .. } = config;
    let snapshot = store.latest_snapshot(now).await?;
    Ok((snapshot, store.issues(now).await?, store.recent_alerts(ALERTS, now).await?))
}

/// A database that cannot be reached is an answer too, and the first that is asked for then.
fn unreachable(config: &Config, now: Timestamp) -> Value {
    let health = evaluate(&Observation::nothing(now), &config.thresholds);
    json!(HealthStatus::new(&health, &config.thresholds, now))
}

/// Judges what can be seen now, as the health check would.
async fn evaluated_now(
    config: &Config,
    snapshot: Option<&Snapshot>,
    now: Timestamp,
) -> Result<Value, ApiError> {
    let mut memory = snapshot.map(|snapshot| snapshot.memory.clone()).unwrap_or_default();
    let history = config.store.history(now).await?.history;
    memory.live_seen |= history.progress.is_some_and(|progress| progress.live);
    let settings = config.store.settings(now).await?;
    let set = settings.thresholds.value.iter().map(|(name, value)| (name.as_str(), *value));
    let thresholds = config.thresholds.with(set).unwrap_or(config.thresholds);
    let database = config.store.probe(now, PROBE_LIMIT).await.ok();
    let log_since = config.retention.log_since(now);
    let (mut seen, recent) = config.store.observe(now, log_since, &memory, database).await?;
    if seen.log.is_some() {
        let interval = SignedDuration::try_from(config.interval).unwrap_or(SignedDuration::ZERO);
        let (filter, step) = (counted(&memory, &recent), Step { at: now, interval });
        let heard = listen_between_runs(&history, &recent, &filter, &memory, step, &thresholds);
        (seen.rhythm, seen.silent_types) =
            heard.map_or_else(Default::default, |(rhythm, silent)| (Some(rhythm), silent));
    }
    if config.outcomes == OutcomesPolicy::Expected {
        seen.unprocessed = Some(remembered(&memory));
    }
    let health = evaluate(&seen, &thresholds);
    Ok(json!(HealthStatus::new(&health, &thresholds, now)))
}

/// The events without an outcome that the last run knew of.
fn remembered(memory: &Memory) -> Unprocessed {
    Unprocessed {
        oldest: memory.waiting.first().map(|waiting| waiting.received_at),
        count: memory.waiting.len() as u64,
        samples: Vec::new(),
        basis: "as the last run of the health check found them".to_owned(),
    }
}

/// Earlier snapshots, from old to new.
#[derive(Serialize)]
pub struct History {
    from: Timestamp,
    to: Timestamp,
    snapshots: Vec<PastSnapshot>,
}

/// How things were.
pub async fn history(
    State(config): State<Arc<Config>>,
    Extension(Now(now)): Extension<Now>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Result<Json<History>, ApiError> {
    const SHORTER: &str = "a number of hours above 0, at most 720, for the history";
    let Query(pairs) = query.map_err(|_| ApiError::InvalidRequest)?;
    let given = Parameters::new(pairs, &["time_range_hours", "from", "to"])?;
    let range = given.range(Asked::Numbers, now)?;
    let hours = range.to().duration_since(range.from()).as_secs_f64() / 3_600.0;
    if hours > LONGEST_HISTORY {
        return Err(ApiError::InvalidParameter("time_range_hours".to_owned(), SHORTER));
    }
    let snapshots = config.store.past_snapshots(range.from(), range.to(), now).await?;
    Ok(Json(History { from: range.from(), to: range.to(), snapshots }))
}
