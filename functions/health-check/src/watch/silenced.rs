//! Which alarms are to tell nobody: pure.

use std::collections::BTreeSet;

use jiff::Timestamp;
use shared::health::{Issue, IssueKind, State, Tier};
use shared::store::Mute;

use crate::cloudwatch::alarm::AlarmId;
use crate::cloudwatch::metric::ActiveIssues;

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

/// The issues that somebody is to hear of: open, not snoozed, and of no kind that is muted.
pub fn to_be_told<'a>(
    issues: impl Iterator<Item = &'a Issue>,
    mutes: &[Mute],
    now: Timestamp,
) -> ActiveIssues {
    let is_told = |issue: &&Issue| {
        issue.is_active()
            && issue.state(now) != State::Snoozed
            && !mutes.iter().any(|mute| mute.covers(issue.kind, now))
    };
    issues.filter(is_told).fold(ActiveIssues::default(), |mut count, issue| {
        match issue.severity {
            Tier::Warning => count.warning += 1,
            Tier::Critical => count.critical += 1,
        }
        count
    })
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
    use jiff::SignedDuration;
    use shared::health::{Finding, OwnTrouble, Snooze, Step, step};

    use super::*;

    #[test]
    fn what_is_muted_or_snoozed_is_not_counted() {
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let run = Step { at: now, interval: SignedDuration::from_mins(5) };
        let finding = Finding::of_trouble(&OwnTrouble::CloudWatch("PutMetricData".to_owned()));
        let issue = step(None, Some(&finding), run).unwrap().issue;
        let hour = SignedDuration::from_hours(1);
        let mute = |kinds: &[IssueKind]| Mute {
            id: "a".to_owned(),
            kinds: kinds.to_vec(),
            reason: "deployment".to_owned(),
            from: now - hour,
            until: now + hour,
            by: "ann".to_owned(),
        };
        let snoozed = |until| Issue {
            snoozed: Some(Snooze { by: "ann".to_owned(), until }),
            ..issue.clone()
        };
        for (issue, mutes, expected) in [
            (issue.clone(), vec![], 1),
            (issue.clone(), vec![mute(&[IssueKind::ForgedTraffic])], 1),
            (issue.clone(), vec![mute(&[IssueKind::CloudwatchFailing])], 0),
            (issue.clone(), vec![mute(&[])], 0),
            (snoozed(now + hour), vec![], 0),
            (snoozed(now - hour), vec![], 1),
        ] {
            let counted = to_be_told([&issue].into_iter(), &mutes, now);
            assert_eq!((counted.warning, counted.critical), (expected, 0), "{issue:?} {mutes:?}");
        }
    }

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
