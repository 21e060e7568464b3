//! The rhythm of first deliveries: what was counted by the hour, and what that says of the present.

mod history;
mod judge;
mod present;

pub use history::{CountedHour, History, Progress};
pub use judge::{Baselines, judge, listen, listen_between_runs};
pub use present::Present;
