//! One life of a function, from its start to its last answer, and what it used.

use std::io;
use std::time::{Duration, Instant};

use local::runtime_api::{FunctionHost, FunctionSpec, InvokeError, LogSink};
use serde::Serialize;

use crate::event::{Signer, Source};
use crate::kernel;
use crate::null::{Calls, Null};
use crate::quota::Quota;

/// Why there is no figure.
#[derive(Debug, thiserror::Error)]
pub enum LifeError {
    /// The function failed.
    #[error(transparent)]
    Invoke(#[from] InvokeError),
    /// It is gone.
    #[error("the function's process cannot be looked at")]
    Process(#[from] io::Error),
    /// It answered something else than it should.
    #[error("it answered {answer} where {expected} was right")]
    Answer {
        /// What it said.
        answer: String,
        /// Status.
        expected: u16,
    },
}

/// How much is asked of one life.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Events before anything warm is measured.
    pub warm_up: u64,
    /// Events that are measured, and forgeries after them.
    pub events: u64,
}

/// What one life used: CPU of all threads in milliseconds by the kernel's accounting, and wall time as
/// whoever calls sees it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Life {
    /// Wall time until it asked for its first event.
    pub init_wall: f64,
    /// CPU from exec until then.
    pub init_cpu: f64,
    /// CPU from exec to the first answered webhook.
    pub first_cpu: f64,
    /// CPU of an accepted webhook, warm.
    pub warm_cpu: f64,
    /// Wall time of the same.
    pub warm_wall: f64,
    /// CPU of a forged one.
    pub forged_cpu: f64,
    /// How long all the forged ones took, in seconds.
    pub forged_seconds: f64,
    /// Most memory that was ever resident, in KB.
    pub peak_kb: u64,
    /// What the measured events called.
    pub calls: Calls,
    /// What the forgeries called.
    pub forged_calls: Calls,
}

/// A first invocation at a small function's share of a CPU.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Throttled {
    /// Wall time until it asked for its first event: at full speed, as Lambda gives it.
    pub init_wall: f64,
    /// Wall time of the first event.
    pub first_wall: f64,
}

/// Lives once.
///
/// # Errors
/// When the function fails, or answers wrongly.
pub async fn live(
    spec: FunctionSpec,
    null: &Null,
    source: &Source,
    load: Load,
) -> Result<Life, LifeError> {
    let (host, pid, init_wall) = start(spec).await?;
    let init_cpu = kernel::cpu_time(pid)?;
    ask(&host, source, Signer::Stripe, 0).await?;
    let first_cpu = kernel::cpu_time(pid)?;
    many(&host, source, Signer::Stripe, load.warm_up).await?;

    null.take_calls();
    let (before, stopwatch) = (kernel::cpu_time(pid)?, Instant::now());
    many(&host, source, Signer::Stripe, load.events).await?;
    let (warm_cpu, warm_wall) = (kernel::cpu_time(pid)? - before, stopwatch.elapsed());
    let calls = null.take_calls();

    // The first refusals of an instance look closer, and ask for new secrets: not what a flood costs.
    many(&host, source, Signer::Forger, load.warm_up / 10).await?;
    null.take_calls();
    let (before, stopwatch) = (kernel::cpu_time(pid)?, Instant::now());
    many(&host, source, Signer::Forger, load.events).await?;
    let (forged_cpu, forged_wall) = (kernel::cpu_time(pid)? - before, stopwatch.elapsed());
    let forged_calls = null.take_calls();
    let peak_kb = kernel::memory(pid)?.peak;
    host.stop().await;

    let each = |total: Duration| milliseconds(total) / load.events as f64;
    Ok(Life {
        init_wall: milliseconds(init_wall),
        init_cpu: milliseconds(init_cpu),
        first_cpu: milliseconds(first_cpu),
        warm_cpu: each(warm_cpu),
        warm_wall: each(warm_wall),
        forged_cpu: each(forged_cpu),
        forged_seconds: forged_wall.as_secs_f64(),
        peak_kb,
        calls,
        forged_calls,
    })
}

/// Starts at full speed, and has its first event under `quota`.
///
/// # Errors
/// As [`live`].
pub async fn throttled(
    spec: FunctionSpec,
    quota: &Quota,
    source: &Source,
) -> Result<Throttled, LifeError> {
    let (host, pid, init_wall) = start(spec).await?;
    quota.hold(pid)?;
    let stopwatch = Instant::now();
    ask(&host, source, Signer::Stripe, 0).await?;
    let first_wall = stopwatch.elapsed();
    host.stop().await;
    Ok(Throttled { init_wall: milliseconds(init_wall), first_wall: milliseconds(first_wall) })
}

/// A function that waits for its first event, its process and what that took.
///
/// # Errors
/// When it does not start.
pub async fn start(spec: FunctionSpec) -> Result<(FunctionHost, u32, Duration), LifeError> {
    let host = FunctionHost::start(spec, LogSink::new(|_| {}));
    let stopwatch = Instant::now();
    host.warm().await?;
    let took = stopwatch.elapsed();
    let pid = host
        .instances()
        .first()
        .copied()
        .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
    Ok((host, pid, took))
}

/// So many different events, one after the other.
///
/// # Errors
/// As [`live`].
pub async fn many(
    host: &FunctionHost,
    source: &Source,
    signer: Signer,
    count: u64,
) -> Result<(), LifeError> {
    for number in 0..count {
        ask(host, source, signer, number).await?;
    }
    Ok(())
}

async fn ask(
    host: &FunctionHost,
    source: &Source,
    signer: Signer,
    number: u64,
) -> Result<(), LifeError> {
    let expected = match signer {
        Signer::Stripe => 200,
        Signer::Forger => 400,
    };
    answered(host, &source.request(&source.body(number), signer), expected).await.map(drop)
}

/// Hands over one request and wants an answer with this status; returns its body.
///
/// # Errors
/// As [`live`].
pub async fn answered(
    host: &FunctionHost,
    request: &[u8],
    expected: u16,
) -> Result<String, LifeError> {
    let answer = host.invoke(request).await?;
    let read: serde_json::Value = serde_json::from_slice(&answer).unwrap_or_default();
    if read.get("statusCode").and_then(serde_json::Value::as_u64) == Some(expected.into()) {
        let body = read.get("body").and_then(|body| body.as_str()).unwrap_or_default();
        return Ok(body.to_owned());
    }
    let answer = String::from_utf8_lossy(&answer).chars().take(300).collect();
    Err(LifeError::Answer { answer, expected })
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
