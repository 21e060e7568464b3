//! Who is measured: a program, what it is told, and the name that the table has for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use local::runtime_api::FunctionSpec;
use local::template::LogFormat;

use crate::certificate::Trust;
use crate::event::SECRET;
use crate::null::Null;

/// The receiver of this workspace.
pub const OURS: &str = "Hookwatch";
/// boto3, stripe and Powertools.
pub const PYTHON_FULL: &str = "Python, boto3 + stripe + Powertools";
/// boto3 alone.
pub const PYTHON_PLAIN: &str = "Python, boto3 only";
/// AWS SDK v3 and stripe.
pub const NODE: &str = "Node.js, SDK v3 + stripe, bundled";
/// Default features, several threads.
pub const TUTORIAL: &str = "Rust as in tutorials";
/// Sockets.
pub const FLOOR: &str = "hand-written floor";

/// The table that everybody writes to.
pub const TABLE: &str = "events";
const SECRETS_ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:signing-000000";
const PROBE_ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:probe-000000";

/// A function to be measured.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Its name in the table.
    pub name: &'static str,
    /// What is started.
    pub bootstrap: PathBuf,
    /// What is shipped: a binary, or a folder.
    pub shipped: PathBuf,
}

/// How DynamoDB is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// As in AWS.
    Tls,
    /// Without encryption: what TLS adds is the difference.
    Plain,
}

/// All of them; ours is the first. `functions` holds what `sam build` made, `built` the peers.
#[must_use]
pub fn all(functions: &Path, built: &Path) -> Vec<Peer> {
    let ours = functions.join("WebhookReceiverFunction/bootstrap");
    let peer = |name, bootstrap: &str, shipped: &str| Peer {
        name,
        bootstrap: built.join(bootstrap),
        shipped: built.join(shipped),
    };
    vec![
        Peer { name: OURS, bootstrap: ours.clone(), shipped: ours },
        peer(FLOOR, "floor/bootstrap", "floor/bootstrap"),
        peer(TUTORIAL, "tutorial/bootstrap", "tutorial/bootstrap"),
        peer(NODE, "node/bootstrap", "node/receiver.cjs"),
        peer(PYTHON_PLAIN, "python-plain/bootstrap", "python-plain/package"),
        peer(PYTHON_FULL, "python-full/bootstrap", "python-full/package"),
    ]
}

/// What Secrets Manager has.
#[must_use]
pub fn secrets() -> BTreeMap<String, String> {
    [(SECRETS_ARN, format!("live={SECRET}")), (PROBE_ARN, "probe-0123456789abcdef".to_owned())]
        .map(|(id, value)| (id.to_owned(), value))
        .into()
}

impl Peer {
    /// How it is run against `null`. Hookwatch fetches its secrets, as it does when deployed; the others
    /// have theirs in a variable, as their examples do.
    #[must_use]
    pub fn spec(&self, null: &Null, transport: Transport, trust: &Trust) -> FunctionSpec {
        let endpoint = match transport {
            Transport::Tls => &null.https,
            Transport::Plain => &null.http,
        };
        let mut spec = self.spec_at(endpoint);
        let file = |path: &Path| path.display().to_string();
        for (name, value) in [
            ("SSL_CERT_FILE", file(&trust.bundle)),
            ("AWS_CA_BUNDLE", file(&trust.bundle)),
            ("NODE_EXTRA_CA_CERTS", file(&trust.authority)),
        ] {
            spec.variables.insert(name.to_owned(), value);
        }
        if self.name == OURS {
            spec.variables.remove("STRIPE_WEBHOOK_SECRETS");
            for (name, value) in [
                ("STRIPE_WEBHOOK_SECRETS_ARN", SECRETS_ARN),
                ("WEBHOOK_PROBE_SECRET_ARN", PROBE_ARN),
                ("AWS_ENDPOINT_URL_SECRETSMANAGER", endpoint),
                ("AWS_ENDPOINT_URL_CLOUDWATCH", endpoint),
                ("AWS_CA_BUNDLE", &file(&trust.amazon)),
            ] {
                spec.variables.insert(name.to_owned(), value.to_owned());
            }
        }
        spec
    }

    /// How it is run against a DynamoDB without TLS and nothing else.
    #[must_use]
    pub fn spec_at(&self, endpoint: &str) -> FunctionSpec {
        let variables = [
            ("AWS_REGION", local::REGION),
            ("AWS_DEFAULT_REGION", local::REGION),
            ("AWS_ACCESS_KEY_ID", local::CREDENTIALS),
            ("AWS_SECRET_ACCESS_KEY", local::CREDENTIALS),
            ("AWS_SESSION_TOKEN", local::CREDENTIALS),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_ENDPOINT_URL_DYNAMODB", endpoint),
            ("TABLE_NAME", TABLE),
            ("STRIPE_WEBHOOK_SECRET", SECRET),
            ("STRIPE_WEBHOOK_SECRETS", &format!("live={SECRET}")),
            ("WEBHOOK_PAYLOAD", "full"),
            ("PYTHONDONTWRITEBYTECODE", "1"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        FunctionSpec {
            name: "receiver".to_owned(),
            binary: self.bootstrap.clone(),
            variables: variables.into(),
            memory_mb: 128,
            timeout: Duration::from_secs(30),
            log_format: LogFormat::Json,
            max_instances: 1,
            dies_with_host: false,
        }
    }
}
