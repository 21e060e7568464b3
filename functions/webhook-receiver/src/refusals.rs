//! Counting refusals and putting the counts: never in the way of an answer, at most once a second.

use std::sync::Arc;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use shared::log::{Cause, Rejections};
use tokio::sync::Notify;

use crate::handler::App;
use crate::tally::{PAUSE, Tally};

/// One instance's refusals.
pub struct Refusals {
    tally: Mutex<Tally>,
    waiting: Notify,
}

impl Refusals {
    /// None yet.
    pub fn new(instance: String) -> Self {
        Self { tally: Mutex::new(Tally::new(instance)), waiting: Notify::new() }
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        // Counting cannot leave the map half-changed, so a poisoned lock is as good as any.
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a refusal; the first in a second is put before the sender is answered, since a Lambda
/// instance may sleep for hours after its answer. Later ones wait for [`put_later`].
pub async fn count(
    app: &App,
    at: Timestamp,
    source_ip: Option<&str>,
    cause: Cause,
    refused_genuine: bool,
) {
    let due = {
        let mut tally = app.refusals.tally();
        tally.count(at, source_ip, cause, refused_genuine);
        tally.take_due(at)
    };
    match due {
        Some(rejections) => put(app, rejections).await,
        None => app.refusals.waiting.notify_one(),
    }
}

/// Puts what was refused within a second of the last put. Runs beside the handler for the life of
/// the instance.
pub async fn put_later(app: Arc<App>) {
    loop {
        app.refusals.waiting.notified().await;
        while app.refusals.tally().is_waiting() {
            tokio::time::sleep(Duration::from_secs(PAUSE.as_secs().unsigned_abs())).await;
            let due = app.refusals.tally().take_due(Timestamp::now());
            if let Some(rejections) = due {
                put(&app, rejections).await;
            }
        }
    }
}

async fn put(app: &App, rejections: Rejections) {
    if let Err(error) = app.config.store.put_rejections(&rejections, app.config.retention).await {
        tracing::warn!(%error, "rejections not counted yet");
        app.refusals.tally().put_failed(rejections);
        app.refusals.waiting.notify_one();
    }
}
