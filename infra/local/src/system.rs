//! The whole system: engine, table, functions, gateway, put together from the template. What makes
//! it local (secrets, tokens, dummy credentials) is here and in no function.

mod assemble;
mod options;

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinSet;

use crate::background;
use crate::build::BuildError;
use crate::cloudwatch::CloudWatch;
use crate::engine::{Engine, EngineError};
use crate::gateway::{Gateway, RouteError};
use crate::runtime_api::{FunctionHost, InvokeError, LogLine};
use crate::secrets_manager::SecretsManager;
use crate::switch::Switch;
use crate::table::TableError;
use crate::template::TemplateError;
use assemble::assemble;

pub use options::{EngineChoice, SystemOptions, local_parameters, local_secrets, token_entry};

/// The signing secret of a system that was given none.
pub const SIGNING_SECRET: &str = "whsec_local_development";

/// What the health check's probes are signed with on one machine.
pub const PROBE_SECRET: &str = "local-front-door-probe";
/// What a local system hashes e-mail addresses with, where its parameter `PersonSearch` is on.
pub const PRIVACY_KEY: &str = "local-privacy-key-of-a-machine-0";

/// The token of the local operator; functions only ever know its SHA-256.
pub const OPERATOR_TOKEN: &str = "local-operator";

/// A running system. Dropping it stops everything that it started; [`System::stop`] also waits.
#[derive(Debug)]
pub struct System {
    // Dropped in this order: first no more requests, then no more functions, then no more data.
    gateway: Gateway,
    hosts: BTreeMap<String, Arc<FunctionHost>>,
    cloudwatch: Arc<CloudWatch>,
    secrets_manager: SecretsManager,
    secrets: BTreeMap<String, String>,
    database: Option<Switch>,
    _engine: Option<Arc<Engine>>,
    endpoint: String,
    table: String,
    log: Arc<Mutex<VecDeque<LogLine>>>,
}

/// Why a system did not start.
#[derive(Debug, thiserror::Error)]
pub enum SystemError {
    /// The template cannot be used.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The template's routes cannot share an address.
    #[error(transparent)]
    Routes(#[from] RouteError),
    /// The engine does not run.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The functions do not build.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// There is no table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A function does not start.
    #[error(transparent)]
    Function(#[from] InvokeError),
    /// The port is in use.
    #[error("port {0} is taken: stop what listens there, or choose another with --port")]
    PortTaken(u16),
    /// The machine gave no socket or no thread.
    #[error("the system cannot start")]
    Start(#[from] io::Error),
    /// A part of this crate panicked; the panic has been printed.
    #[error("the system ended while it started")]
    Panicked,
}

impl System {
    /// Starts a system and returns when every function of it waits for work.
    ///
    /// It runs on threads of its own, so it outlives the async runtime that it was started from.
    ///
    /// # Errors
    /// When any part does not start; what had started by then is stopped again.
    pub async fn start(options: SystemOptions) -> Result<Self, SystemError> {
        let mut starting = JoinSet::new();
        starting.spawn_on(assemble(options), &background::handle()?);
        match starting.join_next().await {
            Some(Ok(result)) => result,
            _ => Err(SystemError::Panicked),
        }
    }

    /// The gateway's address, `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn url(&self) -> String {
        self.gateway.url()
    }

    /// The gateway's port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.gateway.port()
    }

    /// The engine's address.
    #[must_use]
    pub fn dynamodb_endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The table's name.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }

    /// The host of a function, by its package.
    #[must_use]
    pub fn host(&self, package: &str) -> Option<&FunctionHost> {
        self.hosts.get(package).map(Arc::as_ref)
    }

    /// The stand-in for CloudWatch.
    #[must_use]
    pub fn cloudwatch(&self) -> &CloudWatch {
        &self.cloudwatch
    }

    /// The stand-in for Secrets Manager.
    #[must_use]
    pub fn secrets_manager(&self) -> &SecretsManager {
        &self.secrets_manager
    }

    /// The ARN of a secret of the template.
    #[must_use]
    pub fn secret_arn(&self, name: &str) -> Option<&str> {
        self.secrets.get(name).map(String::as_str)
    }

    /// The switch that stops the database for the functions, where that was asked for and the engine
    /// is our own.
    #[must_use]
    pub fn database(&self) -> Option<&Switch> {
        self.database.as_ref()
    }

    /// Everything that the functions have written so far, the oldest first (the last 100,000 lines).
    #[must_use]
    pub fn log(&self) -> Vec<LogLine> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Stops everything and returns when the last process is gone and the data is closed.
    pub async fn stop(self) {
        let Self { gateway, hosts, .. } = self;
        drop(gateway);
        for host in hosts.values() {
            host.stop().await;
        }
    }
}
