//! A health check over a log, with a fixed clock: the real run on a real engine.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::FutureExt;
use health_check::Summary;
use health_check::config::Config;
use health_check::handler::{App, run};
use jiff::{SignedDuration, Timestamp};
use local::cloudwatch::{ChangeSink, CloudWatch};
use serde_json::json;
use shared::config::Vars;
use shared::health::{IssueKind, State, Tier};
use shared::log::{Failure, OutcomeParticulars, ProcessingResult};
use shared::privacy::PayloadPolicy;
use shared::store::{Actor, Alert, AuditAction, AuditEntry, Codec, EntityIndex};
use tests::log::{Log, at, delivery, outcome, retention};
use tests::proxy::Proxy;

/// A log and a health check over it.
pub(crate) struct Watched {
    pub(crate) log: Log,
    pub(crate) app: App,
    pub(crate) now: Timestamp,
    pub(crate) outcomes: u64,
    pub(crate) livemode: Option<bool>,
    pub(crate) cloudwatch: CloudWatch,
}

impl Watched {
    pub(crate) async fn start(more: &[(&str, &str)]) -> Self {
        let log = Log::new(EntityIndex::OFF).await;
        let nobody = ChangeSink::new(|_| {});
        let cloudwatch = CloudWatch::start(Duration::from_secs(300), nobody, None).await.unwrap();
        let endpoint = ("AWS_ENDPOINT_URL_CLOUDWATCH", cloudwatch.endpoint());
        let more: Vec<_> = [endpoint].into_iter().chain(more.iter().copied()).collect();
        let app = App::new(config(&log, &more));
        let livemode = Some(true);
        Self { log, app, now: at(43_200), outcomes: 0, livemode, cloudwatch }
    }

    /// Five minutes with so many outcomes, of which some failed, and a run a minute later.
    pub(crate) async fn five_minutes(&mut self, succeeded: u64, failed: u64) -> Summary {
        for number in 0..succeeded + failed {
            self.outcomes += 1;
            let id = format!("evt_{}", self.outcomes);
            let mut outcome =
                outcome(&id, self.now + SignedDuration::from_secs(number as i64 % 290));
            outcome.livemode = self.livemode;
            if number < failed {
                outcome.result = ProcessingResult::Failed(Failure {
                    message: Some("no row".to_owned()),
                    ..Failure::default()
                });
            }
            let rest = OutcomeParticulars::default();
            self.log.store.put_outcome(&outcome, &rest, b"", retention()).await.unwrap();
        }
        self.now += SignedDuration::from_mins(5);
        self.run().await
    }

    /// Deliveries of the next outcomes' events, all of one customer, an account's.
    pub(crate) async fn deliver(&self, count: u64, customer: &str, account: &str) {
        let codec = Codec::new().unwrap();
        for number in self.outcomes + 1..=self.outcomes + count {
            let mut entry = delivery(&format!("evt_{number}"), self.now);
            entry.event.account = Some(account.to_owned());
            let object = json!({"object": "charge", "customer": customer, "name": "Ada"});
            let body = json!({"data": {"object": object}}).to_string();
            let kept = codec.encode(body.as_bytes(), PayloadPolicy::Redacted);
            self.log.store.put_delivery(&entry, kept, retention()).await.unwrap();
        }
    }

    /// Another process that has run nothing yet, and its network.
    pub(crate) async fn cold(&self) -> (App, Proxy) {
        let proxy = Proxy::before(tests::log::endpoint()).await;
        let endpoints = [
            ("AWS_ENDPOINT_URL_CLOUDWATCH", self.cloudwatch.endpoint()),
            ("AWS_ENDPOINT_URL_DYNAMODB", &proxy.endpoint),
        ];
        (App::new(config(&self.log, &endpoints)), proxy)
    }

    pub(crate) async fn run(&self) -> Summary {
        run(&self.app, self.now + SignedDuration::from_secs(61)).await.unwrap()
    }

    pub(crate) async fn state(&self, kind: IssueKind) -> Option<(State, Tier)> {
        let now = self.now + SignedDuration::from_secs(61);
        let issues = self.log.store.issues(now).await.unwrap();
        let mut issues = issues.into_iter().filter_map(|known| known.issue);
        let issue = issues.find(|issue| issue.kind == kind && issue.subject.is_none())?;
        Some((issue.state(now), issue.severity))
    }

    /// What was told of failures; a busy machine may make the engine slow, which is told too.
    pub(crate) async fn alerts(&self) -> Vec<Alert> {
        let now = self.now + SignedDuration::from_mins(2);
        let mut alerts = self.log.store.recent_alerts(100, now).await.unwrap();
        alerts.retain(|alert| alert.subject == "low_success_rate");
        alerts.reverse();
        alerts
    }
}

pub(crate) fn config(log: &Log, more: &[(&str, &str)]) -> Config {
    let engine = tests::log::endpoint().to_owned();
    let vars: BTreeMap<String, String> = [
        ("AWS_REGION", local::REGION),
        ("AWS_ACCESS_KEY_ID", local::CREDENTIALS),
        ("AWS_SECRET_ACCESS_KEY", local::CREDENTIALS),
        ("AWS_ENDPOINT_URL_DYNAMODB", &engine),
        ("TABLE_NAME", &log.table),
        ("STACK_NAME", "test"),
        ("PAGE_TOPIC_ARN", "arn:aws:sns:us-east-1:123456789012:page"),
        ("TICKET_TOPIC_ARN", "arn:aws:sns:us-east-1:123456789012:ticket"),
    ]
    .iter()
    .chain(more)
    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
    .collect();
    let lookup = |name: &str| vars.get(name).cloned();
    // Without a secret nothing is waited for.
    Config::from_vars(&Vars::new(&lookup)).now_or_never().unwrap().unwrap()
}

pub(crate) fn audit(at: Timestamp, id: &str) -> AuditEntry {
    let (request_id, by) = (id.to_owned(), "ann".to_owned());
    let actor = Actor { at, request_id, by, source_ip: None };
    let states = (json!(null), json!(null));
    AuditEntry::new(actor, AuditAction::ThresholdsChanged, "thresholds", states)
}
