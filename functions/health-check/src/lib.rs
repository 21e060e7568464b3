//! What runs on a schedule. Every run does all that is due by its own clock, so a run that was
//! missed, doubled, late or killed half-way is made good by the next one.
//!
//! `invocation` tells what it is called for. `front_door` probes the public address; `known` loads what has been rolled up, `due` decides what is
//! to be read (pure), `roll_up` reads and puts.

pub mod alarm_change;
pub mod cloudwatch;
pub mod config;
mod due;
pub mod front_door;
pub mod handler;
mod http;
pub mod invocation;
mod known;
pub mod roll_up;
pub mod stack_event;
mod summary;
pub mod trigger;
pub mod watch;

pub use summary::Summary;
