//! A half-open range of time.

use jiff::{SignedDuration, Timestamp};

/// Hours of the longest range that is asked about.
const MOST_HOURS: f64 = 2160.0;

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

    /// The `hours` before `to`. `None` unless `0 < hours <= 2160`, the longest that metrics are
    /// kept by default (90 days), or where it begins before time does.
    pub fn hours_before(to: Timestamp, hours: f64) -> Option<Self> {
        if !(hours > 0.0 && hours <= MOST_HOURS) {
            return None;
        }
        let span = SignedDuration::try_from_secs_f64(hours * 3600.0).ok()?;
        Self::new(to.checked_sub(span).ok()?, to)
    }

    /// Whether it is longer than 2160 hours.
    pub fn is_too_long(&self) -> bool {
        self.to.duration_since(self.from).as_secs_f64() > MOST_HOURS * 3600.0
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
    fn hours_have_bounds() {
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        for bad in [0.0, -1.0, 1e9, 2160.1, f64::NAN, f64::INFINITY] {
            assert_eq!(TimeRange::hours_before(now, bad), None, "{bad}");
        }
        let half = TimeRange::hours_before(now, 0.5).unwrap();
        assert_eq!(half.to().duration_since(half.from()), SignedDuration::from_mins(30));
    }
}
