//! One drill on a running system: broken, looked at, mended, looked at until all is well.

use jiff::Timestamp;

use super::expected::{Report, Seen, differences, is_decided, is_mended};
use super::fault::Broken;
use super::sightings::{Sightings, id};
use super::stage::{Stage, Traffic};
use super::{Drill, DrillError};
use crate::cloudwatch::{Alarm, StateValue};

/// A drill that is under way.
#[derive(Debug)]
pub struct Rehearsal<'a> {
    stage: &'a Stage<'a>,
    drill: &'static Drill,
    broken: Option<Broken>,
    /// What goes on until all is well.
    going_on: Option<Traffic>,
    sightings: Sightings,
    is_cleared: bool,
}

impl<'a> Rehearsal<'a> {
    /// The same on a system that is in use: its log is given the past that the drill needs, which
    /// [`clear`](Self::clear) takes out of it again.
    ///
    /// # Errors
    /// When it cannot be broken so.
    pub async fn begin_used(
        stage: &'a Stage<'a>,
        drill: &'static Drill,
    ) -> Result<Self, DrillError> {
        let begun = async {
            drill.fault.prepare_used(stage).await?;
            Self::begin(stage, drill).await
        };
        match begun.await {
            // What it has done so far nobody could mend.
            Err(error) if !matches!(error, DrillError::NotNow(_)) => {
                drill.fault.clear(stage).await?;
                Err(error)
            }
            begun => begun,
        }
    }

    /// Leaves a system that is in use without what the drill has put into it.
    ///
    /// # Errors
    /// When the system does not do its part.
    pub async fn clear(&mut self) -> Result<(), DrillError> {
        self.going_on = None;
        self.drill.fault.clear(self.stage).await?;
        self.is_cleared = true;
        Ok(())
    }

    /// Breaks the system, half-way between two runs of the health check. While a slow fault is being put in, no
    /// run begins: it would see half of it.
    ///
    /// # Errors
    /// When it cannot be broken so.
    pub async fn begin(stage: &'a Stage<'a>, drill: &'static Drill) -> Result<Self, DrillError> {
        stage.schedule.half_way().await;
        let (broken, broken_at) = if drill.fault.is_at_once() {
            let before = Timestamp::now();
            (drill.fault.break_(stage).await?, before)
        } else {
            let _held = stage.schedule.hold().await;
            (drill.fault.break_(stage).await?, Timestamp::now())
        };
        let (broken, sightings) = (Some(broken), Sightings::since(broken_at));
        Ok(Self { stage, drill, broken, going_on: None, sightings, is_cleared: false })
    }

    /// The drill.
    #[must_use]
    pub fn drill(&self) -> &'static Drill {
        self.drill
    }

    /// Whether it has been mended.
    #[must_use]
    pub fn is_mended(&self) -> bool {
        self.broken.is_none()
    }

    /// Whether what it has put into the system was taken out.
    #[must_use]
    pub fn is_cleared(&self) -> bool {
        self.is_cleared
    }

    /// Looks at the system: its issues and its alarms.
    pub async fn look(&mut self) {
        let at = Timestamp::now();
        // What cannot be asked cannot be told: somebody on call sees as little.
        let Some(active) = self.stage.issues().await else { return };
        let in_alarm: Vec<String> = self
            .stage
            .system
            .cloudwatch()
            .alarms()
            .iter()
            .filter(|alarm| alarm.state.value == StateValue::Alarm)
            .map(|alarm: &Alarm| id(alarm.name()).to_owned())
            .collect();
        self.sightings.look(at, &active, &in_alarm, &self.drill.expected);
    }

    /// Mends it, half-way between two runs.
    ///
    /// # Errors
    /// When the system does not do its part.
    pub async fn mend(&mut self) -> Result<(), DrillError> {
        let Some(broken) = self.broken.as_mut() else { return Ok(()) };
        self.stage.schedule.half_way().await;
        self.going_on = self.drill.fault.mend(self.stage, broken).await?;
        self.broken = None;
        self.sightings.mended_at = Some(Timestamp::now());
        Ok(())
    }

    /// What was seen so far.
    #[must_use]
    pub fn seen(&self) -> Seen {
        let told = self.stage.system.cloudwatch().notifications();
        self.sightings.seen(&told, &self.stage.schedule.clock())
    }

    /// Whether there is nothing to wait for: of the fault, or of its mending.
    #[must_use]
    pub fn is_decided(&self) -> bool {
        let (seen, now) = (self.seen(), Timestamp::now());
        let clock = self.stage.schedule.clock();
        match self.sightings.mended_at {
            None => is_decided(
                &self.drill.expected,
                &seen,
                clock.minutes(self.sightings.broken_at, now),
            ),
            Some(at) => is_mended(&seen, clock.minutes(at, now)),
        }
    }

    /// What was expected and what was seen. Where it is not decided yet, what may still come is no
    /// difference.
    #[must_use]
    pub fn report(&self) -> Report {
        let seen = self.seen();
        let is_over = self.sightings.mended_at.is_some() && self.is_decided();
        Report {
            drill: self.drill.name.to_owned(),
            what: self.drill.what.to_owned(),
            expected: self.drill.expected.text(),
            differences: differences(&self.drill.expected, &seen, is_over),
            seen,
        }
    }
}
