//! Rolling up, in a process of its own.

use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use local::engine::Engine;
use shared::store::{EntityIndex, EventStore};
use tests::log::{at, retention};

use crate::fill::{TABLE, fill};

/// The command that the process is started with.
pub const CHILD: &str = "roll-up";

/// Fills one window and rolls it up.
pub async fn window(engine: Arc<Engine>, count: u64) {
    fill(&engine, count, at(0), SignedDuration::from_secs(299)).await;
    let (seconds, megabytes) = elsewhere(&engine, at(361));
    println!("{count:>10} {seconds:>12.2} {:>12.0} {megabytes:>14.1}", count as f64 / seconds);
}

/// Lets another process roll up all that is due; its seconds, and its peak memory in MB.
pub fn elsewhere(engine: &Engine, now: Timestamp) -> (f64, f64) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([CHILD, engine.endpoint(), TABLE, &now.to_string()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut numbers = text.split_whitespace().map(|number| number.parse::<f64>().unwrap());
    (numbers.next().unwrap(), numbers.next().unwrap())
}

/// The process: rolls up, prints seconds and peak memory.
pub async fn child(endpoint: &str, table: &str, now: &str) {
    let client = local::table::client(endpoint);
    let store = EventStore::new(client, table.to_owned(), EntityIndex::OFF);
    let (begun, now) = (Instant::now(), now.parse().unwrap());
    while health_check::roll_up::run(&store, retention(), now).await.unwrap().remaining > 0 {}
    let seconds = begun.elapsed().as_secs_f64();
    println!("{seconds} {}", peak_memory());
}

/// Of this process, in MB.
fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1_024.0
}
