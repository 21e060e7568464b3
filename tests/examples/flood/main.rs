//! The load test: forged requests at a rate, genuine events in between. Afterwards every event must be in
//! the log, every forgery be counted, and no function instance have written more than once a second for
//! them. Run it by `infra/flood-test.sh`, or `cargo run -p tests --example flood -- --seconds 60`.
//!
//! Everything is on this machine and on loopback. Exits with 1 when anything of that is not so.

mod counter;
mod senders;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use local::engine::Engine;
use local::system::EngineChoice;
use serde_json::Value;
use tests::hookwatch::Hookwatch;

use counter::Counter;
use senders::{Sent, send};

/// Floods a system of its own with forged requests.
#[derive(Parser)]
#[command(name = "flood", bin_name = "cargo run -p tests --example flood --")]
struct Options {
    /// For how long
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Forged requests a second
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=5_000))]
    rate: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Options { seconds, rate } = Options::parse();
    let engine = Arc::new(Engine::memory().unwrap());
    let counter = Counter::before(engine.endpoint()).await;
    let endpoint = counter.endpoint.clone();
    let hookwatch = Hookwatch::start_with(|options| {
        options.engine = EngineChoice::External(endpoint);
    })
    .await;
    let url = format!("{}/webhooks/stripe", hookwatch.system.url());
    let calm = send(&url, 0, Duration::from_secs(seconds.min(10)), "calm").await;
    let before = counter.puts();
    let flood = send(&url, rate, Duration::from_secs(seconds), "flood").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let puts = counter.puts() - before;
    let instances = hookwatch.system.host("webhook-receiver").unwrap().instances().len() as u64;
    // Each genuine event is a put of its own; a new instance warms its connection with one.
    let for_forgeries = puts.saturating_sub(flood.stored.len() as u64);
    let most = (seconds + 3) * instances + instances;
    let counted = counted(&hookwatch).await;
    let missing = missing(&hookwatch, calm.stored.iter().chain(&flood.stored)).await;

    println!(
        "{} forged requests in {seconds} s ({} a second)",
        flood.forged,
        flood.forged / seconds
    );
    println!(
        "refused: {}, counted in the log: {counted}, other answers: {}",
        flood.refused, flood.odd
    );
    println!(
        "writes for them: {for_forgeries} by {instances} instances, {:.2} a second and instance",
        for_forgeries as f64 / (seconds * instances) as f64
    );
    for (name, sent) in [("before", &calm), ("during", &flood)] {
        println!(
            "genuine events {name}: {} sent, {} stored, median {} ms, 99 of 100 within {} ms",
            sent.genuine,
            sent.stored.len(),
            sent.percentile(50),
            sent.percentile(99)
        );
    }
    println!("answered 200 and not in the log: {missing}");
    let is_well = flood.odd == 0
        && counted == flood.refused
        && for_forgeries <= most
        && sent_all(&calm)
        && sent_all(&flood)
        && missing == 0;
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn sent_all(sent: &Sent) -> bool {
    sent.genuine == sent.stored.len() as u64
}

/// Forgeries that the log has counted.
async fn counted(hookwatch: &Hookwatch) -> u64 {
    let mut total = 0;
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/events?status=rejected&limit=200{cursor}");
        let page = hookwatch.get(&path).await.body;
        let entries = page["events"].as_array().unwrap();
        total += entries.iter().filter_map(|entry| entry["count"].as_u64()).sum::<u64>();
        match &page["next_cursor"] {
            Value::String(next) => cursor = format!("&cursor={next}"),
            _ => return total,
        }
    }
}

/// Events that are not in the log.
async fn missing(hookwatch: &Hookwatch, stored: impl Iterator<Item = &String>) -> u64 {
    let mut missing = 0;
    for id in stored {
        let page = hookwatch.get(&format!("/v1/events/{id}")).await;
        missing += u64::from(page.status != 200);
    }
    missing
}
