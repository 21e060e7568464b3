//! Since when an issue's matter is wrong, as far as the last day tells.

use jiff::Timestamp;
use shared::health::{Issue, IssueKind};
use shared::rollup::{Rollup, Status};

use super::Seen;

/// Since when it is so, as far as the log's parts tell.
pub(super) fn since(issue: &Issue, seen: &Seen<'_>) -> Option<Timestamp> {
    let limit = issue.limit.unwrap_or_default();
    let sum = |part: &Rollup, statuses: &[Status]| -> (u64, f64) {
        let meant = part.cells.iter().filter(|(key, _)| {
            statuses.contains(&key.status)
                && seen.filter.means_mode(key.status.is_outcome(), key.livemode)
        });
        meant.fold((0, 0.0), |(count, micros), (_, measure)| {
            (count + measure.count, micros + measure.micros as f64)
        })
    };
    seen.recent.bad_since(|part| match issue.kind {
        IssueKind::LowSuccessRate => {
            let (failed, _) = sum(part, &[Status::Failed]);
            let (all, _) = sum(part, &[Status::Failed, Status::Succeeded]);
            (all > 0).then_some(failed as f64 > limit * all as f64)
        }
        IssueKind::HighProcessingTime => {
            let (all, micros) = sum(part, &[Status::Failed, Status::Succeeded]);
            (all > 0).then_some(micros / 1e6 > limit * all as f64)
        }
        IssueKind::DeliveryLag => {
            let (all, micros) = sum(part, &[Status::Received, Status::Quarantined]);
            (all > 0).then_some(micros / 1e6 > limit * all as f64)
        }
        IssueKind::RefusedGenuine => {
            let refused =
                part.rejections.iter().any(|(key, count)| key.refused_genuine && *count > 0);
            let (received, _) = sum(part, &[Status::Received]);
            (refused || received > 0).then_some(refused)
        }
        IssueKind::ForgedTraffic => Some(part.rejected() as f64 / 5.0 > limit),
        _ => None,
    })
}
