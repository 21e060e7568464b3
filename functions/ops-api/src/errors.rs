//! `GET /v1/errors`: what fails, since when, with what in common, and whether it gets worse.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use jiff::SignedDuration;
use shared::log::{LogEntry, TimeRange};
use shared::metrics::{Failures, Filter, Series, Step};
use shared::report::{ErrorAnalytics, Sample, Span};
use shared::store::{Answered, Detail, Scope, Search};

use crate::clock::Now;
use crate::config::Config;
use crate::error::ApiError;
use crate::first_seen::sharpen;
use crate::question::{Pairs, Question};

/// Patterns that are told where no limit is given.
const PATTERNS: usize = 10;
/// Latest failures that samples are taken from.
const SAMPLED: usize = 100;
/// How long before the last failure's window or hour ends samples are looked for; where days are told, a day.
const SAMPLED_WITHIN: SignedDuration = SignedDuration::from_hours(1);
const SAMPLED_WITHIN_A_DAY: SignedDuration = SignedDuration::from_hours(24);

/// Answers for a range and a filter.
pub async fn errors(
    State(config): State<Arc<Config>>,
    Extension(Now(now)): Extension<Now>,
    pairs: Pairs,
) -> Result<Json<ErrorAnalytics>, ApiError> {
    let question = Question::with_filter(pairs, &["limit"], now)?;
    let limit = question.limit(PATTERNS)?;
    let reading = question.reading(&config, question.asked, Detail::Cells);
    let step = Step::of(question.asked, reading.log_since);
    let (mut failures, mut series) = (Failures::default(), Series::new(step));
    let answered = config.store.read_by(step.grain(), &reading, |range, part| {
        failures.add(range, part, &question.filter);
        series.add(range, part, &question.filter);
    });
    let answered = answered.await?;
    sharpen(&config, &reading, &question.filter, &mut failures, limit).await;
    let samples = samples(&config, &question, &failures).await?;
    Ok(Json(answer(question, &answered, &failures, &series, &samples, limit)))
}

/// The answer from what was read.
fn answer(
    question: Question,
    answered: &Answered,
    failures: &Failures,
    series: &Series,
    samples: &[Sample],
    limit: usize,
) -> ErrorAnalytics {
    // Before the log begins there is nothing that could have failed.
    let from = answered.log_begins.unwrap_or(answered.from);
    let slots = series.slots(from, answered.through);
    let span = Span::new(question.asked, answered, question.now);
    ErrorAnalytics::new(span, question.filter, failures, (series.step, &slots), samples, limit)
}

/// The latest failures of the log: one bounded page of it, of the hour or day in which something last failed.
pub async fn samples(
    config: &Config,
    question: &Question,
    failures: &Failures,
) -> Result<Vec<Sample>, ApiError> {
    let Some(last) = failures.messages().iter().map(|(_, fold)| fold.last_seen).max() else {
        return Ok(Vec::new());
    };
    let log_since = config.retention.log_since(question.now);
    let within = match Step::of(question.asked, log_since) {
        Step::Window | Step::Hour => SAMPLED_WITHIN,
        Step::Day => SAMPLED_WITHIN_A_DAY,
    };
    let from = last.saturating_sub(within).unwrap_or(last);
    let from = from.max(question.asked.from()).max(log_since);
    let Some(range) = TimeRange::new(from, last) else { return Ok(Vec::new()) };
    let search =
        Search { range, before: None, limit: SAMPLED, scope: Scope::Events, now: question.now };
    let page = config.store.search(&search, |entry| is_failure(entry, &question.filter)).await?;
    let samples = page.entries.into_iter().filter_map(|entry| match entry {
        LogEntry::Outcome(outcome) => {
            let message = outcome.failure().and_then(|failure| failure.message.clone());
            Some(Sample { event_id: outcome.event_id.as_str().to_owned(), message })
        }
        LogEntry::Delivery(_) | LogEntry::Rejection(_) => None,
    });
    Ok(samples.collect())
}

fn is_failure(entry: &LogEntry, filter: &Filter) -> bool {
    let LogEntry::Outcome(outcome) = entry else { return false };
    let is = |wanted: &Option<String>, value: Option<&str>| {
        wanted.as_deref().is_none_or(|wanted| value == Some(wanted))
    };
    outcome.failure().is_some()
        && is(&filter.event_type, Some(&outcome.event_type))
        && is(&filter.account, outcome.account.as_deref())
        && filter.livemode.is_none_or(|wanted| outcome.livemode == Some(wanted))
}
