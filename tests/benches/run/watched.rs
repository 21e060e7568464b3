//! Runs in a process of their own, over a log that another process keeps.

use std::collections::BTreeMap;
use std::fmt;
use std::process::Command;
use std::time::Instant;

use aws_sdk_dynamodb::Client;
use futures_util::FutureExt;
use health_check::config::Config;
use health_check::handler::{App, run};
use jiff::{SignedDuration, Timestamp};
use local::cloudwatch::CloudWatch;
use local::engine::Engine;
use shared::config::Vars;
use shared::store::{EntityIndex, EventStore};

use crate::fill::TABLE;
use crate::meter::{Meter, Units, cpu_ms};

/// The command that the process is started with.
pub const CHILD: &str = "watch";
/// Runs after the one that rolls up the day; the last is measured.
const RUNS: i64 = 4;

/// What one run cost.
pub struct Cost {
    units: Units,
    pub puts_of_metrics: u64,
    cpu_ms: f64,
    wall_ms: f64,
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { units, puts_of_metrics, cpu_ms, wall_ms } = self;
        write!(
            f,
            "{:>12.1} {:>12.1} {:>13.1} {puts_of_metrics:>15} {cpu_ms:>8.1} {wall_ms:>8.1}",
            units.log, units.other, units.written
        )
    }
}

/// The end of the day, recent enough for CloudWatch.
fn end_of_day() -> Timestamp {
    let now = Timestamp::now().as_second();
    Timestamp::from_second(now - now % 3_600 - 7_200).unwrap()
}

/// Logs a day, and what comes while the runs are made.
pub async fn fill(engine: &Engine, rate: u64) {
    let day = SignedDuration::from_hours(24);
    let length = day + SignedDuration::from_mins(5 * RUNS);
    let count = (rate as f64 * length.as_secs_f64() / day.as_secs_f64()) as u64;
    crate::fill::fill(engine, count, end_of_day() - day, length).await;
}

/// Lets another process run, and tells what the last of its runs cost.
pub fn elsewhere(engine: &Engine, cloudwatch: &CloudWatch) -> Cost {
    let puts = || {
        let requests = cloudwatch.requests();
        let is_put = |request: &&serde_json::Value| request["operation"] == "PutMetricData";
        requests.iter().filter(is_put).count() as u64
    };
    let output = Command::new(std::env::current_exe().unwrap())
        .args([CHILD, engine.endpoint(), cloudwatch.endpoint()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let numbers: Vec<f64> = text.split_whitespace().map(|text| text.parse().unwrap()).collect();
    let [log, other, written, cpu_ms, wall_ms, runs] = numbers[..] else { panic!("{text}") };
    let units = Units { log, other, written, ..Units::default() };
    Cost { units, puts_of_metrics: puts() / runs as u64, cpu_ms, wall_ms }
}

/// The process.
pub async fn child(engine: &str, cloudwatch: &str) {
    let meter = Meter::default();
    let app = App::new(config(engine, cloudwatch, meter.clone()));
    let at = |number: i64| end_of_day() + SignedDuration::from_mins(5 * number);
    let grace = SignedDuration::from_secs(61);
    let mut runs = 1;
    while run(&app, at(0) + grace).await.unwrap().remaining > 0 {
        runs += 1;
    }
    for number in 1..RUNS {
        run(&app, at(number) + grace).await.unwrap();
        runs += 1;
    }
    meter.take();
    let (begun, cpu) = (Instant::now(), cpu_ms());
    run(&app, at(RUNS) + grace).await.unwrap();
    let (wall, cpu) = (begun.elapsed().as_secs_f64() * 1_000.0, cpu_ms() - cpu);
    let Units { log, other, written, .. } = meter.take();
    println!("{log} {other} {written} {cpu} {wall} {}", runs + 1);
}

fn config(engine: &str, cloudwatch: &str, meter: Meter) -> Config {
    let vars: BTreeMap<&str, &str> = BTreeMap::from([
        ("AWS_REGION", local::REGION),
        ("AWS_ACCESS_KEY_ID", local::CREDENTIALS),
        ("AWS_SECRET_ACCESS_KEY", local::CREDENTIALS),
        ("AWS_ENDPOINT_URL_DYNAMODB", engine),
        ("AWS_ENDPOINT_URL_CLOUDWATCH", cloudwatch),
        ("TABLE_NAME", TABLE),
        ("STACK_NAME", "bench"),
        ("PAGE_TOPIC_ARN", "arn:aws:sns:us-east-1:123456789012:page"),
        ("TICKET_TOPIC_ARN", "arn:aws:sns:us-east-1:123456789012:ticket"),
        ("WEBHOOK_OUTCOMES", "expected"),
    ]);
    let lookup = |name: &str| vars.get(name).map(|value| (*value).to_owned());
    let mut config = Config::from_vars(&Vars::new(&lookup)).now_or_never().unwrap().unwrap();
    let metered = local::table::client(engine).config().to_builder().interceptor(meter).build();
    config.store = EventStore::new(Client::from_conf(metered), TABLE.to_owned(), EntityIndex::OFF);
    config
}
