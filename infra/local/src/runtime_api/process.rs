//! The process of an instance: a clean environment, and no way to outlive its host.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::process::Stdio;

use tokio::process::{Child, Command};

use super::{FunctionSpec, environment};

/// Starts one; `set` are variables that were set since, over the function's own.
pub(super) fn spawn(
    spec: &FunctionSpec,
    set: &BTreeMap<String, String>,
    api: SocketAddr,
    instance: u64,
) -> io::Result<Child> {
    let mut command = Command::new(&spec.binary);
    command
        .env_clear()
        .envs(&spec.variables)
        .envs(set)
        .envs(environment::variables(spec, api, instance))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    // A group of its own: Ctrl-C on the terminal is the host's to handle, not the function's.
    #[cfg(unix)]
    command.process_group(0);
    #[cfg(target_os = "linux")]
    if spec.dies_with_host {
        die_with_parent(&mut command);
    }
    command.spawn()
}

/// Has the kernel kill the instance when its host is gone, even by `kill -9`. It goes by the thread
/// that started the instance: ours live as long as the process.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "a call between fork and exec has no safe form")]
fn die_with_parent(command: &mut Command) {
    let host = std::process::id();
    let prepare = move || {
        // SAFETY: prctl and getppid are async-signal-safe and take no pointers.
        let (set, parent) =
            unsafe { (libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL), libc::getppid()) };
        if set != 0 {
            return Err(io::Error::last_os_error());
        }
        if u32::try_from(parent) != Ok(host) {
            // The host died before the request was in place.
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        Ok(())
    };
    // SAFETY: the closure allocates nothing and takes no lock.
    unsafe { command.pre_exec(prepare) };
}
