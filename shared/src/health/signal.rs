//! Signals: one number each, judged by its scale, and components, which are as good as their worst.

use serde::Serialize;

use super::{IssueKind, Scale, Score, Status, Tier};
use crate::log::named;

named! {
    /// What is judged.
    SignalName {
        /// The database can be reached.
        Reachable = "reachable",
        /// The time that a write and a read of the database take, in seconds.
        RoundTrip = "round_trip",
        /// How far the roll-up is behind, in seconds.
        RollupLag = "rollup_lag",
        /// Share of outcomes that failed.
        ErrorRate = "error_rate",
        /// Events that should have come and did not.
        MissedEvents = "missed_events",
        /// Share of Stripe's own requests that were refused.
        RefusedGenuine = "refused_genuine",
        /// Age of the oldest event without an outcome, in seconds.
        OldestUnprocessed = "oldest_unprocessed",
        /// Probes of the front door, of the last three, that failed.
        FrontDoor = "front_door",
        /// Mean processing time, in seconds.
        AverageProcessingTime = "average_processing_time",
        /// 95th percentile of processing times, in seconds.
        P95ProcessingTime = "p95_processing_time",
        /// 95th percentile of first deliveries' lags, in seconds.
        P95DeliveryLag = "p95_delivery_lag",
        /// Forged requests a minute.
        ForgedPerMinute = "forged_per_minute",
        /// Wrong tokens in 5 minutes.
        AuthenticationFailures = "authentication_failures",
    }
}

impl SignalName {
    /// The issue that it opens.
    pub fn issue(self) -> IssueKind {
        match self {
            Self::Reachable | Self::RoundTrip => IssueKind::DatabaseUnhealthy,
            Self::RollupLag => IssueKind::RollupLag,
            Self::ErrorRate => IssueKind::LowSuccessRate,
            Self::MissedEvents => IssueKind::LowEventRate,
            Self::RefusedGenuine => IssueKind::RefusedGenuine,
            Self::OldestUnprocessed => IssueKind::UnprocessedEvents,
            Self::FrontDoor => IssueKind::FrontDoorFailing,
            Self::AverageProcessingTime => IssueKind::HighProcessingTime,
            Self::P95ProcessingTime => IssueKind::HighP95ProcessingTime,
            Self::P95DeliveryLag => IssueKind::DeliveryLag,
            Self::ForgedPerMinute => IssueKind::ForgedTraffic,
            Self::AuthenticationFailures => IssueKind::AuthenticationFailures,
        }
    }
}

named! {
    /// The four parts of the whole.
    ComponentName {
        /// The table and the roll-ups in it.
        Database = "database",
        /// Events come, and are processed.
        Processing = "processing",
        /// In time.
        Performance = "performance",
        /// Nobody forges or guesses.
        Security = "security",
    }
}

/// One number and its judgement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Signal {
    /// What it is.
    #[serde(serialize_with = "as_text")]
    pub name: SignalName,
    /// The number; `None`: no verdict.
    pub value: Option<f64>,
    /// What it scores.
    pub score: Option<Score>,
    /// What it is judged by.
    pub limits: Scale,
    /// Which tier's limit it is beyond.
    #[serde(skip)]
    pub tier: Option<Tier>,
    /// What the number was made from, or why there is none.
    pub basis: String,
}

fn as_text<S: serde::Serializer>(name: &SignalName, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(name.as_str())
}

impl Signal {
    /// A value judged by its scale: a tier is reached strictly beyond its limit.
    pub fn judged(
        name: SignalName,
        value: Option<f64>,
        limits: Scale,
        basis: impl Into<String>,
    ) -> Self {
        let tier = value.and_then(|value| {
            let critical = (value > limits.alert).then_some(Tier::Critical);
            critical.or((value > limits.health).then_some(Tier::Warning))
        });
        let score = value.map(|value| limits.score(value));
        Self { name, value, score, limits, tier, basis: basis.into() }
    }

    /// The same, where a tier is reached at its limit.
    pub fn reached_at_limit(mut self) -> Self {
        self.tier = self.value.and_then(|value| {
            let critical = (value >= self.limits.alert).then_some(Tier::Critical);
            critical.or((value >= self.limits.health).then_some(Tier::Warning))
        });
        self
    }

    /// The same, never critical by itself.
    pub fn never_critical(mut self) -> Self {
        self.score = self.score.map(|score| score.max(Score::NOT_CRITICAL));
        self.tier = self.tier.map(|_| Tier::Warning);
        self
    }

    /// Whether it is so far within the health limit that an issue may end: 0.8 of it.
    pub fn has_recovered(&self) -> Option<bool> {
        self.value.map(|value| value <= 0.8 * self.limits.health)
    }
}

/// A part of the whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Component {
    /// Which.
    #[serde(skip)]
    pub name: ComponentName,
    /// The lowest known score of its signals; 1 where none is known.
    pub score: Score,
    /// What that is called.
    #[serde(serialize_with = "status_as_text")]
    pub status: Status,
    /// The signal that it comes from.
    pub lowest: Option<&'static str>,
    /// All of them.
    pub signals: Vec<Signal>,
}

fn status_as_text<S: serde::Serializer>(status: &Status, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(status.as_str())
}

impl Component {
    /// Of its signals.
    pub fn new(name: ComponentName, signals: Vec<Signal>) -> Self {
        let mut score = Score::GOOD;
        let mut lowest = None;
        for signal in &signals {
            let lower = signal.score.filter(|of_signal| lowest.is_none() || *of_signal < score);
            if let Some(of_signal) = lower {
                score = of_signal;
                lowest = Some(signal.name.as_str());
            }
        }
        Self { name, score, status: score.status(), lowest, signals }
    }
}
