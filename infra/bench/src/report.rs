//! The table, for people, and the file with everything, for programs.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::figure::{Figure, Target};
use crate::life::{Life, Throttled};
use crate::peer::Peer;
use crate::rows::{Measured, Rounds, of};
use crate::statistics::{Spread, spread};

/// Where and when.
#[derive(Debug, Serialize)]
pub struct Circumstances {
    /// When it ended.
    pub at: String,
    /// Processor and how many.
    pub machine: String,
    /// Kernel.
    pub kernel: String,
    /// `quick` or `full`.
    pub mode: &'static str,
    /// Rounds of everybody.
    pub rounds: usize,
}

impl Circumstances {
    /// Of this machine, now.
    #[must_use]
    pub fn now(mode: &'static str, rounds: usize) -> Self {
        let cpus = std::thread::available_parallelism().map_or(0, usize::from);
        let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = info.lines().find_map(|line| line.strip_prefix("model name"));
        let model = model.map_or("unknown", |model| model.trim_start_matches([' ', '\t', ':']));
        let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Self {
            at: Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string(),
            machine: format!("{cpus} cores of {model}"),
            kernel: kernel.trim().to_owned(),
            mode,
            rounds,
        }
    }
}

/// Everything side by side, as a table in Markdown: medians, in brackets the middle half.
#[must_use]
pub fn side_by_side(now: &Circumstances, peers: &[Peer], measured: &Measured) -> String {
    let Circumstances { at, machine, mode, rounds, .. } = now;
    let mut table = format!(
        "{machine}, {at}, {mode} mode, {rounds} rounds; medians, in brackets the middle half\n\n"
    );
    table += "| | CPU to the first answer, ms | without TLS | init + first at 7.2 % CPU, ms | \
                     of it the first | CPU warm, ms | without TLS | CPU forged, ms | peak, MB | zip, MB |\n\
              |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n";
    for peer in peers {
        let lives = |rounds: &Rounds<Life>, figure: fn(&Life) -> f64, digits| {
            cell(&of(rounds, peer.name, figure), digits)
        };
        let starts =
            |figure: fn(&Throttled) -> f64| cell(&of(&measured.throttled, peer.name, figure), 1);
        let zip = measured.zips.get(peer.name).map_or(0.0, |bytes| *bytes as f64 / 1e6);
        let cells = [
            peer.name.to_owned(),
            lives(&measured.tls, |life| life.first_cpu, 1),
            lives(&measured.plain, |life| life.first_cpu, 1),
            starts(|start| start.init_wall + start.first_wall),
            starts(|start| start.first_wall),
            lives(&measured.tls, |life| life.warm_cpu, 3),
            lives(&measured.plain, |life| life.warm_cpu, 3),
            lives(&measured.tls, |life| life.forged_cpu, 3),
            lives(&measured.tls, |life| life.peak_kb as f64 / 1024.0, 1),
            format!("{zip:.2}"),
        ];
        table += &format!("| {} |\n", cells.join(" | "));
    }
    table
}

fn cell(values: &[f64], digits: usize) -> String {
    match spread(values) {
        Some(Spread { median, lower, upper }) => {
            format!("{median:.digits$} ({lower:.digits$}-{upper:.digits$})")
        }
        None => "-".to_owned(),
    }
}

/// The figures beside their targets, as a table in Markdown.
#[must_use]
pub fn targets(figures: &[Figure]) -> String {
    let mut table = "| # | what | target | measured | |\n|---:|---|---:|---:|---|\n".to_owned();
    for figure in figures {
        let target = match figure.target {
            Target::AtMost(limit) => format!("<= {}", number(limit)),
            Target::AtLeast(limit) => format!(">= {}", number(limit)),
        };
        let verdict = if figure.is_met() { "met" } else { "**missed**" };
        let Figure { row, what, value, .. } = figure;
        table += &format!("| {row} | {what} | {target} | {} | {verdict} |\n", number(*value));
    }
    table
}

/// Three digits that count, thousands whole.
fn number(value: f64) -> String {
    let whole = value.fract() == 0.0;
    let digits = match value.abs() {
        _ if whole => 0,
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.digits$}")
}

/// All that was measured, in every round.
#[must_use]
pub fn json(circumstances: &Circumstances, measured: &Measured) -> Value {
    json!({"circumstances": circumstances, "medians": medians(measured), "rounds": measured})
}

/// The figures and whether each meets its target.
#[must_use]
pub fn verdicts(figures: &[Figure]) -> Value {
    figures.iter().map(|figure| json!({"figure": figure, "is_met": figure.is_met()})).collect()
}

fn medians(measured: &Measured) -> Value {
    let of_lives = |rounds: &Rounds<Life>| {
        let each = |name: &&'static str| {
            let figure = |figure: fn(&Life) -> f64| spread(&of(rounds, name, figure));
            let figures = json!({
                "init_wall_ms": figure(|life| life.init_wall),
                "init_cpu_ms": figure(|life| life.init_cpu),
                "first_cpu_ms": figure(|life| life.first_cpu),
                "warm_cpu_ms": figure(|life| life.warm_cpu),
                "warm_wall_ms": figure(|life| life.warm_wall),
                "forged_cpu_ms": figure(|life| life.forged_cpu),
                "peak_kb": figure(|life| life.peak_kb as f64),
            });
            ((*name).to_owned(), figures)
        };
        rounds.keys().map(each).collect::<serde_json::Map<_, _>>()
    };
    json!({"tls": of_lives(&measured.tls), "plain": of_lives(&measured.plain)})
}

#[cfg(test)]
mod tests {
    use super::targets;
    use crate::figure::{Figure, Target};

    #[test]
    fn a_target_that_is_missed_stands_out() {
        let table = targets(&[
            Figure::new(1, "CPU", 6.2, Target::AtMost(5.0)),
            Figure::new(7, "times", 41_000.4, Target::AtLeast(40_000.0)),
        ]);
        assert!(table.contains("| 1 | CPU | <= 5 | 6.20 | **missed** |"), "{table}");
        assert!(table.contains("| 7 | times | >= 40000 | 41000 | met |"), "{table}");
    }
}
