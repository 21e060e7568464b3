//! `cargo run`: start the system, say so once, print what happens, stop everything at the end.

use std::collections::BTreeMap;
use std::io;
use std::process::ExitCode;
use std::time::Duration;

use local::build::{Progress, target_folder};
use local::cloudwatch::{AlarmChange, ChangeSink, StateValue};
use local::control::{Control, port_of};
use local::drill::Stage;
use local::gateway::{RequestLine, RequestSink};
use local::runtime_api::{LogLine, LogSink};
use local::schedule::Schedule;
use local::system::{EngineChoice, System, SystemOptions, local_parameters, local_secrets};

use super::ready::ready;
use super::style::{bold, dim, status};
use super::{RunOptions, complain};

/// Exit code of a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

pub(crate) async fn run(options: RunOptions) -> ExitCode {
    let RunOptions { port, data, fresh, dynamodb, interval, secrets, verbose, .. } = options;
    let data = data.unwrap_or_else(|| target_folder().join("hookwatch-data"));
    // Printed whole; where there is no current folder, as given.
    let data = std::path::absolute(&data).unwrap_or(data);
    let (engine, kept_in) = match dynamodb {
        Some(endpoint) => (EngineChoice::External(endpoint), None),
        None => (EngineChoice::Directory { path: data.clone(), fresh }, Some(data.as_path())),
    };
    let system = SystemOptions {
        engine,
        port,
        parameters: parameters(interval),
        secrets: local_secrets(secrets.iter().map(String::as_str)),
        on_request: Some(RequestSink::new(print_request)),
        on_alarm: Some(ChangeSink::new(|change| print_alarm(&change))),
        period: period(interval),
        stoppable: true,
        on_log: Some(LogSink::new(move |line| print_line(&line, verbose))),
        build: Progress::Shown,
        ..SystemOptions::default()
    };
    let mut stop = match Stop::listen() {
        Ok(stop) => stop,
        Err(error) => {
            complain(&error);
            return ExitCode::FAILURE;
        }
    };
    let system = tokio::select! {
        started = System::start(system) => match started {
            Ok(system) => system,
            Err(error) => {
                complain(&error);
                return ExitCode::FAILURE;
            }
        },
        code = stop.wait() => return code,
    };
    let database = (system.dynamodb_endpoint(), system.table());
    print!("{}", ready(system.port(), &secrets, database, kept_in));
    let code = tokio::select! {
        code = stop.wait() => code,
        () = keep_watch(&system, interval, &secrets) => ExitCode::FAILURE,
    };
    system.stop().await;
    code
}

/// Lets the health check run on its schedule, and others break and mend the system, for ever. Where the
/// health check rests, nothing would see what is broken.
pub(super) async fn keep_watch(system: &System, interval: u32, secrets: &[String]) {
    if interval == 0 {
        return std::future::pending().await;
    }
    let schedule = Schedule::new(period(interval));
    let secret = secrets.first().map(String::as_str).unwrap_or_default();
    let stage = Stage::new(system, &schedule, secret);
    let control = async {
        let port = port_of(system.port());
        match Control::bind(port).await {
            Ok(control) => control.serve(&stage, |error| eprintln!("{error}")).await,
            Err(error) => {
                eprintln!("port {port} is taken, so `break` and `mend` do not work: {error}");
                std::future::pending().await
            }
        }
    };
    tokio::select! {
        () = schedule.run(system, |error| eprintln!("{error}")) => {}
        () = control => {}
    }
}

/// The time that stands for 300 s of CloudWatch's: that between two runs, as it is there.
fn period(interval: u32) -> Duration {
    Duration::from_secs(if interval > 0 { interval.into() } else { 300 })
}

fn parameters(interval: u32) -> BTreeMap<String, String> {
    let mut parameters = local_parameters();
    let seconds = period(interval).as_secs().to_string();
    parameters.insert("HealthCheckInterval".to_owned(), seconds);
    parameters
}

/// An alarm that is no news to anybody, since it is new and all is well, is none to us.
fn print_alarm(change: &AlarmChange) {
    let AlarmChange { alarm, previous, state, description, told } = change;
    if *previous == StateValue::InsufficientData && state.value == StateValue::Ok {
        return;
    }
    let told = match told.as_slice() {
        [] => "tells nobody",
        [topic, ..] if topic.ends_with("PageTopic") => "pages",
        _ => "tickets",
    };
    let is_alarm = state.value == StateValue::Alarm;
    println!(
        "{}  {} is {}{}",
        dim(&state.at.strftime("%H:%M:%S%.3f").to_string()),
        bold(alarm),
        bold(state.value.as_str()),
        if is_alarm { format!(", {told}") } else { String::new() }
    );
    println!("  {}", dim(&state.reason));
    if is_alarm {
        println!("  {description}");
    }
}

/// The two ways to be asked to stop.
pub(super) struct Stop {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Stop {
    pub(super) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    pub(super) async fn wait(&mut self) -> ExitCode {
        tokio::select! {
            _ = self.terminate.recv() => ExitCode::SUCCESS,
            _ = self.interrupt.recv() => ExitCode::from(INTERRUPTED),
        }
    }
}

#[cfg(not(unix))]
impl Stop {
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    pub(super) async fn wait(&mut self) -> ExitCode {
        // Without a way to hear Ctrl-C the system ends the process itself.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        ExitCode::from(INTERRUPTED)
    }
}

fn print_request(line: RequestLine) {
    let RequestLine { time, method, path, status: code, took, failure } = line;
    let time = time.strftime("%H:%M:%S%.3f");
    let took = took.as_secs_f64() * 1000.0;
    println!(
        "{}  {:<4} {path}  {}  {took:.1} ms",
        dim(&time.to_string()),
        method,
        status(code.as_u16())
    );
    if let Some(failure) = failure {
        eprintln!("  {failure}");
    }
}

fn print_line(line: &LogLine, verbose: bool) {
    if verbose || line.is_notable() {
        eprintln!("{} {}", dim(&format!("{} |", line.function)), line.text);
    }
}
