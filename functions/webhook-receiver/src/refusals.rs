//! Counting refusals and putting the counts: never in the way of an answer, at most once a second.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use shared::log::{Cause, Rejections};
use shared::store::{EventStore, Retention};
use tokio::sync::Notify;

use crate::tally::{PAUSE, Tally};

/// One instance's refusals, and where they are put.
pub struct Refusals {
    tally: Mutex<Tally>,
    waiting: Notify,
    store: EventStore,
    retention: Retention,
}

impl Refusals {
    /// None yet. `instance` tells this function instance's items from all others'.
    pub fn new(instance: String, store: EventStore, retention: Retention) -> Self {
        Self { tally: Mutex::new(Tally::new(instance)), waiting: Notify::new(), store, retention }
    }

    /// Counts a refusal; the first in a second is put before the sender is answered, since a Lambda
    /// instance may sleep for hours after its answer. Later ones wait for
    /// [`put_later`](Self::put_later).
    pub async fn count(
        &self,
        at: Timestamp,
        source_ip: Option<&str>,
        cause: Cause,
        refused_genuine: bool,
    ) {
        let due = {
            let mut tally = self.tally();
            tally.count(at, source_ip, cause, refused_genuine);
            tally.take_due_at_once(at)
        };
        match due {
            Some(rejections) => self.put(rejections).await,
            None => self.waiting.notify_one(),
        }
    }

    /// Puts what was refused within a second of the last put. Runs beside the handler for the life
    /// of the instance.
    pub async fn put_later(&self) {
        loop {
            self.waiting.notified().await;
            while self.tally().is_waiting() {
                tokio::time::sleep(Duration::from_secs(PAUSE.as_secs().unsigned_abs())).await;
                let due = self.tally().take_due(Timestamp::now());
                if let Some(rejections) = due {
                    self.put(rejections).await;
                }
            }
        }
    }

    async fn put(&self, rejections: Rejections) {
        match self.store.put_rejections(&rejections, self.retention).await {
            Ok(()) => self.tally().put_succeeded(),
            Err(error) => {
                tracing::warn!(%error, "rejections not put yet");
                self.tally().put_failed(&rejections);
                self.waiting.notify_one();
            }
        }
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        // Counting cannot leave the map half-changed, so a poisoned lock is as good as any.
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
