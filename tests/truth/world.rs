//! Living through a history on a real engine.

mod ask;
mod names;

use std::pin::Pin;
use std::task::Poll;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use shared::config::Vars;
use shared::log::{Cause, EventId, Outcome, OutcomeParticulars, Rejection, Rejections, Verdict};
use shared::rollup::Grain;
use shared::store::{EntityIndex, PutOutcome, Retention, StoredPayload};
use tests::log::Log;

use crate::count::Entries;
use crate::engine;
use crate::history::{Deliver, History, Item, Run, Step, Tell};

type Lived = Result<(), TestCaseError>;
type Hanging = Pin<Box<dyn Future<Output = u64>>>;

/// Histories in one table, each 40 days before the one lived through before it, so that none sees
/// another.
const IN_ONE_TABLE: i64 = 500;
const APART: SignedDuration = SignedDuration::from_hours(24 * 40);

/// Where histories take place.
#[derive(Default)]
pub struct Worlds {
    log: Option<Log>,
    lived: i64,
}

struct World<'a> {
    log: &'a Log,
    name: String,
    retention: Retention,
    begin: Timestamp,
    now: Timestamp,
    entries: Entries,
    hanging: Vec<Hanging>,
    calls: u64,
}

impl Worlds {
    /// Lives through a history and compares every answer.
    pub async fn live(&mut self, history: &History) -> Lived {
        if self.lived % IN_ONE_TABLE == 0 {
            self.log = Some(match std::env::var_os("DYNAMODB_ENDPOINT") {
                None => Log::on(engine::client(), EntityIndex::OFF).await,
                Some(_) => Log::new(EntityIndex::OFF).await,
            });
        }
        self.lived += 1;
        let place = self.lived % IN_ONE_TABLE;
        let last: Timestamp = "2090-01-01T00:00:00Z".parse().unwrap();
        let begin = last - APART * i32::try_from(place).unwrap();
        let days = |name: &str| match name {
            "WEBHOOK_LOG_RETENTION_DAYS" => Some("1".to_owned()),
            "WEBHOOK_METRICS_RETENTION_DAYS" => Some("3".to_owned()),
            _ => None,
        };
        let world = World {
            log: self.log.as_ref().unwrap(),
            name: place.to_string(),
            retention: Retention::from_vars(&Vars::new(&days)).unwrap(),
            begin,
            now: begin + SignedDuration::from_secs(history.offset),
            entries: Entries::default(),
            hanging: Vec::new(),
            calls: 0,
        };
        world.live(history).await
    }
}

impl World<'_> {
    async fn live(mut self, history: &History) -> Lived {
        for (pause, step) in &history.steps {
            self.now += SignedDuration::from_secs(*pause);
            match step {
                Step::Deliver(deliver) => self.deliver(deliver).await?,
                Step::Tell(tell) => self.tell(tell).await?,
                Step::Refuse { .. } => self.refuse(step).await,
                Step::Run(run) => self.run(run).await,
                Step::Lose(item) => self.lose(item).await,
                Step::Damage(item) => self.damage(item).await,
                Step::Ask(ask) if history.prompt => self.ask(ask).await?,
                Step::Ask(_) => {}
            }
        }
        self.run(&Run::GoOn).await;
        self.now = match history.settles {
            true => Grain::Hour.bucket_of(self.now).settles_at() + SignedDuration::from_secs(1),
            false => self.now + SignedDuration::from_mins(7),
        };
        self.run(&Run::Whole).await;
        self.ask_everything().await?;
        for (_, step) in history.steps.iter().filter(|_| !history.prompt) {
            if let Step::Ask(ask) = step {
                self.ask(ask).await?;
            }
        }
        if let Some(damaged) = &history.day {
            self.end_day(damaged).await?;
        }
        // The log is no longer whole, then gone; longer roll-ups are still there.
        let last = Grain::Hour.bucket_of(self.now - SignedDuration::from_hours(2));
        // Nothing is rolled up of the time before the first entry.
        let is_rolled_up = self.entries.first().is_some_and(|first| first < last.end());
        for hours in [24, 36].into_iter().filter(|_| history.expires && is_rolled_up) {
            self.now += SignedDuration::from_hours(hours);
            for after in [SignedDuration::ZERO, SignedDuration::from_mins(17)] {
                self.ask_rolled_up(last.end(), after, history.may_lose_an_hour()).await?;
            }
        }
        Ok(())
    }

    /// Lets the health check go on until its day is made, and damages it: whatever is left answers.
    async fn end_day(&mut self, damaged: &[Item]) -> Lived {
        let day = Grain::Day.bucket_of(self.begin);
        while self.now < day.settles_at() {
            self.now += SignedDuration::from_hours(1);
            self.run(&Run::Whole).await;
        }
        self.ask_everything().await?;
        for item in damaged {
            self.damage(item).await;
        }
        self.ask_everything().await?;
        self.run(&Run::Whole).await;
        self.ask_everything().await
    }

    async fn deliver(&mut self, deliver: &Deliver) -> Lived {
        let at = self.now - SignedDuration::from_micros(deliver.behind);
        self.calls += 1;
        let mut delivery = names::delivery(self.event_id(deliver.event), self.calls, at, deliver);
        let first = self.entries.deliveries.iter().find(|other| {
            other.event_id == delivery.event_id && other.verdict == Verdict::Accepted
        });
        let expected = match first {
            None => Verdict::Accepted,
            Some(first) if first.signature == delivery.signature => Verdict::Duplicate,
            Some(_) => Verdict::OtherEndpoint,
        };
        for _ in 0..=u8::from(deliver.again) {
            let payload = StoredPayload::NotKept;
            let put = self.log.store.put_delivery(&delivery, payload, self.retention).await;
            let verdict = put.unwrap();
            prop_assert_eq!(verdict, expected);
            if verdict != Verdict::Accepted {
                delivery.verdict = verdict;
                self.log.store.put_repetition(&delivery, self.retention).await.unwrap();
                delivery.verdict = Verdict::Accepted;
            }
        }
        delivery.verdict = expected;
        self.entries.deliveries.push(delivery);
        Ok(())
    }

    async fn tell(&mut self, tell: &Tell) -> Lived {
        let at = self.now - SignedDuration::from_micros(tell.behind);
        let outcome = names::outcome(self.event_id(tell.event), at, tell);
        let told = |outcome: &Outcome| Outcome {
            logged_at: Timestamp::UNIX_EPOCH,
            ended_at: Timestamp::UNIX_EPOCH,
            ..outcome.clone()
        };
        let hash = format!("{:?} {}", told(&outcome), tell.told_after);
        let known = self.entries.outcomes.iter().find(|other| {
            (&other.event_id, &other.request_id) == (&outcome.event_id, &outcome.request_id)
        });
        let told_after = |other: &Outcome| other.logged_at.duration_since(other.ended_at).as_secs();
        let mut expected = match known {
            None => PutOutcome::Stored,
            Some(other)
                if told(other) == told(&outcome) && told_after(other) == tell.told_after =>
            {
                PutOutcome::AlreadyStored
            }
            Some(_) => PutOutcome::Conflict,
        };
        for repeated in [false, true].into_iter().take(1 + usize::from(tell.again)) {
            let mut call = outcome.clone();
            if repeated {
                call.logged_at += SignedDuration::from_millis(1);
            }
            let rest = OutcomeParticulars::default();
            let put = self.log.store.put_outcome(&call, &rest, hash.as_bytes(), self.retention);
            prop_assert_eq!(put.await.unwrap(), expected);
            if expected == PutOutcome::Stored {
                self.entries.outcomes.push(outcome.clone());
                expected = PutOutcome::AlreadyStored;
            }
        }
        Ok(())
    }

    async fn refuse(&mut self, step: &Step) {
        let Step::Refuse { instance, source, cause, genuine, count, behind } = step else { return };
        let at = self.now - SignedDuration::from_micros(*behind);
        let minute = Rejections::minute_of(at);
        let source = (*source > 0).then(|| format!("10.9.9.{source}"));
        let key = (minute, *instance, source, Cause::ALL[usize::from(*cause)], *genuine);
        *self.entries.refused.entry(key).or_default() += count;
        let name = format!("{}-{instance}", self.name);
        let of_minute =
            self.entries.refused.iter().filter(|((at, by, ..), _)| (at, by) == (&minute, instance));
        let counts = of_minute.map(|((_, _, source_ip, cause, genuine), count)| Rejection {
            minute,
            instance: name.clone(),
            source_ip: source_ip.clone(),
            cause: *cause,
            refused_genuine: *genuine,
            diagnosis: None,
            skew_seconds: None,
            count: *count,
        });
        let rejections = Rejections { minute, instance: name.clone(), counts: counts.collect() };
        self.log.store.put_rejections(&rejections, self.retention).await.unwrap();
    }

    async fn run(&mut self, run: &Run) {
        let whole = || {
            let (store, retention, now) = (self.log.store.clone(), self.retention, self.now);
            async move { health_check::roll_up::run(&store, retention, now).await.unwrap().remaining }
        };
        match run {
            Run::Whole => assert_eq!(whole().await, 0, "nothing is left to do"),
            Run::Twice => drop(join(whole(), whole()).await),
            Run::Killed(steps) => drop(advance(Box::pin(whole()), *steps).await),
            Run::Hanging(steps) => self.hanging.extend(advance(Box::pin(whole()), *steps).await),
            Run::GoOn => {
                for run in self.hanging.drain(..) {
                    // A roll-up may be lost while it hangs.
                    let _left = run.await;
                }
            }
        }
    }

    fn key(&self, item: &Item) -> [(String, AttributeValue); 2] {
        let start = self.begin + SignedDuration::from_secs(item.number * item.grain.seconds());
        let (pk, sk) = match item.grain {
            Grain::Window => ("ROLLUP#5M#%Y-%m-%d", "%H:%M"),
            Grain::Hour => ("ROLLUP#1H#%Y-%m", "%dT%H"),
            Grain::Day => ("ROLLUP#1D#%Y", "%m-%d"),
        };
        let by = if item.cells { "BY#" } else { "" };
        let value = AttributeValue::S;
        [
            ("pk".to_owned(), value(start.strftime(pk).to_string())),
            ("sk".to_owned(), value(format!("{by}{}", start.strftime(sk)))),
        ]
    }

    async fn lose(&self, item: &Item) {
        let key = Some(self.key(item).into());
        let delete = self.log.client.delete_item().table_name(&self.log.table).set_key(key);
        delete.send().await.unwrap();
    }

    async fn damage(&self, item: &Item) {
        let rubbish = AttributeValue::B(b"\x01rubbish".to_vec().into());
        let update = self.log.client.update_item().table_name(&self.log.table);
        let update = update
            .set_key(Some(self.key(item).into()))
            .condition_expression("attribute_exists(pk)")
            .update_expression("SET d = :d")
            .expression_attribute_values(":d", rubbish);
        update.send().await.ok();
    }

    fn event_id(&self, number: u8) -> EventId {
        EventId::parse(&format!("evt_{}_{number}", self.name)).unwrap()
    }
}

/// Lets a run do some steps: its requests of that time. `None` when that ends it.
async fn advance(mut run: Hanging, steps: u32) -> Option<Hanging> {
    for _ in 0..steps {
        let poll = std::future::poll_fn(|context| Poll::Ready(run.as_mut().poll(context)));
        if poll.await.is_ready() {
            return None;
        }
        tokio::task::yield_now().await;
    }
    Some(run)
}
