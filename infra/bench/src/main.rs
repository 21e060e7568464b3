//! `infra/bench.sh` runs this: measures Hookwatch's receiver and its peers, or checks that all do the same
//! job. Progress goes to standard error, the tables to standard output.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bench::certificate::{self, Trust};
use bench::event::Source;
use bench::instructions::{self, Instructions};
use bench::life::{self, Life, Load};
use bench::null::Null;
use bench::peer::{self, OURS, Peer, Transport};
use bench::quota::Quota;
use bench::report::{self, Circumstances};
use bench::rows::Measured;
use bench::{figure, memory, semantics, size};
use clap::{Parser, Subcommand};
use local::engine::Engine;
use local::template::Template;

/// What a run leaves for the report.
const PEERS: &str = "peers.md";
const MEASURED: &str = "measured.json";
const FIGURES: &str = "figures.jsonl";

type Failure = Box<dyn std::error::Error>;

/// Measures Hookwatch's receiver beside its peers.
#[derive(Parser)]
struct Arguments {
    /// What `sam build` made
    #[arg(long, default_value = ".aws-sam/build")]
    functions: PathBuf,
    /// Where the peers were installed
    #[arg(long, default_value = "target/bench")]
    peers: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Checks on a DynamoDB (DYNAMODB_ENDPOINT, else the embedded engine) that all do the same job
    Semantics,
    /// Measures; what it finds is kept in the peers' folder for `report`
    Measure {
        /// Fewer rounds and events: minutes
        #[arg(long)]
        quick: bool,
    },
    /// Counts the receiver's instructions with callgrind, fails when they are more than was agreed on
    Instructions {
        /// What was agreed on
        #[arg(long, default_value = "infra/bench/instructions.json")]
        agreed: PathBuf,
        /// Where valgrind is
        #[arg(long, default_value = "/usr/bin/valgrind")]
        valgrind: PathBuf,
        /// Agrees on what is counted now
        #[arg(long)]
        agree: bool,
    },
    /// Writes `report.md` and `report.json` into the peers' folder: what was measured last, and the figures that
    /// benchmarks appended to `figures.jsonl` there
    Report {
        /// What was measured is quick: `report-quick.md` and `.json`
        #[arg(long)]
        quick: bool,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime.map_err(Failure::from).and_then(|runtime| runtime.block_on(run(&arguments))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("failed: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), Failure> {
    if let Command::Report { quick } = arguments.command {
        return write_report(&arguments.peers, if quick { "report-quick" } else { "report" });
    }
    let peers = peer::all(&arguments.functions, &arguments.peers);
    if let Command::Instructions { agreed, valgrind, agree } = &arguments.command {
        return count(&peers, &arguments.peers, (agreed, valgrind, *agree)).await;
    }
    for Peer { name, bootstrap, .. } in &peers {
        if !bootstrap.exists() {
            return Err(
                format!("{name}: {} is missing: run infra/bench.sh", bootstrap.display()).into()
            );
        }
    }
    match &arguments.command {
        Command::Measure { quick } => measure(&peers, arguments, *quick).await,
        _ => same_job(&peers).await,
    }
}

async fn same_job(peers: &[Peer]) -> Result<(), Failure> {
    let source = Source::load(&local::workspace())?;
    let engine = Engine::memory()?;
    let endpoint =
        std::env::var("DYNAMODB_ENDPOINT").unwrap_or_else(|_| engine.endpoint().to_owned());
    let template = Template::read(&local::workspace().join("template.yaml"))?;
    let table = template.table(&Default::default())?;
    local::table::create(&local::table::client(&endpoint), &table, peer::TABLE).await?;
    for peer in peers {
        let verdict = semantics::check(peer, &endpoint, &source).await;
        verdict.map_err(|difference| format!("{}: {difference}", peer.name))?;
        say(&format!("{}: new stored, repeated not again, forged refused", peer.name));
    }
    Ok(())
}

async fn count(
    peers: &[Peer],
    folder: &Path,
    (agreed, valgrind, agree): (&Path, &Path, bool),
) -> Result<(), Failure> {
    let ours = peers.iter().find(|peer| peer.name == OURS).ok_or("nobody to count")?;
    let source = Source::load(&local::workspace())?;
    std::fs::create_dir_all(folder)?;
    let trust = certificate::make(folder)?;
    let null = Null::start(trust.acceptor.clone(), peer::secrets()).await?;
    let spec = ours.spec(&null, Transport::Plain, &trust);
    let now = instructions::count(&spec, valgrind, &folder.join("callgrind"), &source).await?;
    let text = serde_json::to_string_pretty(&now)?;
    show(&text);
    if agree {
        return Ok(std::fs::write(agreed, text + "\n")?);
    }
    let agreed: Instructions = serde_json::from_slice(&std::fs::read(agreed)?)?;
    match now.excess(&agreed).as_slice() {
        [] => Ok(()),
        excess => Err(excess.join("; ").into()),
    }
}

async fn measure(peers: &[Peer], arguments: &Arguments, quick: bool) -> Result<(), Failure> {
    let (mode, rounds, load) = match quick {
        true => ("quick", 7, Load { warm_up: 300, events: 500 }),
        false => ("full", 15, Load { warm_up: 1_000, events: 2_000 }),
    };
    let folder = &arguments.peers;
    let trust = certificate::make(folder)?;
    let null = Null::start(trust.acceptor.clone(), peer::secrets()).await?;
    let source = Source::load(&local::workspace())?;
    let mut measured = Measured::default();
    sizes(peers, &arguments.functions, &mut measured)?;

    for round in 1..=rounds {
        say(&format!("round {round} of {rounds}"));
        for peer in peers {
            let live = |transport| one_life(peer, &null, transport, (&trust, &source, load));
            measured.tls.entry(peer.name).or_default().push(live(Transport::Tls).await?);
            measured.plain.entry(peer.name).or_default().push(live(Transport::Plain).await?);
        }
    }
    throttle(peers, &null, (&trust, &source), rounds, &mut measured).await?;
    if let Some(ours) = peers.iter().find(|peer| peer.name == OURS) {
        say(&format!("memory over {} events", memory::LAST_LOOK));
        let spec = ours.spec(&null, Transport::Tls, &trust);
        measured.growth = Some(memory::growth(spec, &source).await?);
    }

    figure::append(&measured.figures())?;
    let circumstances = Circumstances::now(mode, rounds);
    std::fs::write(folder.join(PEERS), report::side_by_side(&circumstances, peers, &measured))?;
    let json = report::json(&circumstances, &measured);
    Ok(std::fs::write(folder.join(MEASURED), serde_json::to_string_pretty(&json)?)?)
}

/// Puts together what is there, under a name.
fn write_report(folder: &Path, name: &str) -> Result<(), Failure> {
    let figures = figure::read(&folder.join(FIGURES))?;
    let tables =
        format!("{}\n{}", std::fs::read_to_string(folder.join(PEERS))?, report::targets(&figures));
    std::fs::write(folder.join(format!("{name}.md")), &tables)?;
    let mut json: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.join(MEASURED))?)?;
    if let Some(json) = json.as_object_mut() {
        json.insert("figures".to_owned(), report::verdicts(&figures));
    }
    std::fs::write(folder.join(format!("{name}.json")), serde_json::to_string_pretty(&json)?)?;
    show(&tables);
    Ok(())
}

async fn one_life(
    peer: &Peer,
    null: &Null,
    transport: Transport,
    (trust, source, load): (&Trust, &Source, Load),
) -> Result<Life, Failure> {
    let life = life::live(peer.spec(null, transport, trust), null, source, load).await;
    Ok(life.map_err(|error| format!("{}: {error}", peer.name))?)
}

/// Where the machine allows no quota, that row is left out and the reason said.
async fn throttle(
    peers: &[Peer],
    null: &Null,
    (trust, source): (&Trust, &Source),
    rounds: usize,
    measured: &mut Measured,
) -> Result<(), Failure> {
    if let Err(error) = Quota::make() {
        say(&format!("row 2 is left out: this machine allows no CPU quota ({error})"));
        return Ok(());
    }
    for round in 1..=rounds {
        say(&format!("first invocations at 7.2 % of a CPU, round {round} of {rounds}"));
        for peer in peers {
            let spec = peer.spec(null, Transport::Tls, trust);
            let start = life::throttled(spec, &Quota::make()?, source).await;
            let start = start.map_err(|error| format!("{}: {error}", peer.name))?;
            measured.throttled.entry(peer.name).or_default().push(start);
        }
    }
    Ok(())
}

fn sizes(peers: &[Peer], functions: &Path, measured: &mut Measured) -> Result<(), Failure> {
    for peer in peers {
        measured.zips.insert(peer.name.to_owned(), size::zipped(&peer.shipped)?);
    }
    for (folder, package) in [
        ("WebhookReceiverFunction", "webhook-receiver"),
        ("HealthCheckFunction", "health-check"),
        ("OpsApiFunction", "ops-api"),
    ] {
        let zip = size::zipped(&functions.join(folder).join("bootstrap"))?;
        measured.zips.insert(package.to_owned(), zip);
        let stacks = size::stacks(&local::workspace(), package)?;
        measured.stacks.insert(package.to_owned(), stacks);
    }
    Ok(())
}

#[allow(clippy::print_stdout, reason = "what the program is for")]
fn show(text: &str) {
    println!("{text}");
}

#[allow(clippy::print_stderr, reason = "progress, for whoever waits")]
fn say(text: &str) {
    eprintln!("bench: {text}");
}
