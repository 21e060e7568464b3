//! A receiver of Stripe's webhooks, written as the tutorials of its libraries are.

use std::env;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use hmac::{Hmac, Mac};
use lambda_http::{Body, Error, Request, Response, run, service_fn, tracing};
use serde_json::{Value, json};
use sha2::Sha256;

const TOLERANCE_SECONDS: u64 = 300;
const KEPT_SECONDS: u64 = 33 * 86_400;

struct App {
    client: Client,
    table: String,
    secret: String,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = aws_config::load_from_env().await;
    let app = App {
        client: Client::new(&config),
        table: env::var("TABLE_NAME")?,
        secret: env::var("STRIPE_WEBHOOK_SECRET")?,
    };
    run(service_fn(|request| handle(&app, request))).await
}

async fn handle(app: &App, request: Request) -> Result<Response<Body>, Error> {
    let body = match request.body() {
        Body::Text(text) => text.clone(),
        Body::Binary(bytes) => String::from_utf8(bytes.clone())?,
        _ => String::new(),
    };
    let header = request.headers().get("stripe-signature").and_then(|value| value.to_str().ok());
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    if !header.is_some_and(|header| is_genuine(header, &body, &app.secret, now)) {
        tracing::warn!("invalid signature");
        return answer(400, json!({"error": "invalid signature"}));
    }
    let event: Value = serde_json::from_str(&body)?;
    let id = event["id"].as_str().ok_or("the event has no id")?;
    let put = app
        .client
        .put_item()
        .table_name(&app.table)
        .item("pk", AttributeValue::S(format!("EVENT#{id}")))
        .item("sk", AttributeValue::S("DELIVERY".to_string()))
        .item("type", AttributeValue::S(event["type"].as_str().unwrap_or_default().to_string()))
        .item("created", AttributeValue::N(event["created"].to_string()))
        .item("livemode", AttributeValue::Bool(event["livemode"].as_bool().unwrap_or_default()))
        .item("received_at", AttributeValue::N(now.to_string()))
        .item("expires_at", AttributeValue::N((now + KEPT_SECONDS).to_string()))
        .item("payload", AttributeValue::S(body.clone()))
        .condition_expression("attribute_not_exists(pk)")
        .send()
        .await;
    match put {
        Ok(_) => {
            tracing::info!(event_id = id, "event stored");
            answer(200, json!({"received": true}))
        }
        Err(error) => match error.into_service_error() {
            error if error.is_conditional_check_failed_exception() => {
                answer(200, json!({"received": true, "duplicate": true}))
            }
            error => Err(error.into()),
        },
    }
}

fn is_genuine(header: &str, body: &str, secret: &str, now: u64) -> bool {
    let mut timestamp = "";
    let mut signatures = Vec::new();
    for part in header.split(',') {
        match part.split_once('=') {
            Some(("t", value)) => timestamp = value,
            Some(("v1", value)) => signatures.push(value),
            _ => {}
        }
    }
    let is_recent = timestamp.parse().is_ok_and(|at: u64| now.abs_diff(at) <= TOLERANCE_SECONDS);
    let signed = format!("{timestamp}.{body}");
    is_recent
        && signatures.into_iter().filter_map(|signature| hex::decode(signature).ok()).any(
            |signature| {
                Hmac::<Sha256>::new_from_slice(secret.as_bytes())
                    .is_ok_and(|mac| mac.chain_update(&signed).verify_slice(&signature).is_ok())
            },
        )
}

fn answer(status: u16, body: Value) -> Result<Response<Body>, Error> {
    let answer = Response::builder().status(status).header("content-type", "application/json");
    Ok(answer.body(Body::from(body.to_string()))?)
}
