//! Telling CloudWatch: numbers of this run, data of windows, alarms as they are to be.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use shared::health::{ComponentName, Health, Observation, Recent, SignalName};

use super::Run;
use super::silenced::{silenced, to_be_told};
use crate::cloudwatch::alarm::desired;
use crate::cloudwatch::metric::{self, ComponentScores, Gauges, window_data};
use crate::cloudwatch::{CloudWatchError, Synced, names, publish, sync};
use crate::config::Config;

/// Windows whose data are sent in a run; after a pause, the newest.
const MOST_WINDOWS: usize = 3;
/// What the alarms may take. A slow CloudWatch must not take the run to the end of its time.
const ALARMS_LIMIT: Duration = Duration::from_secs(30);
/// How often it is looked whether somebody else has changed the alarms.
const DRIFT_CHECK: SignedDuration = SignedDuration::from_hours(1);

/// Tells CloudWatch everything: all that is measured in one call, with the heartbeat that the dead man's
/// alarm waits for, then the alarms, which may take many calls. What failed, if something did; the rest is told all the same.
pub async fn tell(
    run: &mut Run<'_>,
    seen: &Observation,
    health: &Health,
    recent: &Recent,
) -> Option<String> {
    let at = run.step.at;
    let mut data = gauges(run, seen, health).data(at);
    data.extend(windows(run, recent).await);
    data.extend(metric::heartbeat(at));
    let Config { cloudwatch, stack, .. } = run.config;
    let namespace = names::namespace(stack);
    let published = publish(cloudwatch, &namespace, data).await;
    if published.is_err()
        && let Err(error) = publish(cloudwatch, &namespace, metric::heartbeat(at)).await
    {
        // A datum that is refused takes its whole call with it; the run came to its end all the same.
        tracing::error!(%error, "no heartbeat");
    }
    let of_alarms = alarms(run).await;
    let failure = [of_alarms, published.err()].into_iter().flatten().next()?;
    tracing::error!(error = %failure, "CloudWatch was not told everything");
    Some(failure.to_string())
}

fn gauges(run: &Run<'_>, seen: &Observation, health: &Health) -> Gauges {
    let value = |name| health.signal(name).and_then(|signal| signal.value);
    let component = |name| {
        let component = health.component(name).filter(|component| component.lowest.is_some());
        component.map(|component| component.score.value())
    };
    let hour = seen.log.as_ref().and_then(|log| log.horizons.iter().find(|of| of.minutes == 60));
    Gauges {
        health_score: health.score.value(),
        components: ComponentScores {
            database: component(ComponentName::Database),
            processing: component(ComponentName::Processing),
            performance: component(ComponentName::Performance),
            security: component(ComponentName::Security),
        },
        error_rate: value(SignalName::ErrorRate),
        average_processing_time: value(SignalName::AverageProcessingTime),
        p95_processing_time: value(SignalName::P95ProcessingTime),
        oldest_unprocessed: value(SignalName::OldestUnprocessed),
        rollup_lag: value(SignalName::RollupLag),
        missed_events: value(SignalName::MissedEvents),
        refused_genuine: hour.map(|hour| hour.performance.refused_genuine as f64),
        forged_per_minute: value(SignalName::ForgedPerMinute),
        authentication_failures: value(SignalName::AuthenticationFailures),
        front_door: seen.front_door.last().copied(),
        active_issues: run
            .kept
            .is_loaded
            .then(|| to_be_told(run.active(), &run.kept.mutes, run.step.at)),
    }
}

/// Data of windows that were not sent yet. A window is claimed before it is sent, so it is never sent
/// twice.
async fn windows(
    run: &mut Run<'_>,
    recent: &Recent,
) -> Vec<aws_sdk_cloudwatch::types::MetricDatum> {
    let after = run.kept.memory.published_through.unwrap_or(Timestamp::MIN);
    let mut due: Vec<_> =
        recent.windows().rev().take_while(|(window, _)| window.start >= after).collect();
    due.truncate(MOST_WINDOWS);
    let mut data = Vec::new();
    for (window, part) in due.into_iter().rev() {
        match run.config.store.claim_publishing(window.start).await {
            Ok(true) => {
                data.extend(window_data(window, part, &[]));
                run.told.published_windows += 1;
            }
            Ok(false) => {}
            Err(error) => {
                run.failed(error);
                break;
            }
        }
        run.kept.memory.published_through = Some(window.end());
    }
    data
}

/// Makes the alarms what they are to be; the failure, if there was one.
async fn alarms(run: &mut Run<'_>) -> Option<CloudWatchError> {
    let at = run.step.at;
    // Mutes, snoozes and thresholds that are not known would be lifted.
    if !run.kept.is_loaded {
        return None;
    }
    let Config { cloudwatch, stack, topics, links, .. } = run.config;
    let silenced = silenced(run.active(), &run.kept.mutes, at);
    let desired = desired(stack, &run.kept.thresholds, topics, links, &silenced);
    let memory = &mut run.kept.memory;
    let drift_check_due =
        memory.alarms_checked_at.is_none_or(|last| at.duration_since(last) >= DRIFT_CHECK);
    let known = memory.alarms_hash.as_deref();
    let synced =
        in_time(ALARMS_LIMIT, sync(cloudwatch, stack, &desired, known, drift_check_due)).await;
    if drift_check_due && synced.failure.is_none() {
        memory.alarms_checked_at = Some(at);
    }
    memory.alarms_hash = synced.hash;
    run.told.changed_alarms += (synced.put.len() + synced.deleted.len()) as u64;
    for alarm in &synced.foreign {
        tracing::warn!(alarm, "an alarm with our prefix is not ours, and left alone");
    }
    synced.failure
}

/// What was done within the limit counts as not done: the next run looks at all alarms again.
async fn in_time(limit: Duration, sync: impl Future<Output = Synced>) -> Synced {
    tokio::time::timeout(limit, sync).await.unwrap_or_else(|_| {
        let reason = format!("not done within {} s", limit.as_secs());
        let failure = Some(CloudWatchError { operation: "change of alarms", reason });
        Synced { failure, ..Synced::default() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn alarms_that_take_too_long_are_given_up_and_done_again() {
        let limit = Duration::from_millis(1);
        let slow = in_time(limit, std::future::pending()).await;
        assert!(slow.hash.is_none() && slow.failure.is_some(), "{slow:?}");
        let done = Synced { hash: Some("x".to_owned()), ..Synced::default() };
        assert_eq!(in_time(limit, std::future::ready(done.clone())).await, done);
    }
}
