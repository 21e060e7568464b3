//! `GET /v1/security`: who was refused, why and when.

pub mod diagnoses;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use jiff::Timestamp;
use serde::Serialize;
use shared::log::{Rejections, TimeRange};
use shared::metrics::{Filter, GroupBy, Groups, Series, Step};
use shared::report::{Security, Span};
use shared::store::{Answered, Detail};

use crate::clock::Now;
use crate::config::Config;
use crate::error::ApiError;
use crate::question::{Pairs, Question};
use diagnoses::Diagnoses;

/// Addresses that are told where no limit is given.
const SOURCES: usize = 20;

/// Minutes of an instance with wrong tokens that are read.
const MINUTES: usize = 5_000;

/// The answer.
#[derive(Serialize)]
pub struct Answer {
    #[serde(flatten)]
    security: Security,
    diagnoses: Diagnoses,
}

/// Answers for a range.
pub async fn security(
    State(config): State<Arc<Config>>,
    Extension(Now(now)): Extension<Now>,
    pairs: Pairs,
) -> Result<Json<Answer>, ApiError> {
    let question = Question::of_range(pairs, &["limit"], now)?;
    let limit = question.limit(SOURCES)?;
    let reading = question.reading(&config, question.asked, Detail::Cells);
    let step = Step::of(question.asked, reading.log_since);
    let (mut sources, mut series) = (Groups::new(GroupBy::SourceIp), Series::new(step));
    let everything = Filter::default();
    let answered = config.store.read_by(step.grain(), &reading, |range, part| {
        sources.add(range, part, &everything);
        series.add(range, part, &everything);
    });
    let answered = answered.await?;
    let (tokens, is_all) = wrong_tokens(&config, &answered, now).await?;
    let from = answered.log_begins.unwrap_or(answered.from);
    let slots = series.slots(from, answered.through);
    let diagnoses = diagnoses::load(&config, &slots, now).await?;
    let span = Span::new(question.asked, &answered, now);
    let security = Security::new(span, &sources, (step, &slots), (&tokens, is_all), limit);
    Ok(Json(Answer { security, diagnoses }))
}

/// Wrong tokens of what is answered, and whether they are all.
pub async fn wrong_tokens(
    config: &Config,
    answered: &Answered,
    now: Timestamp,
) -> Result<(Vec<Rejections>, bool), ApiError> {
    let Some(range) = TimeRange::new(answered.from, answered.through) else {
        return Ok((Vec::new(), true));
    };
    Ok(config.store.wrong_tokens_of(range, now, MINUTES).await?)
}
