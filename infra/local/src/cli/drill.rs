//! `cargo run -- drill`: drills in systems of their own, a few at a time, a line for each.

use std::io::{self, IsTerminal, Write, stderr};
use std::process::ExitCode;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use indicatif::{MultiProgress, ProgressBar};
use local::build::{self, Progress};
use local::drill::{Drill, Phase, Report, play};
use local::template::Template;
use serde_json::json;

use super::rehearse::seen;
use super::style::{bold, dim};
use super::{DrillOptions, complain};

/// Plays the drills; exits with 1 when one differs or cannot be played.
pub(crate) async fn drill(options: DrillOptions) -> ExitCode {
    let DrillOptions { drills, period, at_once, json } = options;
    let period = Duration::from_secs(period.into());
    if let Err(error) = build_once().await {
        complain(error.as_ref());
        return ExitCode::FAILURE;
    }
    let bars = MultiProgress::new();
    let shown = stderr().is_terminal() && !json;
    let plays = drills.into_iter().flatten().map(|drill| {
        let bars = &bars;
        async move {
            let bar = match shown {
                true => bars.add(ProgressBar::new_spinner()),
                false => ProgressBar::hidden(),
            };
            bar.enable_steady_tick(Duration::from_millis(100));
            let played = play(drill, period, |phase| bar.set_message(progress(drill, phase))).await;
            bar.finish_and_clear();
            (drill, played)
        }
    });
    let mut played = stream::iter(plays).buffered(at_once as usize);
    let (mut count, mut differing) = (0, 0);
    while let Some((drill, outcome)) = played.next().await {
        count += 1;
        let line = match &outcome {
            Ok(report) if json => json!(report).to_string(),
            Ok(report) => text(report),
            Err(error) if json => {
                json!({"drill": drill.name, "error": shared::causes(error).to_string()}).to_string()
            }
            Err(error) => {
                format!("{}\n  {}  {}", bold(drill.name), bold("FAILED"), shared::causes(error))
            }
        };
        let as_expected = outcome.is_ok_and(|report| report.differences.is_empty());
        differing += usize::from(!as_expected);
        let printed = bars.suspend(|| writeln!(io::stdout(), "{line}"));
        if printed.is_err() {
            return ExitCode::FAILURE;
        }
    }
    if !json {
        println!("{}", bold(&verdict(count, differing)));
    }
    if differing == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Builds the functions where a person sees it; each system then finds them built.
async fn build_once() -> Result<(), Box<dyn std::error::Error>> {
    let options = local::system::SystemOptions::default();
    let template = Template::read(&options.template)?;
    let functions = template.functions(&options.parameters, &options.table)?;
    build::binaries(&options.binaries, &functions, Progress::Shown).await?;
    Ok(())
}

fn progress(drill: &Drill, phase: Phase) -> String {
    let doing = match phase {
        Phase::Starting => "starts",
        Phase::Broken => "is broken",
        Phase::Mended => "is mended",
    };
    format!("{} {doing}", drill.name)
}

fn text(report: &Report) -> String {
    let mark = if report.differences.is_empty() { "ok" } else { "DIFFERS" };
    let mut text = format!(
        "{}  {}  {}\n  expected  {}\n  seen      {}",
        bold(&format!("{:18}", report.drill)),
        bold(mark),
        dim(&report.what),
        report.expected,
        seen(report)
    );
    for difference in &report.differences {
        text.push_str(&format!("\n  {}   {difference}", bold("DIFFERS")));
    }
    text
}

fn verdict(count: usize, differing: usize) -> String {
    match differing {
        0 => format!("all {count} drills went as expected"),
        _ => format!("{differing} of {count} drills did not go as expected"),
    }
}
