//! Processes as `ps` and `kill` know them, alike on Linux and macOS.

use std::path::Path;

use tokio::process::Command;

use crate::Result;

/// A process that runs; one that is dead and not yet buried does not count.
pub struct Process {
    /// Its id.
    pub id: u32,
    /// Its parent's id; an orphan's is that of an ancestor of its parent, 1 for most.
    pub parent: u32,
    command: String,
}

impl Process {
    /// Whether it runs this program.
    pub fn runs(&self, program: &Path) -> bool {
        let rest = self.command.strip_prefix(&*program.to_string_lossy());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    }
}

/// Every process of this moment.
pub async fn list() -> Result<Vec<Process>> {
    let mut ps = Command::new("ps");
    ps.args(["-A", "-ww", "-o", "pid=,ppid=,stat=,args="]);
    let output = ps.output().await.map_err(|error| format!("ps cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(format!("ps failed: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().filter_map(parse).collect())
}

fn parse(line: &str) -> Option<Process> {
    let (id, rest) = line.trim_start().split_once(' ')?;
    let (parent, rest) = rest.trim_start().split_once(' ')?;
    let (state, command) = rest.trim_start().split_once(' ')?;
    let (id, parent) = (id.parse().ok()?, parent.parse().ok()?);
    (!state.starts_with('Z')).then(|| Process {
        id,
        parent,
        command: command.trim_start().to_owned(),
    })
}

/// The ancestors of this process, itself included: whoever inherits what it leaves.
pub fn heirs(processes: &[Process]) -> Vec<u32> {
    let mut heirs = vec![1, std::process::id()];
    let mut youngest = std::process::id();
    while let Some(process) = processes.iter().find(|process| process.id == youngest) {
        youngest = process.parent;
        heirs.push(youngest);
    }
    heirs
}

/// Sends a signal (`KILL`, `TERM`) to processes; one that is gone already is no error.
pub async fn signal(name: &str, ids: &[u32]) -> Result<()> {
    let mut kill = Command::new("kill");
    kill.arg(format!("-{name}")).args(ids.iter().map(u32::to_string));
    kill.output().await.map_err(|error| format!("kill cannot be run: {error}"))?;
    Ok(())
}
