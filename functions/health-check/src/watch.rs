//! Watching: after the log is rolled up, a run observes, judges, and tells.
//!
//! `observe` and the modules beside it load, [`shared::health`] decides, `issues` and `tell` act. What one
//! run must tell the next is in the snapshot's memory.

mod issues;
mod observe;
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
use shared::health::{
    Finding, Health, HealthStatus, Issue, IssueKind, Memory, OwnTrouble, Recent, Step, Thresholds,
    evaluate, findings,
};
use shared::store::{KnownIssue, Mute, PastSnapshot, Snapshot, StoreError, counted};

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
