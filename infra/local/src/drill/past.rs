//! Pasts: what was logged before the drill. The functions log only what happens now, so the store that
//! they use is given earlier times; the health check rolls it up.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};
use shared::health::{History, Progress};
use shared::log::{Delivery, EventFacts, EventId, Outcome, OutcomeParticulars, ProcessingResult};
use shared::rollup::{GRACE, SECOND_READING};
use shared::statistics::HourlyCounts;
use shared::store::{KnownHistory, StoredPayload};

use super::DrillError;
use super::stage::{EVENT_TYPE, Stage, new_id};
use crate::invented;

/// The same past at every run.
const SEED: u64 = 20_261_124;
/// Days that a rhythm needs.
const DAYS: i64 = 28;
/// Entries on their way at a time.
const AT_ONCE: usize = 16;
/// What the partitions of drills' events begin with.
const DRILLS_EVENT: &str = "EVENT#evt_drill";
/// Since when nothing came.
const SILENT: SignedDuration = SignedDuration::from_mins(25);
/// When the application died; when it was well.
const WAITING: SignedDuration = SignedDuration::from_mins(13);
const WELL: SignedDuration = SignedDuration::from_mins(60);

/// Events an hour in the five hours around this time of day, and in all others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    around_now: f64,
    else_: f64,
}

/// A day whose noon is now.
pub(super) const BUSY: Shape = Shape { around_now: 90.0, else_: 6.0 };
/// A day whose night is now.
pub(super) const QUIET: Shape = Shape { around_now: 3.0, else_: 25.0 };

impl Shape {
    /// Time between two events of now.
    pub(super) fn pause(self) -> Duration {
        Duration::from_secs_f64(3_600.0 / self.around_now)
    }

    /// Events an hour at a distance from now.
    fn rate(self, seconds_ago: i64) -> f64 {
        let of_day = seconds_ago.rem_euclid(86_400);
        let distance = of_day.min(86_400 - of_day);
        if distance <= 9_000 { self.around_now } else { self.else_ }
    }
}

/// 28 days of deliveries that come at random and then none for a while; and a health check that knows them.
/// No run may be under way.
pub(super) async fn days(stage: &Stage<'_>, shape: Shape) -> Result<(), DrillError> {
    let now = Timestamp::now();
    let end = now - SILENT;
    let mut rng = fastrand::Rng::with_seed(SEED);
    let mut at = now - SignedDuration::from_hours(24 * DAYS);
    let mut deliveries = Vec::new();
    loop {
        let rate = shape.rate(now.duration_since(at).as_secs()) / 3_600.0;
        let gap = -(1.0 - rng.f64()).ln() / rate;
        at += SignedDuration::from_micros((gap * 1e6) as i64);
        if at >= end {
            break;
        }
        deliveries.push(delivery(at, &new_id()));
    }
    // However the dice fell, it was then that the last one came.
    deliveries.push(delivery(end, &new_id()));
    put(stage, &deliveries).await?;
    // A run before has found nothing where they are now.
    forget_what_was_made(stage).await?;
    // It rolls them up, and has counted too few to compare anything with; then it has counted all.
    stage.run_health_check().await?;
    let (store, _) = stage.store()?;
    let now = Timestamp::now();
    store.put_history(&KnownHistory::default(), &counted(&deliveries, now), now).await?;
    Ok(())
}

/// What the health check would count of deliveries in the next hours, twelve in a run.
fn counted(deliveries: &[Delivery], now: Timestamp) -> History {
    let hour = |at: Timestamp| at.as_second().div_euclid(3_600);
    // The last hour may still be read again.
    let through = hour(now - SECOND_READING - GRACE);
    let mut of_hours: BTreeMap<i64, u64> =
        (through - 24 * DAYS..through).map(|hour| (hour, 0)).collect();
    for delivery in deliveries {
        if let Some(count) = of_hours.get_mut(&hour(delivery.received_at)) {
            *count += 1;
        }
    }
    let mut all = HourlyCounts::default();
    of_hours.into_iter().for_each(|(hour, count)| all.set(hour, count));
    let back_to = through - 24 * DAYS;
    History {
        types: BTreeMap::from([(EVENT_TYPE.to_owned(), all.clone())]),
        all,
        progress: Some(Progress { through, back_to, live: true }),
    }
}

/// Makes room for a past under a log in use: what drills have delivered goes out of it, and what the health
/// check has made of it, which it makes again.
pub(super) async fn make_room(stage: &Stage<'_>) -> Result<(), DrillError> {
    let _held = stage.schedule.hold().await;
    stage.forget("begins_with(pk, :text)", DRILLS_EVENT).await?;
    if stage.delivered_since(SILENT + SignedDuration::from_mins(5)).await? > 0 {
        return Err(DrillError::NotNow(
            "live events came within the last half hour: a silence is played when none has",
        ));
    }
    forget_what_was_made(stage).await
}

/// Takes out of the table what the health check has made of the log, and remembers. No run may be under way: it
/// would put back what it has read.
pub(super) async fn forget_what_was_made(stage: &Stage<'_>) -> Result<(), DrillError> {
    for (what, text) in [
        ("begins_with(pk, :text)", "ROLLUP#"),
        ("pk = :text", "BASELINE"),
        ("sk = :text", "LATEST"),
    ] {
        stage.forget(what, text).await?;
    }
    stage.restart_health_check().await
}

/// Takes the past out of a log in use, and lets the health check look at what is left.
pub(super) async fn clear(stage: &Stage<'_>) -> Result<(), DrillError> {
    let _held = stage.schedule.hold().await;
    stage.forget("begins_with(pk, :text)", DRILLS_EVENT).await?;
    forget_what_was_made(stage).await?;
    stage.run_health_check().await
}

/// A few events that were processed an hour ago: their type is one that is.
pub(super) async fn processed_an_hour_ago(stage: &Stage<'_>) -> Result<(), DrillError> {
    let (store, retention) = stage.store()?;
    let at = whole(Timestamp::now() - WELL);
    for _ in 0..5 {
        let delivery = delivery(at, &new_id());
        put(stage, std::slice::from_ref(&delivery)).await?;
        let rest = OutcomeParticulars::default();
        store.put_outcome(&processed(&delivery), &rest, b"drill", retention).await?;
    }
    Ok(())
}

/// A few events that came when the application had died; their ids.
pub(super) async fn waiting(stage: &Stage<'_>) -> Result<Vec<String>, DrillError> {
    let at = whole(Timestamp::now() - WAITING);
    let deliveries: Vec<Delivery> = (0..3).map(|_| delivery(at, &new_id())).collect();
    put(stage, &deliveries).await?;
    Ok(deliveries.iter().map(|delivery| delivery.event_id.to_string()).collect())
}

async fn put(stage: &Stage<'_>, deliveries: &[Delivery]) -> Result<(), DrillError> {
    let (store, retention) = stage.store()?;
    let puts =
        deliveries.iter().map(|delivery| {
            let store = &store;
            async move {
                store.put_delivery(delivery, StoredPayload::NotKept, retention).await.map(drop)
            }
        });
    Ok(stream::iter(puts).buffer_unordered(AT_ONCE).try_collect().await?)
}

fn delivery(at: Timestamp, id: &str) -> Delivery {
    let at = whole(at);
    // Ids of ours always parse.
    let event_id = EventId::parse(id).unwrap_or_else(|| EventId::of_quarantined(id.as_bytes()));
    Delivery {
        event: EventFacts {
            event_type: Some(EVENT_TYPE.to_owned()),
            created: Some(whole(at - SignedDuration::from_secs(1))),
            livemode: Some(true),
            ..EventFacts::default()
        },
        ..invented::delivery(event_id, id.to_owned(), at)
    }
}

fn processed(delivery: &Delivery) -> Outcome {
    let event = (delivery.event_id.clone(), EVENT_TYPE.to_owned());
    let at = delivery.received_at + SignedDuration::from_secs(1);
    let (result, took) = (ProcessingResult::Succeeded, Duration::from_millis(100));
    invented::outcome(event, "drill".to_owned(), at, result, took)
}

/// In the precision that keys have.
fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::Shape;

    #[test]
    fn a_day_has_its_shape_around_this_time_of_day() {
        let shape = Shape { around_now: 2.0, else_: 1.0 };
        for (hours, expected) in [(0, 2.0), (2, 2.0), (3, 1.0), (12, 1.0), (21, 1.0), (22, 2.0)] {
            for days in [0, 1, 7] {
                let ago = (days * 24 + hours) * 3_600;
                assert!((shape.rate(ago) - expected).abs() < 1e-9, "{hours}");
            }
        }
    }
}
