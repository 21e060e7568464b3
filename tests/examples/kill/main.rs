//! The kill test: `kill -9` at random moments while 50 events a second come in, and afterwards every
//! event that was answered 200 must be in the log. Run it by `infra/kill-test.sh`, or
//! `cargo run -p tests --example kill -- --runs 200`.
//!
//! One data folder lives through all runs. A run kills either the whole of `local` (the engine, the
//! gateway and with them the functions) or only the receivers, while the sending goes on; what got
//! no answer is sent again, as Stripe would. Exits with 1 when anything is lost or stored twice, or
//! when a function outlives its host.

mod check;
mod ledger;
mod ops_api;
mod processes;
mod program;
mod run;
mod stripe;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use jiff::{SignedDuration, Timestamp};

use ledger::Ledger;
use ops_api::OpsApi;
use program::Program;
use run::Plan;
use stripe::Stripe;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Kills the running system at random moments and looks for every event that it had acknowledged.
#[derive(Parser)]
#[command(name = "kill", bin_name = "cargo run -p tests --example kill --")]
struct Options {
    /// How often to kill
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Chooses what is killed and when, again as in an earlier test [default: a new one]
    #[arg(long)]
    seed: Option<u64>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let folder = std::env::temp_dir().join(format!("hookwatch-kill-test-{}", std::process::id()));
    let outcome = test(Options::parse(), folder.clone()).await;
    match &outcome {
        Ok(ledger) => println!("{ledger}"),
        Err(error) => eprintln!("error: {error}"),
    }
    match outcome {
        Ok(ledger) if ledger.is_clean() => {
            // The system's temporary folder is cleaned in any case.
            std::fs::remove_dir_all(folder).ok();
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("the data and what local said are kept in {}", folder.display());
            ExitCode::FAILURE
        }
    }
}

async fn test(options: Options, folder: PathBuf) -> Result<Ledger> {
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..));
    println!("{} runs, --seed {seed}", options.runs);
    let mut random = fastrand::Rng::with_seed(seed);
    let mut program = Program::build(&folder).await?;
    let stripe = Stripe::new(program.port())?;
    let ops_api = OpsApi::new(program.port())?;
    // The list begins at a time, and a clock may be set back a little.
    let since = Timestamp::now() - SignedDuration::from_mins(1);
    let mut ledger = Ledger::new(options.runs);

    program.start().await?;
    for _ in 0..options.runs {
        let plan = Plan::random(&mut random);
        let outcome = run::run(&mut program, &stripe, plan).await?;
        let problems = check::events(&ops_api, &outcome.events).await?;
        ledger.add(outcome, problems);
    }

    ledger.say("all runs are done: one more kill, then every event is looked for again, by its id and in the list");
    ledger.add_survivors(&program.kill().await?);
    program.start().await?;
    let problems = check::events(&ops_api, ledger.events()).await?;
    let missing = check::list(&ops_api, ledger.events(), since).await?;
    ledger.close(problems, missing);
    ledger.add_survivors(&program.stop().await?);
    Ok(ledger)
}
