//! A share of one CPU for a process, as a small Lambda function gets it: a control group with a quota.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{fs, io};

/// Lambda gives a full CPU at 1,769 MB, and less in proportion: 128 MB are 7.2 %.
pub const SHARE: f64 = 128.0 / 1769.0;
/// In microseconds. Short, so that little can be borrowed from the next one.
const PERIOD: u32 = 20_000;

/// A control group; dropping it removes it, if it is empty by then.
#[derive(Debug)]
pub struct Quota {
    folder: PathBuf,
}

impl Quota {
    /// Makes a group of [`SHARE`], with nothing used up: for one process, since a group that overran its share
    /// lets whoever comes next wait for it.
    ///
    /// # Errors
    /// When the machine does not let us: no control groups, or no right to make one.
    pub fn make() -> io::Result<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("hookwatch-bench-{}-{number}", std::process::id());
        let quota = (f64::from(PERIOD) * SHARE) as u32;
        let (first, second) = (Path::new("/sys/fs/cgroup/cpu"), Path::new("/sys/fs/cgroup"));
        let (folder, limits) = if first.join("cpu.cfs_quota_us").exists() {
            let limits = vec![
                ("cpu.cfs_period_us", PERIOD.to_string()),
                ("cpu.cfs_quota_us", quota.to_string()),
            ];
            (first.join(name), limits)
        } else {
            (second.join(name), vec![("cpu.max", format!("{quota} {PERIOD}"))])
        };
        fs::create_dir(&folder)?;
        let made = Self { folder };
        for (file, limit) in limits {
            fs::write(made.folder.join(file), limit)?;
        }
        Ok(made)
    }

    /// From now on the process has no more than its share.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn hold(&self, pid: u32) -> io::Result<()> {
        fs::write(self.folder.join("cgroup.procs"), pid.to_string())
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        // Somebody may still be in it: then it is left, and takes nothing.
        drop(fs::remove_dir(&self.folder));
    }
}
