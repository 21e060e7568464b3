//! HTTP/1.1 on a listener, for the gateway and for the Runtime API: every connection ends with its
//! server, and a client that goes away drops the work that was done for it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::task::{AbortHandle, JoinSet};

/// A running server; dropping it closes its listener and its connections.
#[derive(Debug)]
pub(crate) struct Server(AbortHandle);

/// What a handler answers with.
pub(crate) type Answer = Response<Full<Bytes>>;

/// Requests may be bigger than any limit of ours: the handler refuses those, in its own words.
const HEADER_BUFFER: usize = 64 * 1024;
const HEADERS: usize = 2048;

/// Serves until dropped.
pub(crate) fn serve<H, F>(listener: TcpListener, handler: H) -> Server
where
    H: Fn(Request<Incoming>, SocketAddr) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Answer> + Send + 'static,
{
    let accepting = tokio::spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            while connections.try_join_next().is_some() {}
            let Ok((stream, peer)) = listener.accept().await else {
                // Out of file handles, most likely: some will come back.
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            };
            let handler = handler.clone();
            connections.spawn(async move {
                // Without it, small answers wait for the client's delayed acknowledgement.
                drop(stream.set_nodelay(true));
                let service = service_fn(move |request| {
                    let answer = handler(request, peer);
                    async move { Ok::<_, Infallible>(answer.await) }
                });
                let mut http = http1::Builder::new();
                http.timer(TokioTimer::new()).max_buf_size(HEADER_BUFFER).max_headers(HEADERS);
                // A connection that breaks is the client's affair.
                drop(http.serve_connection(TokioIo::new(stream), service).await);
            });
        }
    });
    Server(accepting.abort_handle())
}

impl Drop for Server {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Why a body was not read.
#[derive(Debug)]
pub(crate) enum BodyError {
    /// It is longer than the limit.
    TooLong,
    /// The client stopped sending it.
    Broken,
}

/// Reads a whole body of at most `limit` bytes. A longer one is read on for a while and thrown away:
/// a client that is still sending would meet a closed connection instead of its answer.
pub(crate) async fn body(mut incoming: Incoming, limit: usize) -> Result<Bytes, BodyError> {
    let (mut whole, mut length) = (Vec::new(), 0);
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|_| BodyError::Broken)?;
        let Some(data) = frame.data_ref() else {
            continue;
        };
        length += data.len();
        if length <= limit {
            whole.extend_from_slice(data);
        } else if length > limit.saturating_mul(4) {
            break;
        }
    }
    if length > limit { Err(BodyError::TooLong) } else { Ok(whole.into()) }
}

/// An answer with a JSON body.
pub(crate) fn json(status: StatusCode, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    let json = hyper::header::HeaderValue::from_static("application/json");
    answer.headers_mut().insert(hyper::header::CONTENT_TYPE, json);
    answer
}
