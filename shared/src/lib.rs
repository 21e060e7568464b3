//! What two functions or more need: the log entry and its parts, the store, the gateway's request.
//!
//! Everything outside [`store`], [`secrets`], [`https`] and [`diagnostics`] does no I/O, reads no
//! clock and no environment, and cannot fail on the world: values in, values out. Only [`store`] knows DynamoDB, only [`secrets`]
//! Secrets Manager. Nothing here knows Lambda's runtime, CloudWatch or HTTP routing.

pub mod aws;
mod causes;
pub mod config;
pub mod diagnostics;
#[cfg(any(fuzzing, test))]
pub mod fuzzing;
pub mod gateway;
pub mod health;
pub mod https;
pub mod log;
pub mod metrics;
pub mod privacy;
pub mod report;
pub mod rollup;
pub mod secrets;
pub mod signing;
pub mod statistics;
pub mod store;

pub use causes::causes;
