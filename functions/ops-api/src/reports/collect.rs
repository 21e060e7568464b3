//! Everything about a range, read in one go.

use shared::config::OutcomesPolicy;
use shared::log::{Rejections, TimeRange};
use shared::metrics::{Failures, Filter, GroupBy, Groups, Performance, Series, Slot, Step};
use shared::report::{
    Analytics, Before, ErrorAnalytics, HealthBrief, Report, Sample, Security, Span,
};
use shared::store::{Answered, Detail};

use crate::analytics::period_before;
use crate::config::Config;
use crate::error::ApiError;
use crate::errors::samples;
use crate::first_seen::sharpen;
use crate::metrics::Metrics;
use crate::question::Question;
use crate::security::wrong_tokens;

/// Event types, patterns and addresses that are told.
const MOST: usize = 50;
/// Patterns and messages that are told.
const PATTERNS: usize = 10;
/// Addresses that are told.
const SOURCES: usize = 20;

/// What was read.
pub struct Collected {
    question: Question,
    answered: Answered,
    performance: Performance,
    types: Groups,
    previous: Option<(Before, Groups)>,
    sources: Groups,
    failures: Failures,
    step: Step,
    slots: Vec<Slot>,
    samples: Vec<Sample>,
    tokens: (Vec<Rejections>, bool),
}

/// Reads everything about the range of a question, whatever its filter.
pub async fn collect(config: &Config, question: Question) -> Result<Collected, ApiError> {
    let reading = question.reading(config, question.asked, Detail::Cells);
    let step = Step::of(question.asked, reading.log_since);
    let everything = Filter::default();
    let mut performance = Performance::default();
    let mut types = Groups::new(GroupBy::EventType);
    let mut sources = Groups::new(GroupBy::SourceIp);
    let (mut failures, mut series) = (Failures::default(), Series::new(step));
    let answered = config.store.read_by(step.grain(), &reading, |range: TimeRange, part| {
        performance.add(part, &everything);
        types.add(range, part, &everything);
        sources.add(range, part, &everything);
        failures.add(range, part, &everything);
        series.add(range, part, &everything);
    });
    let answered = answered.await?;
    let previous = period_before(config, &question, GroupBy::EventType, &answered).await?;
    let tokens = wrong_tokens(config, &answered, question.now).await?;
    sharpen(config, &reading, &everything, &mut failures, PATTERNS).await;
    let samples = samples(config, &question, &failures).await?;
    let slots = series.slots(answered.log_begins.unwrap_or(answered.from), answered.through);
    Ok(Collected {
        question,
        answered,
        performance,
        types,
        previous,
        sources,
        failures,
        step,
        slots,
        samples,
        tokens,
    })
}

impl Collected {
    /// The guide's metrics.
    pub fn metrics(&self, policy: OutcomesPolicy) -> Metrics {
        let Question { asked, now, .. } = self.question;
        Metrics::new(policy, asked, Filter::default(), &self.answered, &self.performance, now)
    }

    /// The event types.
    pub fn analytics(&self, policy: OutcomesPolicy) -> Analytics {
        let previous = self.previous.as_ref().map(|(before, groups)| (*before, groups));
        Analytics::new(policy, self.span(), Filter::default(), &self.types, previous, MOST)
    }

    /// What failed.
    pub fn errors(&self) -> ErrorAnalytics {
        let steps = (self.step, self.slots.as_slice());
        let (span, filter) = (self.span(), Filter::default());
        ErrorAnalytics::new(span, filter, &self.failures, steps, &self.samples, PATTERNS)
    }

    /// The guide's report.
    pub fn report(&self, policy: OutcomesPolicy, health: HealthBrief) -> Report {
        let steps = (self.step, self.slots.as_slice());
        let tokens = (self.tokens.0.as_slice(), self.tokens.1);
        let security = Security::new(self.span(), &self.sources, steps, tokens, SOURCES);
        let analytics = self.analytics(policy);
        Report::new(policy, &self.performance, analytics, self.errors(), security, health)
    }

    fn span(&self) -> Span {
        Span::new(self.question.asked, &self.answered, self.question.now)
    }
}
