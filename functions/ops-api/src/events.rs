//! `GET /v1/events`: the log, newest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use jiff::Timestamp;
use serde::Serialize;
use shared::log::TimeRange;
use shared::store::{Page, Search};

use crate::clock::Now;
use crate::config::Config;
use crate::error::ApiError;
use crate::filter::Filter;
use crate::paging::{self, Paging};
use crate::parameters::Parameters;
use crate::view::Entry;

/// A page of the log.
#[derive(Serialize)]
pub struct Events {
    events: Vec<Entry>,
    /// Where the next page goes on; null when the range has been searched.
    next_cursor: Option<String>,
    from: Timestamp,
    to: Timestamp,
    /// Everything later than this has been searched; without a `next_cursor`, all of the range.
    searched_through: Timestamp,
    /// Entries looked at for this page.
    examined: usize,
    /// Entries that are damaged or of a newer version, and left out.
    unreadable: usize,
}

/// Lists entries of a range, filtered, a page at a time.
pub async fn list(
    State(config): State<Arc<Config>>,
    Extension(Now(now)): Extension<Now>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Result<Json<Events>, ApiError> {
    let Query(pairs) = query.map_err(|_| ApiError::InvalidRequest)?;
    let given = Parameters::new(pairs, &names())?;
    let Found { range, page, next_cursor } = find(&config, &given, now).await?;
    Ok(Json(Events {
        events: page.entries.iter().map(Entry::from).collect(),
        next_cursor,
        from: range.from(),
        to: range.to(),
        searched_through: page.searched_through,
        examined: page.examined,
        unreadable: page.unreadable,
    }))
}

/// A page of the log, as it was found.
pub struct Found {
    /// The range that is listed.
    pub range: TimeRange,
    /// The entries.
    pub page: Page,
    /// Where the next page goes on.
    pub next_cursor: Option<String>,
}

/// Names of the parameters that a listing takes.
pub fn names() -> Vec<&'static str> {
    [&paging::NAMES[..], &Filter::NAMES].concat()
}

/// Finds the entries that are asked for.
pub async fn find(config: &Config, given: &Parameters, now: Timestamp) -> Result<Found, ApiError> {
    let filter = Filter::from_parameters(given, config.privacy_key.as_ref())?;
    let paging = Paging::read(given, "", now)?;
    let entity = filter.entity();
    let search = Search {
        range: paging.range,
        before: paging.before(),
        limit: paging.limit,
        scope: filter.scope(entity.as_ref()),
        now,
    };
    let page = config.store.search(&search, |entry| filter.keeps(entry)).await?;
    let next_cursor = paging.cursor(page.next.clone());
    Ok(Found { range: paging.range, page, next_cursor })
}
