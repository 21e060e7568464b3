//! CloudWatch: what is published, and the alarms that watch it.
//!
//! `metric` and `alarm` decide (pure): data of a run, alarms of the thresholds in force. [`publish`] and
//! `sync` act. A failure is a [`CloudWatchError`], which a run survives.

pub mod alarm;
mod connect;
mod error;
pub mod metric;
pub mod names;
mod publish;
mod sync;

pub use connect::connect;
pub use error::CloudWatchError;
pub use publish::publish;
pub use sync::{Synced, delete_all, sync};
