//! Faults: how each is made, and how it is mended.

use super::DrillError;
use super::past;
use super::stage::{Stage, Traffic};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// A share of outcomes fails.
    Failures(f64),
    /// Processing is slow on average.
    Slow,
    /// A few events are very slow.
    SlowTail,
    /// The database cannot be reached, while events come.
    DatabaseStopped,
    /// Stripe's requests carry signatures that we cannot verify.
    WrongSecret,
    /// Far more forged requests than usual.
    ForgedFlood,
    /// No events where there should be many.
    Silence,
    /// No events where there should be few.
    QuietNight,
    /// Events have no outcomes.
    ApplicationDead,
    /// The health check does not run.
    HealthCheckDead,
    /// Test mode's events fail; nobody's business.
    TestModeFailures,
}

/// What is to be undone.
#[derive(Debug, Default)]
pub(super) struct Broken {
    /// Outcomes that were bad.
    bad: u64,
    /// Requests that were refused.
    refused: u64,
    /// Events that wait.
    waiting: Vec<String>,
    /// Requests that go on.
    traffic: Option<Traffic>,
    /// How long an event may be without an outcome, where somebody has set it.
    unprocessed_after: Option<f64>,
}

/// Outcomes among which a share is made.
const OUTCOMES: u64 = 100;
/// Share of bad outcomes that is left when it is mended: well within every limit.
const MENDED: f64 = 0.03;
/// Share of slow events that the 95th percentile sees.
const TAIL: f64 = 0.08;
/// Mean processing time, in seconds, that pages.
const SLOW: f64 = 16.0;
/// Requests of Stripe's that are refused.
const REFUSED: u64 = 4;
/// Share of refused requests of Stripe's that is left when it is mended.
const STILL_REFUSED: f64 = 0.007;
/// A test mode that fails.
const TEST_MODE: (u64, u64) = (40, 60);
/// Until when an event may be without an outcome while the application is dead, in seconds. An hour
/// cannot be waited for: the alert tier is four times this, and the events are older than that.
const UNPROCESSED_AFTER: f64 = 150.0;

impl Fault {
    /// Whether the log is given a past that it has not had.
    #[must_use]
    pub fn needs_a_past(self) -> bool {
        matches!(self, Self::Silence | Self::QuietNight | Self::ApplicationDead)
    }

    /// Whether it is there from the first moment of breaking on. What is made of many entries is there
    /// when all of them are.
    pub(super) fn is_at_once(self) -> bool {
        matches!(self, Self::DatabaseStopped | Self::HealthCheckDead)
    }

    /// Whether the application logs what became of every event.
    pub(super) fn expects_outcomes(self) -> bool {
        self == Self::ApplicationDead
    }

    /// Healthy traffic, and the past that the fault needs.
    pub(super) async fn prepare(self, stage: &Stage<'_>) -> Result<(), DrillError> {
        match self {
            // Anything else would break the silence.
            Self::Silence | Self::QuietNight => Ok(()),
            Self::ApplicationDead => past::processed_an_hour_ago(stage).await,
            _ => {
                stage.deliver(40).await?;
                stage.tell(40, 0, 0.1).await
            }
        }
    }

    /// Makes a system ready that is in use.
    pub(super) async fn prepare_used(self, stage: &Stage<'_>) -> Result<(), DrillError> {
        match self {
            Self::Silence | Self::QuietNight => past::make_room(stage).await,
            Self::ApplicationDead => {
                let _held = stage.schedule.hold().await;
                past::processed_an_hour_ago(stage).await?;
                past::forget_what_was_made(stage).await?;
                stage.set_outcomes(Some("expected")).await?;
                stage.run_health_check().await
            }
            _ => Ok(()),
        }
    }

    /// Leaves a system that is in use as it was before.
    pub(super) async fn clear(self, stage: &Stage<'_>) -> Result<(), DrillError> {
        if self == Self::ApplicationDead {
            stage.set_outcomes(None).await?;
        }
        if self.needs_a_past() { past::clear(stage).await } else { Ok(()) }
    }

    /// Makes it go wrong.
    pub(super) async fn break_(self, stage: &Stage<'_>) -> Result<Broken, DrillError> {
        let mut broken = Broken::default();
        match self {
            Self::Failures(share) => broken.bad = fail(stage, share).await?,
            Self::Slow => broken.bad = slow(stage).await?,
            Self::SlowTail => {
                let all = stage.at_least(OUTCOMES).await?.total;
                broken.bad = (TAIL * all as f64 / (1.0 - TAIL)).ceil() as u64;
                stage.tell(broken.bad, 0, 11.0).await?;
            }
            Self::DatabaseStopped => {
                let database = stage.system.database();
                database.ok_or(DrillError::Impossible("this database is not ours to stop"))?.off();
                broken.traffic = Some(stage.traffic(stage.schedule.period() / 20));
            }
            Self::WrongSecret => {
                broken.refused = REFUSED;
                stage.refused_by_us(REFUSED).await?;
            }
            Self::ForgedFlood => stage.forged_flood().await?,
            Self::Silence => past::days(stage, past::BUSY).await?,
            Self::QuietNight => past::days(stage, past::QUIET).await?,
            Self::ApplicationDead => {
                broken.waiting = past::waiting(stage).await?;
                // Last, so that it is known what it was wherever it is another.
                broken.unprocessed_after =
                    stage.set_unprocessed_after(Some(UNPROCESSED_AFTER)).await?;
            }
            Self::HealthCheckDead => stage.schedule.kill(),
            Self::TestModeFailures => {
                let (succeeded, failed) = TEST_MODE;
                stage.tell_of_test_mode(succeeded, failed).await?;
            }
        }
        Ok(broken)
    }

    /// Mends it; again, where that failed half-way. What comes of it may have to go on until all is well.
    pub(super) async fn mend(
        self,
        stage: &Stage<'_>,
        broken: &mut Broken,
    ) -> Result<Option<Traffic>, DrillError> {
        broken.traffic = None;
        let Broken { bad, refused, waiting, unprocessed_after, .. } = broken;
        let mut going_on = None;
        match self {
            Self::Failures(_) | Self::Slow | Self::SlowTail => {
                let outcomes = stage.outcomes().await?;
                let bad = outcomes.failed.max(*bad) as f64;
                let needed = (bad / MENDED) as u64;
                stage.tell(needed.saturating_sub(outcomes.total).max(OUTCOMES), 0, 0.1).await?;
            }
            Self::DatabaseStopped => {
                if let Some(database) = stage.system.database() {
                    database.on();
                }
                stage.deliver(1).await?;
            }
            Self::WrongSecret => {
                stage.deliver((*refused as f64 / STILL_REFUSED) as u64 + 1).await?;
            }
            Self::ForgedFlood => stage.forget_flood().await?,
            Self::Silence => {
                stage.deliver(5).await?;
                // Else it would be silent again before it is known to be over.
                going_on = Some(stage.traffic(past::BUSY.pause()));
            }
            Self::QuietNight => stage.deliver(5).await?,
            Self::ApplicationDead => {
                stage.tell_of(waiting).await?;
                stage.set_unprocessed_after(*unprocessed_after).await?;
            }
            Self::HealthCheckDead => stage.schedule.revive(),
            Self::TestModeFailures => {}
        }
        Ok(going_on)
    }
}

/// Fails as many outcomes as make a share of those that are there.
async fn fail(stage: &Stage<'_>, share: f64) -> Result<u64, DrillError> {
    let outcomes = stage.at_least(OUTCOMES).await?;
    let missing = share * outcomes.total as f64 - outcomes.failed as f64;
    let bad = (missing / (1.0 - share)).ceil().max(0.0) as u64;
    stage.tell(0, bad, 0.1).await?;
    Ok(bad)
}

/// Tells of as slow outcomes as give the mean.
async fn slow(stage: &Stage<'_>) -> Result<u64, DrillError> {
    let outcomes = stage.outcomes().await?;
    let bad = outcomes.total.max(60);
    let all = (bad + outcomes.total) as f64;
    let known = outcomes.mean.unwrap_or_default() * outcomes.total as f64;
    stage.tell(bad, 0, (SLOW * all - known) / bad as f64).await?;
    Ok(bad)
}
