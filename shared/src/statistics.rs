//! Plain numbers and strings: sketches, bounded counts, folds of messages, rhythms. Knows nothing of webhooks.

mod bounded;
mod pattern;
mod rhythm;
mod runs;
mod sketch;

pub use bounded::BoundedCounts;
pub use pattern::fold_message;
pub use rhythm::{Baseline, Change, HourlyCounts, Missed};
pub use runs::Runs;
pub use sketch::Sketch;
