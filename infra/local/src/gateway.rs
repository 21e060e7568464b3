//! An API Gateway HTTP API before the functions: routes from the template, events in payload format
//! 2.0, answers and limits as AWS has them. It adds nothing that AWS would not.

mod event;
mod handle;
mod response;
mod routes;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use jiff::Timestamp;
use tokio::net::TcpListener;

use crate::runtime_api::FunctionHost;
use crate::server::{self, Server};

pub use event::{HttpRequest, http_event};
pub use response::function_answer;
pub use routes::{Matched, RouteError, Routes};

/// A running gateway; dropping it closes its port.
#[derive(Debug)]
pub struct Gateway {
    address: SocketAddr,
    _server: Server,
}

/// How a gateway differs from one to another.
#[derive(Clone, Debug, Default)]
pub struct GatewayOptions {
    /// Where `sourceIp` comes from.
    pub source_ip: SourceIp,
    /// Told about every answered request.
    pub on_request: Option<RequestSink>,
}

/// Where the source address of a request comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SourceIp {
    /// The TCP peer, as on AWS.
    #[default]
    Peer,
    /// A header of this (lower-case) name, which the function does not see; the peer where the
    /// header is absent. For tests alone: whoever sends the header chooses the address.
    Header(String),
}

/// One answered request.
#[derive(Clone, Debug)]
pub struct RequestLine {
    /// When it came in.
    pub time: Timestamp,
    /// Its method.
    pub method: String,
    /// Its path, without the query string, which may hold what should not be printed.
    pub path: String,
    /// The answer's status.
    pub status: StatusCode,
    /// From the request's headers to its answer.
    pub took: Duration,
    /// Why the function did not answer, where it did not.
    pub failure: Option<String>,
}

/// Takes every answered request.
#[derive(Clone)]
pub struct RequestSink(Arc<dyn Fn(RequestLine) + Send + Sync>);

impl RequestSink {
    /// A sink that calls `take` for every request; it must not block.
    pub fn new(take: impl Fn(RequestLine) + Send + Sync + 'static) -> Self {
        Self(Arc::new(take))
    }

    /// Takes a request.
    pub fn take(&self, line: RequestLine) {
        (self.0)(line);
    }
}

impl fmt::Debug for RequestSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestSink")
    }
}

impl Gateway {
    /// Serves the routes on a listener. Call it inside a tokio runtime that lives as long as the
    /// gateway.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn serve(
        listener: TcpListener,
        routes: Routes<Arc<FunctionHost>>,
        options: GatewayOptions,
    ) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let front = Arc::new(handle::Front { routes, options, port: address.port() });
        let server = server::serve(listener, move |request, peer| {
            let front = Arc::clone(&front);
            async move { front.handle(request, peer).await }
        });
        Ok(Self { address, _server: server })
    }

    /// `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The port that it serves.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }
}
