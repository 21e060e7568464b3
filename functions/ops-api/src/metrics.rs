//! `GET /v1/metrics`: the guide's performance metrics over a range.

mod answer;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use shared::metrics::Performance;
use shared::store::Detail;

use crate::clock::Now;
use crate::config::Config;
use crate::error::ApiError;
use crate::question::{Pairs, Question};
pub use answer::Metrics;

/// Answers for a range and a filter.
pub async fn metrics(
    State(config): State<Arc<Config>>,
    Extension(Now(now)): Extension<Now>,
    pairs: Pairs,
) -> Result<Json<Metrics>, ApiError> {
    let question = Question::with_filter(pairs, &[], now)?;
    let Question { asked, filter, .. } = &question;
    let detail = if filter.needs_cells() { Detail::Cells } else { Detail::Totals };
    let reading = question.reading(&config, *asked, detail);
    let mut performance = Performance::default();
    let add = |_, part: &_| performance.add(part, filter);
    let answered = config.store.read(&reading, add).await?;
    let filter = filter.clone();
    Ok(Json(Metrics::new(config.outcomes, *asked, filter, &answered, &performance, now)))
}
