//! The folder of a kept engine: one process at a time, and only our own files in it are ever removed.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::EngineError;

/// A data folder that this process holds.
#[derive(Debug)]
pub(super) struct Data {
    path: PathBuf,
    /// Held, not read: the system releases the lock when the file is closed, even after a kill.
    _lock: File,
}

/// Tries that a lock gets: a process that is just being started may hold a copy of a file that was
/// closed.
const TRIES: usize = 20;
const PAUSE: Duration = Duration::from_millis(25);

const DATABASE: &str = "engine.db";
const LOCK: &str = "lock";

fn try_lock(file: &File) -> Result<(), TryLockError> {
    for _ in 1..TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            done => return done,
        }
    }
    file.try_lock()
}

impl Data {
    pub(super) fn lock(path: &Path) -> Result<Self, EngineError> {
        let unusable = |source| EngineError::Folder { path: path.to_owned(), source };
        fs::create_dir_all(path).map_err(unusable)?;
        let mut options = File::options();
        let file = options
            .create(true)
            .write(true)
            .truncate(false)
            .open(path.join(LOCK))
            .map_err(unusable)?;
        match try_lock(&file) {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: file }),
            Err(TryLockError::WouldBlock) => Err(EngineError::Locked(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }

    pub(super) fn file(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// Removes the database and the two files that SQLite keeps beside it.
    pub(super) fn discard(&self) -> Result<(), EngineError> {
        for suffix in ["", "-wal", "-shm"] {
            match fs::remove_file(self.path.join(format!("{DATABASE}{suffix}"))) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(EngineError::Folder { path: self.path.clone(), source });
                }
                _ => {}
            }
        }
        Ok(())
    }
}
