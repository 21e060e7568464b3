//! Whether everybody does the same job: on a real engine, a new event is stored once, a repeated one is not
//! stored again, a forged one not at all.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, Select};
use local::runtime_api::FunctionHost;

use crate::event::{Signer, Source};
use crate::life::{self, LifeError};
use crate::peer::{Peer, TABLE};

/// Why a peer does another job.
#[derive(Debug, thiserror::Error)]
pub enum Difference {
    /// It failed, or answered wrongly.
    #[error(transparent)]
    Life(#[from] LifeError),
    /// The engine did not answer.
    #[error("the engine failed: {0}")]
    Engine(String),
    /// What it left in the table is something else.
    #[error("after {after} there are {found} items of the event, not {expected}")]
    Items {
        /// What it was sent.
        after: &'static str,
        /// What there is.
        found: i32,
        /// What there should be.
        expected: i32,
    },
}

/// Sends one event new, again and forged to a peer on the engine at `endpoint`.
///
/// # Errors
/// When it does another job.
pub async fn check(peer: &Peer, endpoint: &str, source: &Source) -> Result<(), Difference> {
    let client = local::table::client(endpoint);
    let (host, _, _) = life::start(peer.spec_at(endpoint)).await?;
    let verdict = same_job(&host, &client, source).await;
    host.stop().await;
    verdict
}

async fn same_job(host: &FunctionHost, client: &Client, source: &Source) -> Result<(), Difference> {
    let (new, forged) = (source.body(fastrand::u64(1 << 40..1 << 50)), source.body(1 << 51));
    for (after, body, signer, status, expected) in [
        ("a forgery", &forged, Signer::Forger, 400, 0),
        ("a new event", &new, Signer::Stripe, 200, 1),
        ("a repeated event", &new, Signer::Stripe, 200, 1),
    ] {
        life::answered(host, &source.request(body, signer), status).await?;
        let found = payloads(client, body).await?;
        if found != expected {
            return Err(Difference::Items { after, found, expected });
        }
    }
    Ok(())
}

/// Items of a body's event that hold its payload: ours are `p`, the peers' `payload`.
async fn payloads(client: &Client, body: &str) -> Result<i32, Difference> {
    let event: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    let id = event.get("id").and_then(|id| id.as_str()).unwrap_or_default();
    let found = client
        .query()
        .table_name(TABLE)
        .key_condition_expression("pk = :pk")
        .filter_expression("attribute_exists(p) OR attribute_exists(payload)")
        .expression_attribute_values(":pk", AttributeValue::S(format!("EVENT#{id}")))
        .select(Select::Count)
        .consistent_read(true)
        .send()
        .await;
    found.map(|found| found.count()).map_err(|error| Difference::Engine(format!("{error:?}")))
}
