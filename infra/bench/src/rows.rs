//! The rows of the table that are about the receiver beside its peers, from what was measured.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::figure::Target::{AtLeast, AtMost};
use crate::figure::{Figure, Target};
use crate::life::{Life, Throttled};
use crate::memory::Growth;
use crate::null::Calls;
use crate::peer::{FLOOR, OURS, PYTHON_FULL, TUTORIAL};
use crate::statistics::{Spread, ratio, spread};

/// Rounds of everybody, by name.
pub type Rounds<T> = BTreeMap<&'static str, Vec<T>>;

/// All that a run measured.
#[derive(Debug, Default, Serialize)]
pub struct Measured {
    /// Lives over TLS.
    pub tls: Rounds<Life>,
    /// Lives without it.
    pub plain: Rounds<Life>,
    /// First events at a share of a CPU; nothing where the machine allows no quota.
    pub throttled: Rounds<Throttled>,
    /// Our memory over many events.
    pub growth: Option<Growth>,
    /// Bytes of zips, by function.
    pub zips: BTreeMap<String, u64>,
    /// Stacks of TLS and of HTTP, by function.
    pub stacks: BTreeMap<String, (usize, usize)>,
}

/// One figure of every round of one.
#[must_use]
pub fn of<T>(rounds: &Rounds<T>, name: &str, figure: fn(&T) -> f64) -> Vec<f64> {
    rounds.get(name).map(|lives| lives.iter().map(figure).collect()).unwrap_or_default()
}

impl Measured {
    /// Rows 1 to 5, 10 and 11, as far as they were measured.
    #[must_use]
    pub fn figures(&self) -> Vec<Figure> {
        let mut figures = Vec::new();
        self.starts(&mut figures);
        self.events(&mut figures);
        self.sizes(&mut figures);
        figures
    }

    fn starts(&self, figures: &mut Vec<Figure>) {
        let mut add = adder(figures);
        let cpu = |name| of(&self.tls, name, |life: &Life| life.first_cpu);
        let ours = cpu(OURS);
        add(
            1,
            "CPU from exec to the first answered webhook over TLS, ms",
            spread(&ours),
            AtMost(5.0),
        );
        add(1, "Python full, times that", ratio(&cpu(PYTHON_FULL), &ours), AtLeast(75.0));
        add(1, "tutorial Rust, times that", ratio(&cpu(TUTORIAL), &ours), AtLeast(8.0));

        let first = |name| of(&self.throttled, name, |start: &Throttled| start.first_wall);
        let both = |name| {
            of(&self.throttled, name, |start: &Throttled| start.init_wall + start.first_wall)
        };
        let ours = both(OURS);
        add(2, "first invocation at 7.2 % of a CPU, ms", spread(&first(OURS)), AtMost(1.0));
        add(
            2,
            "init + first, Python full, times ours",
            ratio(&both(PYTHON_FULL), &ours),
            AtLeast(70.0),
        );
        add(
            2,
            "init + first, tutorial Rust, times ours",
            ratio(&both(TUTORIAL), &ours),
            AtLeast(35.0),
        );
    }

    fn events(&self, figures: &mut Vec<Figure>) {
        let mut add = adder(figures);
        let cpu = |name| of(&self.tls, name, |life: &Life| life.warm_cpu);
        let ours = cpu(OURS);
        add(3, "CPU of an accepted webhook, warm, ms", spread(&ours), AtMost(0.12));
        add(3, "Python full, times that", ratio(&cpu(PYTHON_FULL), &ours), AtLeast(33.0));
        add(3, "ours, times the floor", ratio(&ours, &cpu(FLOOR)), AtMost(2.0));
        if let Some(Growth { first, last, peak }) = self.growth {
            add(4, "peak memory, MB", one(peak as f64 / 1024.0), AtMost(7.0));
            let grown = last as f64 - first as f64;
            add(4, "growth from 1,000 to 100,000 events, KB", one(grown), AtMost(0.0));
        }
        let forged = of(&self.tls, OURS, |life: &Life| life.forged_cpu);
        add(
            10,
            "CPU of a forged request, times an accepted one",
            ratio(&forged, &ours),
            AtMost(0.5),
        );
        let lives = self.tls.get(OURS).map(Vec::as_slice).unwrap_or_default();
        let most = |count: fn(&Life) -> f64| spread(&lives.iter().map(count).collect::<Vec<_>>());
        add(10, "reads by them", most(|life| others(&life.forged_calls)), AtMost(0.0));
        add(10, "writes a second by them (the bounded map)", most(writes_a_second), AtMost(1.0));
        add(
            11,
            "calls by accepted webhooks other than their put",
            most(|life| others(&life.calls)),
            AtMost(0.0),
        );
    }

    fn sizes(&self, figures: &mut Vec<Figure>) {
        let mut add = adder(figures);
        for (name, bytes) in &self.zips {
            if self.stacks.contains_key(name) {
                add(5, &format!("zip of {name}, MB"), one(*bytes as f64 / 1e6), AtMost(1.7));
            }
        }
        let most = |stacks: fn(&(usize, usize)) -> usize| {
            self.stacks.values().map(stacks).max().and_then(|most| one(most as f64))
        };
        add(5, "TLS stacks of a function", most(|(tls, _)| *tls), AtMost(1.0));
        add(5, "HTTP stacks of a function", most(|(_, http)| *http), AtMost(1.0));
    }
}

fn adder(figures: &mut Vec<Figure>) -> impl FnMut(u8, &str, Option<Spread>, Target) {
    |row, what, measured, target| {
        figures.extend(measured.map(|spread| Figure::new(row, what, spread.median, target)));
    }
}

fn one(value: f64) -> Option<Spread> {
    spread(&[value])
}

/// Everything but writes of an item.
fn others(calls: &Calls) -> f64 {
    calls.iter().filter(|(name, _)| !is_put(name)).map(|(_, count)| *count as f64).sum()
}

/// What forgeries write; one write is allowed for every second that has begun.
fn writes_a_second(life: &Life) -> f64 {
    let writes: u64 =
        life.forged_calls.iter().filter(|(name, _)| is_put(name)).map(|(_, n)| n).sum();
    writes as f64 / life.forged_seconds.ceil().max(1.0)
}

fn is_put(operation: &str) -> bool {
    operation.ends_with(".PutItem") || operation.ends_with(".UpdateItem")
}
