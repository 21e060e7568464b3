//! Runs in adversity: without a database, with a clock that was ahead, after somebody's hands on the alarms.

use aws_sdk_cloudwatch::types::StateValue;
use health_check::handler::{App, run};
use jiff::{SignedDuration, Timestamp};
use shared::health::{IssueKind, State, Tier};
use shared::store::{Mute, Setting, StoredPayload};
use tests::log::{delivery, retention};
use tests::proxy::{Mode, Proxy};

use crate::watched::{Watched, audit, config};

#[tokio::test]
async fn a_run_whose_clock_was_ahead_freezes_nothing() {
    let mut watched = Watched::start(&[]).await;
    watched.five_minutes(44, 6).await;
    let ahead = watched.now + SignedDuration::from_hours(3);
    run(&watched.app, ahead).await.unwrap();
    let snapshot =
        async |at: Timestamp| watched.log.store.latest_snapshot(at).await.unwrap().unwrap();
    assert_eq!(snapshot(ahead).await.at, ahead);
    let mut states = Vec::new();
    for _ in 0..3 {
        watched.five_minutes(50, 0).await;
        states.push(watched.state(IssueKind::LowSuccessRate).await.unwrap().0);
    }
    assert_eq!(states, [State::Recovering, State::Recovering, State::Resolved]);
    let last = watched.log.store.latest_snapshot(watched.now).await.unwrap().unwrap();
    assert_eq!(last.at, watched.now + SignedDuration::from_secs(61));
    let published = last.memory.published_through.unwrap();
    assert_eq!(published, watched.now, "windows are sent");
}

#[tokio::test]
async fn an_alarm_that_has_lost_its_tags_gets_them_back_within_an_hour() {
    let mut watched = Watched::start(&[]).await;
    watched.run().await;
    let endpoint = [("AWS_ENDPOINT_URL_CLOUDWATCH", watched.cloudwatch.endpoint())];
    let client = config(&watched.log, &endpoint).cloudwatch;
    let arn = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:test:";
    let keys = ["hookwatch-stack", "hookwatch-owner"].map(str::to_owned);
    let tags = async |id: &str| {
        let call = client.list_tags_for_resource().resource_arn(format!("{arn}{id}")).send().await;
        call.unwrap().tags().len()
    };
    let untag = client.untag_resource().resource_arn(format!("{arn}error-rate"));
    untag.set_tag_keys(Some(keys.to_vec())).send().await.unwrap();
    assert_eq!(tags("error-rate").await, 0);
    watched.now += SignedDuration::from_mins(60);
    watched.run().await;
    assert_eq!(tags("error-rate").await, 2);
}

#[tokio::test]
async fn a_cold_run_that_cannot_load_overwrites_nothing_of_what_is_remembered() {
    let mut watched = Watched::start(&[]).await;
    watched.five_minutes(50, 0).await;
    let (cold, proxy) = watched.cold().await;
    proxy.set(Mode::ThrottleIssues);
    let later = watched.now + SignedDuration::from_mins(6);
    let snapshot = async || watched.log.store.latest_snapshot(later).await.unwrap().unwrap();
    let before = snapshot().await;
    assert!(before.memory.live_seen);
    run(&cold, later).await.unwrap_err();
    assert_eq!(snapshot().await, before);
    proxy.set(Mode::Pass);
    run(&cold, later).await.unwrap();
    assert!(snapshot().await.at > before.at, "the next one that can load does");
}

#[tokio::test]
async fn a_cold_run_that_cannot_load_lifts_no_mute() {
    let mut watched = Watched::start(&[]).await;
    let mutes = Setting { version: 0, value: vec![mute(watched.now)], is_damaged: false };
    let audit = audit(watched.now, "a");
    assert!(watched.log.store.put_mutes(&mutes, &audit, retention()).await.unwrap());
    watched.five_minutes(44, 6).await;
    let told = || -> (usize, usize) {
        let requests = watched.cloudwatch.requests();
        let requests: Vec<String> = requests.iter().map(ToString::to_string).collect();
        let of = |what: &str| requests.iter().filter(|request| request.contains(what)).count();
        (of("ActiveIssues"), of("HealthScore"))
    };
    let muted = || watched.cloudwatch.alarms().iter().all(|alarm| !alarm.actions_enabled());
    assert!(muted() && !watched.cloudwatch.alarms().is_empty());
    let before = told();
    let (cold, proxy) = watched.cold().await;
    for mode in [Mode::Refuse, Mode::ThrottleIssues] {
        proxy.set(mode);
        run(&cold, watched.now + SignedDuration::from_mins(6)).await.unwrap_err();
        assert!(muted(), "{mode:?}");
    }
    let (active, score) = told();
    assert_eq!(active, before.0, "how many there are is not known");
    assert!(score > before.1);
}

#[tokio::test]
async fn an_outage_of_the_database_is_an_issue_once_it_is_over() {
    let mut watched = Watched::start(&[]).await;
    watched.five_minutes(50, 0).await;
    let (app, proxy) = watched.cold().await;
    let mut states = Vec::new();
    let begun = watched.now + SignedDuration::from_mins(11);
    for mode in [Mode::Pass, Mode::Refuse, Mode::Refuse, Mode::Pass, Mode::Pass, Mode::Pass] {
        proxy.set(mode);
        watched.now += SignedDuration::from_mins(5);
        let done = run(&app, watched.now + SignedDuration::from_mins(1)).await;
        assert_eq!(done.is_ok(), mode == Mode::Pass, "{done:?}");
        states.push(watched.state(IssueKind::DatabaseUnhealthy).await.map(|(state, _)| state));
    }
    let expected =
        [None, None, None, Some(State::Opened), Some(State::Recovering), Some(State::Recovering)];
    assert_eq!(states, expected);
    let issues = watched.log.store.issues(watched.now).await.unwrap();
    let issue = issues.iter().find(|known| known.fingerprint == "database_unhealthy").unwrap();
    let issue = issue.issue.as_ref().unwrap();
    assert_eq!((issue.since, issue.severity), (begun, Tier::Critical));
}

#[tokio::test]
async fn events_that_wait_are_remembered_by_a_run_that_cannot_look_them_up() {
    let proxy = Proxy::before(tests::log::endpoint()).await;
    let through = ("AWS_ENDPOINT_URL_DYNAMODB", proxy.endpoint.as_str());
    let mut watched = Watched::start(&[("WEBHOOK_OUTCOMES", "expected"), through]).await;
    watched.five_minutes(50, 0).await;
    for number in 0..20 {
        let delivery = delivery(&format!("evt_late_{number}"), watched.now);
        let put = watched.log.store.put_delivery(&delivery, StoredPayload::NotKept, retention());
        put.await.unwrap();
    }
    for _ in 0..4 {
        watched.five_minutes(1, 0).await;
    }
    let opened = Some((State::Opened, Tier::Warning));
    assert_eq!(watched.state(IssueKind::UnprocessedEvents).await, opened);
    proxy.set(Mode::ThrottleLookUps);
    watched.now += SignedDuration::from_mins(5);
    run(&watched.app, watched.now + SignedDuration::from_secs(61)).await.unwrap_err();
    proxy.set(Mode::Pass);
    for _ in 0..3 {
        watched.five_minutes(1, 0).await;
    }
    assert_eq!(watched.state(IssueKind::UnprocessedEvents).await.unwrap().0, State::Opened);
}

#[tokio::test]
async fn an_alarm_that_turned_in_silence_tells_though_its_state_could_not_be_set_at_first() {
    let mut watched = Watched::start(&[]).await;
    let proxy = Proxy::before(watched.cloudwatch.endpoint()).await;
    let endpoint = [("AWS_ENDPOINT_URL_CLOUDWATCH", proxy.endpoint.as_str())];
    watched.app = App::new(config(&watched.log, &endpoint));
    let mutes = Setting { version: 0, value: vec![mute(watched.now)], is_damaged: false };
    let audit = audit(watched.now, "a");
    assert!(watched.log.store.put_mutes(&mutes, &audit, retention()).await.unwrap());
    watched.run().await;
    let client = config(&watched.log, &endpoint).cloudwatch;
    let name = "test:error-rate";
    let turned = client.set_alarm_state().alarm_name(name).state_value(StateValue::Alarm);
    turned.state_reason("a test").send().await.unwrap();
    let alarm = || {
        let alarms = watched.cloudwatch.alarms();
        let alarm = alarms.iter().find(|alarm| alarm.name() == name).unwrap();
        (alarm.actions_enabled(), format!("{:?}", alarm.state.value))
    };
    assert_eq!(alarm(), (false, "Alarm".to_owned()));
    let over = watched.now + SignedDuration::from_hours(3);
    proxy.set(Mode::ThrottleStates);
    run(&watched.app, over).await.ok();
    assert_eq!(alarm(), (false, "Alarm".to_owned()), "it does not tell as if it had");
    proxy.set(Mode::Pass);
    run(&watched.app, over + SignedDuration::from_mins(5)).await.unwrap();
    assert_eq!(alarm(), (true, "InsufficientData".to_owned()), "it turns, and tells");
}

/// Two hours in which nobody is told.
fn mute(from: Timestamp) -> Mute {
    Mute {
        id: "a".to_owned(),
        kinds: Vec::new(),
        reason: "moving".to_owned(),
        from,
        until: from + SignedDuration::from_hours(2),
        by: "ann".to_owned(),
    }
}
