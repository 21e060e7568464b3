//! Entries into a roll-up once they are read, beside a folder in Python, each in a process of its own.

use std::path::Path;
use std::process::Command;

use bench::figure::Figure;
use bench::figure::Target::{AtLeast, AtMost};
use jiff::SignedDuration;
use shared::log::LogEntry;
use shared::rollup::Rollup;
use tests::log::{at, delivery};

use crate::fill::{lognormal, outcome};

/// The command that the process is started with.
pub const CHILD: &str = "fold";

const COUNTS: [u64; 3] = [10_000, 100_000, 1_000_000];
/// Different entries; more are these again.
const DIFFERENT: u64 = 10_000;
const ROUNDS: usize = 7;
const PEER: &str = "infra/bench/fold.py";

/// Prints a line for each count, and returns the figures of a million.
pub fn measure() -> Vec<Figure> {
    println!("\nFolding entries that are read");
    println!("{:>10} {:>12} {:>14} {:>15}", "entries", "entries/s", "peak memory MB", "Python's");
    let (mut rates, mut peers, mut peaks) = (Vec::new(), Vec::new(), Vec::new());
    for count in COUNTS {
        let (mut ours, mut theirs, mut peak) = (Vec::new(), Vec::new(), 0.0_f64);
        for _ in 0..ROUNDS {
            let said = run(Command::new(std::env::current_exe().unwrap()).arg(CHILD), count);
            ours.push(said[0]);
            peak = peak.max(said[1]);
            let script = local::workspace().join(Path::new(PEER));
            theirs.push(run(Command::new("python3").arg(script), count)[0]);
        }
        let middle = |mut rates: Vec<f64>| {
            rates.sort_by(f64::total_cmp);
            rates[ROUNDS / 2]
        };
        let (ours, theirs) = (middle(ours), middle(theirs));
        println!("{count:>10} {ours:>12.0} {peak:>14.1} {theirs:>15.0}");
        rates.push(ours);
        peers.push(theirs);
        peaks.push(peak);
    }
    let last = COUNTS.len() - 1;
    vec![
        Figure::new(9, "entries folded a second of CPU", rates[last], AtLeast(300_000.0)),
        Figure::new(9, "times a folder in Python", rates[last] / peers[last], AtLeast(50.0)),
        Figure::new(
            9,
            "peak memory of a million entries, times 10,000's",
            peaks[last] / peaks[0],
            AtMost(1.1),
        ),
    ]
}

fn run(command: &mut Command, count: u64) -> Vec<f64> {
    let output = command.arg(count.to_string()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace().map(|number| number.parse().unwrap()).collect()
}

/// The process: folds, prints entries a second of CPU, and peak memory in MB.
pub fn child(count: u64) {
    let entries: Vec<LogEntry> = (0..DIFFERENT).map(entry).collect();
    let before = bench::kernel::cpu_time(std::process::id()).unwrap();
    let mut rollup = Rollup::default();
    for entry in entries.iter().cycle().take(usize::try_from(count).unwrap()) {
        rollup.add(entry);
    }
    let took = bench::kernel::cpu_time(std::process::id()).unwrap() - before;
    assert_eq!(rollup.entries(), count);
    let peak = bench::kernel::memory(std::process::id()).unwrap().peak;
    println!("{} {}", count as f64 / took.as_secs_f64(), peak as f64 / 1_024.0);
}

/// Half deliveries, half outcomes, of twenty types, within a window.
fn entry(n: u64) -> LogEntry {
    let logged_at = at(0) + SignedDuration::from_millis(i64::try_from(n * 29).unwrap());
    if n % 2 == 1 {
        return LogEntry::Outcome(Box::new(outcome(n, logged_at)));
    }
    let mut delivery = delivery("evt_1", logged_at);
    delivery.event.created = Some(logged_at - SignedDuration::from_micros(lognormal(900_000.0)));
    delivery.event.event_type = Some(format!("object.{:02}.happened", n % 20));
    LogEntry::Delivery(Box::new(delivery))
}
