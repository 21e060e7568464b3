//! The least that the job can take, by hand: blocking sockets, one thread, Signature Version 4 written out.
//! No retries, no time limits, no refreshed credentials: a yardstick, which nobody should run.

mod dynamodb;
mod http;
mod signature;

use std::borrow::Cow;
use std::collections::HashMap;
use std::env;
use std::net::TcpStream;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde_json::json;

use dynamodb::{DynamoDb, Put};
use http::Connection;

type Failure = Box<dyn std::error::Error>;

const KEPT_SECONDS: u64 = 33 * 86_400;

/// What is read of the gateway's event.
#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    headers: HashMap<&'a str, Cow<'a, str>>,
    #[serde(borrow)]
    body: Cow<'a, str>,
}

/// What is read of Stripe's event.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    created: u64,
    livemode: bool,
}

fn main() -> Result<(), Failure> {
    let secret = signature::Secret::new(&env::var("STRIPE_WEBHOOK_SECRET")?);
    let mut dynamodb = DynamoDb::connect()?;
    let host = env::var("AWS_LAMBDA_RUNTIME_API")?;
    let stream = TcpStream::connect(&host)?;
    stream.set_nodelay(true)?;
    let mut runtime = Connection::new(stream);
    loop {
        let next =
            format!("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: {host}\r\n\r\n");
        let invocation = runtime.call(next.as_bytes())?;
        let id = invocation.header("lambda-runtime-aws-request-id").ok_or("no request id")?;
        let (status, body) = handle(&secret, &mut dynamodb, &invocation.body)?;
        let answer = json!({
            "statusCode": status,
            "headers": {"content-type": "application/json"},
            "body": body,
        })
        .to_string();
        let response = format!(
            "POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nhost: {host}\r\n\
             content-length: {}\r\n\r\n{answer}",
            answer.len()
        );
        runtime.call(response.as_bytes())?;
    }
}

fn handle(
    secret: &signature::Secret,
    dynamodb: &mut DynamoDb,
    invocation: &[u8],
) -> Result<(u16, &'static str), Failure> {
    let request: Request<'_> = serde_json::from_slice(invocation)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let header = request.headers.get("stripe-signature").map_or("", |value| value.as_ref());
    if !secret.has_signed(header, &request.body, now) {
        return Ok((400, r#"{"error":"invalid signature"}"#));
    }
    let event: Event<'_> = serde_json::from_str(&request.body)?;
    let item = json!({
        "pk": {"S": format!("EVENT#{}", event.id)},
        "sk": {"S": "DELIVERY"},
        "type": {"S": event.r#type},
        "created": {"N": event.created.to_string()},
        "livemode": {"BOOL": event.livemode},
        "received_at": {"N": now.to_string()},
        "expires_at": {"N": (now + KEPT_SECONDS).to_string()},
        "payload": {"S": request.body},
    });
    Ok(match dynamodb.put_new(&item, now)? {
        Put::Stored => (200, r#"{"received":true}"#),
        Put::Duplicate => (200, r#"{"received":true,"duplicate":true}"#),
    })
}
