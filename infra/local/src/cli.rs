//! The command line.

pub(crate) mod demo;
pub(crate) mod drill;
mod ready;
pub(crate) mod rehearse;
pub(crate) mod run;
pub(crate) mod send;
mod style;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use local::drill::{self as drill_table, DRILLS, Drill};
use local::system::SIGNING_SECRET;

/// Runs Hookwatch on this machine: a DynamoDB engine, the functions and their HTTP API.
///
/// Nothing else is needed: no account, no container, no network. The first run compiles the
/// functions. When everything answers, a block of addresses is printed, then one line per request.
#[derive(Debug, Parser)]
#[command(
    name = "local",
    bin_name = "cargo run --",
    args_conflicts_with_subcommands = true,
    max_term_width = 100
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) run: RunOptions,
}

/// What there is beside running the system.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Send(SendOptions),
    Break(BreakOptions),
    Mend(MendOptions),
    Drill(DrillOptions),
}

/// How to run the system.
#[derive(Args, Debug)]
pub(crate) struct RunOptions {
    /// Port of the HTTP API on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 9000)]
    pub(crate) port: u16,
    /// Folder that keeps the data between runs [default: hookwatch-data in the target folder]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Throw away the data of earlier runs first
    #[arg(long)]
    fresh: bool,
    /// Keep the data in this DynamoDB instead of the engine that is built in: DynamoDB Local, say
    #[arg(long, value_name = "URL", conflicts_with_all = ["data", "fresh"])]
    dynamodb: Option<String>,
    /// Seconds between two runs of the health check, which rolls up the log; 0 lets it rest
    #[arg(long, value_name = "SECONDS", default_value_t = 15)]
    interval: u32,
    /// Log 28 days of invented history, roll it up, send a few hundred live events, compare what was
    /// sent with what is answered, and exit with 0 when every number agrees. Keeps no data
    #[arg(long, conflicts_with_all = ["data", "fresh", "dynamodb", "secrets"])]
    pub(crate) demo: bool,
    /// With --demo: go on afterwards until Ctrl-C, so that the pages can be looked at
    #[arg(long, requires = "demo")]
    pub(crate) keep: bool,
    /// Signing secret of an endpoint; give it again for each further one
    #[arg(long = "secret", value_name = "WHSEC", default_value = SIGNING_SECRET, value_parser = secret)]
    secrets: Vec<String>,
    /// Show everything that the functions write, not only warnings and errors
    #[arg(long, short)]
    verbose: bool,
}

/// Sends the running system an event, signed as Stripe signs it.
///
/// Prints the answer, how long it took, and where the event can be seen. Exits with 0 when every
/// answer was as expected (2xx; 400 for a forged one), else with 1.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  cargo run -- send charge.succeeded
  cargo run -- send invoice.paid --duplicate
  cargo run -- send charge.failed --outcome failed:db_timeout
  cargo run -- send customer.created --count 1000
  cargo run -- send --file event.json
  cargo run -- send --list")]
pub(crate) struct SendOptions {
    /// Type of the event: any that Stripe knows (see --list)
    #[arg(value_name = "TYPE", required_unless_present_any = ["file", "list"])]
    event_type: Option<String>,
    /// Send the content of this file, as it is
    #[arg(long, value_name = "PATH", conflicts_with_all = ["event_type", "late", "count"])]
    file: Option<PathBuf>,
    /// Sign with a wrong secret: the answer should be 400
    #[arg(long)]
    forged: bool,
    /// Send an event that was created 15 minutes ago, as Stripe does after failed deliveries
    #[arg(long)]
    late: bool,
    /// Send it twice: the second answer should be 2xx as well
    #[arg(long)]
    duplicate: bool,
    /// Then tell what became of it, as the application would: succeeded, failed, or failed:<kind of
    /// error>
    #[arg(long, value_name = "OUTCOME", conflicts_with_all = ["forged", "file"])]
    outcome: Option<send::Outcome>,
    /// How long that took, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 0.12, requires = "outcome")]
    processing_time: f64,
    /// Send this many events, each with an id of its own, eight at a time
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
    /// Port that the system listens on
    #[arg(long, default_value_t = 9000)]
    port: u16,
    /// Signing secret
    #[arg(long, value_name = "WHSEC", default_value = SIGNING_SECRET, value_parser = secret)]
    secret: String,
    /// Print JSON instead: one line for each answer, or one summary of many
    #[arg(long)]
    json: bool,
    /// List the types of events that can be sent
    #[arg(long)]
    list: bool,
}

/// Breaks the running system, and tells what is expected of its health check and what is seen.
///
/// Exits with 0 when all that was expected came in time, else with 1. It stays broken until `mend`.
#[derive(Args, Debug)]
pub(crate) struct BreakOptions {
    /// What to break (see --list)
    #[arg(value_name = "DRILL", required_unless_present = "list", value_parser = one_drill)]
    drill: Option<&'static Drill>,
    /// List the drills
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    of: ControlOptions,
}

/// Mends what `break` broke, and tells when all is well again.
///
/// Exits with 0 when everything was as expected, else with 1.
#[derive(Args, Debug)]
pub(crate) struct MendOptions {
    /// What to mend; by default whatever is broken
    #[arg(value_name = "DRILL", value_parser = one_drill)]
    drill: Option<&'static Drill>,
    #[command(flatten)]
    of: ControlOptions,
}

/// Which system to break or mend, and how to tell.
#[derive(Args, Debug)]
pub(crate) struct ControlOptions {
    /// Port that the system listens on
    #[arg(long, default_value_t = 9000)]
    port: u16,
    /// Print one line of JSON instead
    #[arg(long)]
    json: bool,
}

/// Plays drills, each in a system of its own in which seconds stand for five minutes: something is
/// broken, watched, mended, and watched until all is well.
///
/// Prints a line for each. Exits with 0 when every issue, page and ticket was as expected, else with 1.
#[derive(Args, Debug)]
pub(crate) struct DrillOptions {
    /// Which drills, or `all` (see `break --list`)
    #[arg(value_name = "DRILL", required = true, value_parser = drills)]
    drills: Vec<Drills>,
    /// Seconds that stand for five minutes; more on a machine that is slow or busy
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=300))]
    period: u32,
    /// Drills that are played at a time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=12))]
    at_once: u32,
    /// Print a line of JSON for each instead
    #[arg(long)]
    json: bool,
}

/// One drill, or all.
pub(crate) type Drills = &'static [Drill];

fn drills(text: &str) -> Result<Drills, String> {
    match text {
        "all" => Ok(&DRILLS),
        _ => one_drill(text).map(std::slice::from_ref),
    }
}

fn one_drill(text: &str) -> Result<&'static Drill, String> {
    let names = || DRILLS.iter().map(|drill| drill.name).collect::<Vec<_>>().join(", ");
    drill_table::find(text).ok_or_else(|| format!("the drills are {}", names()))
}

/// The form of a secret; the functions read a list of them, so a comma would split it.
fn secret(text: &str) -> Result<String, String> {
    match text.strip_prefix("whsec_") {
        Some(rest) if !rest.is_empty() && !text.contains([',', '=', ' ']) => Ok(text.to_owned()),
        _ => {
            Err("a signing secret starts with whsec_ and has no comma, space or equals sign"
                .to_owned())
        }
    }
}

/// An error with everything that caused it, in one line.
fn complain(error: &dyn std::error::Error) {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    eprintln!("error: {text}");
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::Cli;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        for (line, fits) in [
            ("local", true),
            ("local --port 9100 --secret whsec_a --secret whsec_b", true),
            ("local --secret sk_live_1", false),
            ("local send charge.succeeded --late --count 10", true),
            ("local send --list", true),
            ("local send", false),
            ("local send --file x.json", true),
            ("local send --file x.json --count 2", false),
            ("local send charge.succeeded --file x.json", false),
            ("local send charge.succeeded --count 0", false),
            ("local --fresh send charge.succeeded", false),
            ("local --demo --keep", true),
            ("local --keep", false),
            ("local break slow", true),
            ("local break --list", true),
            ("local break", false),
            ("local break all", false),
            ("local mend", true),
            ("local mend slow --port 9100 --json", true),
            ("local drill all", true),
            ("local drill slow slow-tail --period 3", true),
            ("local drill", false),
            ("local drill fast", false),
            ("local drill all --period 0", false),
        ] {
            assert_eq!(Cli::try_parse_from(line.split(' ')).is_ok(), fits, "{line}");
        }
    }
}
