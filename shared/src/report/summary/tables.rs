//! The tables of a report, one of which a CSV is.

use serde_json::Value as Json;

use super::{Details, Report, Summary, TableName};
use crate::report::{GroupRow, PatternRow, Table, Value};

impl Report {
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
