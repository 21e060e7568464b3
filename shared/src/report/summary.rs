//! The guide's report: a summary, and details for those who ask for them.

mod tables;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;

use super::{
    Analytics, Burst, ErrorAnalytics, GroupRow, Other, PatternRow, Security, SourceRow, Span,
    TrendView,
};
use crate::config::OutcomesPolicy;
use crate::metrics::Performance;

/// The answer of `GET /v1/reports`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The range.
    #[serde(flatten)]
    pub span: Span,
    /// What a person reads first.
    pub summary: Summary,
    /// The rest; null where it is not asked for.
    pub details: Option<Details>,
}

/// What a person reads first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// What `total_events` counts: `outcomes` where they are expected, else `deliveries`, which say
    /// nothing of success and time.
    pub source: &'static str,
    /// Outcomes, or first deliveries.
    pub total_events: u64,
    /// Their change against the period before, as a share; null where that is not known.
    pub change: Option<f64>,
    /// Share of the outcomes that succeeded.
    pub success_rate: Option<f64>,
    /// Share of the outcomes that failed.
    pub error_rate: Option<f64>,
    /// Outcomes that failed.
    pub failed_events: Option<u64>,
    /// Mean seconds of processing.
    pub average_processing_time: Option<f64>,
    /// What 95 of 100 do not exceed.
    pub p95_processing_time: Option<f64>,
    /// First deliveries.
    pub received: u64,
    /// Further deliveries to the same endpoint.
    pub duplicates: u64,
    /// Refused requests.
    pub rejected: u64,
    /// `healthy`, `degraded` or `critical`; null where it was never judged.
    pub health_status: Option<String>,
    /// From 0 to 1.
    pub health_score: Option<f64>,
}

/// What the summary stands on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Details {
    /// The most frequent messages, with what varies folded out.
    pub top_errors: Vec<(String, u64)>,
    /// Issues that are open.
    pub active_issues: Vec<Json>,
    /// What to do next.
    pub recommendations: Vec<&'static str>,
    /// The largest event types.
    pub event_types: Vec<GroupRow>,
    /// The rest of them.
    pub other_event_types: Other,
    /// Failures by kind.
    pub error_distribution: BTreeMap<String, u64>,
    /// Failures by pattern.
    pub error_patterns: Vec<PatternRow>,
    /// Whether more fails.
    pub error_trends: TrendView,
    /// Whether processing takes longer.
    pub performance_trends: TrendView,
    /// Refused requests by cause.
    pub rejections_by_cause: BTreeMap<&'static str, u64>,
    /// The addresses that most was refused from.
    pub rejection_sources: Vec<SourceRow>,
    /// Stretches with far more refused requests than usual.
    pub rejection_bursts: Vec<Burst>,
    /// Calls of the operations API with a wrong token.
    pub authentication_failures: u64,
}

/// Health as a report tells it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HealthBrief {
    /// The overall status.
    pub status: Option<String>,
    /// From 0 to 1.
    pub score: Option<f64>,
    /// Issues that are open.
    pub active_issues: Vec<Json>,
    /// What to do next.
    pub recommendations: Vec<&'static str>,
}

crate::log::named! {
    /// A table of a report.
    TableName {
        /// The summary, a name and a value a row.
        Summary = "summary",
        /// The event types.
        EventTypes = "event_types",
        /// The patterns of errors.
        Errors = "errors",
        /// The steps of time.
        Timeline = "timeline",
        /// Refused requests by cause.
        Rejections = "rejections",
        /// The addresses that most was refused from.
        Sources = "sources",
        /// Issues that are open.
        Issues = "issues",
    }
}

impl Report {
    /// Puts everything together.
    pub fn new(
        policy: OutcomesPolicy,
        performance: &Performance,
        analytics: Analytics,
        errors: ErrorAnalytics,
        security: Security,
        health: HealthBrief,
    ) -> Self {
        let Performance { deliveries, outcomes, .. } = performance;
        let has_outcomes = policy == OutcomesPolicy::Expected;
        let of_outcomes = |value: Option<f64>| value.filter(|_| has_outcomes);
        let summary = Summary {
            source: analytics.source,
            total_events: analytics.total_events,
            change: analytics.change,
            success_rate: of_outcomes(outcomes.success_rate()),
            error_rate: of_outcomes(outcomes.error_rate()),
            failed_events: has_outcomes.then_some(outcomes.failed),
            average_processing_time: of_outcomes(outcomes.processing_time.mean()),
            p95_processing_time: of_outcomes(outcomes.processing_time.quantile(950)),
            received: deliveries.received,
            duplicates: deliveries.duplicates,
            rejected: performance.rejected,
            health_status: health.status,
            health_score: health.score,
        };
        let details = Details {
            top_errors: errors.top_errors,
            active_issues: health.active_issues,
            recommendations: health.recommendations,
            event_types: analytics.groups,
            other_event_types: analytics.other,
            error_distribution: errors.error_distribution,
            error_patterns: errors.patterns,
            error_trends: errors.error_trends,
            performance_trends: errors.performance_trends,
            rejections_by_cause: security.rejections_by_cause,
            rejection_sources: security.sources,
            rejection_bursts: security.bursts,
            authentication_failures: security.authentication.failures,
        };
        Self { span: analytics.span, summary, details: Some(details) }
    }
}
