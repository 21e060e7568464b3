//! `cargo run -- --demo`: a month of invented history and some live traffic, then what was sent against
//! what is answered.
//!
//! History is logged by the store that the functions use, since no function takes a time from outside,
//! and rolled up by the health check itself. Live events go through the front doors.

mod history;
mod ledger;
mod live;
mod question;
mod table;

use std::io::{IsTerminal, stderr};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use jiff::{SignedDuration, Timestamp};
use local::build::Progress;
use local::system::{OPERATOR_TOKEN, System, SystemOptions, local_parameters};
use serde_json::Value;

use super::ready::page_link;
use super::run::{Stop, keep_watch};
use super::style::bold;
use super::{RunOptions, complain};
use ledger::Ledger;
use question::Question;
use table::Table;

/// Days of history.
const DAYS: i32 = 28;

/// Why the demonstration could not be given.
#[derive(Debug, thiserror::Error)]
pub(super) enum DemoError {
    #[error(transparent)]
    System(#[from] local::system::SystemError),
    #[error("the history cannot be logged")]
    Store(#[from] shared::store::StoreError),
    #[error("the history cannot be logged: {0}")]
    Config(#[from] shared::config::ConfigError),
    #[error("the health check failed")]
    HealthCheck(#[from] local::runtime_api::InvokeError),
    #[error("a request failed")]
    Request(#[from] reqwest::Error),
    #[error("{0}")]
    Answer(String),
    #[error(transparent)]
    Sample(#[from] local::stripe::SampleError),
}

/// Runs the demonstration; exits with 1 when one number differs.
pub(crate) async fn demo(options: &RunOptions) -> ExitCode {
    match demonstrate(options).await {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

async fn demonstrate(run: &RunOptions) -> Result<usize, DemoError> {
    let port = run.port;
    let mut parameters = local_parameters();
    parameters.insert("Outcomes".to_owned(), "expected".to_owned());
    let options =
        SystemOptions { port, parameters, build: Progress::Shown, ..SystemOptions::default() };
    let system = System::start(options).await?;
    // History ends on the start of a window that has closed; live traffic comes after it.
    let now = Timestamp::now().as_second();
    let end = second(now - now.rem_euclid(300) - 600);
    let begin = end - SignedDuration::from_hours(24 * i64::from(DAYS));
    let past = history::log(&system, begin, end).await?;
    roll_up(&system).await?;
    let live = live::send(&system).await?;
    let both = Ledger::sum(&past, &live);
    let mut table = Table::new(&system);
    let all = Question::default();
    for (title, from, to, ledger, question) in [
        ("28 days of history", begin, Some(end), &past, all.clone()),
        ("of these, invoice.paid", begin, Some(end), &past, all.clone().event_type("invoice.paid")),
        ("of these, test mode", begin, Some(end), &past, all.clone().livemode(false)),
        (
            "of these, live mode of acct_1",
            begin,
            Some(end),
            &past,
            all.clone().livemode(true).account("acct_1"),
        ),
        ("live", end, None, &live, all.clone()),
        ("everything", begin, None, &both, all),
    ] {
        table.compare(title, (from, to), ledger, &question).await?;
    }
    let differences = table.print();
    if run.keep {
        keep(&system, run).await?;
    }
    system.stop().await;
    Ok(differences)
}

/// Goes on as `cargo run` does, until it is told to stop.
async fn keep(system: &System, run: &RunOptions) -> Result<(), DemoError> {
    // It has not seen the live traffic.
    roll_up(system).await?;
    println!("\n  Overview  {}\n\nCtrl-C stops everything.", page_link(system.port()));
    let stop = async {
        match Stop::listen() {
            Ok(mut stop) => drop(stop.wait().await),
            Err(error) => complain(&error),
        }
    };
    tokio::select! {
        () = stop => {}
        () = keep_watch(system, run.interval, &run.secrets) => {}
    }
    Ok(())
}

/// Lets the health check run until it has nothing left to do.
async fn roll_up(system: &System) -> Result<(), DemoError> {
    let host = system.host("health-check");
    let host = host.ok_or_else(|| DemoError::Answer("there is no health check".to_owned()))?;
    let bar = spinner("rolling up");
    loop {
        let answer = host.invoke(b"{}").await?;
        let summary: Value = serde_json::from_slice(&answer).unwrap_or_default();
        match summary.get("remaining").and_then(Value::as_u64) {
            Some(0) => {
                bar.finish_and_clear();
                let number = |name: &str| summary.get(name).and_then(Value::as_u64).unwrap_or(0);
                println!(
                    "rolled up {} entries in {} windows and {} hours",
                    number("entries"),
                    number("windows"),
                    number("hours")
                );
                return Ok(());
            }
            Some(left) => bar.set_message(format!("{left} windows and hours left")),
            None => return Err(DemoError::Answer(format!("the health check said {summary}"))),
        }
    }
}

/// The whole answer of `GET /v1/metrics`.
async fn metrics(system: &System, query: &str) -> Result<Value, DemoError> {
    let url = format!("{}/v1/metrics?{query}", system.url());
    let answer = reqwest::Client::new()
        .get(url)
        .bearer_auth(OPERATOR_TOKEN)
        .header("cache-control", "no-cache")
        .send()
        .await?;
    let (status, body) = (answer.status(), answer.bytes().await?);
    match serde_json::from_slice(&body) {
        Ok(value) if status.is_success() => Ok(value),
        _ => Err(DemoError::Answer(format!("metrics were answered with {status}"))),
    }
}

fn second(at: i64) -> Timestamp {
    Timestamp::from_second(at).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A progress bar, where a person looks.
fn bar(length: usize, what: &str) -> ProgressBar {
    if !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let template = format!("{what:<12} {{bar:40}} {{pos}}/{{len}}, {{eta}} left");
    let style =
        ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length as u64).with_style(style)
}

fn spinner(what: &str) -> ProgressBar {
    if !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner().with_message(bold(what));
    bar.enable_steady_tick(std::time::Duration::from_millis(100));
    bar
}
