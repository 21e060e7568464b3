//! The program under test: `local`, on one port and one data folder, killed and started again.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::{sleep, timeout};

use crate::Result;
use crate::processes::{self, Process};

/// A start builds the functions, and another cargo may have to finish first.
const START_LIMIT: Duration = Duration::from_secs(300);

/// How long what should be gone may still be seen.
const END_LIMIT: Duration = Duration::from_secs(10);

const FUNCTIONS: [&str; 2] = ["webhook-receiver", "ops-api"];

/// See the module.
pub struct Program {
    /// Where `local` and the functions lie.
    binaries: PathBuf,
    folder: PathBuf,
    port: u16,
    process: Option<Child>,
}

impl Program {
    /// Builds the program; its data and its log will be in `folder`.
    pub async fn build(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let binaries = binaries()?;
        build(&binaries).await?;
        let port = free_port().ok_or("no port from 20000 to 29999 is free")?;
        Ok(Self { binaries, folder: folder.to_owned(), port, process: None })
    }

    /// Its port, the same after every start.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Starts it and returns when it says that it is ready.
    pub async fn start(&mut self) -> Result<()> {
        let log = File::options().create(true).append(true).open(self.folder.join("local.log"))?;
        let mut process = Command::new(self.binaries.join("local"))
            .args(["--port", &self.port.to_string(), "--data"])
            .arg(self.folder.join("data"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        let output = process.stdout.take().ok_or("local has no output")?;
        let mut lines = BufReader::new(output).lines();
        let ready = timeout(START_LIMIT, is_ready(&mut lines)).await;
        self.process = Some(process);
        match ready {
            Ok(Ok(true)) => {}
            Ok(_) => return Err("local ended before it was ready".into()),
            Err(_) => return Err(format!("local is not ready after {START_LIMIT:?}").into()),
        }
        // Read on, so that it can go on writing.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        // Nobody can say that nothing is left of what he does not recognise.
        match self.running(&processes::list().await?, &FUNCTIONS, &self.id()).len() {
            0 => Err("ps does not show the functions of local".into()),
            _ => Ok(()),
        }
    }

    /// `kill -9`. Returns the functions that outlived it, which is none.
    pub async fn kill(&mut self) -> Result<Vec<u32>> {
        if let Some(mut process) = self.process.take() {
            process.kill().await?;
        }
        self.survivors().await
    }

    /// Asks it to stop. Returns the functions that outlived it, which is none.
    pub async fn stop(&mut self) -> Result<Vec<u32>> {
        processes::signal("TERM", &self.id()).await?;
        if let Some(mut process) = self.process.take() {
            let status = timeout(END_LIMIT, process.wait()).await;
            let status = status.map_err(|_| "local does not stop when it is asked to")??;
            if !status.success() {
                return Err(format!("local did not stop in peace: {status}").into());
            }
        }
        self.survivors().await
    }

    /// `kill -9` to every receiver that runs at this moment; returns how many there were.
    pub async fn kill_receivers(&self) -> Result<usize> {
        let doomed = self.running(&processes::list().await?, &["webhook-receiver"], &self.id());
        processes::signal("KILL", &doomed).await?;
        Ok(doomed.len())
    }

    /// Functions whose host is gone: whoever inherits from us has them.
    async fn survivors(&self) -> Result<Vec<u32>> {
        let mut tries = END_LIMIT.as_millis() / 100;
        loop {
            let all = processes::list().await?;
            let left = self.running(&all, &FUNCTIONS, &processes::heirs(&all));
            if left.is_empty() || tries == 0 {
                return Ok(left);
            }
            tries -= 1;
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Processes of these functions that are children of one of `parents`.
    fn running(&self, all: &[Process], functions: &[&str], parents: &[u32]) -> Vec<u32> {
        let functions: Vec<_> = functions.iter().map(|name| self.binaries.join(name)).collect();
        let wanted = |process: &&Process| {
            parents.contains(&process.parent) && functions.iter().any(|path| process.runs(path))
        };
        all.iter().filter(wanted).map(|process| process.id).collect()
    }

    fn id(&self) -> Vec<u32> {
        self.process.as_ref().and_then(Child::id).into_iter().collect()
    }
}

async fn is_ready(lines: &mut Lines<BufReader<ChildStdout>>) -> Result<bool> {
    while let Some(line) = lines.next_line().await? {
        if line.contains("Hookwatch is ready.") {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `target/debug` of `target/debug/examples/kill`.
fn binaries() -> Result<PathBuf> {
    let executable = std::env::current_exe()?;
    Ok(executable.ancestors().nth(2).ok_or("this program lies in no target folder")?.to_owned())
}

/// In the profile that this program was built in.
async fn build(binaries: &Path) -> Result<()> {
    let profile = match binaries.file_name().and_then(|name| name.to_str()) {
        None | Some("debug") => "dev",
        Some(name) => name,
    };
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(local::workspace()).args(["build", "-q", "-p", "local"]);
    cargo.args(["--profile", profile, "--target-dir"]).args(binaries.parent());
    // What cargo told us of our own package would make it build others again.
    let told = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os().filter(|(name, _)| told(&name.to_string_lossy())) {
        cargo.env_remove(name);
    }
    match cargo.status().await?.success() {
        true => Ok(()),
        false => Err("local does not build".into()),
    }
}

/// One below those that the system gives to outgoing connections: while nothing listens there, no
/// connection of ours may come upon itself.
fn free_port() -> Option<u16> {
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    std::iter::repeat_with(|| fastrand::u16(20_000..30_000)).take(1_000).find(free)
}
