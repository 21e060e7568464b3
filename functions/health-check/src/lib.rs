//! What runs on a schedule. Every run does all that is due by its own clock, so a run that was
//! missed, doubled, late or killed half-way is made good by the next one.
//!
//! `known` loads what has been rolled up, `due` decides what is to be read (pure), `roll_up` reads and
//! puts.

pub mod cloudwatch;
pub mod config;
mod due;
pub mod handler;
mod known;
pub mod roll_up;
mod summary;
pub mod watch;

pub use summary::Summary;
