//! The guide's answers from rollups: each is filled part by part, in any order.

mod block;
mod errors;
mod failures;
mod filter;
mod groups;
mod performance;
mod series;

pub use block::{Deliveries, Durations, Outcomes};
pub use errors::Errors;
pub use failures::{ErrorPattern, Failures, Fold, MOST_FOLDS};
pub use filter::{Filter, Match};
pub use groups::{Group, GroupBy, GroupKey, Groups};
pub use performance::Performance;
pub use series::{Point, Series, Slot, Step};

#[cfg(test)]
mod tests;
