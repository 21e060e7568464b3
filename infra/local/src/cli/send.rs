//! `cargo run -- send`: one event or many, as Stripe would deliver them.

mod delivery;
mod outcome;
mod summary;

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use jiff::{SignedDuration, Timestamp};
use local::stripe::{SampleError, event_types, sample_at};
use tokio::task::JoinSet;

use super::{SendOptions, complain};
use delivery::{Answer, Event, Sender};
use summary::Summary;

pub(crate) use outcome::Outcome;

/// Deliveries on their way at a time.
const AT_ONCE: usize = 8;

/// How long ago a late event was created.
const LATE: SignedDuration = SignedDuration::from_mins(15);

/// Why nothing, or not everything, could be sent.
#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error(transparent)]
    Sample(#[from] SampleError),
    #[error("{path} cannot be read")]
    File { path: String, source: io::Error },
    #[error("nothing answers on 127.0.0.1:{0}: start it with `cargo run` first")]
    Nobody(u16),
    #[error("the request failed")]
    Request(#[from] reqwest::Error),
    #[error("the output cannot be written")]
    Output(#[from] io::Error),
    #[error("sending ended early")]
    Ended(#[from] tokio::task::JoinError),
}

pub(crate) async fn send(options: SendOptions) -> ExitCode {
    let outcome = match (options.list, options.count) {
        (true, _) => list(options.json).map(|()| true),
        (false, 1) => one(&options).await,
        (false, _) => many(options).await,
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        // Whoever reads the output has seen enough.
        Err(SendError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn list(json: bool) -> Result<(), SendError> {
    let names: Vec<String> = event_types()?.into_iter().map(|known| known.name).collect();
    let text = if json { serde_json::json!(names).to_string() } else { names.join("\n") };
    writeln!(io::stdout(), "{text}")?;
    Ok(())
}

fn event(options: &SendOptions) -> Result<Event, SendError> {
    let created = if options.late { Timestamp::now() - LATE } else { Timestamp::now() };
    let body = match (&options.file, &options.event_type) {
        (Some(path), _) => fs::read(path)
            .map_err(|source| SendError::File { path: path.display().to_string(), source })?,
        (None, event_type) => sample_at(event_type.as_deref().unwrap_or_default(), created)?,
    };
    Ok(Event::of(body))
}

async fn one(options: &SendOptions) -> Result<bool, SendError> {
    let sender = Sender::new(options)?;
    let event = event(options)?;
    let mut expected = true;
    for _ in 0..=u8::from(options.duplicate) {
        let answer = sender.deliver(&event).await?;
        expected &= answer.is_expected;
        writeln!(io::stdout(), "{}", answer.report(&event, options))?;
    }
    if let Some(outcome) = options.outcome.as_ref().filter(|_| expected) {
        let answer = sender.tell(&event, outcome, options.processing_time).await?;
        expected &= answer.is_expected;
        writeln!(io::stdout(), "{}", answer.report(&event, options))?;
    }
    Ok(expected)
}

async fn many(options: SendOptions) -> Result<bool, SendError> {
    let sender = Arc::new(Sender::new(&options)?);
    let options = Arc::new(options);
    let bar = bar(&options);
    let mut summary = Summary::default();
    let mut running = JoinSet::new();
    let started = Instant::now();
    for _ in 0..options.count {
        if running.len() == AT_ONCE
            && let Some(done) = running.join_next().await
        {
            record(done??, &mut summary, &bar);
        }
        let (sender, options) = (Arc::clone(&sender), Arc::clone(&options));
        running.spawn(async move { deliver(&sender, &options).await });
    }
    while let Some(done) = running.join_next().await {
        record(done??, &mut summary, &bar);
    }
    bar.finish_and_clear();
    summary.took = started.elapsed();
    let text = if options.json { summary.json() } else { summary.text() };
    writeln!(io::stdout(), "{text}")?;
    Ok(summary.unexpected == 0)
}

/// One event, or the same twice.
async fn deliver(sender: &Sender, options: &SendOptions) -> Result<Vec<Answer>, SendError> {
    let event = event(options)?;
    let mut answers = vec![sender.deliver(&event).await?];
    if options.duplicate {
        answers.push(sender.deliver(&event).await?);
    }
    if let Some(outcome) = &options.outcome {
        answers.push(sender.tell(&event, outcome, options.processing_time).await?);
    }
    Ok(answers)
}

fn record(answers: Vec<Answer>, summary: &mut Summary, bar: &ProgressBar) {
    for answer in &answers {
        summary.add(answer);
    }
    bar.inc(1);
}

/// A progress bar, where a person looks.
fn bar(options: &SendOptions) -> ProgressBar {
    if options.json || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} events, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(options.count.into()).with_style(style)
}
