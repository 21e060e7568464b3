//! Plain numbers and strings: sketches, bounded counts, folds of messages, rhythms. Knows nothing of webhooks.

mod bounded;
mod counts;
mod pattern;
mod rhythm;
mod similar;
mod sketch;
mod trend;

pub use bounded::BoundedCounts;
pub use counts::Counts;
pub use pattern::fold_message;
pub use rhythm::{Baseline, Change, HourlyCounts, Missed};
pub use similar::{Pattern, patterns};
pub use sketch::Sketch;
pub use trend::{Direction, FEWEST, SIGNIFICANCE, Trend, median, trend};
