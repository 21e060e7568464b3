//! `cargo run -- break` and `mend`: orders for a system that runs, and what came of them.

use std::io::{self, IsTerminal, Write, stderr};
use std::process::ExitCode;
use std::time::Duration;

use indicatif::ProgressBar;
use local::control::{HEADER, Standing, port_of};
use local::drill::{DRILLS, Report, Sighting};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::style::{bold, dim};
use super::{BreakOptions, ControlOptions, MendOptions, complain};

/// Time between two questions.
const PAUSE: Duration = Duration::from_millis(300);
/// The longest that an order may take: it waits for the next run of the health check.
const LONGEST: Duration = Duration::from_secs(900);

/// What a drill does to a log that is in use.
const PAST: &str = "\npast      it puts events of the past under your log, and takes them out when all is well after \
                    `mend`; roll-ups and the rhythm are made again, as far as the log reaches. Stopped before that, they \
                    stay until `--fresh`";

/// Why nothing, or not everything, was done.
#[derive(Debug, thiserror::Error)]
enum OrderError {
    #[error("nothing answers on 127.0.0.1:{0}: start the system with `cargo run` first")]
    Nobody(u16),
    #[error("the request failed")]
    Request(#[from] reqwest::Error),
    #[error("{0}")]
    Refused(String),
    #[error("the output cannot be written")]
    Output(#[from] io::Error),
}

pub(crate) async fn break_(options: BreakOptions) -> ExitCode {
    let BreakOptions { drill, list, of } = options;
    let Some(drill) = drill.filter(|_| !list) else {
        return code(print_list(of.json).map(|()| true));
    };
    let order = format!("break/{}", drill.name);
    let mut said = format!("{}: {}\nexpected  {}", drill.name, drill.what, drill.expected.text());
    if drill.fault.needs_a_past() {
        said.push_str(PAST);
    }
    code(follow(&order, &said, &of, false).await)
}

pub(crate) async fn mend(options: MendOptions) -> ExitCode {
    let MendOptions { drill, of } = options;
    let order = drill.map_or("mend".to_owned(), |drill| format!("mend/{}", drill.name));
    code(follow(&order, "", &of, true).await)
}

fn code(outcome: Result<bool, OrderError>) -> ExitCode {
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn print_list(json: bool) -> Result<(), OrderError> {
    let mut out = io::stdout();
    for drill in &DRILLS {
        let (name, what, expected) = (drill.name, drill.what, drill.expected.text());
        match json {
            true => {
                writeln!(out, "{}", json!({"drill": name, "what": what, "expected": expected}))?;
            }
            false => writeln!(
                out,
                "{}  {what}\n{:20}{}",
                bold(&format!("{name:18}")),
                "",
                dim(&expected)
            )?,
        }
    }
    Ok(())
}

/// Gives an order and tells what comes of it until nothing more is to come; whether it was as expected.
async fn follow(
    order: &str,
    said: &str,
    options: &ControlOptions,
    is_mending: bool,
) -> Result<bool, OrderError> {
    if !options.json && !said.is_empty() {
        writeln!(io::stdout(), "{said}")?;
    }
    let bar = match stderr().is_terminal() && !options.json {
        true => ProgressBar::new_spinner(),
        false => ProgressBar::hidden(),
    };
    bar.enable_steady_tick(Duration::from_millis(100));
    let client = Client::new();
    bar.set_message("waits for the next run of the health check");
    let mut standing = ask(&client, Method::POST, order, options.port).await?;
    while !standing.is_decided {
        bar.set_message(seen(&standing.report));
        tokio::time::sleep(PAUSE).await;
        standing = ask(&client, Method::GET, "", options.port).await?;
    }
    bar.finish_and_clear();
    // Before it is mended, what still has to come is known: all of it but the recovery.
    let mut report = standing.report;
    if !is_mending {
        report.differences.retain(|difference| difference != "no recovery");
    }
    let mut out = io::stdout();
    match options.json {
        true => writeln!(out, "{}", json!(report))?,
        false => {
            writeln!(out, "{}", text(&report))?;
            if !is_mending {
                writeln!(out, "{}", dim("mend it with `cargo run -- mend`"))?;
            }
        }
    }
    Ok(report.differences.is_empty())
}

async fn ask(
    client: &Client,
    method: Method,
    path: &str,
    port: u16,
) -> Result<Standing, OrderError> {
    let url = format!("http://127.0.0.1:{}/{path}", port_of(port));
    let request = client.request(method, url).header(HEADER.0, HEADER.1).timeout(LONGEST);
    let answer = request.send().await.map_err(|error| match error.is_connect() {
        true => OrderError::Nobody(port_of(port)),
        false => OrderError::Request(error),
    })?;
    let is_success = answer.status().is_success();
    let body: Value = serde_json::from_slice(&answer.bytes().await?).unwrap_or_default();
    let refused = || {
        let why = body.get("error").and_then(Value::as_str);
        OrderError::Refused(why.unwrap_or("that is no control of Hookwatch").to_owned())
    };
    match is_success {
        true => serde_json::from_value(body.clone()).map_err(|_| refused()),
        false => Err(refused()),
    }
}

fn text(report: &Report) -> String {
    let mut text = format!("seen      {}", seen(report));
    if let Some(evidence) = &report.seen.evidence {
        text.push_str(&format!("\n          {}", dim(evidence)));
    }
    for difference in &report.differences {
        text.push_str(&format!("\n{}  {difference}", bold("DIFFERS")));
    }
    text
}

/// What was seen, in a line.
pub(super) fn seen(report: &Report) -> String {
    let seen = &report.seen;
    let each = |what: &str, sightings: &[Sighting]| -> Vec<String> {
        let one = |of: &Sighting| format!("{what} {} at {:.1} min", of.what, of.minutes);
        sightings.iter().map(one).collect()
    };
    let mut all = each("issue", &seen.issues);
    all.extend(each("page", &seen.pages));
    all.extend(each("ticket", &seen.tickets));
    if all.is_empty() {
        all.push("nothing".to_owned());
    }
    match (seen.is_mended, seen.well) {
        (true, Some(minutes)) => all.push(format!("well {minutes:.1} min after")),
        (true, None) => all.push("mended, not well yet".to_owned()),
        _ => {}
    }
    all.join(", ")
}
