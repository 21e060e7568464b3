//! A stand-in for CloudWatch: it takes metrics and alarms over the wire (Smithy RPC v2 CBOR, which is all
//! that the SDK speaks), evaluates every alarm as CloudWatch documents it, and tells of changes.
//!
//! Of CloudWatch's operations it has those that Hookwatch uses. A period of 300 s may stand for less
//! here, so that an alarm can be waited for.

mod alarm;
mod evaluate;
mod metric;
mod operations;
mod record;
mod rule;
mod state;
mod statistic;
mod wire;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use crate::server::{self, Server};
use record::Record;
use state::State;

pub use alarm::{Alarm, AlarmState, MetricAlarm, StateValue, arn};
pub use metric::Metric;
pub use state::{AlarmChange, Notification};

/// How often alarms are evaluated, in shares of a 300 s period.
const EVALUATIONS_OF_A_PERIOD: u32 = 30;

/// Told about every change of an alarm's state.
#[derive(Clone)]
pub struct ChangeSink(Arc<dyn Fn(AlarmChange) + Send + Sync>);

impl ChangeSink {
    /// A sink that calls `take` for every change; it must not block.
    pub fn new(take: impl Fn(AlarmChange) + Send + Sync + 'static) -> Self {
        Self(Arc::new(take))
    }

    /// Takes a change.
    pub fn take(&self, change: AlarmChange) {
        (self.0)(change);
    }
}

impl std::fmt::Debug for ChangeSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChangeSink")
    }
}

/// A running stand-in; dropping it stops it.
pub struct CloudWatch {
    endpoint: String,
    state: Arc<Mutex<State>>,
    evaluating: AbortHandle,
    _server: Server,
}

impl CloudWatch {
    /// Serves on a loopback port, `period` of real time standing for 300 s of CloudWatch's. Every request
    /// is appended to the file `record`, where one is named. Call it inside a tokio runtime that lives as
    /// long as the stand-in.
    ///
    /// # Errors
    /// When the machine has no port to give, or the file cannot be opened.
    pub async fn start(
        period: Duration,
        changes: ChangeSink,
        record: Option<&Path>,
    ) -> std::io::Result<Self> {
        let record = Arc::new(record.map(Record::open).transpose()?);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let state = Arc::new(Mutex::new(State::new(period)));
        let serving = Arc::clone(&state);
        let server = server::serve(listener, move |request, _| {
            let (state, record) = (Arc::clone(&serving), Arc::clone(&record));
            async move { wire::answer(&state, record.as_ref().as_ref(), request).await }
        });
        let evaluated = Arc::clone(&state);
        let pause = (period / EVALUATIONS_OF_A_PERIOD).max(Duration::from_millis(20));
        let evaluating = tokio::spawn(async move {
            loop {
                tokio::time::sleep(pause).await;
                let changed = lock(&evaluated).evaluate(Timestamp::now());
                changed.into_iter().for_each(|change| changes.take(change));
            }
        });
        Ok(Self { endpoint, state, evaluating: evaluating.abort_handle(), _server: server })
    }

    /// Its address.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Puts an alarm of the template.
    pub fn put_alarm(&self, alarm: MetricAlarm) {
        lock(&self.state).put_metric_alarm(alarm, Timestamp::now());
    }

    /// Counts one at an instant, as AWS itself would, or a stack that is made.
    pub fn count(
        &self,
        namespace: &str,
        name: &str,
        dimension: Option<(&str, &str)>,
        at: Timestamp,
    ) {
        lock(&self.state).count(namespace, name, dimension, 1.0, at);
    }

    /// Sets an alarm's state until it is looked at again; it stays while there are no data.
    pub fn set_state(&self, name: &str, value: StateValue) {
        let (reason, reason_data) = Default::default();
        let set = AlarmState { value, reason, reason_data, at: Timestamp::now() };
        lock(&self.state).set_state(name, set);
    }

    /// Every alarm as it stands, by name.
    #[must_use]
    pub fn alarms(&self) -> Vec<Alarm> {
        lock(&self.state).alarms().cloned().collect()
    }

    /// Every change of state, the oldest first.
    #[must_use]
    pub fn history(&self) -> Vec<AlarmChange> {
        lock(&self.state).history.clone()
    }

    /// Everybody who was told, the oldest first.
    #[must_use]
    pub fn notifications(&self) -> Vec<Notification> {
        lock(&self.state).notifications.clone()
    }

    /// Every metric that was ever put.
    #[must_use]
    pub fn metrics(&self) -> Vec<Metric> {
        lock(&self.state).metrics().cloned().collect()
    }

    /// Every request, the oldest first, as `{"operation", "input"}`: the last 10,000.
    #[must_use]
    pub fn requests(&self) -> Vec<Value> {
        lock(&self.state).requests.iter().cloned().collect()
    }
}

impl std::fmt::Debug for CloudWatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CloudWatch").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl Drop for CloudWatch {
    fn drop(&mut self) {
        self.evaluating.abort();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
