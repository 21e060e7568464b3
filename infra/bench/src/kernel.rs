//! What the kernel's accounting says of a process.

use std::io;
use std::time::Duration;

/// CPU time of a process since it was started, all its threads, in user and kernel mode.
///
/// # Errors
/// When there is no such process any more.
#[allow(unsafe_code, reason = "another process's clock has no safe form")]
pub fn cpu_time(pid: u32) -> io::Result<Duration> {
    let pid = libc::pid_t::try_from(pid).map_err(io::Error::other)?;
    let mut clock = 0;
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: both calls write to the one place that they are given, which lives until they return.
    let (found, read) = unsafe {
        let found = libc::clock_getcpuclockid(pid, &raw mut clock);
        (found, libc::clock_gettime(clock, &raw mut time))
    };
    if found != 0 {
        return Err(io::Error::from_raw_os_error(found));
    }
    if read != 0 {
        return Err(io::Error::last_os_error());
    }
    let seconds = u64::try_from(time.tv_sec).map_err(io::Error::other)?;
    let nanoseconds = u32::try_from(time.tv_nsec).map_err(io::Error::other)?;
    Ok(Duration::new(seconds, nanoseconds))
}

/// Memory of a process in KB, now and at its most.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// Resident now.
    pub resident: u64,
    /// Most that was ever resident.
    pub peak: u64,
}

/// Reads `/proc/<pid>/status`.
///
/// # Errors
/// When there is no such process any more.
pub fn memory(pid: u32) -> io::Result<Memory> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.trim_start_matches(':').split_whitespace().next());
        number.and_then(|number| number.parse().ok()).ok_or(io::ErrorKind::InvalidData)
    };
    Ok(Memory { resident: line("VmRSS")?, peak: line("VmHWM")? })
}

#[cfg(test)]
mod tests {
    use super::{cpu_time, memory};

    #[test]
    fn a_process_that_works_uses_time_and_memory() {
        let pid = std::process::id();
        let before = cpu_time(pid).unwrap();
        let work: u64 = (0..3_000_000_u64).map(std::hint::black_box).sum();
        assert!(work > 0 && cpu_time(pid).unwrap() > before);
        let memory = memory(pid).unwrap();
        assert!(memory.peak >= memory.resident && memory.resident > 100);
        // No process has so large a number (PID_MAX_LIMIT of the kernel's).
        assert!(cpu_time(1 << 22).is_err());
    }
}
