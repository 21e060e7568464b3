//! A host for one Lambda function: it starts instances of a binary and serves each the Lambda
//! Runtime API, as the platform would. An instance has a loopback listener of its own, so that it sees a bare
//! `host:port` as on AWS, and a dead instance is never mistaken for a living one.
//!
//! As on AWS, an instance works on one invocation at a time, one that overruns its time is killed, and
//! a failed one is never used again. Unlike AWS, invocations beyond the last instance wait.

mod api;
mod environment;
mod instance;
mod output;
mod pool;
mod process;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::template::LogFormat;
use pool::{Job, Pool};

pub use output::{LogLine, LogSink, LogSource};

/// One function and how to run it.
#[derive(Clone, Debug)]
pub struct FunctionSpec {
    /// The function's name, as its log lines, its ARN and its variables give it.
    pub name: String,
    /// The binary to run.
    pub binary: PathBuf,
    /// Everything that the function finds in its environment beside what the platform sets.
    pub variables: BTreeMap<String, String>,
    /// Memory in MB: told, not enforced.
    pub memory_mb: u32,
    /// How long one invocation may take.
    pub timeout: Duration,
    /// How the function is asked to write its log.
    pub log_format: LogFormat,
    /// How many instances may run at once, at least one.
    pub max_instances: usize,
    /// Whether the kernel kills instances when the host is gone, on Linux. For that the host is forked, and the copying
    /// counts as CPU time of the instance: what measures starts does without, and instances end when they next ask for
    /// work.
    pub dies_with_host: bool,
}

/// Why an invocation has no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum InvokeError {
    /// No instance got as far as asking for work.
    #[error("{function}: init failed: {reason}")]
    Init {
        /// The function.
        function: String,
        /// What the function reported, or how it ended, with the last lines that it wrote.
        reason: String,
    },
    /// The function did not answer in time; its instance is gone.
    #[error("{function}: timed out after {after:?}")]
    Timeout {
        /// The function.
        function: String,
        /// Its time limit.
        after: Duration,
    },
    /// The instance ended while it worked on this invocation.
    #[error("{function}: the instance ended while it worked ({status})")]
    Crashed {
        /// The function.
        function: String,
        /// How the process ended.
        status: String,
    },
    /// The function answered with an error.
    #[error("{function}: {kind}: {message}")]
    Function {
        /// The function.
        function: String,
        /// `errorType` of its answer.
        kind: String,
        /// `errorMessage` of its answer.
        message: String,
    },
    /// The event is over Lambda's 6 MB.
    #[error("{0}: the event is larger than the 6 MB that Lambda takes")]
    TooLarge(String),
    /// The host was stopped.
    #[error("{0}: the system is stopping")]
    Stopped(String),
}

/// Lambda's limit for an event, and for an answer.
pub const MAX_PAYLOAD: usize = 6 * 1024 * 1024;

/// The host of one function; dropping it kills the instances.
#[derive(Debug)]
pub struct FunctionHost {
    pool: Arc<Pool>,
}

impl FunctionHost {
    /// A host without instances yet: the first invocation starts one. Call it inside a tokio
    /// runtime that lives as long as the host; invocations may come from any other.
    #[must_use]
    pub fn start(spec: FunctionSpec, log: LogSink) -> Self {
        Self { pool: Arc::new(Pool::new(spec, log, Handle::current())) }
    }

    /// Runs the function on one event and returns its answer, however long the queue.
    ///
    /// # Errors
    /// When the function fails, crashes, overruns its time or cannot be started.
    pub async fn invoke(&self, event: &[u8]) -> Result<Vec<u8>, InvokeError> {
        if event.len() > MAX_PAYLOAD {
            return Err(InvokeError::TooLarge(self.pool.name()));
        }
        let (reply, answer) = oneshot::channel();
        self.pool.submit(Job { event: event.to_vec(), reply });
        answer.await.unwrap_or_else(|_| Err(self.pool.abandoned()))
    }

    /// Starts an instance where none runs, and waits until one asks for work.
    ///
    /// # Errors
    /// When its init fails; the error carries what it wrote.
    pub async fn warm(&self) -> Result<(), InvokeError> {
        self.pool.warm().await.unwrap_or_else(|_| Err(self.pool.abandoned()))
    }

    /// Process ids of the running instances. Killing one from outside races with the next
    /// invocation, which a dying instance may still take and fail; [`FunctionHost::kill_instances`] does not.
    #[must_use]
    pub fn instances(&self) -> Vec<u32> {
        self.pool.processes()
    }

    /// Kills every instance with SIGKILL and returns when they are gone. Work in hand fails; the
    /// next invocation gets a new instance.
    pub async fn kill_instances(&self) {
        self.pool.kill_all().await;
    }

    /// Sets a variable, or takes back what was set, as a change of the function's configuration does: the
    /// next invocation gets a new instance.
    pub async fn set_variable(&self, name: &str, value: Option<&str>) {
        self.pool.set_variable(name, value);
        self.kill_instances().await;
    }

    /// Stops for good: no new instance, no waiting work, every process gone.
    pub async fn stop(&self) {
        self.pool.stop();
        self.pool.kill_all().await;
    }
}

impl Drop for FunctionHost {
    fn drop(&mut self) {
        self.pool.stop();
    }
}

#[cfg(test)]
mod tests;

/// How an init failed before the function could say anything.
fn not_started(function: &str, error: &io::Error) -> InvokeError {
    InvokeError::Init {
        function: function.to_owned(),
        reason: format!("cannot be started: {error}"),
    }
}
