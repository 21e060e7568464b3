//! `GET /`: what is broken, since when, for whom and why; then the numbers.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use jiff::Timestamp;
use maud::{Markup, html};
use shared::health::IssueKind;
use shared::store::Mute;

use super::frame::{Page, Refresh, tabs};
use super::health::{HealthView, alerts};
use super::marks;
use super::numbers::Compared;
use super::period::{Period, Scope};
use super::{Hand, figures, form, link, text};
use crate::auth::Caller;
use crate::clock::Now;
use crate::config::Config;
use crate::error::ApiError;
use crate::health;
use crate::parameters::Parameters;

/// How often it refreshes itself, in seconds.
const REFRESH: u32 = 60;

/// Shows how things are.
pub async fn show(
    State(config): State<Arc<Config>>,
    Extension(Now(now)): Extension<Now>,
    Extension(caller): Extension<Caller>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Result<Page, ApiError> {
    let Query(pairs) = query.map_err(|_| ApiError::InvalidRequest)?;
    let given = Parameters::new(pairs, &["range", "refresh"])?;
    let period = given.value("range", "1h, 24h, 7d or 30d")?.unwrap_or(Period::Day);
    let is_on = match given.text("refresh") {
        None | Some("on") => true,
        Some("off") => false,
        Some(_) => return Err(ApiError::InvalidParameter("refresh".to_owned(), "on or off")),
    };
    let scope = period.scope(now).ok_or(ApiError::Internal)?;
    let settings = async { config.store.settings(now).await.map_err(ApiError::from) };
    let (health, numbers, settings, marks) = futures_util::future::try_join4(
        health::current(&config, false, now),
        Compared::load(&config, &scope, now),
        settings,
        marks::load(&config, scope.range, now),
    )
    .await?;
    let health = HealthView::try_from(health)?;
    let mut mutes = settings.mutes.value;
    mutes.retain(|mute| mute.until > now);
    let hand = Hand::of(&caller, now);
    let mut switch = vec![("range", period.as_str())];
    switch.extend(is_on.then_some(("refresh", "off")));
    Ok(Page {
        title: super::health::titled(&health.overall_status),
        place: "/",
        state: health.overall_status.clone(),
        refresh: Some(Refresh { is_on, seconds: REFRESH, switch: link::ours("/", switch) }),
        now,
        content: html! {
            (health.banner(now))
            (issues(&health, &hand, now))
            section aria-labelledby="numbers" {
                (range(period, is_on, &scope))
                (figures::cards(&scope, &numbers, &marks, now))
            }
            (figures::tables(&scope, &numbers, now))
            br;
            div.two {
                (health.arithmetic())
                div { (muting(&mutes, &hand, now)) (alerts(&health.recent_alerts, now)) }
            }
        },
    })
}

fn issues(health: &HealthView, hand: &Hand, now: Timestamp) -> Markup {
    html! {
        section aria-label="Active issues" {
            @for issue in &health.active_issues { (issue.card(hand, "overview", now)) }
            (health.parts())
        }
    }
}

fn range(period: Period, is_on: bool, scope: &Scope) -> Markup {
    let path = if is_on { "/" } else { "/?refresh=off" };
    let periods = Period::ALL.map(|period| (period.as_str(), period.words()));
    html! {
        div.bar-row {
            h2 #numbers { "The last " (period.words()) }
            a href={ "/v1/reports?format=html&" (scope.query) } { "This as a report" }
            (tabs("Range", periods, period.as_str(), path, "range"))
        }
    }
}

/// Times in which nobody is told, and a form for another.
fn muting(mutes: &[Mute], hand: &Hand, now: Timestamp) -> Markup {
    html! {
        section.panel #mutes {
            h2 { "Mutes" }
            @if mutes.is_empty() { p.soft { "Nothing is muted: every issue tells somebody." } }
            @for mute in mutes {
                div.row {
                    span {
                        @if mute.kinds.is_empty() { "Every issue" }
                        @for (index, kind) in mute.kinds.iter().enumerate() {
                            @if index > 0 { ", " } (kind.as_str())
                        }
                        ": " (text::foreign(&mute.reason, 200))
                        span.soft { " by " (text::foreign(&mute.by, 100)) ", ends " (text::when(mute.until, now)) }
                    }
                    @if hand.may_act {
                        form method="post" action={ "/mutes/" (mute.id) "/remove" } {
                            (form::field(&hand.token)) button { "End it" }
                        }
                    }
                }
            }
            @if hand.may_act {
                details {
                    summary { "Mute something" }
                    form.filters method="post" action="/mutes" {
                        (form::field(&hand.token))
                        label { "Issues" select name="kind" {
                            option value="" { "all" }
                            @for kind in IssueKind::ALL.iter().copied() { option value=(kind.as_str()) { (kind.as_str().replace('_', " ")) } }
                        } }
                        label { "For how long" select name="hours" {
                            option value="1" { "1 hour" } option value="4" { "4 hours" }
                            option value="24" { "1 day" } option value="168" { "1 week" }
                        } }
                        label { "Why" input name="reason" required maxlength="200"; }
                        div.wide { button { "Mute" } }
                    }
                }
            }
        }
    }
}
