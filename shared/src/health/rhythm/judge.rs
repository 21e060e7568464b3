//! From a history and a present to what the rhythm says.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{History, Present};
use crate::health::{Departure, Memory, Recent, Rhythm, SilentType, Step, Thresholds};
use crate::metrics::Filter;
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

/// Compares the last day with a history. `None` where nothing is known of the log.
pub fn listen(
    history: &History,
    recent: &Recent,
    filter: &Filter,
    memory: &mut Memory,
    run: Step,
    thresholds: &Thresholds,
) -> Option<(Rhythm, Vec<SilentType>)> {
    let present = Present::of(recent, memory, history, filter)?;
    let baselines = Baselines::of(history, run.at.as_second().div_euclid(3_600));
    Some(judge(&baselines, &present, memory, run, thresholds))
}

/// The same between two runs: what lasts for some runs has lasted for as many as the last one knew.
pub fn listen_between_runs(
    history: &History,
    recent: &Recent,
    filter: &Filter,
    memory: &Memory,
    run: Step,
    thresholds: &Thresholds,
) -> Option<(Rhythm, Vec<SilentType>)> {
    // A run that is doubled counts once, however far from the first this one is.
    let mut memory = Memory { rhythm_at: Some(run.at), ..memory.clone() };
    listen(history, recent, filter, &mut memory, run, thresholds)
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
                drop: Departure::Unknown,
                spike: Departure::Unknown,
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
    let young = if baseline.is_young { "; limits doubled, the history is young" } else { "" };
    let told = |change: &Change| {
        let Change { expected, spreads } = change;
        let far = spreads.abs();
        format!(
            "{count} events in the last hour, {expected:.1} expected, {far:.1} spreads away{young}"
        )
    };
    let below = |_: f64| format!("fewer than {} events a minute", thresholds.events_per_minute_min);
    let (missed, basis) = silence(baseline, present, young);
    let drop = dropped.as_ref().map(told).or(floor.map(below));
    let spike = risen.as_ref().map(told);
    Rhythm {
        missed,
        basis,
        drop: departure(drop, memory.dropped_runs >= DROPPED_RUNS),
        spike: departure(spike, memory.risen_runs >= RISEN_RUNS),
    }
}

fn departure(words: Option<String>, lasts: bool) -> Departure {
    match words {
        None => Departure::No,
        Some(_) if !lasts => Departure::Short,
        Some(words) => Departure::Lasting(words),
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

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::health::CountedHour;

    const NOW: i64 = 168 * 3_000;

    /// Four weeks of so many events an hour, a third of them of type `a`, one in 72 hours of type `b`.
    fn history(hours: i64, an_hour: u64) -> History {
        let mut history = History::default();
        history.begin(true, NOW);
        for hour in (NOW - hours..NOW).rev() {
            let b = u64::from(hour % 72 == 0);
            let types = BTreeMap::from([("a".to_owned(), an_hour / 3), ("b".to_owned(), b)]);
            history.count(hour, Some(CountedHour { all: an_hour, types }), NOW);
        }
        history
    }

    fn run(minutes: i64) -> Step {
        let at = minute(NOW * 60 + minutes) + SignedDuration::from_secs(61);
        Step { at, interval: SignedDuration::from_mins(5) }
    }

    fn present(minutes: i64, silent: i64, last_hour: u64) -> Present {
        let through = NOW * 60 + minutes;
        let last = through - silent;
        Present {
            through,
            last_hour,
            last: Some(last),
            types: BTreeMap::from([("a".to_owned(), last)]),
        }
    }

    #[test]
    fn a_silence_is_told_in_words_and_of_a_type_while_others_come() {
        let baselines = Baselines::of(&history(672, 60), NOW);
        assert_eq!(baselines.types.len(), 1, "b is too rare");
        let memory = &mut Memory::default();
        let thresholds = Thresholds::default();
        let mut judged =
            |present: &Present| judge(&baselines, present, memory, run(0), &thresholds);
        let (rhythm, silent) = judged(&present(0, 30, 30));
        assert_eq!(rhythm.missed, Some(30.0));
        assert!(
            rhythm.basis.starts_with("30.0 events should have come since "),
            "{}",
            rhythm.basis
        );
        assert!(silent.is_empty(), "all of them are silent");
        let mut of_type = present(0, 0, 60);
        of_type.types.insert("a".to_owned(), of_type.through - 41);
        assert!(judged(&of_type).1.is_empty(), "13.7 are missing");
        of_type.types.insert("a".to_owned(), of_type.through - 42);
        assert_eq!(judged(&of_type).1[0].missed, 14.0);
        let unknown = Present { last: None, ..present(0, 0, 60) };
        assert_eq!(judged(&unknown).0.missed, None);
    }

    #[test]
    fn a_drop_takes_six_runs_and_a_rise_three_and_doubled_ones_count_once() {
        let baselines = Baselines::of(&history(672, 60), NOW);
        let told = |last_hour: u64| -> Vec<(bool, bool)> {
            let mut memory = Memory::default();
            let minutes = [0, 0, 5, 7, 10, 15, 20, 25];
            let judged = minutes.map(|minutes| {
                let present = present(minutes, 0, last_hour);
                let thresholds = Thresholds::default();
                judge(&baselines, &present, &mut memory, run(minutes), &thresholds).0
            });
            let lasts = |departure: &Departure| matches!(departure, Departure::Lasting(_));
            judged.iter().map(|rhythm| (lasts(&rhythm.drop), lasts(&rhythm.spike))).collect()
        };
        let (no, drop, spike) = ((false, false), (true, false), (false, true));
        assert_eq!(told(60), [no; 8]);
        assert_eq!(told(25), [no, no, no, no, no, no, no, drop]);
        assert_eq!(told(150), [no, no, no, no, spike, spike, spike, spike]);
    }

    #[test]
    fn a_drop_that_wavers_ends_no_sooner_than_it_is_over() {
        let baselines = Baselines::of(&history(672, 60), NOW);
        let mut memory = Memory::default();
        let counts = [25, 25, 25, 25, 25, 25, 40, 25, 25, 40, 40];
        let judged = counts.iter().zip(0..).map(|(count, run_number)| {
            let minutes = run_number * 5;
            let thresholds = Thresholds::default();
            let present = present(minutes, 0, *count);
            match judge(&baselines, &present, &mut memory, run(minutes), &thresholds).0.drop {
                Departure::Unknown => '?',
                Departure::No => '-',
                Departure::Short => 's',
                Departure::Lasting(_) => 'L',
            }
        });
        assert_eq!(judged.collect::<String>(), "sssssL-ss--");
        let young = Baselines::of(&history(71, 60), NOW);
        let judged = judge(&young, &present(0, 0, 0), &mut memory, run(0), &Thresholds::default());
        assert_eq!((judged.0.drop, judged.0.spike), (Departure::Unknown, Departure::Unknown));
    }

    #[test]
    fn the_first_days_have_no_verdict() {
        let judged = |hours| {
            let baselines = Baselines::of(&history(hours, 60), NOW);
            let present = present(0, 60, 0);
            judge(&baselines, &present, &mut Memory::default(), run(0), &Thresholds::default()).0
        };
        assert_eq!(
            (judged(0).missed, judged(71).missed, judged(72).missed),
            (None, None, Some(30.0))
        );
        assert!(judged(71).basis.contains("71 of 72 hours"));
        assert!(judged(72).basis.contains("young"));
    }
}
