//! What a run observes: what people set and the last run remembered, the log, and what takes a closer look.

use std::time::Duration;

use shared::config::OutcomesPolicy;
use shared::health::{Observation, OwnTrouble, Recent};
use shared::store::{Settings, Snapshot, StoreError, counted};

use super::{Probes, Run, remember, rhythm, table, unprocessed};

impl Run<'_> {
    /// Observes everything, as far as it can be.
    pub(super) async fn observe(&mut self, probes: Probes) -> (Observation, Recent) {
        let at = self.step.at;
        let log_since = self.config.retention.log_since(at);
        let mut troubles = Vec::new();
        let mut database = probes.database;
        if database.is_some()
            && let Err(error) = self.load(&mut troubles).await
        {
            self.failed(error);
            database = None;
        }
        if database.is_some() {
            troubles.extend(table::check(&mut self.kept.memory, &self.config.store, at).await);
        }
        match probes.front_door {
            Some(is_open) => self.kept.memory.probed(is_open),
            None => self.kept.memory.probes.clear(),
        }
        let store = &self.config.store;
        let observed = store.observe(at, log_since, &self.kept.memory, database).await;
        let (mut seen, recent) = match observed {
            Ok(observed) => observed,
            Err(error) => {
                self.failed(error);
                // Without the database there is nothing to fail.
                let nothing = store.observe(at, log_since, &self.kept.memory, None).await;
                nothing.unwrap_or_else(|_| (Observation::nothing(at), Recent::default()))
            }
        };
        seen.own_troubles = troubles;
        if seen.log.is_some() {
            match self.look_closer(&mut seen, &recent).await {
                Ok(()) => self.has_looked = true,
                Err(error) => self.failed(error),
            }
        }
        (seen, recent)
    }

    /// Loads what people set, what the last run remembered, and the issues.
    async fn load(&mut self, troubles: &mut Vec<OwnTrouble>) -> Result<(), StoreError> {
        let (store, at) = (&self.config.store, self.step.at);
        let settings = store.settings(at).await?;
        self.apply(settings, troubles);
        if let Some(Snapshot { memory, .. }) = store.latest_snapshot(at).await? {
            self.kept.memory = memory;
            self.kept.memory.forget_what_is_to_come(at);
        }
        let unlisted = store.unlisted_sources(at).await?;
        if !unlisted.is_empty() {
            let addresses = unlisted.into_iter().map(|source| source.address).collect();
            troubles.push(OwnTrouble::UnlistedSources(addresses));
        }
        self.known = store.issues(at).await?;
        // Changing them may fail.
        self.kept.issues = self.known.iter().filter_map(|known| known.issue.clone()).collect();
        self.is_loaded = true;
        self.kept.is_loaded = true;
        Ok(())
    }

    /// Applies what people set; what cannot be read, or contradicts the deployment's, is as if it were
    /// not set.
    fn apply(&mut self, settings: Settings, troubles: &mut Vec<OwnTrouble>) {
        let set = settings.thresholds.value.iter().map(|(name, value)| (name.as_str(), *value));
        let thresholds = self.config.thresholds.with(set);
        for (name, is_damaged) in [
            ("thresholds", settings.thresholds.is_damaged || thresholds.is_err()),
            ("mutes", settings.mutes.is_damaged),
        ] {
            if is_damaged {
                troubles.push(OwnTrouble::DamagedItem(name.to_owned()));
            }
        }
        self.kept.thresholds = thresholds.unwrap_or(self.config.thresholds);
        self.kept.mutes = settings.mutes.value;
    }

    /// What takes more than the last day's totals.
    async fn look_closer(
        &mut self,
        seen: &mut Observation,
        recent: &Recent,
    ) -> Result<(), StoreError> {
        let (store, at) = (&self.config.store, self.step.at);
        let memory = &mut self.kept.memory;
        remember::remember(memory, store, recent, at).await?;
        let thresholds = &self.kept.thresholds;
        let heard = rhythm::rhythm(memory, store, recent, self.step, thresholds).await?;
        if let Some(heard) = heard {
            seen.rhythm = Some(heard.rhythm);
            seen.silent_types = heard.silent_types;
            seen.own_troubles.extend(heard.damaged.into_iter().map(OwnTrouble::DamagedItem));
        }
        if self.config.outcomes == OutcomesPolicy::Expected {
            let after = Duration::from_secs_f64(self.kept.thresholds.unprocessed_after);
            let filter = counted(memory, recent);
            let found = unprocessed::unprocessed(memory, store, &filter, after, at).await?;
            seen.unprocessed = Some(found);
        }
        Ok(())
    }
}
