//! What a host does with binaries that are no functions; those that are, are in the integration tests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{FunctionHost, FunctionSpec, InvokeError, LogSink, MAX_PAYLOAD};
use crate::template::LogFormat;

fn host(binary: &str) -> (FunctionHost, Arc<Mutex<Vec<String>>>) {
    let spec = FunctionSpec {
        name: "thing".to_owned(),
        binary: binary.into(),
        variables: BTreeMap::new(),
        memory_mb: 128,
        timeout: Duration::from_secs(3),
        log_format: LogFormat::Text,
        max_instances: 2,
        dies_with_host: true,
    };
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    let log = LogSink::new(move |line| sink.lock().unwrap().push(line.text));
    (FunctionHost::start(spec, log), lines)
}

#[tokio::test]
async fn a_binary_that_is_not_there_fails_its_init() {
    let (host, _) = host("/nowhere/thing");
    let error = host.warm().await.unwrap_err().to_string();
    assert!(error.starts_with("thing: init failed: cannot be started"), "{error}");
}

#[tokio::test]
async fn an_end_before_the_first_event_shows_what_was_written() {
    // It wants an argument, says so and ends.
    let (host, lines) = host("sleep");
    let error = host.invoke(b"{}").await.unwrap_err();
    assert!(matches!(error, InvokeError::Init { .. }), "{error}");
    let written = lines.lock().unwrap().first().cloned().unwrap();
    assert!(error.to_string().contains(&written), "{error}");
    assert!(host.instances().is_empty());
}

#[tokio::test]
async fn nothing_runs_after_a_stop() {
    let (host, _) = host("sleep");
    host.stop().await;
    assert!(matches!(host.invoke(b"{}").await, Err(InvokeError::Stopped(_))));
    assert!(matches!(host.warm().await, Err(InvokeError::Stopped(_))));
}

#[tokio::test]
async fn an_event_beyond_lambdas_limit_never_reaches_the_function() {
    let (host, _) = host("/nowhere/thing");
    let error = host.invoke(&vec![b' '; MAX_PAYLOAD + 1]).await.unwrap_err();
    assert!(matches!(error, InvokeError::TooLarge(_)), "{error}");
}
