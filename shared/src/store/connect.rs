//! The DynamoDB client.

use crate::aws::{self, Limits};
use crate::config::{ConfigError, Vars};

/// A client from the variables that Lambda sets, with `AWS_ENDPOINT_URL_DYNAMODB` for another engine.
#[allow(clippy::disallowed_types, reason = "this is the module that knows DynamoDB")]
pub fn connect(vars: &Vars<'_>, limits: Limits) -> Result<aws_sdk_dynamodb::Client, ConfigError> {
    let config = aws::config(vars, "AWS_ENDPOINT_URL_DYNAMODB", limits)?;
    Ok(aws_sdk_dynamodb::Client::new(&config))
}
