//! A stand-in for Secrets Manager: it answers `GetSecretValue` over the wire (AWS JSON 1.1), which is all
//! that a function asks of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Request, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::server::{self, Answer, Server};

/// Largest request that is read.
const LARGEST: usize = 64 * 1024;

/// A running stand-in; dropping it stops it.
#[derive(Debug)]
pub struct SecretsManager {
    endpoint: String,
    state: Arc<Mutex<State>>,
    _server: Server,
}

/// No `Debug` of its own: it holds secrets.
#[derive(Default)]
struct State {
    /// By ARN; `None` has no value yet.
    secrets: BTreeMap<String, Option<String>>,
    readings: BTreeMap<String, usize>,
    is_down: bool,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").finish_non_exhaustive()
    }
}

/// The ARN of a secret of the template on one machine.
#[must_use]
pub fn arn(stack: &str, logical_id: &str) -> String {
    let (region, account) = (crate::REGION, crate::ACCOUNT);
    format!("arn:aws:secretsmanager:{region}:{account}:secret:{stack}-{logical_id}-000000")
}

impl SecretsManager {
    /// Serves secrets on a loopback port, by ARN. Call it inside a tokio runtime that lives as long as the
    /// stand-in.
    ///
    /// # Errors
    /// When the machine has no port to give.
    pub async fn start(secrets: BTreeMap<String, Option<String>>) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let state = Arc::new(Mutex::new(State { secrets, ..State::default() }));
        let serving = Arc::clone(&state);
        let server = server::serve(listener, move |request, _| {
            let state = Arc::clone(&serving);
            async move { answer(&state, request).await }
        });
        Ok(Self { endpoint, state, _server: server })
    }

    /// Its address.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Puts a new value, as `put-secret-value` does.
    pub fn put(&self, arn: &str, value: &str) {
        lock(&self.state).secrets.insert(arn.to_owned(), Some(value.to_owned()));
    }

    /// How often a secret was asked for, whatever was answered.
    #[must_use]
    pub fn readings(&self, arn: &str) -> usize {
        lock(&self.state).readings.get(arn).copied().unwrap_or_default()
    }

    /// From now on answers everything with a failure of its own, or no more.
    pub fn set_down(&self, is_down: bool) {
        lock(&self.state).is_down = is_down;
    }
}

async fn answer(state: &Mutex<State>, request: Request<Incoming>) -> Answer {
    let target = request.headers().get("x-amz-target").cloned();
    let bytes = server::body(request.into_body(), LARGEST).await;
    let input: Option<Value> = bytes.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let is_reading = target.is_some_and(|target| target == "secretsmanager.GetSecretValue");
    let id = input.as_ref().and_then(|input| input.get("SecretId")?.as_str());
    let (status, output) = match id.filter(|_| is_reading) {
        Some(id) => read(&mut lock(state), id),
        None => refused("InvalidRequestException", "this is no request for a secret's value"),
    };
    let mut answer = server::json(status, output.to_string());
    let kind = HeaderValue::from_static("application/x-amz-json-1.1");
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    answer
}

fn read(state: &mut State, id: &str) -> (StatusCode, Value) {
    *state.readings.entry(id.to_owned()).or_default() += 1;
    if state.is_down {
        let (_, output) = refused("InternalServiceError", "down");
        return (StatusCode::INTERNAL_SERVER_ERROR, output);
    }
    match state.secrets.get(id) {
        Some(Some(text)) => (
            StatusCode::OK,
            json!({
                "ARN": id,
                "Name": id.rsplit(':').next(),
                "SecretString": text,
                "VersionId": "00000000-0000-4000-8000-000000000000",
                "VersionStages": ["AWSCURRENT"],
            }),
        ),
        Some(None) => refused(
            "ResourceNotFoundException",
            "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
        ),
        None => {
            refused("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
        }
    }
}

fn refused(kind: &str, message: &str) -> (StatusCode, Value) {
    (StatusCode::BAD_REQUEST, json!({"__type": kind, "Message": message}))
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
