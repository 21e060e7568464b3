//! Since when an issue's matter is wrong, as far as the last day tells.

use jiff::Timestamp;
use shared::health::{Issue, IssueKind};
use shared::rollup::{Measure, Rollup, Status};

use super::Seen;

const OUTCOMES: &[Status] = &[Status::Failed, Status::Succeeded];
const FIRST: &[Status] = &[Status::Received, Status::Quarantined];

/// Since when it is so, as far as the log's parts tell.
pub(super) fn since(issue: &Issue, seen: &Seen<'_>) -> Option<Timestamp> {
    let limit = issue.limit.unwrap_or_default();
    let all = |part: &Rollup, statuses: &[Status]| -> Measure {
        let meant = part.cells.iter().filter(|(key, _)| {
            statuses.contains(&key.status)
                && seen.filter.means_mode(key.status.is_outcome(), key.livemode)
        });
        meant.fold(Measure::default(), |mut all, (_, measure)| {
            all.merge(measure);
            all
        })
    };
    let slowest_twentieth = |all: &Measure| Some(all.times.quantile(950)? / 1e6 > limit);
    seen.recent.bad_since(|part| match issue.kind {
        IssueKind::LowSuccessRate => {
            let failed = all(part, &[Status::Failed]).count;
            let count = failed + all(part, &[Status::Succeeded]).count;
            (count > 0).then_some(failed as f64 > limit * count as f64)
        }
        IssueKind::HighProcessingTime => {
            let all = all(part, OUTCOMES);
            (all.count > 0).then_some(all.micros as f64 / 1e6 > limit * all.count as f64)
        }
        IssueKind::HighP95ProcessingTime => slowest_twentieth(&all(part, OUTCOMES)),
        IssueKind::DeliveryLag => slowest_twentieth(&all(part, FIRST)),
        IssueKind::RefusedGenuine => {
            let refused =
                part.rejections.iter().any(|(key, count)| key.refused_genuine && *count > 0);
            let received = all(part, &[Status::Received]).count;
            (refused || received > 0).then_some(refused)
        }
        IssueKind::ForgedTraffic => Some(part.rejected() as f64 / 5.0 > limit),
        _ => None,
    })
}
