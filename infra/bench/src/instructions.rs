//! How many instructions the receiver takes, counted by callgrind: the same on a busy machine and an idle
//! one. A gate for changes, where time would only be noise.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use local::runtime_api::FunctionSpec;
use serde::{Deserialize, Serialize};

use crate::event::{Signer, Source};
use crate::life::{self, LifeError};

/// Events before and between the two counts whose difference is what events take.
const WARM_UP: u64 = 50;
const EVENTS: u64 = 200;
/// More than this much more than was agreed on is too much.
pub const SLACK: f64 = 0.05;
/// How long callgrind may take to write down what it counted.
const WRITTEN_WITHIN: Duration = Duration::from_secs(30);

/// Instructions in user mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instructions {
    /// From exec to the first answered webhook, with its secrets fetched, without TLS.
    pub start: u64,
    /// Of an accepted webhook, warm.
    pub accepted: u64,
    /// Of a forged one.
    pub forged: u64,
}

impl Instructions {
    /// What has become more than [`SLACK`] dearer than was agreed on, a line each.
    #[must_use]
    pub fn excess(&self, agreed: &Self) -> Vec<String> {
        [
            ("start", self.start, agreed.start),
            ("accepted", self.accepted, agreed.accepted),
            ("forged", self.forged, agreed.forged),
        ]
        .into_iter()
        .filter(|(_, now, agreed)| *now as f64 > *agreed as f64 * (1.0 + SLACK))
        .map(|(name, now, agreed)| format!("{name}: {now} instructions, agreed on were {agreed}"))
        .collect()
    }
}

/// Counts with the `valgrind` at this path; its files go to `folder`.
///
/// # Errors
/// When the function fails, answers wrongly, or callgrind says nothing.
pub async fn count(
    spec: &FunctionSpec,
    valgrind: &Path,
    folder: &Path,
    source: &Source,
) -> Result<Instructions, LifeError> {
    std::fs::create_dir_all(folder)?;
    let total = async |signer, events| {
        let log = folder.join("callgrind.log");
        let spec = under_callgrind(spec, valgrind, folder, &log)?;
        let (host, pid, _) = life::start(spec).await?;
        life::many(&host, source, Signer::Stripe, 1).await?;
        life::many(&host, source, signer, events).await?;
        end(pid)?;
        let counted = counted(&log).await;
        host.stop().await;
        counted
    };
    let start = total(Signer::Stripe, 0).await?;
    let few = total(Signer::Stripe, WARM_UP).await?;
    let many = total(Signer::Stripe, WARM_UP + EVENTS).await?;
    let few_forged = total(Signer::Forger, WARM_UP).await?;
    let many_forged = total(Signer::Forger, WARM_UP + EVENTS).await?;
    Ok(Instructions {
        start,
        accepted: many.saturating_sub(few) / EVENTS,
        forged: many_forged.saturating_sub(few_forged) / EVENTS,
    })
}

/// The host starts one file, without arguments.
fn under_callgrind(
    spec: &FunctionSpec,
    valgrind: &Path,
    folder: &Path,
    log: &Path,
) -> io::Result<FunctionSpec> {
    use std::os::unix::fs::PermissionsExt;
    let (valgrind, binary) = (valgrind.display(), spec.binary.canonicalize()?);
    let wrapper: PathBuf = folder.join("bootstrap");
    let script = format!(
        "#!/bin/sh\nexec '{valgrind}' --tool=callgrind --callgrind-out-file='{}' --log-file='{}' '{}'\n",
        folder.join("callgrind.out.%p").display(),
        log.display(),
        binary.display(),
    );
    std::fs::write(&wrapper, script)?;
    std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755))?;
    match std::fs::remove_file(log) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    Ok(FunctionSpec { binary: wrapper, timeout: Duration::from_secs(120), ..spec.clone() })
}

/// Asks the process to end, so that callgrind has the last word.
#[allow(unsafe_code, reason = "a signal has no safe form")]
fn end(pid: u32) -> io::Result<()> {
    let pid = libc::pid_t::try_from(pid).map_err(io::Error::other)?;
    // SAFETY: the call takes two numbers.
    match unsafe { libc::kill(pid, libc::SIGTERM) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

async fn counted(log: &Path) -> Result<u64, LifeError> {
    let pause = Duration::from_millis(50);
    for _ in 0..WRITTEN_WITHIN.as_millis() / pause.as_millis() {
        let said = std::fs::read_to_string(log).unwrap_or_default();
        if let Some(count) = collected(&said) {
            return Ok(count);
        }
        tokio::time::sleep(pause).await;
    }
    Err(io::Error::other("callgrind has counted nothing").into())
}

/// `==123== Collected : 672363`.
fn collected(log: &str) -> Option<u64> {
    let (_, count) = log.lines().find_map(|line| line.split_once("Collected : "))?;
    count.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Instructions, collected};

    #[test]
    fn what_callgrind_says_is_read() {
        assert_eq!(collected("==7== \n==7== Collected : 672363\n==7== \n"), Some(672_363));
        assert_eq!(collected("==7== Callgrind, a call-graph generating cache profiler"), None);
    }

    #[test]
    fn five_in_a_hundred_are_forgiven() {
        let agreed = Instructions { start: 1_000, accepted: 1_000, forged: 1_000 };
        let now = Instructions { start: 1_050, accepted: 1_051, forged: 10 };
        let excess = now.excess(&agreed);
        assert_eq!(excess, ["accepted: 1051 instructions, agreed on were 1000"]);
    }
}
