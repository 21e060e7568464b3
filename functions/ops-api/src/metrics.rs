//! `GET /v1/metrics`: the guide's performance metrics over a range.

mod answer;

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use shared::metrics::{Filter, Performance};
use shared::store::{Detail, Reading};

use crate::clock::Now;
use crate::config::Config;
use crate::error::ApiError;
use crate::parameters::Parameters;
use answer::Metrics;

const NAMES: [&str; 6] = ["time_range_hours", "from", "to", "event_type", "livemode", "account"];

/// Answers for a range and a filter.
pub async fn metrics(
    State(config): State<Arc<Config>>,
    Extension(Now(now)): Extension<Now>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Result<Json<Metrics>, ApiError> {
    let Query(pairs) = query.map_err(|_| ApiError::InvalidRequest)?;
    let given = Parameters::new(pairs, &NAMES)?;
    let text = |name| given.text(name).map(str::to_owned);
    let filter = Filter {
        event_type: text("event_type"),
        livemode: given.value("livemode", "true or false")?,
        account: text("account"),
    };
    let asked = given.past_range(now)?;
    let reading = Reading {
        range: asked,
        detail: if filter.needs_cells() { Detail::Cells } else { Detail::Totals },
        log_since: config.retention.log_since(now),
        rollups_since: config.retention.rollups_since(now),
        now,
    };
    let mut performance = Performance::default();
    let add = |_, part: &_| performance.add(part, &filter);
    let answered = config.store.read(&reading, add).await?;
    Ok(Json(Metrics::new(config.outcomes, asked, filter, &answered, &performance)))
}
