//! Observing: everything that health is judged by, loaded at once.

use std::time::Duration;

use jiff::Timestamp;

use super::{EventStore, StoreError};
use crate::health::{LogSeen, Memory, Observation, Recent};
use crate::metrics::Filter;

impl EventStore {
    /// Observes what the log tells at a time, `database` being what its probe took. What other things
    /// tell (the rhythm, outcomes that are missing, our own troubles) is left empty. A database that
    /// cannot be reached is an observation, and then the only one.
    pub async fn observe(
        &self,
        at: Timestamp,
        log_since: Timestamp,
        memory: &Memory,
        database: Option<Duration>,
    ) -> Result<(Observation, Recent), StoreError> {
        let mut seen =
            Observation { database, front_door: memory.probes.clone(), ..Observation::nothing(at) };
        if seen.database.is_none() {
            return Ok((seen, Recent::default()));
        }
        let recent = self.recent(at, log_since).await?;
        let filter = counted(memory, &recent);
        seen.log = Some(LogSeen {
            rolled_through: recent.rolled_through,
            horizons: recent.horizons(at, &filter),
            last_five_failed: self.last_five_failed(&recent, &filter, at).await?,
            has_events: recent.has_events() || !memory.types.is_empty(),
            last_delivery: recent.last_delivery(&filter),
        });
        seen.wrong_tokens = Some(self.wrong_tokens(at).await?);
        seen.recurring = recent.recurring_errors(at, &memory.errors, &filter);
        Ok((seen, recent))
    }
}

/// Which entries count: those of live mode, once one was seen, and outcomes whose caller does not say the
/// mode, which is optional.
pub fn counted(memory: &Memory, recent: &Recent) -> Filter {
    let live = memory.live_seen || recent.has_live();
    Filter { livemode: live.then_some(true), outcomes_of_no_mode: true, ..Filter::default() }
}
