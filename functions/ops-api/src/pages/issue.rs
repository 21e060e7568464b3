//! An issue: on a card, and on a page of its own.

mod hits;

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, State};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;
use shared::health::{BlastRadius, Mark, Resolved, Snooze, Unit};
use shared::store::Alert;

use super::frame::Page;
use super::{Hand, form, link, text};
use crate::auth::Caller;
use crate::clock::Now;
use crate::config::Config;
use crate::error::ApiError;
use crate::issues::IssueView;
use hits::hits;

/// Alerts that are looked through for those of an issue.
const ALERTS: usize = 200;

/// An issue as the API answers it.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct IssueCard {
    fingerprint: String,
    /// What is wrong, in a sentence.
    pub description: String,
    severity: String,
    state: String,
    /// Since when.
    pub since: Option<Timestamp>,
    last_breach_at: Option<Timestamp>,
    reopened: u32,
    value: Option<f64>,
    limit: Option<f64>,
    unit: Option<String>,
    evidence: String,
    recommendation: String,
    blast_radius: Option<BlastRadius>,
    acknowledged: Option<Mark>,
    snoozed: Option<Snooze>,
    resolved: Option<Resolved>,
}

/// Shows one issue.
pub async fn show(
    State(config): State<Arc<Config>>,
    Extension(Now(now)): Extension<Now>,
    Extension(caller): Extension<Caller>,
    fingerprint: Result<Path<String>, PathRejection>,
) -> Result<Page, ApiError> {
    let Path(fingerprint) = fingerprint.map_err(|_| ApiError::IssueNotFound)?;
    let known = config.store.issues(now).await?;
    let known = known.into_iter().find(|known| known.fingerprint == fingerprint);
    let issue = known.and_then(|known| known.issue).ok_or(ApiError::IssueNotFound)?;
    let view = serde_json::from_value(json!(IssueView::new(&issue, now)));
    let card: IssueCard = view.map_err(|_| ApiError::Internal)?;
    let mut alerts = config.store.recent_alerts(ALERTS, now).await?;
    alerts.retain(|alert| alert.subject == fingerprint);
    let state = if issue.is_active() { issue.severity.as_str() } else { "" };
    let hand = Hand::of(&caller, now);
    Ok(Page {
        title: card.description.clone(),
        place: "/",
        state: state.replace("warning", "degraded"),
        refresh: None,
        now,
        content: html! {
            p { a href="/" { "Overview" } " / issue" }
            (card.card(&hand, "issue", now))
            (life(&alerts, now))
        },
    })
}

fn life(alerts: &[Alert], now: Timestamp) -> Markup {
    html! {
        section.panel {
            h2 { "Its life so far" }
            @if alerts.is_empty() { p.soft { "Nothing is told of it among the newest alerts." } }
            ol.time { @for alert in alerts {
                @let is_over = alert.state == "resolved";
                li.good-dot[is_over].bad-dot[!is_over] {
                    (text::when(alert.at, now)) " " b { (alert.state) }
                    div.soft { (text::foreign(&alert.text, 300)) }
                }
            } }
        }
    }
}

impl IssueCard {
    /// What is looked at first: what is critical, then what nobody is at, then what is oldest.
    pub fn rank(&self) -> (bool, bool, Option<Timestamp>) {
        let is_taken = self.acknowledged.is_some() || self.state == "snoozed";
        (self.severity != "critical", is_taken, self.since)
    }

    /// What is wrong, since when, for whom and what to do; `back` names the page to come back to.
    pub fn card(&self, hand: &Hand, back: &str, now: Timestamp) -> Markup {
        let is_alone = back == "issue";
        html! {
            article.panel.issue.(self.severity) {
                div.bar-row {
                    @if is_alone { h1 { (text::foreign(&self.description, 300)) } }
                    @else { h3 { a href=(link::issue(&self.fingerprint)) { (text::foreign(&self.description, 200)) } } }
                    span {
                        span.pill.(if self.severity == "critical" { "bad" } else { "warning" }) { (self.severity) }
                        " " span.pill { (self.state) }
                    }
                }
                dl.facts {
                    @if let Some(since) = self.since { dt { "Since" } dd { (text::when(since, now)) } }
                    @if let Some(extent) = self.extent() { dt { "How bad" } dd { (extent) } }
                    @if !self.evidence.is_empty() { dt { "Seen" } dd { (text::foreign(&self.evidence, 400)) } }
                    @if let Some(radius) = &self.blast_radius { (hits(radius, is_alone, now)) }
                    @if is_alone { (self.particulars(now)) }
                    @if let Some(mark) = &self.acknowledged {
                        dt { "Taken on" } dd { "by " (text::foreign(&mark.by, 100)) ", " (text::when(mark.at, now)) }
                    }
                    @if let Some(snooze) = self.snoozed.as_ref().filter(|snooze| snooze.until > now) {
                        dt { "Snoozed" } dd { "by " (text::foreign(&snooze.by, 100)) ", ends " (text::when(snooze.until, now)) }
                    }
                    dt { "Do" } dd { (advice(&self.recommendation)) }
                }
                @if hand.may_act && self.resolved.is_none() && self.since.is_some() && self.last_breach_at.is_some() {
                    (self.actions(hand, back))
                }
            }
        }
    }

    /// Its number, and the limit that this is beyond.
    fn extent(&self) -> Option<String> {
        let unit = self.unit.as_deref().and_then(|unit| unit.parse().ok())?;
        let text = match unit {
            Unit::Share => text::share,
            Unit::Seconds => text::seconds,
            Unit::Count => text::number,
        };
        let limit = self.limit.map(|limit| format!(", limit {}", text(limit))).unwrap_or_default();
        Some(format!("{}{limit}", text(self.value?)))
    }

    fn particulars(&self, now: Timestamp) -> Markup {
        html! {
            @if let Some(at) = self.last_breach_at { dt { "Last seen wrong" } dd { (text::when(at, now)) } }
            @if self.reopened > 0 { dt { "Came back" } dd { (self.reopened) " times, each within a day" } }
            @if let Some(resolved) = &self.resolved {
                dt { "Over" }
                dd {
                    (text::when(resolved.at, now))
                    @match &resolved.by {
                        Some(by) => { ", said by " (text::foreign(by, 100)) }
                        None => ", by itself"
                    }
                }
            }
        }
    }

    fn actions(&self, hand: &Hand, back: &str) -> Markup {
        let path = |action: &str| format!("{}/{action}", link::issue(&self.fingerprint));
        let hidden =
            html! { (form::field(&hand.token)) input type="hidden" name="back" value=(back); };
        html! {
            div.acts {
                @if self.acknowledged.is_none() {
                    form method="post" action=(path("acknowledge")) { (hidden) button.main { "Acknowledge" } }
                }
                form method="post" action=(path("snooze")) {
                    (hidden)
                    select name="hours" aria-label="How long" {
                        option value="1" { "1 hour" } option value="4" { "4 hours" }
                        option value="24" { "1 day" } option value="168" { "1 week" }
                    }
                    button { "Snooze" }
                }
                form method="post" action=(path("resolve")) { (hidden) button { "Resolve" } }
            }
        }
    }
}

/// What to do; a list of the log that it names is a link to the page of it.
fn advice(text: &str) -> Markup {
    const LIST: &str = "GET /v1/events?";
    let Some((before, after)) = text.split_once(LIST) else { return html! { (text) } };
    let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '=' | '_' | '&')));
    let (query, rest) = after.split_at(end.unwrap_or(after.len()));
    html! { (before) a href={ "/events?" (query) } { "the list of events, " (query) } (rest) }
}
