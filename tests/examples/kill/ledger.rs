//! What happened so far: shown while it happens, added up at the end.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{IsTerminal, stderr};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

use crate::check::Problem;
use crate::run::{Outcome, Victim};
use crate::stripe::{Event, First};

/// Where nobody watches, a line every so many runs.
const LINE_EVERY: u64 = 10;

/// See the module.
pub struct Ledger {
    started: Instant,
    runs: u64,
    whole: u64,
    events: Vec<Event>,
    lost: BTreeSet<String>,
    faults: BTreeSet<String>,
    bar: Option<ProgressBar>,
}

impl Ledger {
    /// An empty one, with a progress bar on a terminal.
    pub fn new(runs: u32) -> Self {
        let bar = stderr().is_terminal().then(|| bar(runs));
        let (lost, faults) = Default::default();
        Self { started: Instant::now(), runs: 0, whole: 0, events: Vec::new(), lost, faults, bar }
    }

    /// Every event of all runs.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Whether nothing was lost and nothing else was wrong.
    pub fn is_clean(&self) -> bool {
        self.lost.is_empty() && self.faults.is_empty()
    }

    /// Takes in a run.
    pub fn add(&mut self, outcome: Outcome, problems: Vec<Problem>) {
        self.runs += 1;
        self.whole += u64::from(outcome.victim == Victim::Everything);
        self.events.extend(outcome.events);
        self.add_survivors(&outcome.survivors);
        self.note(problems);
        match &self.bar {
            Some(bar) => bar.inc(1),
            None if self.runs.is_multiple_of(LINE_EVERY) => println!("{self}"),
            None => {}
        }
    }

    /// Takes in functions that outlived their host.
    pub fn add_survivors(&mut self, survivors: &[u32]) {
        let faults = survivors.iter().map(|id| format!("process {id} outlived its host"));
        self.faults.extend(faults);
    }

    /// Takes in the last look at everything.
    pub fn close(&mut self, problems: Vec<Problem>, missing: Vec<Problem>) {
        self.note(problems);
        self.note(missing);
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// A line for whoever watches.
    pub fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| println!("{text}")),
            None => println!("{text}"),
        }
    }

    fn note(&mut self, problems: Vec<Problem>) {
        for problem in problems {
            match problem {
                Problem::Lost(id) => self.lost.insert(id),
                Problem::Fault(text) => self.faults.insert(text),
            };
        }
    }

    fn count(&self, first: First) -> usize {
        self.events.iter().filter(|event| event.first == first).count()
    }
}

impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at_once = self.count(First::Acknowledged);
        let acknowledged = self.events.iter().filter(|event| event.acknowledged).count();
        write!(
            f,
            "{} runs in {:.0} s ({} killed everything, {} the receivers): {acknowledged} events \
             answered 200, {} of them unanswered at first ({} refused, {} cut off, {} unreached), \
             {} found, {} lost",
            self.runs,
            self.started.elapsed().as_secs_f64(),
            self.whole,
            self.runs - self.whole,
            self.events.len() - at_once,
            self.count(First::Refused),
            self.count(First::CutOff),
            self.count(First::Unreached),
            acknowledged - self.lost.len(),
            self.lost.len(),
        )?;
        for id in &self.lost {
            write!(f, "\nlost: {id}")?;
        }
        for fault in &self.faults {
            write!(f, "\nfault: {fault}")?;
        }
        Ok(())
    }
}

fn bar(runs: u32) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} runs, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(runs.into()).with_style(style)
}
