//! The whole of Hookwatch on one machine: an embedded DynamoDB engine, a host for Lambda functions,
//! an HTTP API gateway before them, and a Stripe that signs what it sends. `cargo run` is one user
//! of it, the integration tests are the other: both start a [`system::System`].
//!
//! Nothing here is linked into a function, and no function knows that it runs here.

mod background;
pub mod build;
pub mod cloudwatch;
pub mod control;
pub mod drill;
pub mod engine;
pub mod gateway;
pub mod invented;
pub mod runtime_api;
pub mod schedule;
pub mod secrets_manager;
mod server;
pub mod stripe;
pub mod switch;
pub mod system;
pub mod table;
pub mod template;

use std::path::{Path, PathBuf};

/// The account that everything on one machine belongs to.
pub const ACCOUNT: &str = "123456789012";

/// The region that everything on one machine is in.
pub const REGION: &str = "us-east-1";

/// Access key id and secret key for the engine, which accepts any.
pub const CREDENTIALS: &str = "local";

/// The folder of the workspace that this crate was built in.
#[must_use]
pub fn workspace() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package).to_owned()
}
