use super::*;
use crate::health::{IssueKind, issue::State};

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + minutes * 60).unwrap()
}

fn run(minutes: i64) -> Step {
    Step { at: at(minutes), interval: SignedDuration::from_mins(5) }
}

fn found(tier: Option<Tier>, recovered: Option<bool>) -> Finding {
    Finding {
        kind: IssueKind::LowSuccessRate,
        subject: None,
        tier,
        recovered,
        value: Some(0.1),
        limit: Some(0.05),
        evidence: "so it is".to_owned(),
        since: None,
    }
}

const GOOD: (Option<Tier>, Option<bool>) = (None, Some(true));
const BETWEEN: (Option<Tier>, Option<bool>) = (None, Some(false));
const UNKNOWN: (Option<Tier>, Option<bool>) = (None, None);
const BAD: (Option<Tier>, Option<bool>) = (Some(Tier::Warning), Some(false));
const WORSE: (Option<Tier>, Option<bool>) = (Some(Tier::Critical), Some(false));

/// Lives through runs five minutes apart; what happened, and the state after each.
fn live(runs: &[(Option<Tier>, Option<bool>)]) -> Vec<(Option<Transition>, Option<State>)> {
    let mut issue: Option<Issue> = None;
    let mut told = Vec::new();
    for ((tier, recovered), number) in runs.iter().zip(0..) {
        let change = step(issue.as_ref(), Some(&found(*tier, *recovered)), run(number * 5));
        let transition = change.as_ref().and_then(|change| change.transition);
        issue = change.map(|change| change.issue).or(issue);
        told.push((transition, issue.as_ref().map(|issue| issue.state(at(number * 5)))));
    }
    told
}

#[test]
fn an_issue_lives_from_its_first_breach_to_the_third_good_run() {
    use State::*;
    use Transition as T;
    assert_eq!(
        live(&[GOOD, BAD, BAD, WORSE, BAD, GOOD, BETWEEN, UNKNOWN, GOOD, GOOD, GOOD, GOOD, BAD]),
        [
            (None, None),
            (Some(T::Opened), Some(Opened)),
            (None, Some(Opened)),
            (Some(T::Escalated), Some(Opened)),
            (None, Some(Opened)),
            (Some(T::Recovering), Some(Recovering)),
            (None, Some(Opened)),
            (None, Some(Opened)),
            // That it recovers was told a quarter of an hour ago.
            (None, Some(Recovering)),
            (None, Some(Recovering)),
            (Some(T::Resolved), Some(Resolved)),
            (None, Some(Resolved)),
            (Some(T::Reopened), Some(Reopened)),
        ]
    );
}

#[test]
fn what_flaps_is_told_once_until_it_has_been_calm_for_an_hour() {
    let told = |runs: &[(Option<Tier>, Option<bool>)]| {
        live(runs).into_iter().filter_map(|(transition, _)| transition).collect::<Vec<_>>()
    };
    use Transition::*;
    assert_eq!(told(&[BAD, WORSE, BAD, WORSE].repeat(30)), [Opened, Escalated]);
    assert_eq!(told(&[BAD, GOOD, GOOD].repeat(30)), [Opened, Recovering]);
    let calm = [&[WORSE][..], &[BAD; 11], &[WORSE], &[BAD; 12], &[WORSE]].concat();
    assert_eq!(told(&calm), [Opened, Escalated]);
    let good = [&[BAD, GOOD][..], &[BAD; 11], &[GOOD], &[BAD; 12], &[GOOD]].concat();
    assert_eq!(told(&good), [Opened, Recovering, Recovering]);
}

#[test]
fn a_run_whose_clock_was_ahead_freezes_nothing() {
    let (bad, good) = (found(Some(Tier::Critical), None), found(None, Some(true)));
    let ahead = step(Some(&open()), Some(&bad), run(365 * 24 * 60)).unwrap().issue;
    let next = step(Some(&ahead), Some(&bad), run(10)).unwrap().issue;
    assert_eq!((next.seen_at, next.last_breach_at, next.since), (at(10), at(10), at(0)));
    let mut issue = ahead;
    for (minutes, transition) in
        [(15, Some(Transition::Recovering)), (20, None), (25, Some(Transition::Resolved))]
    {
        let change = step(Some(&issue), Some(&good), run(minutes)).unwrap();
        assert_eq!(change.transition, transition, "{minutes}");
        issue = change.issue;
    }
    let over_ahead = resolve(&open(), "ann", at(365 * 24 * 60)).unwrap().issue;
    let over_ahead = Issue { seen_at: at(365 * 24 * 60), ..over_ahead };
    let again = step(Some(&over_ahead), Some(&bad), run(30)).unwrap();
    assert_eq!(again.transition, Some(Transition::Reopened));
    // By less, runs overtake each other.
    let overtaken = step(Some(&open()), Some(&bad), run(60)).unwrap().issue;
    assert_eq!(step(Some(&overtaken), Some(&bad), run(5)), None);
}

fn open() -> Issue {
    step(None, Some(&found(Some(Tier::Critical), None)), run(0)).unwrap().issue
}

#[test]
fn a_doubled_run_ends_nothing_early_and_an_overtaken_one_changes_nothing() {
    let good = found(None, Some(true));
    let once = step(Some(&open()), Some(&good), run(5)).unwrap().issue;
    let twice = Step { at: at(5) + SignedDuration::from_secs(20), ..run(5) };
    assert_eq!(step(Some(&once), Some(&good), twice), None);
    assert_eq!(step(Some(&once), Some(&found(Some(Tier::Critical), None)), run(4)), None);
    assert_eq!(once.good_runs, 1);
}

#[test]
fn what_nothing_is_known_of_for_a_day_is_over() {
    let unknown = found(None, None);
    assert_eq!(step(Some(&open()), Some(&unknown), run(24 * 60)), None);
    let change = step(Some(&open()), Some(&unknown), run(24 * 60 + 1)).unwrap();
    assert_eq!(change.transition, Some(Transition::Resolved));
}

#[test]
fn what_comes_back_after_a_day_is_new() {
    let resolved = resolve(&open(), "ann", at(10)).unwrap().issue;
    assert_eq!(resolved.state(at(10)), State::Resolved);
    assert_eq!(resolved.resolved.as_ref().unwrap().by.as_deref(), Some("ann"));
    let bad = found(Some(Tier::Warning), None);
    for (minutes, transition, reopened) in
        [(15, Transition::Reopened, 1), (11 + 24 * 60, Transition::Opened, 0)]
    {
        let change = step(Some(&resolved), Some(&bad), run(minutes)).unwrap();
        assert_eq!((change.transition, change.issue.reopened), (Some(transition), reopened));
        assert_eq!(change.issue.opened_at, at(minutes));
        assert!(change.issue.acknowledged.is_none());
    }
}

#[test]
fn people_take_issues_on_and_silence_them() {
    let issue = acknowledge(&open(), "ann", at(1)).unwrap().issue;
    assert_eq!(issue.state(at(1)), State::Acknowledged);
    let issue = snooze(&issue, "bob", at(60)).unwrap().issue;
    assert_eq!(issue.state(at(59)), State::Snoozed);
    assert_eq!(issue.state(at(60)), State::Acknowledged);
    let worse = step(Some(&issue), Some(&found(Some(Tier::Warning), None)), run(5)).unwrap();
    assert!(worse.issue.snoozed.is_some() && worse.issue.acknowledged.is_some());
    let over = resolve(&issue, "ann", at(6)).unwrap().issue;
    for change in
        [acknowledge(&over, "x", at(7)), snooze(&over, "x", at(9)), resolve(&over, "x", at(7))]
    {
        assert_eq!(change, None);
    }
}
