//! The embedded DynamoDB engine: its HTTP server on a loopback port, on threads of its own so that
//! its work (SQLite, blocking) never holds up a gateway or a test.

mod data;

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use dynoxide::Database;
use tokio::sync::oneshot;

use data::Data;

/// A running engine; dropping it closes the data.
#[derive(Debug)]
pub struct Engine {
    address: SocketAddr,
    endpoint: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Why the engine does not run.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Another process has the data open.
    #[error(
        "the data in {0} is in use: stop the other `cargo run`, or choose another folder with --data"
    )]
    Locked(PathBuf),
    /// The folder cannot be made, read or written.
    #[error("the data folder {path} cannot be used: choose another with --data")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The engine could not open its data.
    #[error("the engine cannot open its data ({0}): throw it away with --fresh")]
    Open(String),
    /// No loopback port or no thread for the engine.
    #[error("the engine cannot start")]
    Start(#[from] std::io::Error),
}

/// How long requests may go on after the engine was told to stop.
const GRACE: Duration = Duration::from_secs(1);

/// Threads of one engine; its storage lets one request in at a time.
const THREADS: usize = 2;

impl Engine {
    /// An engine whose data is gone with it.
    ///
    /// # Errors
    /// When the machine has no loopback port or no thread to give.
    pub fn memory() -> Result<Self, EngineError> {
        let database = Database::memory().map_err(|error| EngineError::Open(error.to_string()))?;
        Self::serve(database, None)
    }

    /// An engine that keeps its data in a folder, which is made where it does not exist.
    ///
    /// # Errors
    /// When the folder cannot be used or another process uses it.
    pub fn directory(path: &Path) -> Result<Self, EngineError> {
        Self::kept(Data::lock(path)?)
    }

    /// [`Engine::directory`] without what an earlier run left in the folder.
    ///
    /// # Errors
    /// When the folder cannot be used or another process uses it.
    pub fn fresh_directory(path: &Path) -> Result<Self, EngineError> {
        let data = Data::lock(path)?;
        data.discard()?;
        Self::kept(data)
    }

    /// The engine's address, `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The engine's socket.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    fn kept(data: Data) -> Result<Self, EngineError> {
        let file = data.file();
        let database = Database::new(&file.to_string_lossy())
            .map_err(|error| EngineError::Open(error.to_string()))?;
        // The engine never expires items by itself; an item is at most one run late.
        database.sweep_ttl().map_err(|error| EngineError::Open(error.to_string()))?;
        Self::serve(database, Some(data))
    }

    fn serve(database: Database, data: Option<Data>) -> Result<Self, EngineError> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let endpoint = format!("http://{address}");
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("engine")
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("engine".to_owned()).spawn(move || {
            runtime.block_on(run(listener, database, stopped));
            // The order matters: requests end, the database closes, and only then is it unlocked.
            runtime.shutdown_timeout(GRACE);
            drop(data);
        })?;
        Ok(Self { address, endpoint, stop: Some(stop), thread: Some(thread) })
    }
}

async fn run(listener: TcpListener, database: Database, stopped: oneshot::Receiver<()>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    let (closing, closed) = oneshot::channel::<()>();
    let serving = dynoxide::server::serve_with_shutdown(listener, database, async {
        // A dropped sender means the same as a sent stop.
        drop(stopped.await);
        drop(closing);
    });
    let overdue = async {
        drop(closed.await);
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        _ = serving => {}
        () = overdue => {}
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the engine's thread has been printed; there is nothing left to close.
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests;
