//! The thresholds: names, defaults, ranges, and what they must not contradict.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Scale;
use crate::config::{ConfigError, Vars};

macro_rules! thresholds {
    ($($(#[$meta:meta])* $name:ident: $default:literal, $least:literal..=$most:literal, $expected:literal $(, $variable:literal)?;)+) => {
        /// The limits that observations are judged by. Rates are shares from 0 to 1, times are seconds.
        #[derive(Debug, Clone, Copy, PartialEq, Serialize)]
        pub struct Thresholds { $($(#[$meta])* pub $name: f64),+ }

        impl Default for Thresholds {
            fn default() -> Self {
                Self { $($name: $default),+ }
            }
        }

        impl Thresholds {
            /// Every threshold's name.
            pub const NAMES: &[&str] = &[$(stringify!($name)),+];

            /// Every threshold by its name.
            pub fn values(&self) -> BTreeMap<&'static str, f64> {
                BTreeMap::from([$((stringify!($name), self.$name)),+])
            }

            fn set(&mut self, name: &str, value: f64) -> Result<(), BadThreshold> {
                match name {
                    $(stringify!($name) if ($least..=$most).contains(&value) => self.$name = value,
                    stringify!($name) => return Err(BadThreshold::new(name, $expected)),)+
                    _ => return Err(BadThreshold::new(name, "left out: there is no such threshold")),
                }
                Ok(())
            }

            fn read(vars: &Vars<'_>) -> Result<Self, ConfigError> {
                let mut thresholds = Self::default();
                $($(
                    let value = vars.parsed($variable, thresholds.$name, $expected)?;
                    thresholds.set(stringify!($name), value).map_err(|bad| ConfigError::new($variable, format!("must be {}", bad.expected)))?;
                )?)+
                Ok(thresholds)
            }
        }
    };
}

thresholds! {
    /// Least share of outcomes that succeed (health tier).
    success_rate_min: 0.95, 0.0..=1.0, "a share from 0 to 1", "WEBHOOK_SUCCESS_RATE_THRESHOLD";
    /// Longest mean processing time (health tier).
    avg_processing_time_max: 5.0, 0.001..=86_400.0, "a number of seconds from 0.001 to 86400", "WEBHOOK_PROCESSING_TIME_THRESHOLD";
    /// Largest share of outcomes that fail (health tier).
    error_rate_max: 0.05, 0.0..=1.0, "a share from 0 to 1", "WEBHOOK_ERROR_RATE_THRESHOLD";
    /// Longest 95th percentile of processing times (health tier); three times as much is the alert tier.
    p95_processing_time_max: 10.0, 0.001..=86_400.0, "a number of seconds from 0.001 to 86400";
    /// Fewest events a minute where at least three times as many are expected.
    events_per_minute_min: 0.1, 0.0..=1_000_000.0, "a number from 0 to 1000000";
    /// Share of outcomes that fail (alert tier).
    critical_error_rate: 0.10, 0.0..=1.0, "a share from 0 to 1", "WEBHOOK_ALERT_CRITICAL_ERROR_RATE";
    /// Mean processing time (alert tier).
    high_processing_time: 15.0, 0.001..=86_400.0, "a number of seconds from 0.001 to 86400", "WEBHOOK_ALERT_HIGH_PROCESSING_TIME";
    /// Share of outcomes that succeed (alert tier).
    low_success_rate: 0.90, 0.0..=1.0, "a share from 0 to 1", "WEBHOOK_ALERT_LOW_SUCCESS_RATE";
    /// Events that should have come and did not (health tier).
    missed_events_max: 9.0, 1.0..=1_000.0, "a number from 1 to 1000";
    /// Events that should have come and did not (alert tier).
    missed_events_critical: 14.0, 1.0..=1_000.0, "a number from 1 to 1000";
    /// Longest 95th percentile of first deliveries' lags (health tier); ten times as much is the alert tier.
    delivery_lag_max: 60.0, 1.0..=86_400.0, "a number of seconds from 1 to 86400";
    /// How long an event may be without an outcome (health tier); four times as long is the alert tier.
    unprocessed_after: 900.0, 60.0..=21_600.0, "a number of seconds from 60 to 21600";
    /// Forged requests a minute (health tier); ten times as many are the alert tier.
    forged_per_minute_max: 60.0, 1.0..=1_000_000.0, "a number from 1 to 1000000";
    /// Wrong tokens in 5 minutes (health tier); ten times as many are the alert tier.
    authentication_failures_max: 10.0, 1.0..=1_000_000.0, "a number from 1 to 1000000";
}

/// A threshold that cannot be as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadThreshold {
    /// Its name, at most 64 characters of it.
    pub name: String,
    /// Completes "must be ...".
    pub expected: &'static str,
}

impl BadThreshold {
    fn new(name: &str, expected: &'static str) -> Self {
        Self { name: name.chars().take(64).collect(), expected }
    }
}

impl Thresholds {
    /// The defaults of a deployment: the guide's variables, the rest as it is.
    pub fn from_vars(vars: &Vars<'_>) -> Result<Self, ConfigError> {
        let thresholds = Self::read(vars)?;
        thresholds.consistent().map_err(|bad| {
            let (variable, reason) = match bad.name.as_str() {
                "critical_error_rate" => (
                    "WEBHOOK_ALERT_CRITICAL_ERROR_RATE",
                    "must be at least WEBHOOK_ERROR_RATE_THRESHOLD",
                ),
                "low_success_rate" => (
                    "WEBHOOK_ALERT_LOW_SUCCESS_RATE",
                    "must be at most WEBHOOK_SUCCESS_RATE_THRESHOLD",
                ),
                _ => (
                    "WEBHOOK_ALERT_HIGH_PROCESSING_TIME",
                    "must be at least WEBHOOK_PROCESSING_TIME_THRESHOLD",
                ),
            };
            ConfigError::new(variable, reason)
        })?;
        Ok(thresholds)
    }

    /// These with some of them changed.
    ///
    /// # Errors
    /// The first one that does not exist, is out of its range, or contradicts another.
    pub fn with<'a>(
        mut self,
        changes: impl IntoIterator<Item = (&'a str, f64)>,
    ) -> Result<Self, BadThreshold> {
        for (name, value) in changes {
            self.set(name, value)?;
        }
        self.consistent()?;
        Ok(self)
    }

    /// An alert tier must not be softer than its health tier.
    fn consistent(&self) -> Result<(), BadThreshold> {
        for (holds, name, expected) in [
            (
                self.critical_error_rate >= self.error_rate_max,
                "critical_error_rate",
                "at least error_rate_max",
            ),
            (
                self.low_success_rate <= self.success_rate_min,
                "low_success_rate",
                "at most success_rate_min",
            ),
            (
                self.high_processing_time >= self.avg_processing_time_max,
                "high_processing_time",
                "at least avg_processing_time_max",
            ),
            (
                self.missed_events_critical >= self.missed_events_max,
                "missed_events_critical",
                "at least missed_events_max",
            ),
        ] {
            if !holds {
                return Err(BadThreshold::new(name, expected));
            }
        }
        Ok(())
    }

    /// Of the share of outcomes that fail: the stricter of the guide's two limits in each tier.
    pub fn error_rate(&self) -> Scale {
        let health = self.error_rate_max.min(complement(self.success_rate_min));
        let alert = self.critical_error_rate.min(complement(self.low_success_rate));
        Scale { good: 0.0, health, alert, zero: alert.max(0.5) }
    }

    /// Of the mean processing time, in seconds.
    pub fn processing_time(&self) -> Scale {
        let alert = self.high_processing_time;
        Scale { good: 0.0, health: self.avg_processing_time_max, alert, zero: alert * 3.0 }
    }

    /// Of the 95th percentile of processing times, in seconds.
    pub fn p95_processing_time(&self) -> Scale {
        rising(self.p95_processing_time_max, 3.0, 9.0)
    }

    /// Of events that should have come and did not.
    pub fn missed_events(&self) -> Scale {
        let alert = self.missed_events_critical;
        Scale { good: 0.0, health: self.missed_events_max, alert, zero: alert * 20.0 / 7.0 }
    }

    /// Of the 95th percentile of first deliveries' lags, in seconds.
    pub fn delivery_lag(&self) -> Scale {
        rising(self.delivery_lag_max, 10.0, 60.0)
    }

    /// Of the age of the oldest event without an outcome, in seconds.
    pub fn unprocessed(&self) -> Scale {
        rising(self.unprocessed_after, 4.0, 24.0)
    }

    /// Of forged requests a minute.
    pub fn forged_per_minute(&self) -> Scale {
        rising(self.forged_per_minute_max, 10.0, 100.0)
    }

    /// Of wrong tokens in 5 minutes.
    pub fn authentication_failures(&self) -> Scale {
        rising(self.authentication_failures_max, 10.0, 100.0)
    }
}

/// What a share leaves, without the dust of binary fractions: 1 - 0.9 is 0.1.
fn complement(share: f64) -> f64 {
    ((1.0 - share) * 1e9).round() / 1e9
}

fn rising(health: f64, alert: f64, zero: f64) -> Scale {
    Scale { good: 0.0, health, alert: health * alert, zero: health * zero }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guides_variables_set_the_defaults() {
        let lookup = |name: &str| match name {
            "WEBHOOK_ERROR_RATE_THRESHOLD" => Some("0.02".to_owned()),
            "WEBHOOK_ALERT_HIGH_PROCESSING_TIME" => Some("60".to_owned()),
            _ => None,
        };
        let thresholds = Thresholds::from_vars(&Vars::new(&lookup)).unwrap();
        let changes = [("error_rate_max", 0.02), ("high_processing_time", 60.0)];
        assert_eq!(Ok(thresholds), Thresholds::default().with(changes));
        for (variable, value) in [
            ("WEBHOOK_SUCCESS_RATE_THRESHOLD", "1.5"),
            ("WEBHOOK_ALERT_CRITICAL_ERROR_RATE", "NaN"),
            ("WEBHOOK_ALERT_CRITICAL_ERROR_RATE", "0.01"),
            ("WEBHOOK_ALERT_LOW_SUCCESS_RATE", "0.99"),
            ("WEBHOOK_ALERT_HIGH_PROCESSING_TIME", "1"),
        ] {
            let lookup = |name: &str| (name == variable).then(|| value.to_owned());
            let error = Thresholds::from_vars(&Vars::new(&lookup)).unwrap_err();
            assert_eq!(error.name, variable);
        }
    }

    #[test]
    fn a_bad_change_is_named() {
        for (name, value) in [
            ("error_rate", 0.1),
            ("error_rate_max", 1.1),
            ("error_rate_max", -0.1),
            ("error_rate_max", f64::NAN),
            ("critical_error_rate", 0.01),
            ("low_success_rate", 0.96),
            ("high_processing_time", 4.9),
            ("missed_events_critical", 8.0),
            ("p95_processing_time_max", f64::INFINITY),
        ] {
            let bad = Thresholds::default().with([(name, value)]).unwrap_err();
            assert_eq!(bad.name, name);
        }
        let both = [("error_rate_max", 0.2), ("critical_error_rate", 0.2)];
        assert!(Thresholds::default().with(both).is_ok(), "changes are judged together");
    }

    #[test]
    fn scales_are_the_documented_ones() {
        let thresholds = Thresholds::default();
        let rate = thresholds.error_rate();
        assert_eq!((rate.health, rate.alert, rate.zero), (0.05, 0.1, 0.5));
        let missed = thresholds.missed_events();
        assert_eq!((missed.health, missed.alert, missed.zero), (9.0, 14.0, 40.0));
        let p95 = thresholds.p95_processing_time();
        assert_eq!((p95.health, p95.alert, p95.zero), (10.0, 30.0, 90.0));
        let lag = thresholds.delivery_lag();
        assert_eq!((lag.health, lag.alert, lag.zero), (60.0, 600.0, 3_600.0));
    }
}
