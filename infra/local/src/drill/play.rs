//! A drill in a system of its own, from its start to its end.

use std::time::Duration;

use super::expected::Report;
use super::rehearsal::Rehearsal;
use super::stage::Stage;
use super::{Drill, DrillError};
use crate::cloudwatch::StateValue;
use crate::schedule::Schedule;
use crate::system::{SIGNING_SECRET, System, SystemOptions, local_parameters};

/// Runs within which a new system must be well.
const RUNS: usize = 14;

/// How far a drill has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The system starts, and is well.
    Starting,
    /// Something is being broken, or was.
    Broken,
    /// It is being mended, or was.
    Mended,
}

/// Times that a drill is played, each at half the speed of the one before.
const TRIES: usize = 3;
/// Periods between two runs beyond which the schedule was not kept: the alarms look at periods that have no
/// number then, and keep their state.
const KEPT: f64 = 1.5;

/// Plays a drill, `period` standing for five minutes (whole seconds, at least one). Everything that was
/// started for it is stopped. Where it goes otherwise than expected and the machine was too slow for the
/// schedule, it is played again, slower: that proves nothing of the system.
///
/// # Errors
/// When it cannot be played.
pub async fn play(
    drill: &'static Drill,
    period: Duration,
    progress: impl Fn(Phase),
) -> Result<Report, DrillError> {
    let mut period = period;
    for _ in 1..TRIES {
        let (report, slowest) = play_once(drill, period, &progress).await;
        let is_as_expected = report.as_ref().is_ok_and(|report| report.differences.is_empty());
        if is_as_expected || slowest <= KEPT {
            return report;
        }
        period *= 2;
    }
    play_once(drill, period, &progress).await.0
}

/// Plays a drill; also tells the most periods that there were between two runs.
async fn play_once(
    drill: &'static Drill,
    period: Duration,
    progress: &impl Fn(Phase),
) -> (Result<Report, DrillError>, f64) {
    progress(Phase::Starting);
    let mut parameters = local_parameters();
    let outcomes = if drill.fault.expects_outcomes() { "expected" } else { "none" };
    let interval = period.as_secs().max(1).to_string();
    parameters.insert("Outcomes".to_owned(), outcomes.to_owned());
    parameters.insert("HealthCheckInterval".to_owned(), interval);
    let options = SystemOptions { parameters, period, stoppable: true, ..SystemOptions::default() };
    let system = match System::start(options).await {
        Ok(system) => system,
        Err(error) => return (Err(error.into()), 0.0),
    };
    let schedule = Schedule::new(period);
    let report = rehearse(&system, &schedule, drill, progress).await;
    system.stop().await;
    (report, schedule.clock().slowest())
}

async fn rehearse(
    system: &System,
    schedule: &Schedule,
    drill: &'static Drill,
    progress: &impl Fn(Phase),
) -> Result<Report, DrillError> {
    let stage = Stage::new(system, schedule, SIGNING_SECRET);
    drill.fault.prepare(&stage).await?;
    let played = async {
        well(&stage).await?;
        progress(Phase::Broken);
        let mut rehearsal = Rehearsal::begin(&stage, drill).await?;
        watch(&stage, &mut rehearsal).await;
        progress(Phase::Mended);
        rehearsal.mend().await?;
        watch(&stage, &mut rehearsal).await;
        Ok(rehearsal.report())
    };
    tokio::select! {
        report = played => report,
        // A run that fails is seen by what it did not do.
        () = schedule.run(system, drop) => Err(DrillError::Impossible("the schedule ended")),
    }
}

async fn watch(stage: &Stage<'_>, rehearsal: &mut Rehearsal<'_>) {
    loop {
        stage.schedule.next().await;
        rehearsal.look().await;
        if rehearsal.is_decided() {
            return;
        }
    }
}

/// Waits until nothing is wrong: the dead man's alarm may be, where the first run was late.
async fn well(stage: &Stage<'_>) -> Result<(), DrillError> {
    let mut wrong = Vec::new();
    for run in 0..RUNS {
        stage.schedule.next().await;
        let issues = stage.issues().await.unwrap_or_default();
        wrong = issues.into_iter().map(|issue| issue.kind).collect();
        let alarms = stage.system.cloudwatch().alarms();
        let in_alarm = alarms.iter().filter(|alarm| alarm.state.value == StateValue::Alarm);
        wrong.extend(in_alarm.map(|alarm| alarm.name().to_owned()));
        // The second run is the first that finds its alarms there.
        if run > 0 && wrong.is_empty() {
            return Ok(());
        }
    }
    Err(DrillError::NotWell(wrong.join(", ")))
}
