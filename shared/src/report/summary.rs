//! The guide's report: a summary, and details for those who ask for them.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;

use super::{
    Analytics, Burst, ErrorAnalytics, GroupRow, Other, PatternRow, Security, SourceRow, Span,
    Table, TrendView, Value,
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

    /// One of its tables; without rows where the details are left out.
    pub fn table(&self, name: TableName) -> Table {
        let Some(details) = self.details.as_ref().filter(|_| name != TableName::Summary) else {
            return self.summary_table();
        };
        match name {
            TableName::Summary => self.summary_table(),
            TableName::EventTypes => event_types(details),
            TableName::Errors => errors(details),
            TableName::Timeline => timeline(details),
            TableName::Rejections => Table {
                columns: vec!["cause", "rejected"],
                rows: details
                    .rejections_by_cause
                    .iter()
                    .map(|(cause, count)| vec![(*cause).into(), (*count).into()])
                    .collect(),
            },
            TableName::Sources => Table {
                columns: vec!["address", "rejected", "deliveries"],
                rows: details
                    .rejection_sources
                    .iter()
                    .map(|row| {
                        vec![
                            row.address.as_str().into(),
                            row.rejected.into(),
                            row.deliveries.into(),
                        ]
                    })
                    .collect(),
            },
            TableName::Issues => issues(details),
        }
    }

    fn summary_table(&self) -> Table {
        let Summary { source, total_events, change, success_rate, error_rate, .. } = &self.summary;
        let rows: [(&str, Value); 17] = [
            ("from", self.span.from.into()),
            ("through", self.span.through.into()),
            ("incomplete", self.span.incomplete.to_string().into()),
            ("log_begins", self.span.log_begins.into()),
            ("source", (*source).into()),
            ("total_events", (*total_events).into()),
            ("change", (*change).into()),
            ("success_rate", (*success_rate).into()),
            ("error_rate", (*error_rate).into()),
            ("failed_events", self.summary.failed_events.into()),
            ("average_processing_time", self.summary.average_processing_time.into()),
            ("p95_processing_time", self.summary.p95_processing_time.into()),
            ("received", self.summary.received.into()),
            ("duplicates", self.summary.duplicates.into()),
            ("rejected", self.summary.rejected.into()),
            ("health_status", self.summary.health_status.clone().into()),
            ("health_score", self.summary.health_score.into()),
        ];
        let rows = rows.into_iter().map(|(name, value)| vec![name.into(), value]).collect();
        Table { columns: vec!["name", "value"], rows }
    }
}

fn event_types(details: &Details) -> Table {
    let row = |row: &GroupRow| {
        vec![
            row.name.clone().into(),
            row.count.into(),
            row.share.into(),
            row.failed.into(),
            row.success_rate.into(),
            row.avg_processing_time.into(),
            row.p95_processing_time.into(),
            row.change.into(),
        ]
    };
    Table {
        columns: vec![
            "event_type",
            "count",
            "share",
            "failed",
            "success_rate",
            "avg_processing_time",
            "p95_processing_time",
            "change",
        ],
        rows: details.event_types.iter().map(row).collect(),
    }
}

fn errors(details: &Details) -> Table {
    let row = |row: &PatternRow| {
        vec![
            row.pattern.as_str().into(),
            row.count.into(),
            row.share.into(),
            row.first_seen.into(),
            row.last_seen.into(),
            row.event_types.join(" ").into(),
            row.sample_event_ids.join(" ").into(),
        ]
    };
    Table {
        columns: vec![
            "pattern",
            "count",
            "share",
            "first_seen",
            "last_seen",
            "event_types",
            "sample_event_ids",
        ],
        rows: details.error_patterns.iter().map(row).collect(),
    }
}

fn timeline(details: &Details) -> Table {
    let rows = details.error_trends.steps.iter().map(|step| {
        vec![
            step.from.into(),
            step.to.into(),
            step.received.into(),
            step.outcomes.into(),
            step.failed.into(),
            step.error_rate.into(),
            step.average_processing_time.into(),
            step.p95_processing_time.into(),
            step.median_lag.into(),
            step.rejected.into(),
        ]
    });
    Table {
        columns: vec![
            "from",
            "to",
            "received",
            "outcomes",
            "failed",
            "error_rate",
            "average_processing_time",
            "p95_processing_time",
            "median_lag",
            "rejected",
        ],
        rows: rows.collect(),
    }
}

fn issues(details: &Details) -> Table {
    const COLUMNS: [&str; 6] =
        ["type", "severity", "state", "description", "recommendation", "fingerprint"];
    let text = |issue: &Json, name: &str| issue.get(name).and_then(Json::as_str).map(str::to_owned);
    let row = |issue: &Json| COLUMNS.iter().map(|name| text(issue, name).into()).collect();
    Table { columns: COLUMNS.to_vec(), rows: details.active_issues.iter().map(row).collect() }
}
