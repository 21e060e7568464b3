//! The DynamoDB client: rustls on ring, no credential chain, every call with a time limit.

use std::time::Duration;

use aws_sdk_dynamodb::Config;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};

use crate::config::{AwsVars, ConfigError, Vars};
use crate::https::CONNECT_LIMIT;

/// How long one call may take. The SDK has no limit of its own: against a peer that accepts and
/// never answers it would wait for ever.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// One attempt.
    pub attempt: Duration,
    /// All attempts with their pauses; well below the function's own time-out.
    pub operation: Duration,
    /// Attempts, at least 1.
    pub attempts: u32,
}

/// Longest first pause between attempts; the SDK's default of a second would leave no time for more.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// A client from the variables that Lambda sets, with `AWS_ENDPOINT_URL_DYNAMODB` for another engine.
#[allow(clippy::disallowed_types, reason = "this is the module that knows DynamoDB")]
pub fn connect(vars: &Vars<'_>, limits: Limits) -> Result<aws_sdk_dynamodb::Client, ConfigError> {
    let aws = AwsVars::from_vars(vars, "AWS_ENDPOINT_URL_DYNAMODB")?;
    let credentials = Credentials::new(
        aws.access_key_id,
        aws.secret_access_key,
        aws.session_token,
        None,
        "environment",
    );
    let mut config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(aws.region))
        .credentials_provider(credentials)
        .http_client(vars.https()?)
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(limits.attempts)
                .with_initial_backoff(FIRST_PAUSE),
        )
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT_LIMIT)
                .operation_attempt_timeout(limits.attempt)
                .operation_timeout(limits.operation)
                .build(),
        );
    config.set_endpoint_url(aws.endpoint);
    Ok(aws_sdk_dynamodb::Client::from_conf(config.build()))
}
