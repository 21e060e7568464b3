//! Items of the log, as the SDK gives them, into windows, beside a folder in Python that does the same, each in a
//! process of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use bench::figure::Figure;
use bench::figure::Target::{AtLeast, AtMost};
use shared::log::Found;
use shared::rollup::{Bucket, Grain, Rollup};
use shared::store::entries_of;

use crate::items::{self, Item};
use crate::python;

/// The command that the process is started with.
pub const CHILD: &str = "fold";

const COUNTS: [u64; 3] = [10_000, 100_000, 1_000_000];
/// Different items; more are these again.
const DIFFERENT: u64 = 10_000;
const ROUNDS: usize = 7;
/// Items that are handed over in one go, as in a page.
const PAGE: usize = 1_000;

type Windows = BTreeMap<Bucket, Rollup>;

/// Prints a line for each count, and returns the figures of the most. Of Python only as many as it does in some
/// seconds: its rate does not depend on the number.
pub async fn measure(quick: bool) -> Vec<Figure> {
    let path = std::env::temp_dir().join(format!("hookwatch-items-{}", std::process::id()));
    items::write(DIFFERENT, &path).await;
    let mut windows = Windows::new();
    items::read(&path).into_iter().for_each(|item| add(&mut windows, item));
    python::assert_same(&windows, &path);

    println!("\nItems of the index folded into windows of 5 minutes");
    println!("{:>10} {:>12} {:>14} {:>15}", "items", "items/s", "peak memory MB", "Python's");
    let (mut last, mut peaks) = ((0.0, 0.0), Vec::new());
    for count in COUNTS {
        let rounds = if quick && count > DIFFERENT { 3 } else { ROUNDS };
        let (mut ours, mut theirs, mut peak) = (Vec::new(), Vec::new(), 0.0_f64);
        for _ in 0..rounds {
            let said = ask(&mut child_of(&path, count));
            ours.push(said[0]);
            peak = peak.max(said[1]);
            theirs.push(ask(&mut python::command(&path, &count.min(100_000).to_string()))[0]);
        }
        last = (middle(ours), middle(theirs));
        println!("{count:>10} {:>12.0} {peak:>14.1} {:>15.0}", last.0, last.1);
        peaks.push(peak);
    }
    std::fs::remove_file(&path).unwrap();
    vec![
        Figure::new(9, "items of the log folded a second of CPU", last.0, AtLeast(300_000.0)),
        Figure::new(9, "times a folder in Python", last.0 / last.1, AtLeast(50.0)),
        Figure::new(
            9,
            "peak memory of a million items, times 10,000's",
            peaks[peaks.len() - 1] / peaks[0],
            AtMost(1.1),
        ),
    ]
}

fn middle(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

fn child_of(path: &Path, count: u64) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg(CHILD).arg(path).arg(count.to_string());
    command
}

fn ask(command: &mut Command) -> Vec<f64> {
    let text = python::said(command);
    text.split_whitespace().map(|number| number.parse().unwrap()).collect()
}

/// The process: folds, prints items a second of CPU, and peak memory in MB. What hands over pages is not measured.
pub fn child(path: &str, count: &str) {
    let items = items::read(&PathBuf::from(path));
    let count: u64 = count.parse().unwrap();
    let (mut windows, mut took, mut folded) = (Windows::new(), std::time::Duration::ZERO, 0);
    for page in items.chunks(PAGE).cycle() {
        if folded == count {
            break;
        }
        folded += page.len() as u64;
        let page = page.to_vec();
        let before = bench::kernel::cpu_time(std::process::id()).unwrap();
        page.into_iter().for_each(|item| add(&mut windows, item));
        took += bench::kernel::cpu_time(std::process::id()).unwrap() - before;
    }
    assert_eq!(windows.values().map(Rollup::entries).sum::<u64>(), count);
    let peak = bench::kernel::memory(std::process::id()).unwrap().peak;
    println!("{} {}", count as f64 / took.as_secs_f64(), peak as f64 / 1_024.0);
}

/// As a run of the health check does it.
fn add(windows: &mut Windows, mut item: Item) {
    for entry in entries_of(&mut item).unwrap() {
        let found = Found::Entry(entry);
        let window = Grain::Window.bucket_of(found.logged_at());
        windows.entry(window).or_default().add_found(&found);
    }
}
