//! The data of a run: pure.
//!
//! Gauges are what the evaluation used, stamped with the time of the run, so that an alarm sees them
//! within a minute. A window's data are stamped with its start and are 6 to 11 minutes old: for graphs.

mod datum;
mod window;

use aws_sdk_cloudwatch::types::{MetricDatum, StandardUnit};
use jiff::Timestamp;

use super::names;
use datum::gauge;

pub use window::{MOST_TYPES, window_data};

/// What the evaluation used. `None` is not published: an alarm then keeps its state.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Gauges {
    /// From 0 to 1.
    pub health_score: f64,
    /// By component.
    pub components: ComponentScores,
    /// Share of outcomes that failed, 0 to 1.
    pub error_rate: Option<f64>,
    /// Seconds.
    pub average_processing_time: Option<f64>,
    /// Seconds.
    pub p95_processing_time: Option<f64>,
    /// Age in seconds.
    pub oldest_unprocessed: Option<f64>,
    /// Seconds.
    pub rollup_lag: Option<f64>,
    /// Events that should have come and did not.
    pub missed_events: Option<f64>,
    /// Requests of the last hour; 0 while they are too small a share of all to be an issue.
    pub refused_genuine: Option<f64>,
    /// Mean of 5 minutes.
    pub forged_per_minute: Option<f64>,
    /// Wrong tokens in 5 minutes.
    pub authentication_failures: Option<f64>,
    /// Whether the last probe came in by the front door.
    pub front_door: Option<bool>,
    /// Issues that are open and neither muted nor snoozed; `None`: they are not known.
    pub active_issues: Option<ActiveIssues>,
}

/// Scores from 0 to 1; `None` without a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ComponentScores {
    /// Whether the log can be written and read.
    pub database: Option<f64>,
    /// Whether events come in and are processed.
    pub processing: Option<f64>,
    /// Whether that happens in time.
    pub performance: Option<f64>,
    /// What should not be there.
    pub security: Option<f64>,
}

/// How many issues somebody is to hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ActiveIssues {
    /// Of the health tier.
    pub warning: u64,
    /// Of the alert tier.
    pub critical: u64,
}

impl Gauges {
    /// One datum for each that is known and finite, stamped `now`.
    pub fn data(&self, now: Timestamp) -> Vec<MetricDatum> {
        use StandardUnit::{Count, None as Share, Seconds};
        let Self { components, active_issues, .. } = self;
        let component = |name| Some((names::COMPONENT, name));
        let severity = |name| Some((names::SEVERITY, name));
        let gauges = [
            (names::HEALTH_SCORE, None, Share, Some(self.health_score)),
            (names::COMPONENT_SCORE, component(names::DATABASE), Share, components.database),
            (names::COMPONENT_SCORE, component(names::PROCESSING), Share, components.processing),
            (names::COMPONENT_SCORE, component(names::PERFORMANCE), Share, components.performance),
            (names::COMPONENT_SCORE, component(names::SECURITY), Share, components.security),
            (names::ERROR_RATE, None, Share, self.error_rate),
            (names::AVERAGE_PROCESSING_TIME, None, Seconds, self.average_processing_time),
            (names::P95_PROCESSING_TIME, None, Seconds, self.p95_processing_time),
            (names::OLDEST_UNPROCESSED, None, Seconds, self.oldest_unprocessed),
            (names::ROLLUP_LAG, None, Seconds, self.rollup_lag),
            (names::MISSED_EVENTS, None, Count, self.missed_events),
            (names::REFUSED_GENUINE, None, Count, self.refused_genuine),
            (names::FORGED_PER_MINUTE, None, Count, self.forged_per_minute),
            (names::AUTHENTICATION_FAILURES, None, Count, self.authentication_failures),
            (names::FRONT_DOOR, None, Count, self.front_door.map(|open| f64::from(u8::from(open)))),
            (
                names::ACTIVE_ISSUES,
                severity(names::WARNING),
                Count,
                active_issues.map(|active| active.warning as f64),
            ),
            (
                names::ACTIVE_ISSUES,
                severity(names::CRITICAL),
                Count,
                active_issues.map(|active| active.critical as f64),
            ),
        ];
        gauges
            .into_iter()
            .filter_map(|(name, dimension, unit, value)| {
                gauge(name, dimension.as_slice(), unit, value?, now)
            })
            .collect()
    }
}

/// What the dead man's alarm waits for: it goes with a run's last call.
pub fn heartbeat(now: Timestamp) -> Vec<MetricDatum> {
    gauge(names::HEARTBEAT, &[], StandardUnit::Count, 1.0, now).into_iter().collect()
}

#[cfg(test)]
mod tests;
