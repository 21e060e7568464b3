//! What a run of the health check costs, at a steady rate of events, with a log behind it.
//!
//! `cargo bench -p tests --bench run`; `-- --quick` leaves out the busiest, `-- --days 1` makes another log than one
//! of 30 days, `-- --breakdown` tells the units by what is read, `-- --busy` makes a run and a report of a day at 1,000
//! events a second, and nothing else. The engine is the embedded one, in memory; runs
//! are made by a process of their own, so that their time can be told from the engine's.

mod busy;
#[path = "../numbers/fill.rs"]
mod fill;
mod meter;
mod past;
mod watched;

use bench::figure::Figure;
use bench::figure::Target::AtMost;
use local::cloudwatch::{ChangeSink, CloudWatch};
use local::engine::Engine;

const QUICK: [u64; 3] = [300, 3_000, 30_000];
const FULL: [u64; 4] = [300, 3_000, 30_000, 300_000];
/// Days of log where nothing else is said: as many as are kept.
const DAYS: i64 = 30;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    if let [command, engine, cloudwatch] = arguments.as_slice() {
        match command.as_str() {
            watched::CHILD => return runtime.block_on(watched::child(engine, cloudwatch)),
            busy::RUN => return one_thread().block_on(busy::watch(engine, cloudwatch)),
            busy::REPORT => return one_thread().block_on(busy::report(engine, cloudwatch)),
            _ => {}
        }
    }
    // Cargo says `--bench` when it runs benchmarks and nothing when it only tries them out.
    let given = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let rates: &[u64] = if given("--quick") || !given("--bench") { &QUICK } else { &FULL };
    if given("--busy") {
        let figures = runtime.block_on(busy::measure(rates.len() == QUICK.len()));
        return bench::figure::append(&figures).unwrap();
    }
    let days = arguments.iter().skip_while(|argument| *argument != "--days").nth(1);
    let days = days.map_or(DAYS, |days| days.parse().expect("a number of days"));
    println!("A run of the health check after {days} days of events, half of them outcomes");
    println!(
        "{:>10} {:>20} {:>10} {:>12} {:>12} {:>14} {:>7} {:>8}",
        "events/day",
        "run",
        "log units",
        "other units",
        "write units",
        "PutMetricData",
        "CPU ms",
        "wall ms"
    );
    let mut puts: f64 = 0.0;
    for rate in rates {
        puts = puts.max(runtime.block_on(async {
            let engine = Engine::memory().unwrap();
            let nobody = ChangeSink::new(|_| {});
            let period = std::time::Duration::from_secs(300);
            let cloudwatch = CloudWatch::start(period, nobody, None).await.unwrap();
            watched::fill(&engine, *rate, days).await;
            let costs = watched::elsewhere(&engine, &cloudwatch);
            for cost in &costs {
                println!("{rate:>10} {cost}");
                if given("--breakdown") {
                    cost.by_key().for_each(|(key, units)| println!("{units:>30.1}  {key}"));
                }
            }
            costs.iter().map(|cost| cost.puts_of_metrics).fold(0.0, f64::max)
        }));
    }
    let what = "PutMetricData of a health run, typical traffic";
    bench::figure::append(&[Figure::new(11, what, puts, AtMost(1.0))]).unwrap();
}

/// As a function runs.
fn one_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}
