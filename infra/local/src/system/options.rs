//! What distinguishes one system from another, with defaults that suit a test: no port, no file and
//! no name is shared with another system.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ring::digest;

use super::{OPERATOR_TOKEN, PRIVACY_KEY, PROBE_SECRET, SIGNING_SECRET};
use crate::build::{Binaries, Progress};
use crate::cloudwatch::ChangeSink;
use crate::engine::{Engine, EngineError};
use crate::gateway::{RequestSink, SourceIp};
use crate::runtime_api::LogSink;

/// How to start a system; begin with `SystemOptions::default()`.
#[derive(Clone, Debug)]
pub struct SystemOptions {
    /// The template; by default the workspace's.
    pub template: PathBuf,
    /// Where the data is; by default in memory.
    pub engine: EngineChoice,
    /// The table's name; by default `events`.
    pub table: String,
    /// The gateway's port; 0, the default, takes a free one.
    pub port: u16,
    /// Values of the template's parameters; by default [`local_parameters`].
    pub parameters: BTreeMap<String, String>,
    /// Values of the template's secrets, by their names there; by default [`local_secrets`] of
    /// [`SIGNING_SECRET`].
    pub secrets: BTreeMap<String, String>,
    /// Package -> variables that are added to its own, or replace them; by default none.
    pub variables: BTreeMap<String, BTreeMap<String, String>>,
    /// Instances of each function, at least one; by default 4.
    pub max_instances: usize,
    /// Where the source address of a request comes from; by default the TCP peer.
    pub source_ip: SourceIp,
    /// Told about every request; by default nobody.
    pub on_request: Option<RequestSink>,
    /// Told about every line of the functions' output; by default nobody. [`System::log`] has them all.
    ///
    /// [`System::log`]: super::System::log
    pub on_log: Option<LogSink>,
    /// The real time that stands for 300 s of CloudWatch's, in which alarms are evaluated; by default
    /// 300 s.
    pub period: Duration,
    /// Told about every alarm that changes its state; by default nobody.
    pub on_alarm: Option<ChangeSink>,
    /// Where the functions' binaries come from; by default from the folder that `HOOKWATCH_FUNCTIONS`
    /// names, and where it names none, from cargo.
    pub binaries: Binaries,
    /// A file to which every request to CloudWatch is appended as it came, one line of JSON each; by
    /// default what `HOOKWATCH_CLOUDWATCH_RECORD` names, or none.
    pub cloudwatch_record: Option<PathBuf>,
    /// Whether the database can be stopped for the functions, with [`System::database`]; by default not.
    ///
    /// [`System::database`]: super::System::database
    pub stoppable: bool,
    /// Whether the build of the functions shows; by default not, unless it fails.
    pub build: Progress,
    /// Whether to start one instance of each function at once, so that an init that fails is an
    /// error of the start; by default yes.
    pub warm: bool,
}

/// Where the data is.
#[derive(Clone, Debug)]
pub enum EngineChoice {
    /// In an engine of the system's own, gone with it.
    Memory,
    /// In a folder.
    Directory {
        /// The folder; made where it does not exist.
        path: PathBuf,
        /// Whether to throw away what an earlier run left there.
        fresh: bool,
    },
    /// In an engine that the caller shares between systems; each takes a table name of its own.
    Shared(Arc<Engine>),
    /// In any other that speaks DynamoDB, by its address: DynamoDB Local, say.
    External(String),
}

impl Default for SystemOptions {
    fn default() -> Self {
        Self {
            template: crate::workspace().join("template.yaml"),
            engine: EngineChoice::Memory,
            table: "events".to_owned(),
            port: 0,
            parameters: local_parameters(),
            secrets: local_secrets([SIGNING_SECRET]),
            variables: BTreeMap::new(),
            max_instances: 4,
            source_ip: SourceIp::Peer,
            on_request: None,
            on_log: None,
            period: Duration::from_secs(300),
            on_alarm: None,
            binaries: path_in("HOOKWATCH_FUNCTIONS").map_or(Binaries::Cargo, Binaries::Sam),
            cloudwatch_record: path_in("HOOKWATCH_CLOUDWATCH_RECORD"),
            stoppable: false,
            build: Progress::Quiet,
            warm: true,
        }
    }
}

/// A path that the full lane sets for every system of a run, whatever program starts it.
fn path_in(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// The template's parameters as one machine has them: the entity index on, bodies kept in full,
/// no rule about addresses.
#[must_use]
pub fn local_parameters() -> BTreeMap<String, String> {
    // Nobody's data is here, and everything is to be seen; whoever is Stripe here has an address of this
    // machine.
    [("EntityIndex", "on"), ("Payload", "full"), ("SourceIpRule", "off")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

/// The template's secrets as one machine has them: these signing secrets (named `local`, `local2`, ...)
/// and the local operator.
#[must_use]
pub fn local_secrets<'a>(secrets: impl IntoIterator<Item = &'a str>) -> BTreeMap<String, String> {
    let secrets: Vec<String> = secrets
        .into_iter()
        .zip(1..)
        .map(|(secret, number)| match number {
            1 => format!("local={secret}"),
            _ => format!("local{number}={secret}"),
        })
        .collect();
    [
        ("SigningSecrets", secrets.join(",")),
        ("ApiTokens", token_entry("local", "operator", OPERATOR_TOKEN)),
        ("ProbeSecret", PROBE_SECRET.to_owned()),
        ("PrivacyKey", PRIVACY_KEY.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// One token of the secret `ApiTokens`: `name=role:<SHA-256 in hex>`.
#[must_use]
pub fn token_entry(name: &str, role: &str, token: &str) -> String {
    let hash = digest::digest(&digest::SHA256, token.as_bytes());
    format!("{name}={role}:{}", data_encoding::HEXLOWER.encode(hash.as_ref()))
}

/// The engine of a choice, where the system has to hold one, and its address.
pub(super) fn engine(choice: &EngineChoice) -> Result<(Option<Arc<Engine>>, String), EngineError> {
    let engine = match choice {
        EngineChoice::External(endpoint) => return Ok((None, endpoint.clone())),
        EngineChoice::Shared(engine) => Arc::clone(engine),
        EngineChoice::Memory => Arc::new(Engine::memory()?),
        EngineChoice::Directory { path, fresh: false } => Arc::new(Engine::directory(path)?),
        EngineChoice::Directory { path, fresh: true } => Arc::new(Engine::fresh_directory(path)?),
    };
    let endpoint = engine.endpoint().to_owned();
    Ok((Some(engine), endpoint))
}

#[cfg(test)]
mod tests {
    use super::local_secrets;

    #[test]
    fn secrets_of_one_machine() {
        let secrets = local_secrets(["whsec_a", "whsec_b"]);
        assert_eq!(secrets["SigningSecrets"], "local=whsec_a,local2=whsec_b");
        let hash = "local=operator:";
        let tokens = &secrets["ApiTokens"];
        assert!(tokens.starts_with(hash) && tokens.len() == hash.len() + 64, "{tokens}");
    }
}
