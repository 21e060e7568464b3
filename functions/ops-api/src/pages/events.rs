//! `GET /events`: the log, the newest first, with every filter that the API has.

mod filters;
mod row;

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use maud::{Markup, html};

use super::frame::{Page, Refresh};
use super::{link, text};
use crate::clock::Now;
use crate::config::Config;
use crate::error::ApiError;
use crate::events::{self, Found};
use crate::parameters::{Parameters, is_text};

pub use row::{mode, pill};

/// How often the list refreshes itself, where it does, in seconds.
const REFRESH: u32 = 15;

/// Shows a page of the log. A filter that cannot be used is told beside the filters.
pub async fn show(
    State(config): State<Arc<Config>>,
    Extension(Now(now)): Extension<Now>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(mut pairs) = query.map_err(|_| ApiError::InvalidRequest)?;
    // A form sends what was left empty, too.
    pairs.retain(|(_, value)| !value.is_empty());
    let refresh: Vec<_> = pairs.extract_if(.., |(name, _)| name == "refresh").collect();
    let is_on = refresh.iter().any(|(_, value)| value == "on");
    let found = async {
        if !refresh.iter().all(|(_, value)| value == "on" || value == "off") {
            return Err(ApiError::InvalidParameter("refresh".to_owned(), "on or off"));
        }
        let given = Parameters::new(pairs.clone(), &events::names())?;
        events::find(&config, &given, now).await
    };
    let (status, result) = match found.await {
        Ok(found) => (StatusCode::OK, list(&found, &pairs, now)),
        Err(ApiError::Internal) => return Err(ApiError::Internal),
        Err(error) => {
            // What is no text is not put back into the form.
            pairs.retain(|(name, value)| is_text(name) && is_text(value));
            let (status, _, message) = error.parts();
            (status, html! { p.warnbox role="alert" { (text::foreign(&message, 300)) } })
        }
    };
    let is_first = !pairs.iter().any(|(name, _)| name == "cursor");
    let page = Page {
        title: "Events".to_owned(),
        place: "/events",
        state: String::new(),
        refresh: is_first.then(|| Refresh {
            is_on,
            seconds: REFRESH,
            switch: address(&pairs, &[], (!is_on).then_some(("refresh", "on"))),
        }),
        now,
        content: html! { h1 { "Events" } (filters::form(&pairs, config.privacy_key.is_some())) (result) },
    };
    let mut answer = page.into_response();
    *answer.status_mut() = status;
    Ok(answer)
}

/// This list's address, without some of its parameters and with another.
fn address(pairs: &[(String, String)], without: &[&str], with: Option<(&str, &str)>) -> String {
    let kept = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    link::ours("/events", kept.filter(|(name, _)| !without.contains(name)).chain(with))
}

fn list(found: &Found, pairs: &[(String, String)], now: Timestamp) -> Markup {
    let Found { range, page, next_cursor } = found;
    let entries = page.entries.len();
    html! {
        section.panel {
            div.bar-row {
                h2 {
                    (text::count(entries as u64)) @if entries == 1 { " entry" } @else { " entries" }
                    @if next_cursor.is_some() { ", and there may be more" }
                }
                span.soft {
                    (text::when(range.from(), now)) " to " (text::when(range.to(), now))
                    ", " (text::count(page.examined as u64)) " looked at"
                }
            }
            @if page.unreadable > 0 { p.warnbox { (page.unreadable) " entries cannot be read, and are left out." } }
            @if entries == 0 {
                p {
                    @if next_cursor.is_some() { "Nothing so far; everything since " (text::when(page.searched_through, now)) " was searched." }
                    @else { "Nothing matches in this range." }
                }
            } @else { (row::table(&page.entries, now)) }
            @if let Some(cursor) = next_cursor {
                p { a rel="next" href=(address(pairs, &["cursor"], Some(("cursor", cursor.as_str())))) { "Older entries" } }
            }
            @if pairs.iter().any(|(name, _)| name == "cursor") {
                p { a href=(address(pairs, &["cursor"], None)) { "Back to the newest" } }
            }
        }
    }
}
