//! Putting a system together: what is cheap and can go wrong comes first.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use jiff::Timestamp;
use tokio::net::TcpListener;

use super::{System, SystemError, SystemOptions, options};
use crate::build::{self, BuildError};
use crate::cloudwatch::{ChangeSink, CloudWatch};
use crate::gateway::{Gateway, GatewayOptions, RequestSink, Routes};
use crate::runtime_api::{FunctionHost, FunctionSpec, LogLine, LogSink};
use crate::secrets_manager::SecretsManager;
use crate::switch::Switch;
use crate::table;
use crate::template::{FunctionDefinition, STACK, Template};

/// The function that keeps the alarms, and records what becomes of them.
const ALARM_KEEPER: &str = "health-check";
/// What the paths of the webhook API begin with.
const WEBHOOKS: &str = "/webhooks/";
/// The variable that says where webhooks come in; on one machine, at the gateway.
const PUBLIC_URL: &str = "WEBHOOK_PUBLIC_URL";
/// Lines of the functions' output that a system remembers.
const LOG_LINES: usize = 100_000;

pub(super) async fn assemble(options: SystemOptions) -> Result<System, SystemError> {
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
    // As the custom resource of a new stack does, before the alarms are there: nobody is paged before the first
    // run. Alarms look at periods that are over.
    let before = Timestamp::now() - options.period;
    cloudwatch.count(&format!("Hookwatch/{}", STACK), "Heartbeat", None, before);
    for alarm in template.alarms(&options.parameters, &options.table)? {
        cloudwatch.put_alarm(alarm);
    }
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
            let now = Timestamp::now();
            cloudwatch.count("AWS/ApiGateway", "5xx", Some(("ApiId", "WebhookApi")), now);
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
        dies_with_host: true,
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
