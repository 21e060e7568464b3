//! Numbers by steps of time, and where they go.

use serde::Serialize;

use crate::metrics::{Slot, Step};
use crate::statistics::{FEWEST, SIGNIFICANCE, trend};

/// A trend and the steps that it is of.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrendView {
    /// `increasing`, `decreasing` or `stable`; null where there are too few steps to tell.
    pub trend_direction: Option<&'static str>,
    /// The slope, in `unit`; null where there are too few steps.
    pub trend: Option<f64>,
    /// Unit of `trend`.
    pub unit: &'static str,
    /// How it was decided.
    pub test: TrendTest,
    /// Length of a step.
    pub step: &'static str,
    /// The steps, from old to new; the first and the last may be cut.
    pub steps: Vec<StepRow>,
}

/// How a trend was decided.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrendTest {
    /// The test of the direction, and the estimate of the slope.
    pub name: &'static str,
    /// Its two-sided significance.
    pub significance: f64,
    /// Standard score; beyond 1.96 there is a trend.
    pub score: Option<f64>,
    /// Whole steps with a number, which alone are tested.
    pub steps: u64,
    /// Steps below which nothing is decided.
    pub minimum_steps: u64,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepRow {
    /// Its beginning.
    pub from: jiff::Timestamp,
    /// Its end.
    pub to: jiff::Timestamp,
    /// First deliveries.
    pub received: u64,
    /// Outcomes.
    pub outcomes: u64,
    /// Of these, the failed ones.
    pub failed: u64,
    /// Their share; null of none.
    pub error_rate: Option<f64>,
    /// Mean seconds of processing.
    pub average_processing_time: Option<f64>,
    /// What 95 of 100 do not exceed.
    pub p95_processing_time: Option<f64>,
    /// Median seconds from creation to first delivery.
    pub median_lag: Option<f64>,
    /// Refused requests; no filter applies.
    pub rejected: u64,
}

impl From<&Slot> for StepRow {
    fn from(slot: &Slot) -> Self {
        let point = &slot.point;
        let time = &point.processing_time;
        Self {
            from: slot.range.from(),
            to: slot.range.to(),
            received: point.received,
            outcomes: point.succeeded + point.failed,
            failed: point.failed,
            error_rate: point.error_rate(),
            average_processing_time: time.mean(),
            p95_processing_time: time.quantile(950),
            median_lag: point.lag.quantile(500),
            rejected: point.rejections(),
        }
    }
}

/// Whether more fails: failures per hour, and by how much that changes in an hour.
pub fn error_trend(step: Step, slots: &[Slot]) -> TrendView {
    let per_hour = |slot: &Slot| Some(slot.point.failed as f64 / hours(slot));
    of(step, slots, "failures per hour, per hour", per_hour)
}

/// Whether processing takes longer: mean seconds, and by how much they change in an hour. Steps without
/// an outcome say nothing.
pub fn performance_trend(step: Step, slots: &[Slot]) -> TrendView {
    of(step, slots, "seconds of mean processing time, per hour", |slot| {
        slot.point.processing_time.mean()
    })
}

fn hours(slot: &Slot) -> f64 {
    slot.range.to().duration_since(slot.range.from()).as_secs_f64() / 3_600.0
}

fn of(
    step: Step,
    slots: &[Slot],
    unit: &'static str,
    number: impl Fn(&Slot) -> Option<f64>,
) -> TrendView {
    let points: Vec<(f64, f64)> = slots
        .iter()
        .filter(|slot| slot.is_whole)
        .filter_map(|slot| Some((slot.range.from().as_second() as f64 / 3_600.0, number(slot)?)))
        .collect();
    let found = trend(&points);
    TrendView {
        trend_direction: found.map(|trend| trend.direction.as_str()),
        trend: found.map(|trend| trend.slope),
        unit,
        test: TrendTest {
            name: "Mann-Kendall (corrected for ties), Theil-Sen slope",
            significance: SIGNIFICANCE,
            score: found.map(|trend| trend.score),
            steps: points.len() as u64,
            minimum_steps: FEWEST as u64,
        },
        step: step.as_str(),
        steps: slots.iter().map(StepRow::from).collect(),
    }
}
