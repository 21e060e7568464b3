//! The rhythm: simulated traffic through the product's pure code, and seeded histories through the real run
//! on a real engine.

use aws_sdk_dynamodb::types::AttributeValue;
use health_check::handler::{App, run};
use jiff::{SignedDuration, Timestamp};
use shared::health::{IssueKind, Tier};
use shared::log::LogEntry;
use shared::rollup::{Bucket, Grain, Rollup};
use shared::store::EntityIndex;
use tests::log::{Log, at, delivery, retention};
use tests::rhythm::{Scenario, score};

use crate::watched::config;

#[test]
fn targets_are_met_by_few_seeds() {
    for a_day in [300, 3_000] {
        let faultless = score(Scenario::Faultless, a_day, 1, 2);
        assert_eq!(faultless.false_pages, 0, "{faultless:?}");
        assert!(faultless.false_tickets_a_fortnight() <= 1.0, "{faultless:?}");
    }
    for a_day in [3_000, 100_000] {
        let silence = score(Scenario::NoonSilence, a_day, 1, 4);
        assert_eq!((silence.found, silence.false_pages), (4, 0), "{silence:?}");
        assert!(silence.delays.iter().all(|minutes| *minutes <= 21), "{silence:?}");
    }
    for scenario in [Scenario::Drop, Scenario::SilentType, Scenario::Promotion] {
        let found = score(scenario, 100_000, 1, 2);
        assert_eq!((found.found, found.false_pages), (2, 0), "{scenario:?} {found:?}");
    }
}

/// A log whose roll-ups end at a time, with a health check over it.
struct Watched {
    log: Log,
    app: App,
    now: Timestamp,
}

impl Watched {
    /// So many hours with 60 events each from 8 to 20, and 6 at night.
    async fn start(hours: i64, now: Timestamp) -> Self {
        let log = Log::new(EntityIndex::OFF).await;
        for number in 1..=hours {
            let hour = Grain::Hour.bucket_of(now - SignedDuration::from_hours(number));
            let is_recent = number <= 8;
            let mut whole = Rollup::default();
            for window in hour.parts() {
                let rollup = events(window);
                whole.merge(&rollup);
                if is_recent {
                    put(&log, window, &rollup, now).await;
                }
            }
            put(&log, hour, &whole, now).await;
        }
        let app = App::new(config(&log, &[]));
        Self { log, app, now }
    }

    /// A run so many minutes after the last event, and a minute.
    async fn silent_for(&self, minutes: i64) -> Vec<String> {
        self.run(self.now + SignedDuration::from_secs(minutes * 60 + 61)).await
    }

    async fn run(&self, at: Timestamp) -> Vec<String> {
        run(&self.app, at).await.unwrap().watched.active_issues
    }

    /// Runs until the history is counted, 12 hours at a time.
    async fn count(&self) {
        for second in 0..57 {
            self.run(self.now + SignedDuration::from_secs(62 + second)).await;
        }
    }

    async fn severity(&self) -> Option<Tier> {
        let issues = self.log.store.issues(self.now).await.unwrap();
        let mut issues = issues.into_iter().filter_map(|known| known.issue);
        issues.find(|issue| issue.kind == IssueKind::LowEventRate).map(|issue| issue.severity)
    }

    /// How the number of missed events comes about.
    async fn basis(&self) -> String {
        let snapshot = self.log.store.latest_snapshot(self.now).await.unwrap().unwrap();
        let signals = &snapshot.health["processing_health"]["signals"];
        let signals = signals.as_array().unwrap().iter();
        let mut missed = signals.filter(|signal| signal["name"] == "missed_events");
        missed.next().unwrap()["basis"].as_str().unwrap().to_owned()
    }
}

fn events(window: Bucket) -> Rollup {
    let hour = window.start.as_second().div_euclid(3_600).rem_euclid(24);
    let is_first = window.start.as_second() % 600 == 0;
    let count = if (8..20).contains(&hour) { 5 } else { i64::from(is_first) };
    let mut rollup = Rollup::default();
    for number in 0..count {
        let at = window.start + SignedDuration::from_mins(number);
        rollup.add(&LogEntry::Delivery(Box::new(delivery("evt_1", at))));
    }
    rollup
}

async fn put(log: &Log, bucket: Bucket, rollup: &Rollup, now: Timestamp) {
    let read_at = bucket.settles_at().min(now);
    log.store.put_rollup(bucket, rollup, read_at, retention(), &[]).await.unwrap();
}

#[tokio::test]
async fn a_silence_at_noon_pages_within_twenty_minutes() {
    let watched = Watched::start(28 * 24, at(43_200)).await;
    watched.count().await;
    assert!(watched.basis().await.contains("none should have come"), "{}", watched.basis().await);
    assert_eq!(watched.severity().await, None);
    watched.silent_for(5).await;
    assert_eq!(watched.severity().await, None);
    watched.silent_for(10).await;
    assert_eq!(watched.severity().await, Some(Tier::Warning), "{}", watched.basis().await);
    let active = watched.silent_for(15).await;
    assert!(active.contains(&"low_event_rate".to_owned()), "{active:?}");
    assert_eq!(watched.severity().await, Some(Tier::Critical));
    let basis = watched.basis().await;
    assert!(basis.contains("events should have come since 2023-11-15T11:59:00Z"), "{basis}");
    // The only type is not told beside it.
    assert!(!active.iter().any(|issue| issue.starts_with("low_event_rate:")), "{active:?}");
}

#[tokio::test]
async fn a_quiet_night_and_a_young_log_are_no_silence() {
    let night = Watched::start(28 * 24, at(3 * 3_600)).await;
    night.count().await;
    night.silent_for(40).await;
    assert_eq!(night.severity().await, None, "{}", night.basis().await);
    assert!(night.basis().await.contains("events should have come since"));

    let young = Watched::start(60, at(43_200)).await;
    young.count().await;
    young.silent_for(60).await;
    assert_eq!(young.severity().await, None);
    let basis = young.basis().await;
    assert!(basis.contains("of 72 hours of history needed"), "{basis}");
}

#[tokio::test]
async fn a_damaged_baseline_is_told_and_counted_again() {
    let watched = Watched::start(28 * 24, at(43_200)).await;
    watched.count().await;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    // The second is of a type that is not followed.
    for scope in ["all", "type#gone"] {
        let damage = watched.log.client.update_item().table_name(&watched.log.table);
        damage
            .key("pk", text("BASELINE"))
            .key("sk", text(scope))
            .update_expression("SET d = :d")
            .expression_attribute_values(":d", text("{\"counts\":"))
            .send()
            .await
            .unwrap();
    }
    let active = watched.silent_for(1).await;
    for scope in ["all", "gone"] {
        assert!(active.contains(&format!("damaged_item:baseline.{scope}")), "{active:?}");
    }
    let known =
        watched.log.store.history(watched.now + SignedDuration::from_mins(2)).await.unwrap();
    assert!(known.damaged.is_empty(), "{:?}", known.damaged);
    let basis = watched.basis().await;
    assert!(basis.contains("no verdict") && basis.contains("counted again"), "{basis}");
    for second in 0..60 {
        watched.run(watched.now + SignedDuration::from_secs(122 + second)).await;
    }
    watched.silent_for(15).await;
    assert_eq!(watched.severity().await, Some(Tier::Critical), "{}", watched.basis().await);
}
