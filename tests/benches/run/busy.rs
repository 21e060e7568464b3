//! A whole run of the health check, and a day's report, where 1,000 events come in a second, each with its outcome.
//!
//! The two windows that such a run reads are there entry by entry. All else of the day is there as the roll-ups that
//! the product's own code makes of generated entries: of every 32nd, which are then added to themselves five times, so
//! that counts are right and the rarest durations missing. Run and report are processes of their own.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Instant;

use bench::figure::Figure;
use bench::figure::Target::{AtLeast, AtMost};
use bench::kernel;
use health_check::handler::{App, run};
use jiff::{SignedDuration, Timestamp};
use local::cloudwatch::{ChangeSink, CloudWatch};
use local::engine::Engine;
use local::system::token_entry;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::config::Vars;
use shared::gateway::Request;
use shared::rollup::{Bucket, Grain, Rollup};
use shared::store::EventStore;
use tests::log::retention;

use crate::fill::{TABLE, log, table};
use crate::meter::{Meter, cpu_ms};
use crate::past::rolled_up;
use crate::watched::{config, end_of_day};

/// The commands that the processes are started with.
pub const RUN: &str = "busy-run";
pub const REPORT: &str = "busy-report";

const RATE: u64 = 1_000;
/// Events a second that are logged, in full and in quick mode: to log those of the full one takes the embedded engine
/// minutes. Quick mode multiplies what a run takes for an entry by the entries of [`RATE`]. What a run takes however
/// few there are is in that too, so its figures are higher than those of the full one.
const RATES: [u64; 2] = [RATE, 100];
const DOUBLINGS: u32 = 5;
/// What Lambda gives a function of 512 MB of a processor: 1,769 MB are one.
const SHARE: f64 = 512.0 / 1_769.0;
/// How long a run rolls up: what is left then is the next one's.
const MOST_SECONDS: f64 = 60.0;
const TOKEN: &str = "bench";

/// What one process took.
#[derive(Debug, Serialize, Deserialize)]
struct Took {
    entries: u64,
    remaining: u64,
    rolling: f64,
    cpu: f64,
    wall: f64,
    megabytes: f64,
    units: f64,
}

/// Fills a log, lets it be watched and reported, and returns the figures.
pub async fn measure(quick: bool) -> Vec<Figure> {
    let rate = RATES[usize::from(quick)];
    let engine = Engine::memory().unwrap();
    let period = std::time::Duration::from_secs(300);
    let cloudwatch = CloudWatch::start(period, ChangeSink::new(|_| {}), None).await.unwrap();
    fill(&engine, rate).await;
    let took = |command| elsewhere(command, &engine, &cloudwatch);
    let (run, report) = (took(RUN), took(REPORT));

    println!("\nA run of the health check, and a report of the day, at {rate} events a second");
    println!(
        "{:>8} {:>10} {:>6} {:>8} {:>8} {:>11} {:>8} {:>11}",
        "", "entries", "left", "CPU s", "s", "rolling up", "MB", "read units"
    );
    for (name, took) in [("run", &run), ("report", &report)] {
        let Took { entries, remaining, rolling, cpu, wall, megabytes, units } = took;
        println!(
            "{name:>8} {entries:>10} {remaining:>6} {cpu:>8.2} {wall:>8.2} {rolling:>11.2} {megabytes:>8.1} {units:>11.1}"
        );
    }
    let cpu = run.cpu / run.entries as f64 * (2 * entries_of(Grain::Window, RATE)) as f64;
    let figure = |what: &str, value, target| Figure::new(14, what, value, target);
    let (limit, memory) = (AtMost(MOST_SECONDS), AtMost(512.0));
    // One window may take half of it (`roll_up`), which is what each of the two does.
    let carries = |share: f64| RATE as f64 * share * MOST_SECONDS / cpu;
    vec![
        figure("a run at 1,000 events a second and their outcomes, s of a CPU", cpu, limit),
        figure("the same with 512 MB, which are 0.29 of a CPU, s", cpu / SHARE, limit),
        figure("events a second that a run carries with a CPU", carries(1.0), AtLeast(RATE as f64)),
        figure("the same with 512 MB", carries(SHARE), AtLeast(RATE as f64)),
        figure("windows that it left to the next run", run.remaining as f64, AtMost(0.0)),
        figure("its peak memory, MB", run.megabytes, memory),
        figure("a report of that day, s of a CPU with 512 MB", report.cpu / SHARE, limit),
        figure("its peak memory, MB", report.megabytes, memory),
    ]
}

/// A day up to its end: hours, the windows that a run still looks at, and the entries of the two that it reads.
async fn fill(engine: &Engine, rate: u64) {
    let store = table(engine).await;
    let end = end_of_day();
    let hours = |count: i64| Grain::Hour.bucket_of(end - SignedDuration::from_hours(count));
    // The hour before the last is made in the run.
    let mut past: Vec<Bucket> = (3..=24).map(hours).collect();
    past.extend((1..=3).flat_map(|count| hours(count).parts()));
    // Of these the first has been read once, the second never.
    let due = due(end);
    for bucket in past.into_iter().filter(|bucket| *bucket != due[1]) {
        put(&store, bucket, rate, end).await;
    }
    for (window, number) in due.into_iter().zip(0..) {
        let count = entries_of(Grain::Window, rate);
        let length = SignedDuration::from_secs(Grain::Window.seconds());
        log(&store, number * count..(number + 1) * count, window.start, length).await;
    }
}

/// The window that is read for the last time at the end of the day, and the one that is for the first time.
fn due(end: Timestamp) -> [Bucket; 2] {
    let before = |minutes| Grain::Window.bucket_of(end - SignedDuration::from_mins(minutes));
    [before(65), before(5)]
}

async fn put(store: &EventStore, bucket: Bucket, rate: u64, end: Timestamp) {
    let mut rollup = rolled_up(bucket, entries_of(bucket.grain, rate) >> DOUBLINGS);
    for _ in 0..DOUBLINGS {
        let same: Rollup = rollup.clone();
        rollup.merge(&same);
    }
    let has_settled = bucket.settles_at() <= end;
    let read_at = if has_settled { bucket.settles_at() } else { bucket.closes_at() };
    store.put_rollup(bucket, &rollup, read_at, retention(), &[]).await.unwrap();
}

/// Half of them deliveries.
fn entries_of(grain: Grain, rate: u64) -> u64 {
    2 * rate * grain.seconds().unsigned_abs()
}

fn elsewhere(command: &str, engine: &Engine, cloudwatch: &CloudWatch) -> Took {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([command, engine.endpoint(), cloudwatch.endpoint()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The process that watches.
pub async fn watch(engine: &str, cloudwatch: &str) {
    let meter = Meter::default();
    let app = App::new(config(engine, cloudwatch, meter.clone()));
    let (begun, cpu) = (Instant::now(), cpu_ms());
    let summary = run(&app, end_of_day() + SignedDuration::from_secs(61)).await.unwrap();
    tell(&meter, (begun, cpu), [summary.entries, summary.remaining, summary.took_ms]);
}

/// The process that reports.
pub async fn report(engine: &str, cloudwatch: &str) {
    let meter = Meter::default();
    let vars = BTreeMap::from([
        ("AWS_REGION", local::REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", local::CREDENTIALS.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", local::CREDENTIALS.to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", engine.to_owned()),
        ("TABLE_NAME", TABLE.to_owned()),
        ("WEBHOOK_OUTCOMES", "expected".to_owned()),
        ("WEBHOOK_API_TOKENS", token_entry("bench", "operator", TOKEN)),
    ]);
    let lookup = |name: &str| vars.get(name).cloned();
    let mut given = ops_api::config::Config::from_vars(&Vars::new(&lookup)).await.unwrap();
    given.store = config(engine, cloudwatch, meter.clone()).store;
    let app = ops_api::App::new(given).unwrap();
    let end = end_of_day();
    let event = json!({
        "rawPath": "/v1/reports",
        "rawQueryString": format!("from={}&to={end}", end - SignedDuration::from_hours(24)),
        "headers": {"authorization": format!("Bearer {TOKEN}")},
        "requestContext": {"http": {"method": "GET", "sourceIp": "127.0.0.1"}},
    });
    let request: Request = serde_json::from_value(event).unwrap();
    let (begun, cpu) = (Instant::now(), cpu_ms());
    let answer = ops_api::handle(&app, &request, "bench").await;
    assert_eq!(answer.status_code, 200, "{}", answer.body);
    tell(&meter, (begun, cpu), [0; 3]);
}

fn tell(meter: &Meter, (begun, cpu): (Instant, f64), [entries, remaining, ms]: [u64; 3]) {
    let units = meter.take();
    let took = Took {
        entries,
        remaining,
        rolling: ms as f64 / 1e3,
        cpu: (cpu_ms() - cpu) / 1e3,
        wall: begun.elapsed().as_secs_f64(),
        megabytes: kernel::memory(std::process::id()).unwrap().peak as f64 / 1_024.0,
        units: units.log + units.other,
    };
    println!("{}", serde_json::to_string(&took).unwrap());
}
