//! Health on a page: the state in one line, and the arithmetic behind it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use shared::store::Alert;

use super::issue::IssueCard;
use super::text;
use crate::error::ApiError;
use crate::health::Health;

/// The answer of `GET /v1/health`, as far as pages show it. Snapshots are kept as JSON, and may be of
/// an older version: what is not there is left out.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct HealthView {
    /// `healthy`, `degraded` or `critical`.
    pub overall_status: String,
    health_score: f64,
    last_check: Option<Timestamp>,
    last_run: Option<Timestamp>,
    arithmetic: String,
    notes: Vec<String>,
    database_health: Option<Component>,
    processing_health: Option<Component>,
    performance_health: Option<Component>,
    security_health: Option<Component>,
    /// What is wrong.
    pub active_issues: Vec<IssueCard>,
    /// What changed last.
    pub recent_alerts: Vec<Alert>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Component {
    score: f64,
    status: String,
    lowest: Option<String>,
    signals: Vec<Signal>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Signal {
    name: String,
    value: Option<f64>,
    score: Option<f64>,
    limits: BTreeMap<String, f64>,
    basis: String,
}

impl TryFrom<Health> for HealthView {
    type Error = ApiError;

    fn try_from(health: Health) -> Result<Self, ApiError> {
        let view = serde_json::to_value(health).and_then(serde_json::from_value);
        let mut view: Self = view.map_err(|error| {
            tracing::error!(%error, "a health status cannot be shown");
            ApiError::Internal
        })?;
        view.active_issues.sort_by_key(IssueCard::rank);
        Ok(view)
    }
}

impl HealthView {
    fn components(&self) -> impl Iterator<Item = (&'static str, &Component)> {
        [
            ("processing", &self.processing_health),
            ("database", &self.database_health),
            ("performance", &self.performance_health),
            ("security", &self.security_health),
        ]
        .into_iter()
        .filter_map(|(name, component)| Some((name, component.as_ref()?)))
    }

    /// The one thing that matters first.
    pub fn banner(&self, now: Timestamp) -> Markup {
        let worst = self.active_issues.first();
        let open = self.active_issues.len();
        html! {
            section.panel.state.(self.overall_status) aria-labelledby="state" {
                div {
                    h1 #state {
                        span.word { (titled(&self.overall_status)) }
                        @match (worst, open) {
                            (None, _) => " – nothing is wrong that we know of"
                            (Some(issue), 1) => { " – " (text::foreign(&issue.description, 160)) }
                            (Some(issue), _) => {
                                " – " (text::foreign(&issue.description, 160))
                                " And " (open - 1) " more."
                            }
                        }
                    }
                    p.soft {
                        @if let Some(at) = self.last_check {
                            "Observed " (text::when(at, now)) ". "
                        }
                        @if self.last_run.is_none() { "The health check has not run yet. " }
                        "Score: " (text::foreign(&self.arithmetic, 300))
                    }
                    @for note in &self.notes { p { (text::foreign(note, 300)) } }
                }
                div.score title="Health score, from 0 to 1" { (format!("{:.2}", self.health_score)) }
            }
        }
    }

    /// The state and what is wrong, for a reader who cannot act.
    pub fn in_short(&self, now: Timestamp) -> Markup {
        html! {
            section.panel.state.(self.overall_status) {
                div {
                    h2 { span.word { (titled(&self.overall_status)) } " at the time of this report" }
                    p.soft { "Score " (text::foreign(&self.arithmetic, 300)) }
                    @for issue in &self.active_issues {
                        p {
                            (text::foreign(&issue.description, 200))
                            @if let Some(since) = issue.since { span.soft { " Since " (text::when(since, now)) "." } }
                        }
                    }
                }
                div.score { (format!("{:.2}", self.health_score)) }
            }
        }
    }

    /// The four parts, each a link to its arithmetic.
    pub fn parts(&self) -> Markup {
        html! {
            ul.parts aria-label="Parts of the score" {
                @for (name, component) in self.components() {
                    li {
                        a.(component.status) href={ "#part-" (name) } {
                            b { (name) } " "
                            span.word { (component.status) } " " (format!("{:.2}", component.score))
                        }
                    }
                }
            }
        }
    }

    /// Every signal with its limits and what it was made from.
    pub fn arithmetic(&self) -> Markup {
        html! {
            section.panel #arithmetic {
                h2 { "How the score comes about" }
                @for (name, component) in self.components() {
                    details.part #{ "part-" (name) } open[component.score < 0.9] {
                        summary.(component.status) {
                            b { (titled(name)) } " "
                            span.word { (component.status) } " " (format!("{:.2}", component.score))
                            @if let Some(lowest) = &component.lowest { span.soft { ", by " (lowest) } }
                        }
                        (signals(&component.signals))
                    }
                }
            }
        }
    }
}

fn signals(signals: &[Signal]) -> Markup {
    html! {
        div.scroll tabindex="0" { table {
            thead { tr {
                th { "Signal" } th.n { "Value" } th.n { "Degraded above" } th.n { "Critical above" }
                th.n { "Score" } th.lesser { "From" }
            } }
            tbody { @for signal in signals {
                @let limit = |tier: &str| signal.limits.get(tier).map(|limit| value(&signal.name, *limit));
                tr {
                    th {
                        (signal.name.replace('_', " "))
                        div.soft.narrow { (text::foreign(&signal.basis, 200)) }
                    }
                    td.n { (signal.value.map_or(text::NONE.to_owned(), |v| value(&signal.name, v))) }
                    td.n { (limit("health").unwrap_or_default()) }
                    td.n { (limit("alert").unwrap_or_default()) }
                    td.n { (signal.score.map_or(text::NONE.to_owned(), |score| format!("{score:.2}"))) }
                    td.lesser.soft { (text::foreign(&signal.basis, 200)) }
                }
            } }
        } }
    }
}

/// A signal's number in its unit.
fn value(name: &str, value: f64) -> String {
    match name {
        "error_rate" | "refused_genuine" => text::share(value),
        "round_trip"
        | "rollup_lag"
        | "oldest_unprocessed"
        | "average_processing_time"
        | "p95_processing_time"
        | "p95_delivery_lag" => text::seconds(value),
        _ => text::number(value),
    }
}

/// A word as the first of a line.
pub fn titled(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What changed last.
pub fn alerts(alerts: &[Alert], now: Timestamp) -> Markup {
    html! {
        section.panel {
            h2 { "What changed last" }
            @if alerts.is_empty() { p.soft { "No issue and no alarm has changed this month or the last." } }
            @else {
                div.scroll tabindex="0" { table.cut { tbody {
                    @for alert in alerts.iter().take(6) {
                        tr {
                            td.nowrap { (text::when(alert.at, now)) }
                            td {
                                b { (text::foreign(&alert.subject, 100)) } " " (text::foreign(&alert.state, 40))
                                div.soft { (text::foreign(&alert.text, 110)) }
                            }
                        }
                    }
                } } }
            }
        }
    }
}
