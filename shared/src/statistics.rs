//! Plain numbers and strings: sketches, bounded counts, folds of messages. Knows nothing of webhooks.

mod bounded;
mod pattern;
mod runs;
mod sketch;

pub use bounded::BoundedCounts;
pub use pattern::fold_message;
pub use runs::Runs;
pub use sketch::Sketch;
