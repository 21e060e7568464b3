//! The folder of a kept engine: one process at a time, and only our own files in it are ever removed.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::EngineError;

/// A data folder that this process holds.
#[derive(Debug)]
pub(super) struct Data {
    path: PathBuf,
    /// Held, not read: the system releases the lock when the file is closed, even after a kill.
    _lock: File,
}

const DATABASE: &str = "engine.db";
const LOCK: &str = "lock";

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
        match file.try_lock() {
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
