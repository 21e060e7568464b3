//! What numbers cost: rolling up a window, a day's report from roll-ups and from the log, and each
//! endpoint over a day and over 30.
//!
//! `cargo bench -p tests --bench numbers`; `-- --quick` leaves out the million, `-- --endpoints` does the endpoints
//! alone, `-- --targets` what `infra/bench.sh` holds against targets. The engine is the embedded one, in memory, over
//! HTTP; rolling up and asking run in processes of their own, so that their memory and time can be told from the
//! engine's.

mod endpoints;
mod fill;
mod growth;
#[path = "../run/meter.rs"]
mod meter;
#[path = "../run/past.rs"]
mod past;
mod report;
mod roll_up;
mod sizes;

use std::sync::Arc;

use bench::figure::Figure;
use bench::figure::Target::AtMost;
use endpoints::Traffic;
use local::engine::Engine;

const QUICK: [u64; 3] = [1_000, 10_000, 100_000];
const FULL: [u64; 4] = [1_000, 10_000, 100_000, 1_000_000];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    if let [command, engine, cloudwatch, traffic] = arguments.as_slice()
        && command == endpoints::CHILD
    {
        return one_thread().block_on(endpoints::child(engine, cloudwatch, traffic));
    }
    if let [command, endpoint, table, now] = arguments.as_slice()
        && command == roll_up::CHILD
    {
        return runtime.block_on(roll_up::child(endpoint, table, now));
    }
    // Cargo says `--bench` when it runs benchmarks and nothing when it only tries them out.
    let given = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let counts: &[u64] = if given("--quick") || !given("--bench") { &QUICK } else { &FULL };
    let of_endpoints: &[(u64, usize)] = if counts.len() == QUICK.len() {
        &[(100_000, 0)]
    } else {
        &[(10_000_000, 0), (10_000_000, 4)]
    };
    if given("--endpoints") {
        return of_each_endpoint(&runtime, of_endpoints);
    }
    if given("--targets") {
        let mut figures = runtime.block_on(growth::measure(given("--quick")));
        figures.extend(of_rates());
        bench::figure::append(&figures).unwrap();
        return;
    }
    println!("Rolling up one window of 5 minutes");
    println!("{:>10} {:>12} {:>12} {:>14}", "entries", "seconds", "entries/s", "peak memory MB");
    for count in counts.iter().filter(|count| **count >= 10_000) {
        runtime.block_on(roll_up::window(engine(), *count));
    }
    println!("\nA report over 24 hours, all totals");
    println!(
        "{:>10} {:>13} {:>13} {:>8} {:>10} {:>11}",
        "events", "roll-ups ms", "the log ms", "ratio", "read units", "rollups"
    );
    for count in counts {
        runtime.block_on(report::day(engine(), *count));
    }
    of_each_endpoint(&runtime, of_endpoints);
    of_rates();
}

/// What a day's report reads at any rate, as figures.
fn of_rates() -> Vec<Figure> {
    println!("\nTotals of an hour at a rate, and of 24 hours with 23 windows");
    println!("{:>10} {:>12} {:>12} {:>12}", "events/s", "hour bytes", "cells bytes", "read units");
    let units = [1, 10, 100, 1_000].map(sizes::at);
    let most = units.iter().copied().fold(0.0, f64::max);
    vec![
        Figure::new(
            13,
            "read units of a day's report, at any rate up to 1,000 a second",
            most,
            AtMost(20.0),
        ),
        Figure::new(
            13,
            "more of them at 1,000 a second than at 1",
            units[3] - units[0],
            AtMost(0.0),
        ),
    ]
}

fn of_each_endpoint(runtime: &tokio::runtime::Runtime, of_endpoints: &[(u64, usize)]) {
    println!("\nAn endpoint or page, so many events in each 30 days");
    println!(
        "{:>10} {:>8} {:>6} {:<40} {:>8} {:>8} {:>9} {:>11} {:>7}",
        "events", "accounts", "hours", "asked", "CPU ms", "ms", "requests", "read units", "KB"
    );
    for (events, accounts) in of_endpoints.iter().copied() {
        runtime.block_on(endpoints::of(engine(), Traffic { events, accounts }));
    }
}

/// As a function runs.
fn one_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn engine() -> Arc<Engine> {
    Arc::new(Engine::memory().unwrap())
}
