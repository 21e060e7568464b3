//! `cargo run`: the whole of Hookwatch on this machine. `cargo run -- send charge.succeeded`: an
//! event for it, as Stripe would send it.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line program talks to its user"
)]

mod cli;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Cli { command, run } = Cli::parse();
    match command {
        None if run.demo => cli::demo::demo(&run).await,
        None => cli::run::run(run).await,
        Some(Command::Send(options)) => cli::send::send(options).await,
        Some(Command::Break(options)) => cli::rehearse::break_(options).await,
        Some(Command::Mend(options)) => cli::rehearse::mend(options).await,
        Some(Command::Drill(options)) => cli::drill::drill(options).await,
    }
}
