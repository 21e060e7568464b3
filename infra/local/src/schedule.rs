//! The schedule: lets the health check run every so many seconds, or skips its runs, and keeps the
//! time that these seconds stand for.

mod clock;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{MutexGuard, watch};

use crate::runtime_api::InvokeError;
use crate::system::System;

pub use clock::{Clock, Tick};

/// What EventBridge Scheduler sends.
const EVENT: &[u8] = br#"{"version":"0","source":"aws.scheduler","detail-type":"Scheduled Event"}"#;

/// The schedule of a system's health check.
#[derive(Debug)]
pub struct Schedule {
    period: Duration,
    is_dead: AtomicBool,
    /// Taken while the health check runs.
    running: tokio::sync::Mutex<()>,
    ticks: Mutex<Vec<Tick>>,
    /// How many ticks have ended.
    ended: watch::Sender<usize>,
}

impl Schedule {
    /// A schedule that has not begun. `period` is the time between two runs, and stands for the five
    /// minutes of AWS's.
    #[must_use]
    pub fn new(period: Duration) -> Self {
        Self {
            period,
            is_dead: AtomicBool::new(false),
            running: tokio::sync::Mutex::default(),
            ticks: Mutex::default(),
            ended: watch::Sender::new(0),
        }
    }

    /// Lets the health check run at once and then every period, for ever. What fails goes to `failed`.
    pub async fn run(&self, system: &System, mut failed: impl FnMut(InvokeError)) {
        loop {
            let running = self.running.lock().await;
            let begun = (Timestamp::now(), tokio::time::Instant::now());
            if !self.is_dead.load(Ordering::SeqCst)
                && let Some(host) = system.host("health-check")
                && let Err(error) = host.invoke(EVENT).await
            {
                failed(error);
            }
            drop(running);
            let tick = Tick { begun: begun.0, ended: Timestamp::now() };
            self.ticks.lock().unwrap_or_else(PoisonError::into_inner).push(tick);
            self.ended.send_modify(|count| *count += 1);
            // Alarms must be evaluated between two runs, however long those take.
            let pause = self.period.saturating_sub(begun.1.elapsed());
            tokio::time::sleep(pause.max(self.shortest_pause())).await;
        }
    }

    /// Skips all runs from the next on: the health check is dead.
    pub fn kill(&self) {
        self.is_dead.store(true, Ordering::SeqCst);
    }

    /// Lets it run again.
    pub fn revive(&self) {
        self.is_dead.store(false, Ordering::SeqCst);
    }

    /// Waits until no run is under way, and lets none begin until what it returns is dropped. A run that is due
    /// comes then.
    pub async fn hold(&self) -> MutexGuard<'_, ()> {
        self.running.lock().await
    }

    /// Waits for the end of the next tick.
    pub async fn next(&self) {
        let mut ended = self.ended.subscribe();
        ended.borrow_and_update();
        // The sender is ours: it cannot go away before.
        drop(ended.changed().await);
    }

    /// Waits until half-way between two ticks, as things that break do on average.
    pub async fn half_way(&self) {
        self.next().await;
        let took = self.clock().last_took();
        let pause = self.period.saturating_sub(took).max(self.shortest_pause());
        tokio::time::sleep(pause / 2).await;
    }

    /// The time that it kept so far.
    #[must_use]
    pub fn clock(&self) -> Clock {
        let ticks = self.ticks.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Clock::new(ticks, self.period)
    }

    /// The time between two runs.
    #[must_use]
    pub fn period(&self) -> Duration {
        self.period
    }

    fn shortest_pause(&self) -> Duration {
        self.period / 3
    }
}
