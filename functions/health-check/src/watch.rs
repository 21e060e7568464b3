//! Watching: after the log is rolled up, a run observes, judges, and tells.
//!
//! Loading is here and in the modules beside, [`shared::health`] decides, `issues` and `tell` act. What one
//! run must tell the next is in the snapshot's memory.

mod issues;
mod remember;
mod rhythm;
mod silenced;
mod table;
mod tell;
mod unprocessed;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use shared::config::OutcomesPolicy;
use shared::health::{
    Finding, Health, HealthStatus, Issue, IssueKind, Memory, Observation, OwnTrouble, Recent, Step,
    Thresholds, evaluate, findings,
};
use shared::store::{KnownIssue, Mute, PastSnapshot, Settings, Snapshot, StoreError, counted};

use crate::config::Config;
use crate::handler::App;
use crate::summary::Watched;
use issues::{Seen, Stepped};

/// What a run knew, as far as the next one needs it where the database cannot be reached.
#[derive(Debug, Clone)]
pub struct Kept {
    thresholds: Thresholds,
    mutes: Vec<Mute>,
    memory: Memory,
    issues: Vec<Issue>,
    /// They are what a run of this process has loaded, and not what stands in for it.
    is_loaded: bool,
    /// The first run that could not reach the database, until one has told of it.
    outage_since: Option<Timestamp>,
}

impl Kept {
    /// What is known before the first run.
    pub fn new(thresholds: Thresholds) -> Self {
        let (mutes, memory, issues) = Default::default();
        Self { thresholds, mutes, memory, issues, is_loaded: false, outage_since: None }
    }
}

/// What the probes of a run told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probes {
    /// What a write to the database and its reading took; `None`: it cannot be reached.
    pub database: Option<Duration>,
    /// Whether the front door is open; `None`: it is not probed.
    pub front_door: Option<bool>,
}

/// What watching came to.
pub struct Outcome {
    /// How things are.
    pub told: Watched,
    /// The first failure of the database.
    pub failure: Option<StoreError>,
}

/// Watches everything.
pub async fn run(app: &App, at: Timestamp, probes: Probes) -> Outcome {
    let begun = Instant::now();
    let mut run = Run {
        config: &app.config,
        step: step(&app.config, at),
        kept: app.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone(),
        known: Vec::new(),
        is_loaded: false,
        has_looked: false,
        failure: None,
        told: Watched::default(),
    };
    let (seen, recent) = run.observe(probes).await;
    let health = evaluate(&seen, &run.kept.thresholds);
    let mut found = findings(&seen, &health, &run.kept.thresholds);
    if !run.is_loaded {
        run.kept.outage_since.get_or_insert(at);
    } else if let Some(since) = run.kept.outage_since {
        found.retain(|finding| finding.kind != IssueKind::DatabaseUnhealthy);
        found.push(Finding::of_outage(since));
    }
    let is_ours = |kind: IssueKind| kind == IssueKind::CloudwatchFailing;
    if run.is_loaded {
        let looked = run.has_looked;
        run.change_issues(&found, &recent, looked, |kind| !is_ours(kind)).await;
    }
    let trouble = tell::tell(&mut run, &seen, &health, &recent).await;
    // What was not loaded must not be changed, nor overwritten.
    if run.is_loaded {
        let of_cloudwatch = of_trouble(trouble.as_ref());
        run.change_issues(&of_cloudwatch, &recent, true, is_ours).await;
        run.put_snapshot(&health).await;
    }
    run.told.cloudwatch_failure = trouble;
    run.finish(&health);
    run.told.watch_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let Run { kept, failure, told, .. } = run;
    *app.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = kept;
    Outcome { told, failure }
}

fn step(config: &Config, at: Timestamp) -> Step {
    let interval = SignedDuration::try_from(config.interval).unwrap_or(SignedDuration::ZERO);
    Step { at, interval }
}

/// A run under way.
struct Run<'a> {
    config: &'a Config,
    step: Step,
    kept: Kept,
    known: Vec<KnownIssue>,
    /// Whether this run knows what the last one remembered.
    is_loaded: bool,
    /// Whether it has seen everything that can be seen.
    has_looked: bool,
    failure: Option<StoreError>,
    told: Watched,
}

impl Run<'_> {
    /// Observes everything, as far as it can be.
    async fn observe(&mut self, probes: Probes) -> (Observation, Recent) {
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

    /// Changes the issues of some kinds by what was found, all of it where everything was `looked` at.
    async fn change_issues(
        &mut self,
        found: &[Finding],
        recent: &Recent,
        looked: bool,
        of: impl Fn(IssueKind) -> bool,
    ) {
        let known: Vec<KnownIssue> = self
            .known
            .iter()
            .filter(|known| known.issue.as_ref().is_none_or(|issue| of(issue.kind)))
            .cloned()
            .collect();
        let found: Vec<Finding> = found.iter().filter(|found| of(found.kind)).cloned().collect();
        let found = issues::bounded(&known, found);
        let changes = issues::changes(&known, &found, looked, self.step);
        let Config { store, retention, .. } = self.config;
        let filter = counted(&self.kept.memory, recent);
        let waiting = self.kept.memory.waiting.as_slice();
        let seen = Seen { recent, waiting, filter, last_accepted: self.last_accepted(recent) };
        match issues::apply(store, *retention, known, changes, &seen, self.step).await {
            Ok(Stepped { issues, told, .. }) => {
                self.told.told += told;
                if of(IssueKind::DatabaseUnhealthy) {
                    self.kept.outage_since = None;
                }
                self.kept.issues.retain(|issue| !of(issue.kind));
                self.kept.issues.extend(issues);
            }
            Err(error) => self.failed(error),
        }
    }

    async fn put_snapshot(&mut self, health: &Health) {
        let at = self.step.at;
        let components: BTreeMap<String, f64> = health
            .components
            .iter()
            .map(|component| (component.name.to_string(), component.score.value()))
            .collect();
        let past = PastSnapshot {
            at,
            health_score: health.score.value(),
            components,
            issues: self.active().map(Issue::fingerprint).collect(),
        };
        let status = json!(HealthStatus::new(health, &self.kept.thresholds, at));
        let snapshot = Snapshot { at, health: status, memory: self.kept.memory.clone() };
        let Config { store, retention, .. } = self.config;
        if let Err(error) = store.put_snapshot(&snapshot, &past, *retention).await {
            self.failed(error);
        }
    }

    /// The minute in which an event was last accepted.
    fn last_accepted(&self, recent: &Recent) -> Option<Timestamp> {
        let memory = &self.kept.memory;
        let remembered = memory.types.values().map(|seen| seen.delivered).filter(|at| *at > 0);
        let remembered = remembered.max().and_then(|minute| minute.checked_mul(60));
        let remembered = remembered.and_then(|second| Timestamp::from_second(second).ok());
        remembered.max(recent.last_delivery(&counted(memory, recent)))
    }

    fn active(&self) -> impl Iterator<Item = &Issue> {
        self.kept.issues.iter().filter(|issue| issue.is_active())
    }

    fn finish(&mut self, health: &Health) {
        self.told.health_score = health.score.value();
        self.told.overall_status = health.status.as_str();
        self.told.active_issues = self.active().map(Issue::fingerprint).collect();
    }

    /// Goes on without; the first failure is what the invocation fails with.
    fn failed(&mut self, error: StoreError) {
        tracing::error!(%error, "part of the run failed");
        self.failure.get_or_insert(error);
    }
}

fn of_trouble(call: Option<&String>) -> Vec<Finding> {
    call.map(|call| Finding::of_trouble(&OwnTrouble::CloudWatch(call.clone())))
        .into_iter()
        .collect()
}
