//! The rhythm of counted events: what each hour of the week usually brings, and whether the present
//! brings it.
//!
//! Hours and minutes are whole numbers since 1970, UTC. A slot is an hour of the week. Nothing here
//! knows a calendar: a clock change moves the traffic by one slot, which the lower bound of the
//! neighbouring slots takes in.

mod baseline;
mod counts;
mod verdict;

pub use baseline::Baseline;
pub use counts::HourlyCounts;
pub use verdict::{Change, Missed};
