//! What deliveries and outcomes add up to, each by themselves.

use crate::rollup::{Measure, Status};
use crate::statistics::Sketch;

/// Durations: their mean exactly, their percentiles within 1 %.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Durations {
    micros: u128,
    sketch: Sketch,
}

impl Durations {
    pub(super) fn add(&mut self, measure: &Measure) {
        self.micros = self.micros.saturating_add(measure.micros);
        self.sketch.merge(&measure.times);
    }

    /// Adds other durations.
    pub fn merge(&mut self, other: &Self) {
        self.micros = self.micros.saturating_add(other.micros);
        self.sketch.merge(&other.sketch);
    }

    /// Durations counted.
    pub fn count(&self) -> u64 {
        self.sketch.count()
    }

    /// Their mean in seconds; `None` of none.
    pub fn mean(&self) -> Option<f64> {
        let count = self.count();
        (count > 0).then(|| self.micros as f64 / count as f64 / 1e6)
    }

    /// The duration that so many of a thousand do not exceed, in seconds; `None` of none.
    pub fn quantile(&self, per_mille: u64) -> Option<f64> {
        self.sketch.quantile(per_mille).map(|micros| micros / 1e6)
    }
}

/// What Stripe sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Deliveries {
    /// First deliveries: events.
    pub received: u64,
    /// Of these, events that we could not understand.
    pub quarantined: u64,
    /// Of these, those that came more than 60 s after their creation.
    pub late: u64,
    /// Further deliveries to the same endpoint.
    pub duplicates: u64,
    /// Further deliveries under another endpoint's secret.
    pub other_endpoint: u64,
    /// Most first deliveries within a minute.
    pub peak_per_minute: u64,
    /// From creation to first delivery.
    pub lag: Durations,
}

/// What the application made of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcomes {
    /// Attempts that succeeded.
    pub succeeded: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Attempts before these, as told with them.
    pub retries: u64,
    /// Outcomes told more than 60 s after (or before) they were over.
    pub late: u64,
    /// Most outcomes within a minute.
    pub peak_per_minute: u64,
    /// What processing took.
    pub processing_time: Durations,
}

impl Deliveries {
    pub(super) fn add(&mut self, status: Status, measure: &Measure) {
        match status {
            Status::Received => self.received += measure.count,
            Status::Quarantined => {
                self.received += measure.count;
                self.quarantined += measure.count;
            }
            Status::Duplicate => self.duplicates += measure.count,
            Status::OtherEndpoint => self.other_endpoint += measure.count,
            Status::Succeeded | Status::Failed => return,
        }
        self.late += measure.late;
        self.lag.add(measure);
    }
}

impl Outcomes {
    pub(super) fn add(&mut self, status: Status, measure: &Measure) {
        match status {
            Status::Succeeded => self.succeeded += measure.count,
            Status::Failed => self.failed += measure.count,
            _ => return,
        }
        self.retries = self.retries.saturating_add(measure.retries);
        self.late += measure.late;
        self.processing_time.add(measure);
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.succeeded + self.failed
    }

    /// Share that succeeded; `None` of none.
    pub fn success_rate(&self) -> Option<f64> {
        share(self.succeeded, self.total())
    }

    /// Share that failed; `None` of none.
    pub fn error_rate(&self) -> Option<f64> {
        share(self.failed, self.total())
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
