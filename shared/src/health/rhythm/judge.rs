//! From a history and a present to what the rhythm says.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{History, Present};
use crate::health::{Memory, Rhythm, SilentType, Step, Thresholds};
use crate::statistics::{Baseline, Change};

/// First deliveries a day that a type's rhythm takes.
const FEWEST_A_DAY: f64 = 20.0;
/// Runs in a row in which traffic must have dropped.
const DROPPED_RUNS: u32 = 6;
/// The same of a rise.
const RISEN_RUNS: u32 = 3;

/// The baselines of a history.
#[derive(Debug, Clone, PartialEq)]
pub struct Baselines {
    /// Of all events; or how many hours there are, which are too few.
    pub all: Result<Baseline, usize>,
    /// Of types with at least 20 first deliveries a day.
    pub types: BTreeMap<String, Baseline>,
}

impl Baselines {
    /// Of a history, for a verdict in an hour since 1970.
    pub fn of(history: &History, now: i64) -> Self {
        let frequent = history.types.iter().filter(|(_, counts)| {
            let days = counts.known() as f64 / 24.0;
            counts.total_since(i64::MIN) as f64 >= FEWEST_A_DAY * days
        });
        let types = frequent
            .filter_map(|(name, counts)| Some((name.clone(), Baseline::of(counts, now).ok()?)));
        Self { all: Baseline::of(&history.all, now), types: types.collect() }
    }
}

/// Judges the present. Drops and rises are told once they have lasted for some runs, which are counted in
/// the memory; a run that is doubled counts once.
pub fn judge(
    baselines: &Baselines,
    present: &Present,
    memory: &mut Memory,
    run: Step,
    thresholds: &Thresholds,
) -> (Rhythm, Vec<SilentType>) {
    let rhythm = match &baselines.all {
        Ok(baseline) => of_all(baseline, present, memory, run, thresholds),
        Err(hours) => {
            (memory.dropped_runs, memory.risen_runs) = (0, 0);
            Rhythm {
                missed: None,
                basis: format!("no verdict: {hours} of 72 hours of history needed"),
                below_floor: false,
                drop: None,
                spike: None,
            }
        }
    };
    let limit = thresholds.missed_events_critical;
    let silent = baselines.types.iter().filter_map(|(name, baseline)| {
        // When nothing comes at all, that is told once, and not of each type.
        let (last, last_of_all) = (*present.types.get(name)?, present.last?);
        let missed = baseline.missed(last, last_of_all).missed;
        (missed >= limit).then(|| SilentType {
            event_type: name.clone(),
            last: minute(last),
            missed,
        })
    });
    (rhythm, silent.collect())
}

fn of_all(
    baseline: &Baseline,
    present: &Present,
    memory: &mut Memory,
    run: Step,
    thresholds: &Thresholds,
) -> Rhythm {
    let (count, through) = (present.last_hour, present.through);
    let is_doubled =
        memory.rhythm_at.is_some_and(|last| run.at.duration_since(last) * 2 < run.interval);
    let floor = baseline.below_floor(count, through, thresholds.events_per_minute_min);
    let dropped = baseline.dropped(count, through);
    let risen = baseline.risen(count, through);
    let in_a_row = |runs: u32, is_so: bool| match (is_so, is_doubled) {
        (false, _) => 0,
        (true, true) => runs,
        (true, false) => runs.saturating_add(1),
    };
    memory.dropped_runs = in_a_row(memory.dropped_runs, dropped.is_some() || floor.is_some());
    memory.risen_runs = in_a_row(memory.risen_runs, risen.is_some());
    if !is_doubled {
        memory.rhythm_at = Some(run.at);
    }
    let lasts = memory.dropped_runs >= DROPPED_RUNS;
    let young = if baseline.is_young { "; limits doubled, the history is young" } else { "" };
    let told = |change: &Change| {
        let Change { expected, spreads } = change;
        let far = spreads.abs();
        format!(
            "{count} events in the last hour, {expected:.1} expected, {far:.1} spreads away{young}"
        )
    };
    let (missed, basis) = silence(baseline, present, young);
    Rhythm {
        missed,
        basis,
        below_floor: lasts && floor.is_some(),
        drop: dropped.as_ref().filter(|_| lasts).map(told),
        spike: risen.as_ref().filter(|_| memory.risen_runs >= RISEN_RUNS).map(told),
    }
}

fn silence(baseline: &Baseline, present: &Present, young: &str) -> (Option<f64>, String) {
    let Some(last) = present.last else {
        return (None, "no verdict: when an event last came is not known".to_owned());
    };
    let missed = baseline.missed(last, present.through);
    let since = minute(last);
    let basis = match missed.expected > 0.0 {
        true => format!(
            "{:.1} events should have come since {since}, {:.1} after allowing for how unevenly they \
             come{young}",
            missed.expected, missed.missed
        ),
        false => format!("none should have come since {since}{young}"),
    };
    (Some(missed.missed), basis)
}

fn minute(minute: i64) -> Timestamp {
    Timestamp::from_second(minute.saturating_mul(60)).unwrap_or(Timestamp::MIN)
}
