//! `cargo bench -p tests --bench write_budget`: what an accepted webhook costs in DynamoDB.
//!
//! Mixed events with random ids go through the receiver's own handler into a real engine. The items
//! are read back as they lie in the table and billed by our own calculator ([`bill`]), whose answer
//! must be the engine's for every single item: the embedded one's, or that of the engine at
//! `DYNAMODB_ENDPOINT`. Ends with 1 and a line for each budget that is broken.
//!
//! `--quick` sends fewer events; `--breakdown` shows what each attribute costs.

mod bill;
mod engine_word;
mod receiver;
mod report;
mod sums;
mod traffic;
mod unseen;

use std::process::ExitCode;

use dictionary::fixtures::{self, Fixture};
use local::engine::Engine;
use local::template::{TableDefinition, Template};
use shared::privacy::PayloadPolicy;
use shared::store::EntityIndex;

use bill::Bill;
use receiver::Receiver;
use report::Measured;
use traffic::Event;

const EVENTS: usize = 10_000;
const QUICK_EVENTS: usize = 2_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let given = |flag: &str| std::env::args().any(|argument| argument == flag);
    // Cargo says `--bench` when it runs benchmarks and nothing when it only tries them out.
    let quick = given("--quick") || !given("--bench");
    let count = if quick { QUICK_EVENTS } else { EVENTS };

    let fixtures = fixtures::load(&tests::fixtures::folder("stripe_events")).unwrap();
    let template = Template::read(&local::workspace().join("template.yaml")).unwrap();
    let table = template.table(&Default::default()).unwrap();
    let events = traffic::events(&fixtures, count);
    println!("{count} events from {} recorded ones, with random ids", fixtures.len());

    let (mut broken, mut figures) = (Vec::new(), Vec::new());
    for (name, index, payload) in [
        ("entity index off", EntityIndex::OFF, PayloadPolicy::Full),
        ("entity index on", EntityIndex::ON, PayloadPolicy::Full),
        ("entity index off, redacted", EntityIndex::OFF, PayloadPolicy::Redacted),
    ] {
        let measured = measure(&fixtures, &events, &table, (index, payload)).await;
        println!("\n{name}\n{}", report::table(&measured));
        let misses = measured.misses();
        if given("--breakdown") || !misses.is_empty() {
            println!("\n{}", report::breakdown(&measured.items));
        }
        figures.extend(measured.figures((index, payload)));
        broken.extend(misses.into_iter().map(|miss| format!("{name}: {miss}")));
    }
    bench::figure::append(&figures).unwrap();
    for miss in &broken {
        eprintln!("BUDGET BROKEN: {miss}");
    }
    if broken.is_empty() {
        println!("\nevery budget is kept");
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Everything that is known of the same events under one setting.
async fn measure(
    fixtures: &[Fixture],
    events: &[Event],
    table: &TableDefinition,
    (index, payload): (EntityIndex, PayloadPolicy),
) -> Measured {
    let engine = Engine::memory().unwrap();
    let receiver = Receiver::start(engine.endpoint(), table, (index, payload)).await;
    let requests = receiver.deliver(events).await;
    let items = receiver.items_of(events).await;
    let seen: Vec<Bill> = items.iter().map(|item| bill::of(item, table)).collect();
    // What the list leaves is mostly names that every event has: its types are as good as seen.
    let unseen = match payload {
        PayloadPolicy::Full => unseen::items(fixtures, events, &items),
        PayloadPolicy::Redacted | PayloadPolicy::None => items.clone(),
    };
    let unseen = unseen.iter().map(|item| bill::of(item, table)).collect();
    let engine_word = engine_word::check(engine.endpoint(), table, &items, &seen).await;
    Measured { index, requests, items, seen, unseen, engine_word }
}
