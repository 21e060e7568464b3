//! Which alarms are to tell nobody: pure.

use std::collections::BTreeSet;

use jiff::Timestamp;
use shared::health::{Issue, IssueKind, State};
use shared::store::Mute;

use crate::cloudwatch::alarm::AlarmId;

/// The alarms of issues that are snoozed, and of kinds that are muted. Alarms of no kind are silenced by
/// a mute of everything.
pub fn silenced<'a>(
    issues: impl Iterator<Item = &'a Issue>,
    mutes: &[Mute],
    now: Timestamp,
) -> BTreeSet<AlarmId> {
    let snoozed = issues
        .filter(|issue| issue.subject.is_none() && issue.state(now) == State::Snoozed)
        .map(|issue| issue.kind);
    let muted = IssueKind::ALL
        .iter()
        .copied()
        .filter(|kind| mutes.iter().any(|mute| mute.covers(*kind, now)));
    let mut silenced: BTreeSet<AlarmId> =
        snoozed.chain(muted).flat_map(alarms_of).copied().collect();
    let everything =
        mutes.iter().any(|mute| mute.kinds.is_empty() && (mute.from..mute.until).contains(&now));
    if everything {
        silenced.extend(AlarmId::ALL);
    }
    silenced
}

/// The alarms that tell of a kind of issue.
fn alarms_of(kind: IssueKind) -> &'static [AlarmId] {
    match kind {
        IssueKind::LowSuccessRate => &[AlarmId::ErrorRate, AlarmId::ErrorRateCritical],
        IssueKind::HighProcessingTime => {
            &[AlarmId::ProcessingTime, AlarmId::ProcessingTimeCritical]
        }
        IssueKind::HighP95ProcessingTime => &[AlarmId::P95],
        IssueKind::LowEventRate => &[AlarmId::Silence, AlarmId::SilencePage],
        IssueKind::RefusedGenuine => &[AlarmId::RefusedGenuine],
        IssueKind::UnprocessedEvents => &[AlarmId::BacklogCritical],
        IssueKind::ForgedTraffic => &[AlarmId::Forged],
        IssueKind::AuthenticationFailures => &[AlarmId::Authentication],
        IssueKind::RollupLag => &[AlarmId::RollupLag],
        IssueKind::DatabaseUnhealthy | IssueKind::FrontDoorFailing => &[AlarmId::Outage],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mute_silences_its_kinds_for_its_time_and_no_others() {
        let at = |minutes: i64| Timestamp::from_second(1_700_000_000 + minutes * 60).unwrap();
        let mute = |kinds: &[IssueKind]| Mute {
            id: "a".to_owned(),
            kinds: kinds.to_vec(),
            reason: "deployment".to_owned(),
            from: at(10),
            until: at(20),
            by: "ann".to_owned(),
        };
        let of = |kinds: &[IssueKind], minutes| {
            silenced(std::iter::empty(), &[mute(kinds)], at(minutes))
        };
        assert_eq!(of(&[IssueKind::ForgedTraffic], 10), BTreeSet::from([AlarmId::Forged]));
        assert!(of(&[IssueKind::ForgedTraffic], 9).is_empty());
        assert!(of(&[IssueKind::ForgedTraffic], 20).is_empty());
        assert_eq!(of(&[], 19).len(), AlarmId::ALL.len());
    }
}
