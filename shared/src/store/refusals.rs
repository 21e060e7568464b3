//! Counting refusals and putting the counts: never in the way of an answer, at most once a second. Both
//! APIs refuse: the receiver what Stripe has not signed, the operations API wrong tokens.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};
use tokio::sync::Notify;

use super::tally::{PAUSE, Refused, Tally};
use super::{EventStore, Retention};
use crate::config::ConfigError;
use crate::log::Rejections;

/// Who refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// The receiver: requests that are not provably Stripe's.
    Webhooks,
    /// The operations API: wrong tokens.
    Operations,
}

/// One instance's refusals, and where they are put.
pub struct Refusals {
    tally: Mutex<Tally>,
    waiting: Notify,
    door: Door,
    store: EventStore,
    retention: Retention,
}

impl Refusals {
    /// None yet. A random name tells this function instance's items from all others'.
    ///
    /// # Errors
    /// When the system has no random bytes.
    pub fn new(door: Door, store: EventStore, retention: Retention) -> Result<Self, ConfigError> {
        let mut instance = [0_u8; 6];
        SystemRandom::new()
            .fill(&mut instance)
            .map_err(|_| ConfigError::new("/dev/urandom", "gives no random bytes"))?;
        let tally = Mutex::new(Tally::new(HEXLOWER.encode(&instance)));
        Ok(Self { tally, waiting: Notify::new(), door, store, retention })
    }

    /// Counts a refusal; the first in a second is put before the sender is answered, since a Lambda
    /// instance may sleep for hours after its answer. Later ones wait for
    /// [`put_later`](Self::put_later).
    pub async fn count(
        &self,
        at: Timestamp,
        source_ip: Option<&str>,
        refused: impl Into<Refused>,
        refused_genuine: bool,
    ) {
        let due = {
            let mut tally = self.tally();
            tally.count(at, source_ip, refused, refused_genuine);
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
                let due = self.tally().take_due(now());
                if let Some(rejections) = due {
                    self.put(rejections).await;
                }
            }
        }
    }

    async fn put(&self, rejections: Rejections) {
        let put = match self.door {
            Door::Webhooks => self.store.put_rejections(&rejections, self.retention).await,
            Door::Operations => self.store.put_wrong_tokens(&rejections, self.retention).await,
        };
        match put {
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

/// Later than the request that is counted: the reading of its clock is long over.
#[allow(clippy::disallowed_methods, reason = "runs beside the handlers, which read the clock")]
fn now() -> Timestamp {
    Timestamp::now()
}
