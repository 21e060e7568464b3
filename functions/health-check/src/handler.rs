//! One run: the log is rolled up while the front door is probed, then everything is watched.

use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::{FutureExt, join};
use jiff::Timestamp;
use shared::store::StoreError;

use crate::config::Config;
use crate::front_door::FrontDoor;
use crate::roll_up;
use crate::summary::Summary;
use crate::watch::{self, Kept, Probes};

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
    let Config { store, front_door, .. } = &app.config;
    // Without their types, which the compiler would nest beyond its limit.
    let database = store.probe(at, PROBE_LIMIT).boxed_local().await;
    let roll_up = roll_up(app, at, database.is_ok()).boxed_local();
    let (rolled_up, is_open) = join(roll_up, probe(front_door.as_ref()).boxed_local()).await;
    let (mut summary, mut failure) = match rolled_up {
        Ok(summary) => (summary, None),
        Err(error) => (Summary::default(), Some(error)),
    };
    let database = database.map_err(|error| failure.get_or_insert(error)).ok();
    let probes = Probes { database, front_door: is_open };
    let watched = watch::run(app, at, probes).boxed_local().await;
    failure = failure.or(watched.failure);
    summary.watched = watched.told;
    summary.log();
    match failure {
        None => Ok(summary),
        Some(error) => Err(error),
    }
}

async fn roll_up(app: &App, at: Timestamp, can: bool) -> Result<Summary, StoreError> {
    if !can {
        return Ok(Summary::default());
    }
    let Config { store, retention, .. } = &app.config;
    roll_up::run(store, *retention, at).await
}

/// Beside the roll-up, since it is mostly waiting. `None`: there is nothing to probe.
async fn probe(front_door: Option<&FrontDoor>) -> Option<bool> {
    Some(front_door?.is_open().await)
}

/// The clock in the precision that keys have.
fn now_in_micros() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}
