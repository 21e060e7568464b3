//! AWS's services as fast as they can be: every call is taken, counted by its operation, and forgotten.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// How often each operation was called.
pub type Calls = BTreeMap<String, u64>;

/// A running endpoint, as long as the runtime that it was started in.
#[derive(Clone)]
pub struct Null {
    /// Its address, without TLS.
    pub http: String,
    /// Its address, with TLS.
    pub https: String,
    calls: Arc<Mutex<Calls>>,
    secrets: Arc<BTreeMap<String, String>>,
}

impl Null {
    /// Listens on two free loopback ports. `secrets` is what Secrets Manager says, by id.
    ///
    /// # Errors
    /// When the machine has no port to give.
    pub async fn start(
        acceptor: TlsAcceptor,
        secrets: BTreeMap<String, String>,
    ) -> io::Result<Self> {
        let plain = TcpListener::bind(("127.0.0.1", 0)).await?;
        let secured = TcpListener::bind(("127.0.0.1", 0)).await?;
        let null = Self {
            http: format!("http://{}", plain.local_addr()?),
            https: format!("https://{}", secured.local_addr()?),
            calls: Arc::default(),
            secrets: Arc::new(secrets),
        };
        let serving = null.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = plain.accept().await {
                tokio::spawn(serving.clone().serve(ready(stream)));
            }
        });
        let serving = null.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = secured.accept().await {
                let (serving, acceptor) = (serving.clone(), acceptor.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(ready(stream)).await {
                        serving.serve(stream).await;
                    }
                });
            }
        });
        Ok(null)
    }

    /// What was called since the last time that this was asked.
    pub fn take_calls(&self) -> Calls {
        std::mem::take(&mut *self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin) {
        let service =
            service_fn(|request| async { Ok::<_, Infallible>(self.answer(request).await) });
        // A function that ends leaves its connection open.
        drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let target = request.headers().get("x-amz-target").and_then(|value| value.to_str().ok());
        // CloudWatch's protocol has the operation in the path.
        let operation = target.unwrap_or_else(|| request.uri().path()).to_owned();
        let body = request.into_body().collect().await.map(|body| body.to_bytes());
        let answer = match operation.as_str() {
            "secretsmanager.GetSecretValue" => self.secret(&body.unwrap_or_default()),
            _ => "{}".to_owned(),
        };
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        *calls.entry(operation).or_default() += 1;
        drop(calls);
        let mut response = Response::new(Full::new(Bytes::from(answer)));
        let json = hyper::header::HeaderValue::from_static("application/x-amz-json-1.0");
        response.headers_mut().insert(hyper::header::CONTENT_TYPE, json);
        response
    }

    fn secret(&self, request: &[u8]) -> String {
        let request: serde_json::Value = serde_json::from_slice(request).unwrap_or_default();
        let id = request.get("SecretId").and_then(|id| id.as_str()).unwrap_or_default();
        let value = self.secrets.get(id);
        json!({"ARN": id, "Name": id, "SecretString": value}).to_string()
    }
}

/// Small answers must not wait for the client's delayed acknowledgement.
fn ready(stream: TcpStream) -> TcpStream {
    drop(stream.set_nodelay(true));
    stream
}
