//! The period before an answer's, for comparison.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::log::TimeRange;
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

/// The same stretch as an answer's, earlier by the length asked for: whole windows, whole hours where
/// windows are no longer kept. `None` where nothing was answered.
pub fn before(asked: TimeRange, answered: &Answered, log_since: Timestamp) -> Option<Before> {
    let seconds = asked.to().duration_since(asked.from()).as_secs();
    let up = |grain: Grain| (seconds + grain.seconds() - 1) / grain.seconds() * grain.seconds();
    let by_windows = SignedDuration::from_secs(up(Grain::Window));
    let is_in_log = answered.from.checked_sub(by_windows).is_ok_and(|from| from >= log_since);
    let shift = match is_in_log {
        true => by_windows,
        false => SignedDuration::from_secs(up(Grain::Hour)),
    };
    let from = answered.from.checked_sub(shift).ok()?;
    let through = answered.through.checked_sub(shift).ok()?;
    (from < through).then_some(Before { from, through, shift })
}

impl Before {
    /// What is to be read.
    pub fn range(&self) -> Option<TimeRange> {
        TimeRange::new(self.from, self.through)
    }

    /// The period as it was answered; `None` where too little is known of it to compare it: the log
    /// is younger, or more than a hundredth of it is missing.
    pub fn known(self, answered: &Answered) -> Option<Self> {
        let length = |from: Timestamp, to: Timestamp| to.duration_since(from).as_secs_f64();
        let wanted = length(self.from, self.through);
        let is_long_enough =
            (length(answered.from, answered.through) - wanted).abs() <= wanted * TOLERANCE;
        (answered.log_begins.is_none() && is_long_enough).then_some(Self {
            from: answered.from,
            through: answered.through,
            ..self
        })
    }
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

    fn answered(from: &str, through: &str) -> Answered {
        let (from, through) = (at(from), at(through));
        Answered { from, through, incomplete: false, log_begins: None, rollups: 0, entries: 0 }
    }

    #[test]
    fn the_period_before_is_earlier_by_the_length_asked_for() {
        let asked = TimeRange::new(at("2026-11-22T12:02:00Z"), at("2026-11-23T12:02:00Z")).unwrap();
        let now = answered("2026-11-22T12:00:00Z", "2026-11-23T12:02:00Z");
        let found = before(asked, &now, at("2026-11-01T00:00:00Z")).unwrap();
        assert_eq!(
            (found.from, found.through),
            (at("2026-11-21T12:00:00Z"), at("2026-11-22T12:02:00Z"))
        );
        let odd = TimeRange::new(at("2026-11-23T12:00:00Z"), at("2026-11-23T12:02:00Z")).unwrap();
        let now = answered("2026-11-23T12:00:00Z", "2026-11-23T12:02:00Z");
        let minutes = |since: &str| before(odd, &now, at(since)).unwrap().shift.as_mins();
        assert_eq!([minutes("2026-11-01T00:00:00Z"), minutes("2026-11-23T12:00:00Z")], [5, 60]);
        let nothing = answered("2026-11-23T12:00:00Z", "2026-11-23T12:00:00Z");
        assert_eq!(before(odd, &nothing, at("2026-11-01T00:00:00Z")), None);
    }

    #[test]
    fn what_is_missing_before_makes_no_change() {
        let shift = SignedDuration::from_hours(24);
        let wanted =
            Before { from: at("2026-11-21T12:00:00Z"), through: at("2026-11-22T12:00:00Z"), shift };
        for (answered, is_known) in [
            (answered("2026-11-21T12:00:00Z", "2026-11-22T12:00:00Z"), true),
            (answered("2026-11-21T12:00:00Z", "2026-11-22T11:50:00Z"), true),
            (answered("2026-11-21T13:00:00Z", "2026-11-22T12:00:00Z"), false),
            (answered("2026-11-22T12:00:00Z", "2026-11-22T12:00:00Z"), false),
            (
                Answered {
                    log_begins: Some(at("2026-11-21T20:00:00Z")),
                    ..answered("2026-11-21T12:00:00Z", "2026-11-22T12:00:00Z")
                },
                false,
            ),
        ] {
            assert_eq!(wanted.known(&answered).is_some(), is_known, "{answered:?}");
        }
        assert_eq!((change(0, 5), change(4, 6), change(4, 0)), (None, Some(0.5), Some(-1.0)));
    }
}
