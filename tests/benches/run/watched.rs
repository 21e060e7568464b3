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
use serde::{Deserialize, Serialize};
use shared::config::Vars;
use shared::rollup::Grain;
use shared::store::{EntityIndex, EventStore, StoredPayload};
use tests::log::{delivery, retention};

use crate::fill::TABLE;
use crate::meter::{Meter, Units, cpu_ms};
use crate::past::rolled_up;

/// The command that the process is started with.
pub const CHILD: &str = "watch";
/// Runs of an instance after those that roll up the day and count the past; the last is measured.
const RUNS: i64 = 4;
/// Hours that the rhythm counts.
const COUNTED: i64 = 28 * 24;

/// What one run cost.
#[derive(Serialize, Deserialize)]
pub struct Cost {
    name: String,
    log: f64,
    other: f64,
    written: f64,
    by_key: BTreeMap<String, f64>,
    cpu_ms: f64,
    wall_ms: f64,
    /// Runs before it, and itself.
    runs: u64,
    /// On average of its runs.
    #[serde(default)]
    pub puts_of_metrics: f64,
}

impl Cost {
    /// Units of what is no log, by what was read.
    pub fn by_key(&self) -> impl Iterator<Item = (&str, f64)> {
        self.by_key
            .iter()
            .map(|(key, units)| (key.as_str(), *units))
            .filter(|(_, units)| *units > 0.0)
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, log, other, written, cpu_ms, wall_ms, puts_of_metrics, .. } = self;
        write!(
            f,
            "{name:>20} {log:>10.1} {other:>12.1} {written:>12.1} {puts_of_metrics:>14.2} {cpu_ms:>7.1} {wall_ms:>8.1}"
        )
    }
}

/// The end of the last whole day, recent enough for CloudWatch.
pub fn end_of_day() -> Timestamp {
    let now = Timestamp::now().as_second();
    Timestamp::from_second(now - now % 3_600 - 7_200).unwrap()
}

/// Logs a day, and what comes while the runs are made. Of the days before there are the hours, as they were rolled
/// up, and the oldest entry: nothing else of them is read.
pub async fn fill(engine: &Engine, rate: u64, days: i64) {
    let day = SignedDuration::from_hours(24);
    let length = day + SignedDuration::from_mins(5 * (RUNS + 1));
    let count = (rate as f64 * length.as_secs_f64() / day.as_secs_f64()) as u64;
    let first = end_of_day() - day;
    let store = crate::fill::fill(engine, count, first, length).await;
    for hours in 1..24 * (days - 1) + 1 {
        let start = first - SignedDuration::from_hours(hours);
        let bucket = Grain::Hour.bucket_of(start);
        let rollup = rolled_up(bucket, rate / 24);
        store.put_rollup(bucket, &rollup, bucket.settles_at(), retention(), &[]).await.unwrap();
        if hours == 24 * (days - 1) {
            let oldest = delivery("evt_oldest", start);
            store.put_delivery(&oldest, StoredPayload::NotKept, retention()).await.unwrap();
        }
    }
}

/// Lets another process run, and tells what its last run cost, and the first one of an instance after it.
pub fn elsewhere(engine: &Engine, cloudwatch: &CloudWatch) -> Vec<Cost> {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([CHILD, engine.endpoint(), cloudwatch.endpoint()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut costs: Vec<Cost> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let requests = cloudwatch.requests();
    let puts = requests.iter().filter(|request| request["operation"] == "PutMetricData").count();
    let runs = costs.last().map_or(0, |cost| cost.runs);
    for cost in &mut costs {
        cost.puts_of_metrics = puts as f64 / runs as f64;
    }
    costs
}

/// The process.
pub async fn child(engine: &str, cloudwatch: &str) {
    let meter = Meter::default();
    let config = || config(engine, cloudwatch, meter.clone());
    let (store, first) = (config().store, App::new(config()));
    let at = |number: i64| {
        end_of_day() + SignedDuration::from_mins(5 * number) + SignedDuration::from_secs(61)
    };
    let (mut now, mut runs) = (at(0), 1);
    while run(&first, now).await.unwrap().remaining > 0 || is_counting(&store, now).await {
        now += SignedDuration::from_millis(1);
        runs += 1;
    }
    for number in 1..RUNS {
        run(&first, at(number)).await.unwrap();
        runs += 1;
    }
    measure("any", &first, &meter, at(RUNS), runs + 1).await;
    let cold = App::new(config());
    measure("first of an instance", &cold, &meter, at(RUNS + 1), runs + 2).await;
}

/// Whether hours are still to be counted for the rhythm.
async fn is_counting(store: &EventStore, now: Timestamp) -> bool {
    let history = store.history(now).await.unwrap().history;
    history.progress.is_none_or(|progress| progress.back_to > progress.through - COUNTED)
}

async fn measure(name: &str, app: &App, meter: &Meter, at: Timestamp, runs: u64) {
    meter.take();
    let (begun, cpu) = (Instant::now(), cpu_ms());
    run(app, at).await.unwrap();
    let (wall_ms, cpu_ms) = (begun.elapsed().as_secs_f64() * 1_000.0, cpu_ms() - cpu);
    let Units { log, other, written, by_key, .. } = meter.take();
    let (name, puts_of_metrics) = (name.to_owned(), 0.0);
    let cost = Cost { name, log, other, written, by_key, cpu_ms, wall_ms, runs, puts_of_metrics };
    println!("{}", serde_json::to_string(&cost).unwrap());
}

/// The health check's, over a log whose units are counted.
pub fn config(engine: &str, cloudwatch: &str, meter: Meter) -> Config {
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
