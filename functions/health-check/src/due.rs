//! What is to be read and made: pure.

use std::collections::BTreeMap;

use jiff::Timestamp;
use shared::rollup::{Bucket, Grain};

/// A step of a run. Steps are done in order, newest first, for as long as there is time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Read these windows, which follow each other within one hour, from the log.
    Read(Vec<Bucket>),
    /// Make this hour of its windows.
    Make(Bucket),
}

/// What is due at `now`, the newest first. `read_at` are the rollups that there are, `since` is where
/// rolling up begins, and windows of hours that are made matter since `recent`.
///
/// A window is read once it is closed, and once more when it is settled; its hour is made when all of
/// its windows have been read then.
pub fn due(
    read_at: &BTreeMap<Bucket, Timestamp>,
    since: Timestamp,
    recent: Timestamp,
    now: Timestamp,
) -> Vec<Step> {
    let mut steps = Vec::new();
    let first = Grain::Hour.bucket_of(since);
    let mut hour = Grain::Hour.bucket_of(now);
    while hour.start >= first.start {
        let made = read_at.contains_key(&hour);
        if !made || hour.start >= recent {
            let windows = hour.parts().filter(|window| window.end() > since);
            let due = windows.filter(|window| is_due(read_at, *window, made, now)).collect();
            steps.extend(neighbours(due).into_iter().rev().map(Step::Read));
        }
        if !made && hour.settles_at() <= now {
            steps.push(Step::Make(hour));
        }
        let before = hour.start.as_second() - Grain::Hour.seconds();
        let Ok(start) = Timestamp::from_second(before) else { break };
        hour = Bucket { start, ..hour };
    }
    steps
}

/// Whether a window is to be read: for the first time, or for the last, without which its hour is not
/// made.
fn is_due(
    read_at: &BTreeMap<Bucket, Timestamp>,
    window: Bucket,
    hour_is_made: bool,
    now: Timestamp,
) -> bool {
    match read_at.get(&window) {
        None => window.closes_at() <= now,
        Some(_) if hour_is_made => false,
        Some(at) => window.settles_at() <= now && *at < window.settles_at(),
    }
}

/// Windows in groups that follow each other.
fn neighbours(windows: Vec<Bucket>) -> Vec<Vec<Bucket>> {
    let mut groups: Vec<Vec<Bucket>> = Vec::new();
    for window in windows {
        let follows =
            |group: &&mut Vec<Bucket>| group.last().map(|last| last.next()) == Some(window);
        match groups.last_mut().filter(follows) {
            Some(group) => group.push(window),
            None => groups.push(vec![window]),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_700_006_400 + minutes * 60).unwrap()
    }

    fn window(minutes: i64) -> Bucket {
        Grain::Window.bucket_of(at(minutes))
    }

    fn hour(minutes: i64) -> Bucket {
        Grain::Hour.bucket_of(at(minutes))
    }

    #[test]
    fn a_window_is_read_when_it_is_closed() {
        let none = BTreeMap::new();
        assert_eq!(due(&none, at(0), at(0), at(5)), []);
        assert_eq!(due(&none, at(0), at(0), at(6)), [Step::Read(vec![window(0)])]);
        let windows = vec![window(0), window(5)];
        assert_eq!(due(&none, at(0), at(0), at(11)), [Step::Read(windows)]);
        assert_eq!(due(&none, at(5), at(0), at(11)), [Step::Read(vec![window(5)])]);
    }

    #[test]
    fn a_window_is_read_again_an_hour_later_and_its_hour_made() {
        let mut read_at: BTreeMap<Bucket, Timestamp> =
            hour(0).parts().map(|window| (window, window.closes_at())).collect();
        read_at.extend(hour(60).parts().map(|window| (window, window.settles_at())));
        assert_eq!(due(&read_at, at(0), at(0), at(65)), []);
        assert_eq!(due(&read_at, at(0), at(0), at(66)), [Step::Read(vec![window(0)])]);
        read_at.insert(window(0), at(66));
        assert_eq!(due(&read_at, at(0), at(0), at(66)), []);
        let rest: Vec<Bucket> = hour(0).parts().skip(1).collect();
        assert_eq!(
            due(&read_at, at(0), at(0), at(121)),
            [Step::Read(rest.clone()), Step::Make(hour(0))]
        );
        read_at.extend(rest.into_iter().map(|window| (window, at(121))));
        read_at.insert(hour(0), at(121));
        assert_eq!(due(&read_at, at(0), at(0), at(121)), []);
    }

    #[test]
    fn after_a_pause_the_newest_comes_first() {
        let steps = due(&BTreeMap::new(), at(0), at(120), at(246));
        let first = |step: &Step| match step {
            Step::Read(windows) => windows[0],
            Step::Make(hour) => *hour,
        };
        let firsts: Vec<Bucket> = steps.iter().map(first).collect();
        assert_eq!(
            firsts,
            [
                window(240),
                window(180),
                window(120),
                hour(120),
                window(60),
                hour(60),
                window(0),
                hour(0)
            ]
        );
    }

    #[test]
    fn a_window_that_is_gone_is_missed_while_it_is_recent() {
        let read_at = BTreeMap::from([(hour(0), at(121))]);
        assert_eq!(due(&read_at, at(0), at(60), at(126)).len(), 2);
        let with_recent = due(&read_at, at(0), at(0), at(126));
        assert_eq!(with_recent.last(), Some(&Step::Read(hour(0).parts().collect())));
    }
}
