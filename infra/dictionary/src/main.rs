//! `cargo run -p dictionary`: trains the payload dictionary from the fixtures.
#![allow(clippy::print_stdout, reason = "a command's output")]

use std::fs;
use std::io::Result;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use dictionary::fixtures;
use dictionary::study::report;
use dictionary::train::{MAX_BYTES, train};

const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const FIXTURES: &str = "tests/fixtures/stripe_events";
const DICTIONARY: &str = "shared/src/store/payload/stripe-1.dict";

/// Trains the dictionary that payloads are compressed with, and writes it.
///
/// A dictionary that has been deployed must never change: payloads in the table need it. A better
/// one is a new version, in a new file.
#[derive(Parser)]
struct Arguments {
    /// Only compare: fail when the file is not what training gives.
    #[arg(long, conflicts_with = "study")]
    check: bool,
    /// Only print how well events compress, by dictionary and by level. Use a release build: the
    /// tables hold times.
    #[arg(long)]
    study: bool,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let workspace = Path::new(WORKSPACE);
    let fixtures = fixtures::load(&workspace.join(FIXTURES))?;
    if arguments.study {
        println!("{}\n\n{}", report::dictionaries(&fixtures)?, report::levels(&fixtures)?);
        return Ok(ExitCode::SUCCESS);
    }
    let trained = train(&fixtures, MAX_BYTES)?;
    let file = workspace.join(DICTIONARY);
    if arguments.check {
        return Ok(check(fs::read(file).ok().as_deref(), &trained));
    }
    fs::write(file, &trained)?;
    println!("{DICTIONARY}: {} bytes from {} events.", trained.len(), fixtures.len());
    Ok(ExitCode::SUCCESS)
}

fn check(kept: Option<&[u8]>, trained: &[u8]) -> ExitCode {
    if kept == Some(trained) {
        println!("{DICTIONARY} is what training gives ({} bytes).", trained.len());
        return ExitCode::SUCCESS;
    }
    println!(
        "{DICTIONARY} is not what training gives: the fixtures, the training or zstd's version \
         changed since. Before the first deployment train again; after it, keep the file and add a \
         new version."
    );
    ExitCode::FAILURE
}
