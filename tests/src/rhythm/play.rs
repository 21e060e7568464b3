//! Plays a shop's days run by run, with the product's own code.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use shared::health::{
    Baselines, CountedHour, History, Issue, IssueKind, Memory, Observation, Present, Step,
    Thresholds, Tier, evaluate, findings, judge, step,
};

use super::Shop;
use super::traffic::{HISTORY, TYPES, WINDOWS};

/// The first window: a Monday.
const START: i64 = 1_700_438_400;

/// An issue from its opening to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Episode {
    /// What kind.
    pub kind: IssueKind,
    /// Of which type.
    pub subject: Option<String>,
    /// The run in which it opened, as a number of windows.
    pub opened: i64,
    /// The run in which it paged.
    pub paged: Option<i64>,
}

/// Plays windows of a shop; the history before them is known from the start.
pub fn play(shop: Shop, windows: Range<i64>) -> Vec<Episode> {
    let traffic = shop.traffic();
    let mut player = Player::default();
    let first_hour = START / 3_600;
    player.history.begin(true, first_hour);
    let mut counted = 0;
    let mut baselines = None;
    for window in 0..windows.end {
        let Some(counts) = traffic.get(window as usize) else { break };
        player.see(window, counts, &mut fastrand::Rng::with_seed(shop.seed ^ window as u64));
        let end = window + 1;
        // An hour is rolled up an hour after its end.
        while (counted + 1) * 12 + 12 <= end {
            let hour = counted * 12..(counted + 1) * 12;
            let rows = hour.filter_map(|at| traffic.get(at as usize));
            player.history.count(first_hour + counted, Some(counted_hour(rows)), i64::MAX);
            counted += 1;
            baselines = None;
        }
        if windows.contains(&window) {
            let now = first_hour + end / 12;
            let baselines = baselines.get_or_insert_with(|| Baselines::of(&player.history, now));
            let last = (end - 12..end).filter_map(|at| traffic.get(at as usize));
            player.present.last_hour = last.flatten().sum();
            player.run(end, baselines);
        }
    }
    player.episodes
}

/// All the windows that are played of a faultless fortnight, or the days about a fault.
pub fn windows(shop: Shop) -> Range<i64> {
    let fault = shop.fault();
    if fault.is_empty() {
        return HISTORY * WINDOWS..(HISTORY + 14) * WINDOWS;
    }
    fault.start - WINDOWS / 4..fault.end + WINDOWS / 2
}

fn name(event_type: usize) -> String {
    format!("type.{event_type}")
}

fn counted_hour<'a>(rows: impl Iterator<Item = &'a [u64; 13]>) -> CountedHour {
    let mut sums = [0; TYPES.len()];
    for row in rows {
        sums.iter_mut().zip(row).for_each(|(sum, count)| *sum += count);
    }
    let types: BTreeMap<String, u64> =
        sums.iter().enumerate().map(|(n, c)| (name(n), *c)).collect();
    CountedHour { all: sums.iter().sum(), types }
}

#[derive(Default)]
struct Player {
    history: History,
    present: Present,
    memory: Memory,
    issues: BTreeMap<String, (Issue, usize)>,
    episodes: Vec<Episode>,
}

impl Player {
    /// Sees when events last came, to the minute.
    fn see(&mut self, window: i64, counts: &[u64; 13], rng: &mut fastrand::Rng) {
        let start = START / 60 + window * 5;
        self.present.through = start + 5;
        for (event_type, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            // The last of so many that are spread evenly.
            let last = start + (5.0 * rng.f64().powf(1.0 / *count as f64)) as i64;
            self.present.types.insert(name(event_type), last);
            self.present.last = Some(self.present.last.map_or(last, |known| known.max(last)));
        }
    }

    fn run(&mut self, end: i64, baselines: &Baselines) {
        let at = Timestamp::from_second(START + end * 300 + 61).unwrap();
        let run = Step { at, interval: SignedDuration::from_mins(5) };
        let thresholds = Thresholds::default();
        let (rhythm, silent_types) =
            judge(baselines, &self.present, &mut self.memory, run, &thresholds);
        let seen = Observation {
            database: Some(Duration::from_millis(10)),
            rhythm: Some(rhythm),
            silent_types,
            ..Observation::nothing(at)
        };
        let mut found = findings(&seen, &evaluate(&seen, &thresholds), &thresholds);
        found.retain(|finding| {
            use IssueKind::{EventRateDrop, EventRateSpike, LowEventRate};
            matches!(finding.kind, LowEventRate | EventRateDrop | EventRateSpike)
        });
        for finding in &found {
            let key = shared::health::fingerprint(finding.kind, finding.subject.as_deref());
            let known = self.issues.get(&key).map(|(issue, _)| issue);
            if let Some(change) = step(known, Some(finding), run) {
                self.changed(key, change.issue, end);
            }
        }
        let silent = |key: &String| {
            found.iter().any(|finding| {
                shared::health::fingerprint(finding.kind, finding.subject.as_deref()) == *key
            })
        };
        let others: Vec<_> = self.issues.keys().filter(|key| !silent(key)).cloned().collect();
        for key in others {
            let known = self.issues.get(&key).map(|(issue, _)| issue);
            if let Some(change) = step(known, None, run) {
                self.changed(key, change.issue, end);
            }
        }
    }

    fn changed(&mut self, key: String, issue: Issue, end: i64) {
        let open = self.issues.get(&key).filter(|(known, _)| known.is_active());
        let number = match open {
            Some((_, number)) => *number,
            None => {
                let Issue { kind, subject, .. } = issue.clone();
                self.episodes.push(Episode { kind, subject, opened: end, paged: None });
                self.episodes.len() - 1
            }
        };
        if issue.severity == Tier::Critical && issue.is_active() {
            self.episodes[number].paged.get_or_insert(end);
        }
        self.issues.insert(key, (issue, number));
    }
}
