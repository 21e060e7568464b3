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

use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestRunner};

use history::{History, history};
use world::Worlds;

/// Histories where `HOOKWATCH_HISTORIES` says nothing.
const HISTORIES: u32 = 400;

/// A test's histories are lived through side by side, whatever the machine: so that a seed means the same
/// ones everywhere.
const SIDE_BY_SIDE: u32 = 2;

/// Lives through a share of the histories, in percent.
fn live_through(prompt: bool, share: u32) {
    let wanted = std::env::var("HOOKWATCH_HISTORIES").ok();
    let wanted = wanted.map_or(HISTORIES, |text| text.parse().expect("a number of histories"));
    let cases = (wanted * share).div_ceil(100 * SIDE_BY_SIDE);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..SIDE_BY_SIDE)
            .map(|side| scope.spawn(move || live_through_some(prompt, cases, side)))
            .collect();
        let lived: Vec<_> =
            threads.into_iter().filter_map(|thread| thread.join().unwrap().err()).collect();
        assert!(lived.is_empty(), "{}", lived.join("\n"));
    });
}

/// # Errors
/// The shortest history found that is not told rightly.
fn live_through_some(prompt: bool, cases: u32, side: u32) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let worlds = std::cell::RefCell::new(Worlds::default());
    let default = Config::default();
    let mut runner = TestRunner::new(Config {
        cases,
        max_shrink_iters: 2_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        rng_seed: match default.rng_seed {
            RngSeed::Fixed(seed) => RngSeed::Fixed(seed.wrapping_add(side.into())),
            RngSeed::Random => RngSeed::Random,
        },
        ..default
    });
    let lived = runner.run(&history(prompt), |history: History| {
        runtime.block_on(worlds.borrow_mut().live(&history))
    });
    lived.map_err(|failure| failure.to_string())
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
