//! The harness: a system to send to ([`hookwatch`]), a log to write to ([`log`]), a network that
//! fails on demand ([`proxy`]) or remembers what was asked ([`recorder`]), a stack ([`cloud_formation`]), the traffic of simulated shops
//! ([`rhythm`]), the fixtures. Makes every test a few lines long.

pub mod cloud_formation;
pub mod fixtures;
pub mod hookwatch;
pub mod log;
pub mod proxy;
pub mod recorder;
pub mod rhythm;
