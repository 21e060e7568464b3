//! The truth test: whatever happens to the log and its roll-ups, every answer equals what a plain
//! count of the entries gives.
//!
//! A history is made of deliveries, outcomes, refusals, repeated calls, wrong clocks, an index that
//! lags, runs of the health check that overlap, hang or die, and roll-ups that are lost or damaged; it
//! is lived through on a real engine, and asked about. `HOOKWATCH_HISTORIES` says how many.

mod compare;
mod count;
mod engine;
mod history;
mod world;

use proptest::test_runner::{Config, FileFailurePersistence, TestRunner};

use history::{History, history};
use world::Worlds;

/// Histories where `HOOKWATCH_HISTORIES` says nothing.
const HISTORIES: u32 = 400;

/// Lives through a share of the histories, in percent.
fn live_through(prompt: bool, share: u32) {
    let wanted = std::env::var("HOOKWATCH_HISTORIES").ok();
    let wanted = wanted.map_or(HISTORIES, |text| text.parse().expect("a number of histories"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let worlds = std::cell::RefCell::new(Worlds::default());
    let mut runner = TestRunner::new(Config {
        cases: (wanted * share).div_ceil(100),
        max_shrink_iters: 2_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..Config::default()
    });
    let lived = runner.run(&history(prompt), |history: History| {
        runtime.block_on(worlds.borrow_mut().live(&history))
    });
    if let Err(failure) = lived {
        panic!("{failure}");
    }
}

/// Entries reach the index within seconds: every answer at any time is exact.
#[test]
fn answers_equal_a_plain_count_at_any_time() {
    live_through(true, 85);
}

/// Entries reach the index up to 50 minutes late: answers are exact once windows are settled.
#[test]
fn answers_equal_a_plain_count_in_the_end_however_late_entries_show() {
    live_through(false, 15);
}
