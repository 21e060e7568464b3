//! The DynamoDB client: rustls on ring, no credential chain, every call with a time limit.

use std::time::Duration;

use aws_sdk_dynamodb::Config;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_http_client::{Builder, tls};

use crate::config::{ConfigError, Vars};

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

/// A client from the variables that Lambda sets: `AWS_REGION`, `AWS_ACCESS_KEY_ID`,
/// `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, and `AWS_ENDPOINT_URL_DYNAMODB` or
/// `AWS_ENDPOINT_URL` for another engine. In Lambda the credentials stay the same for the life of
/// an environment, so no provider chain is linked in.
#[allow(clippy::disallowed_types, reason = "this is the module that knows DynamoDB")]
pub fn connect(vars: &Vars<'_>, limits: Limits) -> Result<aws_sdk_dynamodb::Client, ConfigError> {
    let credentials = Credentials::new(
        vars.required("AWS_ACCESS_KEY_ID")?,
        vars.required("AWS_SECRET_ACCESS_KEY")?,
        vars.optional("AWS_SESSION_TOKEN"),
        None,
        "environment",
    );
    let ring = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    let mut config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(vars.required("AWS_REGION")?))
        .credentials_provider(credentials)
        .http_client(Builder::new().tls_provider(ring).build_https())
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(limits.attempts)
                .with_initial_backoff(FIRST_PAUSE),
        )
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(limits.attempt)
                .operation_attempt_timeout(limits.attempt)
                .operation_timeout(limits.operation)
                .build(),
        );
    let mut endpoints = ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"].into_iter();
    if let Some((name, url)) = endpoints.find_map(|name| Some((name, vars.optional(name)?))) {
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(ConfigError::new(name, "must begin with http:// or https://"));
        }
        config = config.endpoint_url(url);
    }
    Ok(aws_sdk_dynamodb::Client::from_conf(config.build()))
}
