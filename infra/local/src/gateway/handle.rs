//! One request from its headers to its answer, with the limits and the refusals of an HTTP API.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::body::Incoming;
use hyper::header::HeaderValue;
use hyper::{Request, StatusCode};

use super::event::{HttpRequest, http_event};
use super::response::function_answer;
use super::routes::Routes;
use super::{GatewayOptions, RequestLine, SourceIp};
use crate::runtime_api::{FunctionHost, InvokeError};
use crate::server::{Answer, BodyError, body, json};

/// Request line and headers together, in bytes.
const MAX_HEAD: usize = 10_240;

/// A body, in bytes.
const MAX_BODY: usize = 10 * 1024 * 1024;

/// How long an HTTP API waits for a function, whatever the function's own limit.
const MAX_WAIT: Duration = Duration::from_secs(30);

pub(super) struct Front {
    pub(super) routes: Routes<Arc<FunctionHost>>,
    pub(super) options: GatewayOptions,
    pub(super) port: u16,
}

impl Front {
    pub(super) async fn handle(&self, incoming: Request<Incoming>, peer: SocketAddr) -> Answer {
        let started = Instant::now();
        let request = self.read(&incoming, peer);
        let (method, path, time) = (request.method.clone(), request.path.clone(), request.time);
        let id = request.request_id.clone();

        let (mut answer, failure) = match self.answer(request, incoming).await {
            Ok(answer) => (answer, None),
            Err((answer, failure)) => (answer, failure),
        };
        if let Ok(id) = HeaderValue::from_str(&id) {
            answer.headers_mut().insert("apigw-requestid", id);
        }
        if let Some(sink) = &self.options.on_request {
            let (status, took) = (answer.status(), started.elapsed());
            sink.take(RequestLine { time, method, path, status, took, failure });
        }
        answer
    }

    async fn answer(
        &self,
        mut request: HttpRequest,
        incoming: Request<Incoming>,
    ) -> Result<Answer, (Answer, Option<String>)> {
        if head_length(&incoming) > MAX_HEAD {
            return Err(refusal(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, None));
        }
        let Some(matched) = self.routes.find(&request.method, &request.path) else {
            return Err(refusal(StatusCode::NOT_FOUND, None));
        };
        request.body = match body(incoming.into_body(), MAX_BODY).await {
            Ok(bytes) => bytes.into(),
            Err(BodyError::TooLong) => return Err(refusal(StatusCode::PAYLOAD_TOO_LARGE, None)),
            Err(BodyError::Broken) => return Err(refusal(StatusCode::BAD_REQUEST, None)),
        };
        let event = http_event(&request, &matched).to_string();
        let answer = tokio::time::timeout(MAX_WAIT, matched.target.invoke(event.as_bytes())).await;
        let failed = |status, error: &dyn ToString| refusal(status, Some(error.to_string()));
        match answer {
            Ok(Ok(answer)) => function_answer(&answer)
                .map_err(|error| failed(StatusCode::INTERNAL_SERVER_ERROR, &error)),
            Ok(Err(error)) => Err(failed(status(&error), &error)),
            Err(late) => Err(failed(StatusCode::SERVICE_UNAVAILABLE, &late)),
        }
    }

    fn read(&self, incoming: &Request<Incoming>, peer: SocketAddr) -> HttpRequest {
        let target = incoming.uri();
        let mut request = HttpRequest::new(incoming.method().as_str(), target.path());
        request.query = target.query().unwrap_or_default().to_owned();
        request.source_ip = peer.ip().to_string();
        for (name, value) in incoming.headers() {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            match &self.options.source_ip {
                SourceIp::Header(header) if header == name.as_str() => request.source_ip = value,
                _ => request.headers.push((name.as_str().to_owned(), value)),
            }
        }
        // What the gateway itself adds; a client's own chain of proxies stays in front.
        for (name, value) in [
            ("x-forwarded-for", request.source_ip.clone()),
            ("x-forwarded-port", self.port.to_string()),
            ("x-forwarded-proto", "http".to_owned()),
        ] {
            request.headers.push((name.to_owned(), value));
        }
        request
    }
}

/// Bytes of the request line and the headers, as they were on the wire.
fn head_length<B>(request: &Request<B>) -> usize {
    let target = request.uri().path_and_query().map_or(1, |target| target.as_str().len());
    let line = request.method().as_str().len() + target + " HTTP/1.1\r\n".len() + 1;
    let header = |(name, value): (&hyper::header::HeaderName, &HeaderValue)| {
        name.as_str().len() + value.len() + ": \r\n".len()
    };
    line + request.headers().iter().map(header).sum::<usize>()
}

/// What an HTTP API answers when a function does not.
fn status(error: &InvokeError) -> StatusCode {
    match error {
        InvokeError::Timeout { .. } | InvokeError::Stopped(_) => StatusCode::SERVICE_UNAVAILABLE,
        InvokeError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        InvokeError::Init { .. } | InvokeError::Crashed { .. } | InvokeError::Function { .. } => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}

fn refusal(status: StatusCode, failure: Option<String>) -> (Answer, Option<String>) {
    let message = match status {
        StatusCode::PAYLOAD_TOO_LARGE => "Request Entity Too Large",
        other => other.canonical_reason().unwrap_or_default(),
    };
    (json(status, format!(r#"{{"message":"{message}"}}"#)), failure)
}
