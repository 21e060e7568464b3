//! `GET /v1/analytics`: how much of what, and how that went.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use shared::log::TimeRange;
use shared::metrics::{GroupBy, Groups};
use shared::report::{Analytics, Before, Span, before, before_by_hour};
use shared::rollup::Grain;
use shared::store::{Answered, Detail};

use crate::clock::Now;
use crate::config::Config;
use crate::error::ApiError;
use crate::question::{Pairs, Question};

const OWN: [&str; 2] = ["group_by", "limit"];
const GROUP_BY: &str = "event_type, entity_type, category, level, livemode, account, api_version, source_ip, hour or event_type_hour";
/// Groups that are told where no limit is given.
const GROUPS: usize = 50;

/// Answers for a range, a filter and a grouping.
pub async fn analytics(
    State(config): State<Arc<Config>>,
    Extension(Now(now)): Extension<Now>,
    pairs: Pairs,
) -> Result<Json<Analytics>, ApiError> {
    let question = Question::with_filter(pairs, &OWN, now)?;
    let by = question.given.value("group_by", GROUP_BY)?.unwrap_or(GroupBy::EventType);
    let limit = question.limit(GROUPS)?;
    if by == GroupBy::SourceIp
        && let Some(name) = ["event_type", "livemode", "account"]
            .into_iter()
            .find(|name| question.given.text(name).is_some())
    {
        let expected =
            "left out where group_by is source_ip: roll-ups do not tell what came from an address";
        return Err(ApiError::InvalidParameter(name.to_owned(), expected));
    }
    let (answered, groups) = read(&config, &question, by, question.asked).await?;
    let earlier = period_before(&config, &question, by, &answered).await?;
    let previous = earlier.as_ref().map(|(before, groups)| (*before, groups));
    let span = Span::new(question.asked, &answered, now);
    Ok(Json(Analytics::new(config.outcomes, span, question.filter, &groups, previous, limit)))
}

async fn read(
    config: &Config,
    question: &Question,
    by: GroupBy,
    range: TimeRange,
) -> Result<(Answered, Groups), ApiError> {
    let by_mode_or_hour = matches!(by, GroupBy::Livemode | GroupBy::Hour);
    let detail = match by_mode_or_hour && !question.filter.needs_cells() {
        true => Detail::Totals,
        false => Detail::Cells,
    };
    let reading = question.reading(config, range, detail);
    let mut groups = Groups::new(by);
    let add = |range, part: &_| groups.add(range, part, &question.filter);
    let grain = if by.has_hour() { Grain::Hour } else { Grain::Day };
    let answered = config.store.read_by(grain, &reading, add).await?;
    Ok((answered, groups))
}

/// The groups of the period before; `None` where too little is known of it.
pub async fn period_before(
    config: &Config,
    question: &Question,
    by: GroupBy,
    answered: &Answered,
) -> Result<Option<(Before, Groups)>, ApiError> {
    let Some(stretch) = TimeRange::new(answered.from, answered.through) else { return Ok(None) };
    let before = match by.has_hour() {
        true => before_by_hour(question.asked, stretch),
        false => before(stretch, config.retention.log_since(question.now)),
    };
    // A log that begins within the range has nothing before it.
    let rollups_since = config.retention.rollups_since(question.now);
    let kept =
        before.filter(|before| answered.log_begins.is_none() && before.is_kept(rollups_since));
    let Some((before, range)) = kept.and_then(|before| Some((before, before.range()?))) else {
        return Ok(None);
    };
    let (earlier, groups) = read(config, question, by, range).await?;
    Ok(before.known(&earlier).map(|before| (before, groups)))
}
