//! The period before an answer's, for comparison.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::log::TimeRange;
use crate::metrics::Step;
use crate::rollup::Grain;
use crate::store::Answered;

/// Share by which two periods may differ in length and still be compared.
const TOLERANCE: f64 = 0.01;

/// The period that an answer is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Before {
    /// Its beginning.
    pub from: Timestamp,
    /// Its end.
    pub through: Timestamp,
    /// By how much it lies before the answer's.
    #[serde(skip)]
    pub shift: SignedDuration,
}

/// The stretch before an answered one, as long and without an instant in common: whole windows earlier,
/// whole hours where windows are no longer kept.
pub fn before(answered: TimeRange, log_since: Timestamp) -> Option<Before> {
    let by_windows = up(answered, Grain::Window);
    let is_in_log = answered.from().checked_sub(by_windows).is_ok_and(|from| from >= log_since);
    let shift = if is_in_log { by_windows } else { up(answered, Grain::Hour) };
    let from = answered.from().checked_sub(shift).ok()?;
    let through = answered.to().checked_sub(shift).ok()?;
    Some(Before { from, through, shift })
}

/// The stretch before, where hours are compared: earlier by the hours asked for, so that noon is compared
/// with noon. It ends where the answered one begins. None of more than 14 days: an hour says nothing about the
/// one that long after, of another day of the week, and twice as many would have to be read.
pub fn before_by_hour(asked: TimeRange, answered: TimeRange) -> Option<Before> {
    if Step::of(asked, asked.from()) == Step::Day {
        return None;
    }
    let shift = up(asked, Grain::Hour);
    let from = answered.from().checked_sub(shift).ok()?;
    let through = answered.to().checked_sub(shift).ok()?.min(answered.from());
    (from < through).then_some(Before { from, through, shift })
}

/// A range's length, rounded up.
fn up(range: TimeRange, grain: Grain) -> SignedDuration {
    let length = range.to().duration_since(range.from());
    let whole = length.as_secs().div_euclid(grain.seconds()) * grain.seconds();
    let is_whole = length == SignedDuration::from_secs(whole);
    SignedDuration::from_secs(if is_whole { whole } else { whole + grain.seconds() })
}

impl Before {
    /// What is to be read.
    pub fn range(&self) -> Option<TimeRange> {
        TimeRange::new(self.from, self.through)
    }

    /// Whether enough of it can be there, when roll-ups are kept since an instant.
    pub fn is_kept(&self, rollups_since: Timestamp) -> bool {
        let missing = rollups_since.duration_since(self.from).as_secs_f64();
        missing <= seconds(self.from, self.through) * TOLERANCE
    }

    /// The period as it was answered; `None` where too little is known of it to compare it: the log
    /// is younger, or more than a hundredth of it is missing.
    pub fn known(self, answered: &Answered) -> Option<Self> {
        let wanted = seconds(self.from, self.through);
        let difference = seconds(answered.from, answered.through) - wanted;
        let is_watched = answered.has_begun && answered.log_begins.is_none();
        (is_watched && difference.abs() <= wanted * TOLERANCE).then_some(Self {
            from: answered.from,
            through: answered.through,
            ..self
        })
    }
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

/// The change from one count to another as a share of the former: 0.5 is half as many again. `None`
/// where there was none before.
pub(super) fn change(before: u64, now: u64) -> Option<f64> {
    (before > 0).then(|| now as f64 / before as f64 - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn range(from: &str, to: &str) -> TimeRange {
        TimeRange::new(at(from), at(to)).unwrap()
    }

    fn answered(from: &str, through: &str) -> Answered {
        let (from, through) = (at(from), at(through));
        let (rollups, entries) = (1, 0);
        Answered {
            from,
            through,
            incomplete: false,
            log_begins: None,
            has_begun: true,
            rollups,
            entries,
        }
    }

    #[test]
    fn the_period_before_is_as_long_and_ends_before_the_answer_begins() {
        const LONG_AGO: &str = "2026-01-01T00:00:00Z";
        for (from, through, log_since, expected) in [
            // 24 hours and 2 minutes, since windows begin every 5 minutes.
            (
                "2026-11-22T12:00:00Z",
                "2026-11-23T12:02:00.5Z",
                LONG_AGO,
                ("2026-11-21T11:55:00Z", "2026-11-22T11:57:00.5Z"),
            ),
            (
                "2026-11-22T12:00:00Z",
                "2026-11-23T12:00:00Z",
                LONG_AGO,
                ("2026-11-21T12:00:00Z", "2026-11-22T12:00:00Z"),
            ),
            // Hours, where there are no windows.
            (
                "2026-11-23T12:00:00Z",
                "2026-11-23T12:02:00Z",
                "2026-11-23T12:00:00Z",
                ("2026-11-23T11:00:00Z", "2026-11-23T11:02:00Z"),
            ),
        ] {
            let answered = range(from, through);
            let found = before(answered, at(log_since)).unwrap();
            assert_eq!((found.from, found.through), (at(expected.0), at(expected.1)));
            assert!(found.through <= answered.from(), "{found:?}");
        }
    }

    #[test]
    fn hours_are_compared_with_the_same_ones_of_the_day_before() {
        let asked = range("2026-11-22T12:02:00Z", "2026-11-23T12:02:00Z");
        let answered = range("2026-11-22T12:00:00Z", "2026-11-23T12:02:00Z");
        let found = before_by_hour(asked, answered).unwrap();
        let expected = (at("2026-11-21T12:00:00Z"), at("2026-11-22T12:00:00Z"));
        assert_eq!(((found.from, found.through), found.shift.as_hours()), (expected, 24));
        let fortnight = range("2026-11-09T12:02:00Z", "2026-11-23T12:02:00Z");
        assert!(before_by_hour(fortnight, fortnight).is_some());
        let longer = range("2026-11-09T12:02:00Z", "2026-11-23T12:03:00Z");
        assert_eq!(before_by_hour(longer, longer), None);
    }

    #[test]
    fn what_is_missing_before_makes_no_change() {
        let shift = SignedDuration::from_hours(24);
        let wanted =
            Before { from: at("2026-11-21T12:00:00Z"), through: at("2026-11-22T12:00:00Z"), shift };
        let whole = answered("2026-11-21T12:00:00Z", "2026-11-22T12:00:00Z");
        for (answered, is_known) in [
            (whole, true),
            (answered("2026-11-21T12:00:00Z", "2026-11-22T11:50:00Z"), true),
            (answered("2026-11-21T13:00:00Z", "2026-11-22T12:00:00Z"), false),
            (answered("2026-11-22T12:00:00Z", "2026-11-22T12:00:00Z"), false),
            (Answered { log_begins: Some(at("2026-11-21T20:00:00Z")), ..whole }, false),
            (Answered { has_begun: false, ..whole }, false),
        ] {
            assert_eq!(wanted.known(&answered).is_some(), is_known, "{answered:?}");
        }
        for (since, is_kept) in [("2026-11-21T12:10:00Z", true), ("2026-11-21T13:00:00Z", false)] {
            assert_eq!(wanted.is_kept(at(since)), is_kept, "{since}");
        }
        assert_eq!((change(0, 5), change(4, 6), change(4, 0)), (None, Some(0.5), Some(-1.0)));
    }
}
