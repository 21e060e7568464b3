//! The spans of time that the pages look at.

use jiff::{SignedDuration, Timestamp};
use shared::log::TimeRange;

/// A span up to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A week.
    Week,
    /// 30 days.
    Month,
}

impl Period {
    /// All of them, the shortest first.
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    /// As it is written in an address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
        }
    }

    /// Its length in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "24 hours",
            Self::Week => "7 days",
            Self::Month => "30 days",
        }
    }

    /// Its length in hours.
    pub fn hours(self) -> i64 {
        match self {
            Self::Hour => 1,
            Self::Day => 24,
            Self::Week => 7 * 24,
            Self::Month => 30 * 24,
        }
    }

    /// The span up to now; `None` at the beginning of time.
    pub fn scope(self, now: Timestamp) -> Option<Scope> {
        let from = now.checked_sub(SignedDuration::from_hours(self.hours())).ok()?;
        let range = TimeRange::new(from, now)?;
        let query = format!("time_range_hours={}", self.hours());
        Some(Scope { range, words: format!("the last {}", self.words()), query })
    }
}

impl std::str::FromStr for Period {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|period| period.as_str() == text).ok_or(())
    }
}

/// What numbers are of.
#[derive(Debug, Clone, PartialEq)]
pub struct Scope {
    /// The range.
    pub range: TimeRange,
    /// The range in words: "the last 24 hours".
    pub words: String,
    /// The range as parameters of a list.
    pub query: String,
}

impl Scope {
    /// A range that is none of the periods.
    pub fn of(range: TimeRange) -> Self {
        let (from, to) = (range.from(), range.to());
        let words =
            format!("{} to {}", from.strftime("%Y-%m-%d %H:%M"), to.strftime("%Y-%m-%d %H:%M"));
        Self { range, words, query: format!("from={from}&to={to}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_ends_now() {
        let now: Timestamp = "2026-11-24T12:34:56Z".parse().unwrap();
        for period in Period::ALL {
            let scope = period.scope(now).unwrap();
            assert_eq!(period.as_str().parse(), Ok(period));
            assert_eq!(scope.range.to(), now);
            assert_eq!(now.duration_since(scope.range.from()).as_hours(), period.hours());
        }
        assert!("2h".parse::<Period>().is_err());
    }
}
