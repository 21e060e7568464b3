//! The loop that asks Lambda for one request after the other and hands back the answers.
//!
//! AWS's own loop, `lambda_runtime::run`, keeps the trace of every invocation in a variable of the environment;
//! glibc frees no value that a variable ever had, which would be 146 bytes a webhook. Its client for the Runtime
//! API is used as it is.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use http_body_util::BodyExt;
/// Why there is no next request.
pub use lambda_runtime_api_client::BoxError as Failed;
use lambda_runtime_api_client::body::Body;
use lambda_runtime_api_client::{PooledClient, build_request};
use serde_json::json;
use shared::gateway::{Request, Response};
use tracing::{Instrument, info_span};

const NEXT: &str = "/2018-06-01/runtime/invocation/next";
/// Names an invocation in what is said about it.
const REQUEST_ID: &str = "lambda-runtime-aws-request-id";
/// Is sent back where it came.
const INVOCATION_ID: &str = "lambda-runtime-invocation-id";
const ERROR_TYPE: &str = "lambda-runtime-function-error-type";

/// Hands every request, with its invocation's id, to `handle`, and what that answers back, for ever. What is no
/// request, and a panic, is an invocation that failed; the next one is asked for all the same.
///
/// # Errors
/// When the Runtime API, which `AWS_LAMBDA_RUNTIME_API` names, cannot be reached or says what it should not.
pub async fn run(handle: impl AsyncFn(&Request, &str) -> Response) -> Result<Infallible, Failed> {
    serve(&PooledClient::builder().with_pool_size(1).build(), handle).await
}

async fn serve(
    api: &PooledClient,
    handle: impl AsyncFn(&Request, &str) -> Response,
) -> Result<Infallible, Failed> {
    loop {
        let next = build_request().uri(NEXT).body(Body::empty())?;
        let (head, body) = api.call(next).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        let id = head.headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
        let id = id.ok_or_else(|| format!("Lambda has no request, but says {}", head.status))?;
        let said = match serde_json::from_slice(&body) {
            Ok(request) => answer(&handle, &request, id).await?,
            Err(_) => Err(failure("Request", "the event is no request")),
        };
        let (end, said) = match said {
            Ok(answer) => ("response", answer),
            Err(failure) => ("error", failure),
        };
        let uri = format!("/2018-06-01/runtime/invocation/{id}/{end}");
        let mut answer = build_request().method("POST").uri(uri);
        if end == "error" {
            tracing::error!(request_id = id, "the invocation failed: {said}");
            answer = answer.header(ERROR_TYPE, "unhandled");
        }
        if let Some(invocation) = head.headers.get(INVOCATION_ID) {
            answer = answer.header(INVOCATION_ID, invocation);
        }
        let taken = api.call(answer.body(Body::from(said))?).await?;
        if !taken.status().is_success() {
            let status = taken.status().as_u16();
            tracing::error!(request_id = id, status, "Lambda did not take what was answered");
        }
        // Read to its end, so that the connection is free for the next request.
        taken.into_body().collect().await?;
    }
}

/// The answer, or the failure where there is none.
async fn answer(
    handle: &impl AsyncFn(&Request, &str) -> Response,
    request: &Request,
    id: &str,
) -> Result<Result<String, String>, Failed> {
    // Behind a pointer, since a handler's state is large and would be copied with each layer around it. What is logged
    // meanwhile names the invocation.
    let handling = Box::pin(handle(request, id)).instrument(info_span!("invocation", id));
    match AssertUnwindSafe(handling).catch_unwind().await {
        Ok(answer) => Ok(Ok(serde_json::to_string(&answer)?)),
        Err(_) => Ok(Err(failure("Panic", "the function panicked"))),
    }
}

fn failure(kind: &str, message: &str) -> String {
    json!({"errorType": kind, "errorMessage": message}).to_string()
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    /// Lambda's side of one connection: hands out `events`, and returns each path that was called with a body, and
    /// that body.
    fn lambda(listener: &TcpListener, events: &[&str]) -> Vec<(String, String)> {
        let (stream, _) = listener.accept().unwrap();
        let (mut read, mut said) = (BufReader::new(&stream), Vec::new());
        let mut events = events.iter().enumerate();
        loop {
            let (path, body) = request(&mut read);
            if path != NEXT {
                said.push((path, body));
                reply(&stream, "202 Accepted", "", r#"{"status":"OK"}"#);
                continue;
            }
            let Some((number, event)) = events.next() else {
                reply(&stream, "410 Gone", "", "");
                return said;
            };
            reply(&stream, "200 OK", &format!("{REQUEST_ID}: id-{number}\r\n"), event);
        }
    }

    fn request(read: &mut impl BufRead) -> (String, String) {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(read.read_line(&mut head).unwrap() > 0, "{head}");
        }
        let path = head.split(' ').nth(1).unwrap().to_owned();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        read.read_exact(&mut body).unwrap();
        (path, String::from_utf8(body).unwrap())
    }

    fn reply(mut stream: &TcpStream, status: &str, headers: &str, body: &str) {
        let length = body.len();
        write!(stream, "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}")
            .unwrap();
    }

    #[tokio::test]
    async fn what_fails_fails_alone() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let events =
            [r#"{"rawPath":"/a"}"#, "42", r#"{"rawPath":"/panic"}"#, "{", r#"{"rawPath":"/b"}"#];
        let lambda = std::thread::spawn(move || lambda(&listener, &events));
        let uri = format!("http://{address}").parse().unwrap();
        let api = PooledClient::builder().with_pool_size(1).with_endpoint(uri).build();
        let handle = async |request: &Request, id: &str| {
            assert_ne!(request.path(), "/panic", "as it should");
            Response::new(200, "text/plain", format!("{} {id}", request.path()))
        };
        let end = serve(&api, handle).await.unwrap_err();
        assert_eq!(end.to_string(), "Lambda has no request, but says 410 Gone");
        let said = lambda.join().unwrap();
        let told = |(path, body): &(String, String)| {
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            let what = body["body"].as_str().or(body["errorType"].as_str()).unwrap().to_owned();
            (path.strip_prefix("/2018-06-01/runtime/invocation/").unwrap().to_owned(), what)
        };
        let expected = [
            ("id-0/response", "/a id-0"),
            ("id-1/error", "Request"),
            ("id-2/error", "Panic"),
            ("id-3/error", "Request"),
            ("id-4/response", "/b id-4"),
        ]
        .map(|(path, what)| (path.to_owned(), what.to_owned()));
        assert_eq!(said.iter().map(told).collect::<Vec<_>>(), expected);
    }
}
