//! The schedule: lets the health check run every so many seconds.

use std::time::Duration;

use local::system::System;

/// What EventBridge Scheduler sends.
const EVENT: &[u8] = br#"{"version":"0","source":"aws.scheduler","detail-type":"Scheduled Event"}"#;

/// Runs the health check at once and then every `seconds`, for ever; never where `seconds` is 0.
pub(super) async fn run(system: &System, seconds: u32) {
    let Some(host) = system.host("health-check").filter(|_| seconds > 0) else {
        return std::future::pending().await;
    };
    let mut times = tokio::time::interval(Duration::from_secs(seconds.into()));
    times.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        times.tick().await;
        if let Err(error) = host.invoke(EVENT).await {
            eprintln!("{error}");
        }
    }
}
