//! What an instance writes: every line goes to the system's log, and the last few are kept, to say
//! why an init failed.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Child;
use tokio::task::JoinSet;

/// One line of a function's output, or one of its host about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The function's name.
    pub function: String,
    /// Where the line comes from.
    pub source: LogSource,
    /// The line, without its end; bytes that are not UTF-8 are replaced.
    pub text: String,
}

/// Who wrote a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogSource {
    /// The function's standard output.
    Stdout,
    /// The function's standard error.
    Stderr,
    /// The host: an instance ended that nobody had asked anything.
    Host,
}

/// Takes every line, on whatever thread reads it.
#[derive(Clone)]
pub struct LogSink(Arc<dyn Fn(LogLine) + Send + Sync>);

impl LogSink {
    /// A sink that calls `take` for every line; it must not block.
    pub fn new(take: impl Fn(LogLine) + Send + Sync + 'static) -> Self {
        Self(Arc::new(take))
    }

    /// Hands a line on.
    pub fn take(&self, line: LogLine) {
        (self.0)(line);
    }

    pub(super) fn write(&self, function: &str, source: LogSource, text: &str) {
        self.take(LogLine { function: function.to_owned(), source, text: text.to_owned() });
    }
}

impl fmt::Debug for LogSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogSink")
    }
}

impl LogLine {
    /// Whether somebody who did not ask for the log should see the line: a warning or an error, or
    /// anything on standard error that is not a log record (a panic).
    #[must_use]
    pub fn is_notable(&self) -> bool {
        let record = serde_json::from_str::<serde_json::Value>(&self.text).ok();
        match record.as_ref().and_then(|record| record.get("level")?.as_str()) {
            Some(level) => !matches!(level, "TRACE" | "DEBUG" | "INFO"),
            None => self.source != LogSource::Stdout,
        }
    }
}

/// Lines kept of an instance.
const TAIL: usize = 12;

/// How long a reader may go on after the process: a grandchild could hold the pipe for ever.
const FAREWELL: Duration = Duration::from_secs(1);

/// The readers of one instance.
#[derive(Debug)]
pub(super) struct Output {
    readers: JoinSet<()>,
    tail: Arc<Mutex<VecDeque<String>>>,
}

impl Output {
    pub(super) fn collect(child: &mut Child, function: &str, log: &LogSink) -> Self {
        let mut readers = JoinSet::new();
        let tail = Arc::default();
        if let Some(stdout) = child.stdout.take() {
            readers.spawn(read(
                stdout,
                LogSource::Stdout,
                function.to_owned(),
                log.clone(),
                Arc::clone(&tail),
            ));
        }
        if let Some(stderr) = child.stderr.take() {
            readers.spawn(read(
                stderr,
                LogSource::Stderr,
                function.to_owned(),
                log.clone(),
                Arc::clone(&tail),
            ));
        }
        Self { readers, tail }
    }

    /// Waits until everything that the process wrote has been read.
    pub(super) async fn finish(&mut self) {
        let all = async { while self.readers.join_next().await.is_some() {} };
        // Overdue readers end with this struct.
        drop(tokio::time::timeout(FAREWELL, all).await);
    }

    /// The last lines, each on a new line; empty where nothing was written.
    pub(super) fn tail(&self) -> String {
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        tail.iter().map(|line| format!("\n  {line}")).collect()
    }
}

async fn read(
    pipe: impl AsyncRead + Unpin,
    source: LogSource,
    function: String,
    log: LogSink,
    tail: Arc<Mutex<VecDeque<String>>>,
) {
    let mut pipe = BufReader::new(pipe);
    let mut line = Vec::new();
    while matches!(pipe.read_until(b'\n', &mut line).await, Ok(1..)) {
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\r', '\n']);
        {
            let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
            tail.push_back(text.to_owned());
            if tail.len() > TAIL {
                tail.pop_front();
            }
        }
        log.write(&function, source, text);
        line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::{LogLine, LogSource};

    #[test]
    fn warnings_errors_and_panics_are_notable() {
        for (source, text, expected) in [
            (LogSource::Stdout, r#"{"level":"INFO","message":"stored"}"#, false),
            (LogSource::Stdout, r#"{"level":"WARN","message":"refused"}"#, true),
            (LogSource::Stdout, r#"{"level":"ERROR"}"#, true),
            (LogSource::Stdout, "plain", false),
            (LogSource::Stderr, "thread 'main' panicked", true),
            (LogSource::Stderr, r#"{"level":"DEBUG"}"#, false),
            (LogSource::Host, "the instance ended while it waited for work", true),
        ] {
            let line = LogLine { function: "f".to_owned(), source, text: text.to_owned() };
            assert_eq!(line.is_notable(), expected, "{text}");
        }
    }
}
