//! The grid of time that rollups are made on.

use jiff::{SignedDuration, Timestamp};

use crate::log::TimeRange;

/// A closed window is read once all that was logged in it should be there: writers give up 25 s after
/// they took the time (the operations API's limit), clocks differ by a second or two, and the index
/// follows the table within one, as a rule.
pub const GRACE: SignedDuration = SignedDuration::from_secs(60);

/// A window is read again so much later, for what came later all the same, and what is made of it is made.
pub const SECOND_READING: SignedDuration = SignedDuration::from_mins(60);

/// Length of a rollup's stretch of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grain {
    /// 5 minutes.
    Window,
    /// An hour.
    Hour,
    /// A UTC day.
    Day,
}

impl Grain {
    /// All of them.
    pub const LONGEST_FIRST: [Self; 3] = [Self::Day, Self::Hour, Self::Window];

    /// What a rollup of it is made of; `None` where that is the log itself.
    pub fn part(self) -> Option<Self> {
        match self {
            Self::Window => None,
            Self::Hour => Some(Self::Window),
            Self::Day => Some(Self::Hour),
        }
    }

    /// Its length in seconds.
    pub fn seconds(self) -> i64 {
        match self {
            Self::Window => 300,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }

    /// The bucket that an instant is in.
    pub fn bucket_of(self, at: Timestamp) -> Bucket {
        // The first instant of all is on no boundary; nothing is ever logged then.
        let second = at.as_second() - at.as_second().rem_euclid(self.seconds());
        let floor = Timestamp::from_second(second).unwrap_or(Timestamp::MIN);
        let before = floor > at;
        Bucket { grain: self, start: if before { floor - self.length() } else { floor } }
    }

    /// How long a bucket is.
    pub fn length(self) -> SignedDuration {
        SignedDuration::from_secs(self.seconds())
    }
}

/// One stretch of the log that is rolled up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket {
    /// How long it is.
    pub grain: Grain,
    /// Its first instant, a multiple of its length.
    pub start: Timestamp,
}

impl Bucket {
    /// Its first instant after.
    pub fn end(self) -> Timestamp {
        self.start.saturating_add(self.grain.length()).unwrap_or(Timestamp::MAX)
    }

    /// The bucket after this one.
    pub fn next(self) -> Self {
        Self { start: self.end(), ..self }
    }

    /// Its range; `None` at the end of time.
    pub fn range(self) -> Option<TimeRange> {
        TimeRange::new(self.start, self.end())
    }

    /// The bucket before this one.
    pub fn before(self) -> Self {
        let start = self.start.saturating_sub(self.grain.length()).unwrap_or(Timestamp::MIN);
        Self { start, ..self }
    }

    /// What it is made of: the windows of an hour, the hours of a day. A window has no parts.
    pub fn parts(self) -> impl DoubleEndedIterator<Item = Self> {
        let part = self.grain.part().map(|grain| (grain, self.grain.seconds() / grain.seconds()));
        part.into_iter().flat_map(move |(grain, count)| {
            let start = move |n| self.start + SignedDuration::from_secs(n * grain.seconds());
            (0..count).map(move |n| Self { grain, start: start(n) })
        })
    }

    /// When it may be read for the first time.
    pub fn closes_at(self) -> Timestamp {
        self.end().saturating_add(GRACE).unwrap_or(Timestamp::MAX)
    }

    /// From when on a reading is its last.
    pub fn settles_at(self) -> Timestamp {
        self.closes_at().saturating_add(SECOND_READING).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets() {
        let at: Timestamp = "2026-11-23T14:58:59.999999Z".parse().unwrap();
        let [day, hour, window] = Grain::LONGEST_FIRST.map(|grain| grain.bucket_of(at));
        assert_eq!(window.start.to_string(), "2026-11-23T14:55:00Z");
        assert_eq!(hour.start.to_string(), "2026-11-23T14:00:00Z");
        assert_eq!(day.start.to_string(), "2026-11-23T00:00:00Z");
        assert_eq!(hour.parts().next_back(), Some(window));
        assert_eq!(window.end(), hour.end());
        assert_eq!(day.parts().nth(14), Some(hour));
        assert_eq!([day, hour, window].map(|bucket| bucket.parts().count()), [24, 12, 0]);
        assert_eq!([day, hour, window].map(|bucket| bucket.next().before()), [day, hour, window]);
        assert_eq!(window.closes_at().to_string(), "2026-11-23T15:01:00Z");
        assert_eq!(Grain::Hour.bucket_of(hour.end()), hour.next());
        let before_1970 = Timestamp::from_microsecond(-1).unwrap();
        assert_eq!(Grain::Window.bucket_of(before_1970).start.as_second(), -300);
    }
}
