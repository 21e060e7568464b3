//! Watching: after the log is rolled up, a run observes, judges, and tells.
//!
//! `observe` loads, [`shared::health`] decides, `issues` and `publish` act. What one run must tell the
//! next is in the snapshot's memory.

pub mod issues;
pub mod remember;
pub mod silence;
pub mod unprocessed;
