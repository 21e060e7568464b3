//! The whole system: engine, table, functions, gateway, put together from the template. What makes
//! it local (secrets, tokens, dummy credentials) is here and in no function.

mod options;

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::background;
use crate::build::{self, BuildError};
use crate::cloudwatch::{ChangeSink, CloudWatch};
use crate::engine::{Engine, EngineError};
use crate::gateway::{Gateway, GatewayOptions, RequestSink, RouteError, Routes};
use crate::runtime_api::{FunctionHost, FunctionSpec, InvokeError, LogLine, LogSink};
use crate::secrets_manager::SecretsManager;
use crate::switch::Switch;
use crate::table::{self, TableError};
use crate::template::{FunctionDefinition, STACK, Template, TemplateError};

pub use options::{EngineChoice, SystemOptions, local_parameters, local_secrets, token_entry};

/// The signing secret of a system that was given none.
pub const SIGNING_SECRET: &str = "whsec_local_development";

/// What the health check's probes are signed with on one machine.
pub const PROBE_SECRET: &str = "local-front-door-probe";
/// What a local system hashes e-mail addresses with, where its parameter `PersonSearch` is on.
pub const PRIVACY_KEY: &str = "local-privacy-key-of-a-machine-0";

/// The token of the local operator; functions only ever know its SHA-256.
pub const OPERATOR_TOKEN: &str = "local-operator";

/// The function that keeps the alarms, and records what becomes of them.
const ALARM_KEEPER: &str = "health-check";

/// What the paths of the webhook API begin with.
const WEBHOOKS: &str = "/webhooks/";

/// The variable that says where webhooks come in; on one machine, at the gateway.
const PUBLIC_URL: &str = "WEBHOOK_PUBLIC_URL";

/// Lines of the functions' output that a system remembers.
const LOG_LINES: usize = 100_000;

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

async fn assemble(options: SystemOptions) -> Result<System, SystemError> {
    let template = Template::read(&options.template)?;
    let definition = template.table(&options.parameters)?;
    let functions = template.functions(&options.parameters, &options.table)?;

    // The cheap things that can go wrong come before the build.
    let listener = bind(options.port).await?;
    let public_url = format!("http://{}{WEBHOOKS}stripe", listener.local_addr()?);
    let (engine, endpoint) = options::engine(&options.engine)?;
    let mut binaries = build::binaries(&options.binaries, &functions, options.build).await?;
    table::create(&table::client(&endpoint), &definition, &options.table).await?;

    let database = match engine.as_ref().filter(|_| options.stoppable) {
        Some(engine) => Some(Switch::before(engine.address()).await?),
        None => None,
    };
    let seen_endpoint = database.as_ref().map_or(endpoint.as_str(), Switch::endpoint);

    let keeper: Keeper = Arc::default();
    let changes = changes_to(&keeper, options.on_alarm.clone());
    let record = options.cloudwatch_record.as_deref();
    let cloudwatch = Arc::new(CloudWatch::start(options.period, changes, record).await?);
    for alarm in template.alarms(&options.parameters, &options.table)? {
        cloudwatch.put_alarm(alarm);
    }
    // As the custom resource of a new stack does: nobody is paged before the first run.
    cloudwatch.count(&format!("Hookwatch/{}", STACK), "Heartbeat", None, 1.0);
    let secrets = template.secrets();
    let values =
        |(name, arn): (&String, &String)| (arn.clone(), options.secrets.get(name).cloned());
    let secrets_manager = SecretsManager::start(secrets.iter().map(values).collect()).await?;
    let (log, sink) = log(options.on_log.clone());
    let mut hosts = BTreeMap::new();
    let mut routes = Vec::new();
    for function in functions {
        let package = function.package.clone();
        let binary =
            binaries.remove(&package).ok_or_else(|| BuildError::NoBinary(package.clone()))?;
        routes.extend(function.routes.iter().map(|route| (route.clone(), package.clone())));
        let endpoints = [
            ("AWS_ENDPOINT_URL_DYNAMODB", seen_endpoint),
            ("AWS_ENDPOINT_URL_CLOUDWATCH", cloudwatch.endpoint()),
            ("AWS_ENDPOINT_URL_SECRETSMANAGER", secrets_manager.endpoint()),
            (PUBLIC_URL, public_url.as_str()),
        ];
        let spec = spec(function, binary, endpoints, &options);
        let host = Arc::new(FunctionHost::start(spec, sink.clone()));
        if package == ALARM_KEEPER {
            drop(keeper.set(Arc::downgrade(&host)));
        }
        hosts.insert(package, host);
    }
    let targets = routes.into_iter().filter_map(|(route, package)| {
        let host = hosts.get(&package)?;
        Some((route, Arc::clone(host)))
    });
    let routes = Routes::new(targets)?;
    if options.warm {
        for host in hosts.values() {
            host.warm().await?;
        }
    }
    let on_request = Some(counting(options.on_request, Arc::clone(&cloudwatch)));
    let gateway_options = GatewayOptions { source_ip: options.source_ip, on_request };
    let gateway = Gateway::serve(listener, routes, gateway_options)?;
    Ok(System {
        gateway,
        hosts,
        cloudwatch,
        secrets_manager,
        secrets,
        database,
        _engine: engine,
        endpoint,
        table: options.table,
        log,
    })
}

/// Counts what API Gateway itself publishes of the webhook API, for the alarms that watch it.
fn counting(listener: Option<RequestSink>, cloudwatch: Arc<CloudWatch>) -> RequestSink {
    RequestSink::new(move |line| {
        if line.path.starts_with(WEBHOOKS) && line.status.is_server_error() {
            cloudwatch.count("AWS/ApiGateway", "5xx", Some(("ApiId", "WebhookApi")), 1.0);
        }
        if let Some(listener) = &listener {
            listener.take(line);
        }
    })
}

/// The function that is told when alarms change, once it is there.
type Keeper = Arc<OnceLock<Weak<FunctionHost>>>;

/// Tells a function of every alarm that changes, as EventBridge does: in its own time. What it makes of
/// it is in its log.
fn changes_to(keeper: &Keeper, listener: Option<ChangeSink>) -> ChangeSink {
    let keeper = Arc::clone(keeper);
    ChangeSink::new(move |change| {
        if let Some(listener) = &listener {
            listener.take(change.clone());
        }
        if let Some(host) = keeper.get().and_then(Weak::upgrade) {
            tokio::spawn(
                async move { drop(host.invoke(change.event().to_string().as_bytes()).await) },
            );
        }
    })
}

async fn bind(port: u16) -> Result<TcpListener, SystemError> {
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => SystemError::PortTaken(port),
        _ => SystemError::Start(error),
    })
}

/// The template's variables, what the SDK needs to find the engine, where webhooks come in for who wants to
/// know, and the caller's own on top.
fn spec(
    function: FunctionDefinition,
    binary: std::path::PathBuf,
    endpoints: [(&str, &str); 4],
    options: &SystemOptions,
) -> FunctionSpec {
    let mut variables = function.variables;
    let is_probed = variables.get(PUBLIC_URL).is_some_and(|url| !url.is_empty());
    for (name, value) in [
        ("AWS_REGION", crate::REGION),
        ("AWS_DEFAULT_REGION", crate::REGION),
        ("AWS_ACCESS_KEY_ID", crate::CREDENTIALS),
        ("AWS_SECRET_ACCESS_KEY", crate::CREDENTIALS),
    ]
    .into_iter()
    .chain(endpoints)
    .filter(|(name, _)| *name != PUBLIC_URL || is_probed)
    {
        variables.insert(name.to_owned(), value.to_owned());
    }
    if let Some(own) = options.variables.get(&function.package) {
        variables.extend(own.clone());
    }
    FunctionSpec {
        name: function.package,
        binary,
        variables,
        memory_mb: function.memory_mb,
        timeout: function.timeout,
        log_format: function.log_format,
        max_instances: options.max_instances,
    }
}

/// The memory of what the functions write, and the sink that fills it and tells the caller.
fn log(listener: Option<LogSink>) -> (Arc<Mutex<VecDeque<LogLine>>>, LogSink) {
    let memory = Arc::new(Mutex::new(VecDeque::new()));
    let lines = Arc::clone(&memory);
    let sink = LogSink::new(move |line| {
        if let Some(listener) = &listener {
            listener.take(line.clone());
        }
        let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LOG_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    });
    (memory, sink)
}
