//! What the number of an issue is in.

use super::IssueKind;
use crate::log::{as_text, named};

named! {
    /// Unit of an issue's value and limit.
    Unit {
        /// A part of all, from 0 to 1.
        Share = "share",
        /// Seconds.
        Seconds = "seconds",
        /// So many, of what the evidence names.
        Count = "count",
    }
}

as_text!(Unit);

impl IssueKind {
    /// What its value and limit are in; `None` where it has none, or of either of two units.
    pub fn unit(self) -> Option<Unit> {
        match self {
            Self::LowSuccessRate | Self::RefusedGenuine => Some(Unit::Share),
            Self::HighProcessingTime
            | Self::HighP95ProcessingTime
            | Self::DeliveryLag
            | Self::UnprocessedEvents
            | Self::RollupLag => Some(Unit::Seconds),
            Self::LowEventRate
            | Self::ForgedTraffic
            | Self::AuthenticationFailures
            | Self::RecurringError
            | Self::FrontDoorFailing
            | Self::QuarantinedEvents => Some(Unit::Count),
            Self::EventRateDrop
            | Self::EventRateSpike
            | Self::DatabaseUnhealthy
            | Self::HealthCheckStale
            | Self::CloudwatchFailing
            | Self::DamagedItem
            | Self::TableMisconfigured
            | Self::UnlistedSource => None,
        }
    }
}
