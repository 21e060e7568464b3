//! A half-open range of time.

use jiff::{SignedDuration, Timestamp};

/// `from <= t < to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRange {
    from: Timestamp,
    to: Timestamp,
}

impl TimeRange {
    /// The range, or `None` when it would be empty.
    pub fn new(from: Timestamp, to: Timestamp) -> Option<Self> {
        (from < to).then_some(Self { from, to })
    }

    /// The `hours` before `to`. `None` where that is no time at all, or begins before time does.
    pub fn hours_before(to: Timestamp, hours: f64) -> Option<Self> {
        let span = SignedDuration::try_from_secs_f64(hours * 3600.0).ok()?;
        Self::new(to.checked_sub(span).ok()?, to)
    }

    /// From its first instant to its end.
    pub fn length(&self) -> SignedDuration {
        self.to.duration_since(self.from)
    }

    /// First instant.
    pub fn from(&self) -> Timestamp {
        self.from
    }

    /// First instant after the range.
    pub fn to(&self) -> Timestamp {
        self.to
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_some_and_within_time() {
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        for bad in [0.0, -1.0, 1e9, 1e300, f64::NAN, f64::INFINITY] {
            assert_eq!(TimeRange::hours_before(now, bad), None, "{bad}");
        }
        let half = TimeRange::hours_before(now, 0.5).unwrap();
        assert_eq!(half.length(), SignedDuration::from_mins(30));
    }
}
