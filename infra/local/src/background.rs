//! The threads that systems run on. They are the process's own, not the caller's: a system that one
//! test starts and others share must outlive the async runtime of the first, and a child process
//! that wants to die with its parent thread needs one that lives as long as the process.

use std::io;
use std::sync::LazyLock;

use tokio::runtime::{Builder, Handle, Runtime};

static THREADS: LazyLock<io::Result<Runtime>> =
    LazyLock::new(|| Builder::new_multi_thread().thread_name("local").enable_all().build());

/// Where to spawn what outlives its caller.
pub(crate) fn handle() -> io::Result<Handle> {
    match THREADS.as_ref() {
        Ok(runtime) => Ok(runtime.handle().clone()),
        Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
    }
}
