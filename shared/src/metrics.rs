//! The guide's answers from rollups: each is filled part by part, in any order.

mod block;
mod errors;
mod filter;
mod performance;

pub use block::{Deliveries, Durations, Outcomes};
pub use errors::Errors;
pub use filter::{Filter, Match};
pub use performance::Performance;
