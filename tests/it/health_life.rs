//! Days of the health check.

use std::collections::BTreeMap;
use std::time::Duration;

use health_check::handler::run;
use jiff::SignedDuration;
use serde_json::json;
use shared::health::{Issue, IssueKind, Most, State, Tier};
use shared::log::{Failure, OutcomeParticulars, ProcessingResult};
use shared::store::{EntityIndex, IssueWrite, Setting, StoredPayload};
use tests::log::{Log, at, delivery, outcome, retention};

use crate::watched::{Watched, audit};

#[tokio::test]
async fn the_first_run_ever_says_that_there_is_nothing() {
    // Nothing listens there.
    let out_of_reach = ("AWS_ENDPOINT_URL_CLOUDWATCH", "http://127.0.0.1:9");
    let watched = Watched::start(&[out_of_reach]).await;
    let summary = watched.run().await;
    assert_eq!(summary.watched.overall_status, "healthy");
    let snapshot = watched.log.store.latest_snapshot(watched.now).await.unwrap().unwrap();
    assert!(snapshot.health["notes"][0].as_str().unwrap().contains("No event"), "{snapshot:?}");
    assert!(summary.watched.active_issues.contains(&"cloudwatch_failing".to_owned()));
}

#[tokio::test]
async fn failures_open_an_issue_that_ends_after_three_good_runs() {
    let mut watched = Watched::start(&[]).await;
    for _ in 0..3 {
        assert_eq!(watched.five_minutes(50, 0).await.watched.overall_status, "healthy");
    }
    let begun = watched.now;
    let bad = watched.five_minutes(44, 6).await;
    assert_eq!(bad.watched.overall_status, "critical", "{bad:?}");
    assert_eq!(
        watched.state(IssueKind::LowSuccessRate).await,
        Some((State::Opened, Tier::Critical))
    );
    let mut states = Vec::new();
    for _ in 0..4 {
        watched.five_minutes(50, 0).await;
        states.push(watched.state(IssueKind::LowSuccessRate).await.unwrap().0);
    }
    assert_eq!(states, [State::Recovering, State::Recovering, State::Resolved, State::Resolved]);
    watched.five_minutes(10, 40).await;
    assert_eq!(watched.state(IssueKind::LowSuccessRate).await.unwrap().0, State::Reopened);

    let alerts = watched.alerts().await;
    let told: Vec<&str> = alerts.iter().map(|alert| alert.state.as_str()).collect();
    assert_eq!(told, ["opened", "recovering", "resolved", "reopened"], "{alerts:?}");
    assert!(alerts[0].text.contains("6 of 50 outcomes failed"), "{alerts:?}");
    let issues = watched.log.store.issues(watched.now).await.unwrap();
    let issue = issues.iter().find_map(|known| known.issue.as_ref().filter(|i| i.reopened > 0));
    let issue = issue.unwrap();
    assert_eq!(issue.since, watched.now - SignedDuration::from_mins(5));
    assert!(issue.since > begun);
    let radius = issue.blast_radius.as_ref().unwrap();
    assert!(radius.entries >= 40 && radius.sample_events.len() == 5, "{radius:?}");
    let past = watched.log.store.past_snapshots(begun, watched.now, watched.now).await.unwrap();
    assert!(past.len() >= 5 && past.iter().any(|past| past.health_score < 0.5), "{past:?}");
}

#[tokio::test]
async fn an_issue_says_whose_its_events_are_and_keeps_up_with_them() {
    let mut watched = Watched::start(&[]).await;
    let radius = async |watched: &Watched| {
        let issues = watched.log.store.issues(watched.now).await.unwrap();
        let mut issues = issues.into_iter().filter_map(|known| known.issue);
        let issue = issues.find(|issue| issue.kind == IssueKind::LowSuccessRate).unwrap();
        issue.blast_radius.unwrap()
    };
    let of = |id: &str, events: u64| Some(Most { id: id.to_owned(), events });
    // The outcomes tell no more than they must, and are older than a hundred others.
    watched.deliver(18, "cus_1", "acct_1").await;
    watched.five_minutes(232, 18).await;
    let state = watched.state(IssueKind::LowSuccessRate).await;
    assert_eq!(state, Some((State::Opened, Tier::Warning)));
    let opened = radius(&watched).await;
    assert_eq!((opened.entries, opened.looked_up, opened.entities), (18, 18, 18), "{opened:?}");
    assert_eq!((opened.customers, &opened.customer), (1, &of("cus_1", 18)), "{opened:?}");
    assert_eq!((opened.accounts, &opened.account), (1, &of("acct_1", 18)), "{opened:?}");
    let run_at = watched.now + SignedDuration::from_secs(61);
    assert_eq!(opened.as_of, Some(run_at));

    // It becomes critical, by others.
    watched.deliver(60, "cus_2", "acct_2").await;
    watched.five_minutes(100, 60).await;
    let state = watched.state(IssueKind::LowSuccessRate).await;
    assert_eq!(state, Some((State::Opened, Tier::Critical)));
    let escalated = radius(&watched).await;
    assert_eq!((escalated.entries, escalated.looked_up, escalated.accounts), (78, 20, 1));
    assert_eq!((&escalated.customer, &escalated.account), (&of("cus_2", 20), &of("acct_2", 20)));
    assert!(escalated.as_of > opened.as_of);

    // While it is open it is looked at twice an hour, and no more.
    let mut looked_at = Vec::new();
    for _ in 0..7 {
        watched.deliver(25, "cus_3", "acct_2").await;
        watched.five_minutes(10, 25).await;
        let now = radius(&watched).await;
        looked_at.push((now.customer.unwrap().id, now.as_of.unwrap()));
    }
    let as_of = escalated.as_of.unwrap();
    let again = as_of + SignedDuration::from_mins(30);
    let expected = [vec![("cus_2".to_owned(), as_of); 5], vec![("cus_3".to_owned(), again); 2]];
    assert_eq!(looked_at, expected.concat());
}

#[tokio::test]
async fn what_takes_too_long_is_told_of_those_that_did_however_old_they_are() {
    let mut watched = Watched::start(&[]).await;
    watched.deliver(6, "cus_slow", "acct_1").await;
    for number in 1..=6 {
        let mut slow = outcome(&format!("evt_{number}"), watched.now);
        (slow.livemode, slow.processing_time) = (Some(true), Duration::from_secs(200));
        let rest = OutcomeParticulars::default();
        watched.log.store.put_outcome(&slow, &rest, b"", retention()).await.unwrap();
    }
    watched.outcomes = 6;
    for number in 0..120 {
        let mut entry = delivery(&format!("evt_d{number}"), watched.now);
        let lag = if number < 10 { 4_000 } else { 1 };
        entry.event.created = Some(watched.now - SignedDuration::from_secs(lag));
        let put = watched.log.store.put_delivery(&entry, StoredPayload::NotKept, retention());
        put.await.unwrap();
    }
    watched.deliver(34, "cus_fast", "acct_1").await;
    watched.five_minutes(34, 0).await;
    let issues = watched.log.store.issues(watched.now).await.unwrap();
    let issues: Vec<Issue> = issues.into_iter().filter_map(|known| known.issue).collect();
    let of = |kind| issues.iter().find(|issue| issue.kind == kind).unwrap();
    let slow = of(IssueKind::HighProcessingTime).blast_radius.as_ref().unwrap();
    let most = Some(Most { id: "cus_slow".to_owned(), events: 6 });
    assert_eq!((slow.entries, &slow.customer), (6, &most), "{slow:?}");
    let late = of(IssueKind::DeliveryLag).blast_radius.as_ref().unwrap();
    assert_eq!(late.entries, 10, "{late:?}");
    assert!(late.sample_events.iter().all(|id| id.len() == "evt_d0".len()), "{late:?}");
}

#[tokio::test]
async fn outcomes_that_do_not_say_their_mode_are_watched_beside_live_deliveries() {
    let mut watched = Watched::start(&[]).await;
    let live = delivery("evt_live", watched.now);
    let put = watched.log.store.put_delivery(&live, StoredPayload::NotKept, retention());
    put.await.unwrap();
    watched.livemode = Some(false);
    watched.five_minutes(0, 50).await;
    assert_eq!(watched.state(IssueKind::LowSuccessRate).await, None, "of test mode");
    let mut of_test_mode = outcome("evt_of_test_mode", watched.now);
    of_test_mode.livemode = Some(false);
    of_test_mode.result = ProcessingResult::Failed(Failure::default());
    let rest = OutcomeParticulars::default();
    let put = watched.log.store.put_outcome(&of_test_mode, &rest, b"", retention());
    put.await.unwrap();
    watched.livemode = None;
    let begun = watched.now;
    watched.five_minutes(44, 6).await;
    let opened = Some((State::Opened, Tier::Critical));
    assert_eq!(watched.state(IssueKind::LowSuccessRate).await, opened);
    let issues = watched.log.store.issues(watched.now).await.unwrap();
    let issue = issues.iter().find(|known| known.fingerprint == "low_success_rate").unwrap();
    let issue = issue.issue.as_ref().unwrap();
    let entries = issue.blast_radius.as_ref().map(|radius| radius.entries);
    assert_eq!((issue.since, entries), (begun, Some(6)), "test mode is in neither");
}

#[tokio::test]
async fn runs_that_are_doubled_end_nothing_early_and_tell_nothing_twice() {
    let mut watched = Watched::start(&[]).await;
    watched.five_minutes(44, 6).await;
    watched.five_minutes(50, 0).await;
    let later = |seconds: i64| watched.now + SignedDuration::from_secs(61 + seconds);
    let (one, two) = (run(&watched.app, later(10)), run(&watched.app, later(11)));
    let (one, two) = futures_util::future::join(one, two).await;
    one.unwrap();
    two.unwrap();
    assert_eq!(watched.state(IssueKind::LowSuccessRate).await.unwrap().0, State::Recovering);
    let told: Vec<String> = watched.alerts().await.into_iter().map(|alert| alert.state).collect();
    assert_eq!(told, ["opened", "recovering"]);
    let snapshot = watched.log.store.latest_snapshot(watched.now).await.unwrap().unwrap();
    assert_eq!(snapshot.at, later(11), "only ever newer");
    run(&watched.app, watched.now).await.unwrap();
    let snapshot = watched.log.store.latest_snapshot(watched.now).await.unwrap().unwrap();
    assert_eq!(snapshot.at, later(11));
}

#[tokio::test]
async fn every_issue_is_read_and_errors_are_not_kept_for_long() {
    let log = Log::new(EntityIndex::OFF).await;
    let issue = |kind, subject: String, resolved: bool| -> Issue {
        let now = at(0);
        let by = resolved.then(|| json!({"at": now, "by": null}));
        serde_json::from_value(json!({
            "kind": kind, "subject": subject, "severity": "warning", "opened_at": now, "since": now,
            "last_breach_at": now, "good_runs": 0, "seen_at": now, "reopened": 0, "acknowledged": null,
            "snoozed": null, "resolved": by, "value": null, "limit": null, "evidence": "",
            "blast_radius": null, "version": 0,
        }))
        .unwrap()
    };
    let errors = (0..1_001).map(|n| issue("recurring_error", format!("error-{n:04}"), n > 0));
    let last = issue("unprocessed_events", "z".to_owned(), true);
    for issue in errors.chain([last]) {
        let write = IssueWrite { issue: &issue, version: 0, alert: None, audit: None };
        assert!(log.store.put_issue(&write, retention()).await.unwrap());
    }
    let count = async |days: i64| log.store.issues(at(days * 86_400)).await.unwrap().len();
    assert_eq!((count(2).await, count(4).await, count(91).await), (1_002, 2, 1));
}

#[tokio::test]
async fn thresholds_that_are_set_are_applied_by_the_next_run_and_damage_is_an_issue() {
    let mut watched = Watched::start(&[]).await;
    assert_eq!(watched.five_minutes(97, 3).await.watched.overall_status, "healthy");
    let set_at = watched.now;
    let strict = |version| Setting {
        version,
        value: BTreeMap::from([("error_rate_max".to_owned(), 0.02)]),
        is_damaged: false,
    };
    let store = &watched.log.store;
    assert!(store.put_thresholds(&strict(0), &audit(set_at, "a"), retention()).await.unwrap());
    assert!(!store.put_thresholds(&strict(0), &audit(set_at, "b"), retention()).await.unwrap());
    assert_eq!(watched.run().await.watched.overall_status, "degraded");

    let settings = watched.log.client.update_item().table_name(&watched.log.table);
    let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
    settings
        .key("pk", text("SETTINGS"))
        .key("sk", text("THRESHOLDS"))
        .update_expression("SET d = :d")
        .expression_attribute_values(":d", text("{\"error_rate_max\": 7"))
        .send()
        .await
        .unwrap();
    watched.now += SignedDuration::from_mins(1);
    let summary = watched.run().await;
    assert!(summary.watched.active_issues.contains(&"damaged_item:thresholds".to_owned()));
    let settings = watched.log.store.settings(watched.now).await.unwrap();
    assert_eq!((settings.thresholds.version, settings.thresholds.is_damaged), (1, true));
    assert!(
        watched
            .log
            .store
            .put_thresholds(&strict(1), &audit(set_at, "c"), retention())
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn events_that_nobody_processes_are_missed_once_their_type_is_processed_at_all() {
    let mut watched = Watched::start(&[("WEBHOOK_OUTCOMES", "expected")]).await;
    watched.five_minutes(50, 0).await;
    for number in 0..30 {
        let mut delivery = delivery(&format!("evt_late_{number}"), watched.now);
        if number >= 20 {
            delivery.event.event_type = Some("never.processed".to_owned());
        }
        let put = watched.log.store.put_delivery(&delivery, StoredPayload::NotKept, retention());
        put.await.unwrap();
    }
    for minutes in [5, 10, 15] {
        let summary = watched.five_minutes(1, 0).await;
        assert_eq!(summary.watched.overall_status, "healthy", "{minutes} minutes later");
    }
    watched.five_minutes(1, 0).await;
    let state = watched.state(IssueKind::UnprocessedEvents).await;
    assert_eq!(state, Some((State::Opened, Tier::Warning)));
    for number in 0..20 {
        let outcome = outcome(&format!("evt_late_{number}"), watched.now);
        let rest = OutcomeParticulars::default();
        watched.log.store.put_outcome(&outcome, &rest, b"", retention()).await.unwrap();
    }
    for _ in 0..3 {
        watched.five_minutes(1, 0).await;
    }
    assert_eq!(watched.state(IssueKind::UnprocessedEvents).await.unwrap().0, State::Resolved);
}
