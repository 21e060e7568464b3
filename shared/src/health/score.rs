//! From a value to a score from 0 to 1, and from a score to a status.

use serde::Serialize;

use crate::log::named;

/// How good something is: from 0, the worst, to 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Score(f64);

named! {
    /// The guide's statuses.
    Status {
        /// At least 0.9: everything is within the health tier.
        Healthy = "healthy",
        /// Above 0.5.
        Degraded = "degraded",
        /// The alert tier is reached.
        Critical = "critical",
    }
}

impl Score {
    /// Nothing is wrong.
    pub const GOOD: Self = Self(1.0);
    /// At the health limit: the last score that is healthy.
    pub const AT_HEALTH_LIMIT: Self = Self(0.9);
    /// At the alert limit: the first score that is critical.
    pub const AT_ALERT_LIMIT: Self = Self(0.5);
    /// The lowest score that is not critical: the floor of what must never be, by itself.
    pub const NOT_CRITICAL: Self = Self(0.51);
    /// As bad as it gets.
    pub const ZERO: Self = Self(0.0);

    /// A score; what lies outside of 0 to 1 is the nearer of them.
    pub const fn new(value: f64) -> Self {
        Self(value.clamp(0.0, 1.0))
    }

    /// From 0 to 1.
    pub fn value(self) -> f64 {
        self.0
    }

    /// The lower of two.
    pub fn min(self, other: Self) -> Self {
        Self(self.0.min(other.0))
    }

    /// The higher of two.
    pub fn max(self, other: Self) -> Self {
        Self(self.0.max(other.0))
    }

    /// What it is called.
    pub fn status(self) -> Status {
        if self.0 >= Self::AT_HEALTH_LIMIT.0 {
            Status::Healthy
        } else if self.0 > Self::AT_ALERT_LIMIT.0 {
            Status::Degraded
        } else {
            Status::Critical
        }
    }
}

/// Which values mean what: 1 up to `good`, 0.9 at `health`, 0.5 at `alert`, 0 from `zero` on, linear
/// between. `good <= health <= alert <= zero`; more is worse.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Scale {
    /// Up to here nothing is wrong.
    pub good: f64,
    /// The limit of the health tier: beyond it is degraded.
    pub health: f64,
    /// The limit of the alert tier: from here on critical.
    pub alert: f64,
    /// From here on 0.
    pub zero: f64,
}

impl Scale {
    /// The score of a value. Where limits coincide, the value at them still has the better score, but for
    /// the alert limit, which is critical.
    pub fn score(&self, value: f64) -> Score {
        let Self { good, health, alert, zero } = *self;
        let between = |(from, upper): (f64, f64), (to, lower): (f64, f64)| {
            upper + (lower - upper) * (value - from) / (to - from)
        };
        Score::new(if value <= good {
            1.0
        } else if value <= health {
            between((good, 1.0), (health, 0.9))
        } else if value < alert {
            between((health, 0.9), (alert, 0.5))
        } else if value < zero {
            between((alert, 0.5), (zero, 0.0))
        } else {
            0.0
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ERRORS: Scale = Scale { good: 0.0, health: 0.05, alert: 0.10, zero: 0.50 };

    #[test]
    fn a_score_falls_from_limit_to_limit() {
        for (value, score) in [
            (-1.0, 1.0),
            (0.0, 1.0),
            (0.004, 0.992),
            (0.05, 0.9),
            (0.06, 0.82),
            (0.10, 0.5),
            (0.12, 0.475),
            (0.30, 0.25),
            (0.50, 0.0),
            (1.0, 0.0),
        ] {
            assert!((ERRORS.score(value).value() - score).abs() < 1e-9, "{value}");
        }
    }

    #[test]
    fn limits_that_coincide_are_steps() {
        let step = Scale { good: 0.0, health: 0.1, alert: 0.1, zero: 0.1 };
        assert_eq!(step.score(0.1), Score::AT_HEALTH_LIMIT);
        assert_eq!(step.score(0.11), Score::ZERO);
        let all_or_nothing = Scale { good: 0.0, health: 0.0, alert: 0.0, zero: 0.0 };
        assert_eq!(all_or_nothing.score(0.0), Score::GOOD);
        assert_eq!(all_or_nothing.score(f64::MIN_POSITIVE), Score::ZERO);
    }

    #[test]
    fn statuses_change_at_their_limits() {
        for (score, status) in [
            (1.0, Status::Healthy),
            (0.9, Status::Healthy),
            (0.899_999, Status::Degraded),
            (0.51, Status::Degraded),
            (0.5, Status::Critical),
            (0.0, Status::Critical),
        ] {
            assert_eq!(Score::new(score).status(), status, "{score}");
        }
    }
}
