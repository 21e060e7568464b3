//! Days, made of their hours: what a question about a month is answered from.

use jiff::Timestamp;
use shared::rollup::{Bucket, Grain};
use shared::store::MadeDays;

use super::{Made, Run};

/// Days that a run makes, beside one that was lost: a past without days is made up for over some hours, and
/// no run pays for all of it.
const MOST: usize = 4;

/// The days that are made when nothing is said of them: none before the day up to which hours are made.
pub fn none_yet(hours_through: Timestamp) -> MadeDays {
    let at = Grain::Day.bucket_of(hours_through).start;
    MadeDays { from: at, through: at }
}

/// What was said of days, as far as it holds now: not what a clock said that was ahead.
pub fn that_hold(said: Option<MadeDays>, now: Timestamp) -> Option<MadeDays> {
    said.filter(|days| days.from <= days.through && days.through <= now)
}

/// The days before that of an hour which is made again; those since must be made again too.
pub fn before(days: MadeDays, hour: Timestamp) -> MadeDays {
    let through = days.through.min(Grain::Day.bucket_of(hour).start);
    MadeDays { from: days.from.min(through), through }
}

/// The day to make next: the one after those that are made, once its hours are, else the one before them,
/// as far back as roll-ups are kept.
fn next(made: MadeDays, hours_through: Timestamp, kept_since: Timestamp) -> Option<Bucket> {
    let after = Grain::Day.bucket_of(made.through);
    let before = Grain::Day.bucket_of(made.from).before();
    if after.end() <= hours_through {
        Some(after)
    } else {
        Some(before).filter(|day| day.start >= kept_since)
    }
}

impl Run<'_> {
    /// Makes the days that are due, and one that was found lost. Returns those that are made then.
    pub(super) async fn make_days(
        &mut self,
        mut made: MadeDays,
        lost: Option<Bucket>,
        hours_through: Timestamp,
    ) -> MadeDays {
        if let Some(lost) = lost {
            self.is_done_with(lost).await;
        }
        let kept_since = self.retention.rollups_since(self.now);
        for _ in 0..MOST {
            let Some(day) = next(made, hours_through, kept_since) else { break };
            if !self.is_done_with(day).await {
                break;
            }
            made.from = made.from.min(day.start);
            made.through = made.through.max(day.end());
        }
        made
    }

    /// Makes a day; `false` where that is left to the next run.
    async fn is_done_with(&mut self, day: Bucket) -> bool {
        match self.make(day).await {
            Ok(Made::Yes | Made::Never) => true,
            Ok(Made::Later) => false,
            Err(error) => {
                tracing::error!(%error, "step failed");
                self.summary.failed += 1;
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(from: &str, through: &str) -> MadeDays {
        let at = |day: &str| format!("2026-11-{day}T00:00:00Z").parse().unwrap();
        MadeDays { from: at(from), through: at(through) }
    }

    #[test]
    fn the_newest_comes_first_then_what_is_kept() {
        let kept_since = "2026-11-02T00:05:00Z".parse().unwrap();
        for (made, hours_through, expected) in [
            (days("20", "20"), "2026-11-20T23:00:00Z", Some("19")),
            (days("20", "20"), "2026-11-21T00:00:00Z", Some("20")),
            (days("03", "20"), "2026-11-20T00:00:00Z", None),
            (days("03", "20"), "2026-11-22T00:00:00Z", Some("20")),
        ] {
            let found = next(made, hours_through.parse().unwrap(), kept_since);
            let found = found.map(|day| day.start.strftime("%d").to_string());
            assert_eq!(found.as_deref(), expected, "{made:?} {hours_through}");
        }
    }

    #[test]
    fn an_hour_that_is_made_again_takes_back_its_day_and_those_since() {
        let hour = "2026-11-10T05:00:00Z".parse().unwrap();
        assert_eq!(before(days("03", "20"), hour), days("03", "10"));
        assert_eq!(before(days("03", "09"), hour), days("03", "09"));
        assert_eq!(before(days("12", "20"), hour), days("10", "10"));
    }

    #[test]
    fn what_a_clock_said_that_was_ahead_does_not_hold() {
        let said = Some(days("03", "20"));
        for (now, holds) in [("2026-11-20T00:00:00Z", true), ("2026-11-19T23:00:00Z", false)] {
            assert_eq!(that_hold(said, now.parse().unwrap()).is_some(), holds);
        }
        assert_eq!(none_yet("2026-11-05T07:00:00Z".parse().unwrap()), days("05", "05"));
    }
}
