//! One run: the log is rolled up, then everything is watched.

use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use shared::store::StoreError;

use crate::config::Config;
use crate::roll_up;
use crate::summary::Summary;
use crate::watch::{self, Kept};

/// What the database's probe may take: three tries.
const PROBE_LIMIT: Duration = Duration::from_secs(2);

/// All that outlives a run.
pub struct App {
    pub(crate) config: Config,
    /// What the last run knew, for one that cannot reach the database.
    pub(crate) kept: Mutex<Kept>,
}

impl App {
    /// Over a log.
    pub fn new(config: Config) -> Self {
        let kept = Mutex::new(Kept::new(config.thresholds));
        Self { config, kept }
    }
}

/// A run by the clock.
///
/// # Errors
/// As [`run`].
pub async fn handle(app: &App) -> Result<Summary, StoreError> {
    run(app, now_in_micros()).await
}

/// Does what is due at a time, and tells how things are. A database that cannot be reached is told too.
/// Ends with one line in the log that tells what was done.
///
/// # Errors
/// The first failure of the database, so that the platform counts it; everything else was done then.
pub async fn run(app: &App, at: Timestamp) -> Result<Summary, StoreError> {
    let Config { store, retention, .. } = &app.config;
    let mut failure = None;
    let mut summary = Summary::default();
    let database = store.probe(at, PROBE_LIMIT).await;
    if database.is_ok() {
        match Box::pin(roll_up::run(store, *retention, at)).await {
            Ok(rolled_up) => summary = rolled_up,
            Err(error) => failure = Some(error),
        }
    }
    let database = database.map_err(|error| failure.get_or_insert(error)).ok();
    let watched = Box::pin(watch::run(app, at, database)).await;
    failure = failure.or(watched.failure);
    summary.watched = watched.told;
    summary.log();
    match failure {
        None => Ok(summary),
        Some(error) => Err(error),
    }
}

/// The clock in the precision that keys have.
fn now_in_micros() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}
