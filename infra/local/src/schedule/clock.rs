//! The time that a schedule stands for: pure. From one tick to the next it is five minutes, whatever
//! these take here, and while a run works it stands still. So what is late is the system's fault and
//! never a slow machine's.

use std::time::Duration;

use jiff::Timestamp;

/// Minutes between two ticks.
const MINUTES: f64 = 5.0;

/// One tick of a schedule: from the start of its run to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// When its run began.
    pub begun: Timestamp,
    /// When it had ended.
    pub ended: Timestamp,
}

/// A reading of times by ticks.
#[derive(Clone, Debug, PartialEq)]
pub struct Clock {
    ticks: Vec<Tick>,
    period: Duration,
}

impl Clock {
    pub(super) fn new(ticks: Vec<Tick>, period: Duration) -> Self {
        Self { ticks, period }
    }

    /// Minutes from one time to another.
    #[must_use]
    pub fn minutes(&self, from: Timestamp, to: Timestamp) -> f64 {
        self.reading(to) - self.reading(from)
    }

    /// How many ticks there were.
    #[must_use]
    pub fn ticks(&self) -> usize {
        self.ticks.len()
    }

    /// The most periods that there were between two ticks: 1 where the schedule was kept.
    #[must_use]
    pub fn slowest(&self) -> f64 {
        let begun = self.ticks.iter().map(|tick| tick.begun);
        let gaps = begun.clone().zip(begun.skip(1)).map(|(one, next)| seconds(one, next));
        gaps.fold(0.0, f64::max) / self.period.as_secs_f64()
    }

    pub(super) fn last_took(&self) -> Duration {
        let took = self.ticks.last().map(|tick| tick.ended.duration_since(tick.begun));
        took.and_then(|took| took.try_into().ok()).unwrap_or_default()
    }

    /// Minutes since the first tick.
    fn reading(&self, at: Timestamp) -> f64 {
        let number = self.ticks.partition_point(|tick| tick.begun <= at);
        let Some(last) = number.checked_sub(1).and_then(|last| self.ticks.get(last)) else {
            let until = self.ticks.first().map_or(0.0, |tick| seconds(at, tick.begun));
            return -MINUTES * until / self.period.as_secs_f64();
        };
        let gap = match self.ticks.get(number) {
            Some(next) => seconds(last.ended, next.begun),
            None => self.period.as_secs_f64().max(seconds(last.ended, at)),
        };
        let share = if gap > 0.0 { seconds(last.ended, at).max(0.0) / gap } else { 0.0 };
        MINUTES * ((number - 1) as f64 + share.min(1.0))
    }
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + ms).unwrap()
    }

    #[test]
    fn time_goes_by_ticks_and_stands_still_while_a_run_works() {
        let tick = |begun, ended| Tick { begun: at(begun), ended: at(ended) };
        let ticks = vec![tick(0, 200), tick(1_200, 3_200), tick(4_200, 4_400)];
        let clock = Clock::new(ticks, Duration::from_secs(1));
        assert!((clock.slowest() - 3.0).abs() < 1e-9);
        for (from, to, expected) in [
            (0, 0, 0.0),
            (0, 200, 0.0),
            (0, 700, 2.5),
            (700, 1_200, 2.5),
            (700, 3_200, 2.5),
            (700, 3_700, 5.0),
            (1_200, 4_200, 5.0),
            (700, 4_400, 7.5),
            (4_400, 4_900, 2.5),
            // The next tick is due then, and not later than five minutes after the last.
            (4_400, 9_400, 5.0),
            (-500, 0, 2.5),
        ] {
            let minutes = clock.minutes(at(from), at(to));
            assert!((minutes - expected).abs() < 1e-9, "{from}..{to}: {minutes}");
        }
    }
}
