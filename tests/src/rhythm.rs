//! Simulated traffic of a shop, six weeks of it, and what the product's own pure code makes of it.
//!
//! Four weeks are history, two are played in runs of 5 minutes. The same seed is the same traffic.

mod play;
mod score;
mod traffic;

pub use play::{Episode, play};
pub use score::{Score, score};
pub use traffic::{Scenario, Shop};

/// What the table is made for: first deliveries a day.
pub const RATES: [u32; 4] = [30, 300, 3_000, 100_000];
