//! How every client of AWS is set up: rustls on ring, no credential chain, every call with a time limit.

use std::time::Duration;

// The same types for every service.
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_http_client::{Builder, tls};
pub use aws_types::SdkConfig;

use crate::config::{AwsVars, ConfigError, Vars};

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
    /// Longest first pause between attempts; the next is twice as long.
    pub first_pause: Duration,
}

/// What a service's client is made of, from the variables that Lambda sets. `endpoint_variable`
/// (`AWS_ENDPOINT_URL_<SERVICE>`) is for another server than AWS's.
///
/// # Errors
/// When a variable is missing or wrong. Nothing is called.
pub fn config(
    vars: &Vars<'_>,
    endpoint_variable: &'static str,
    limits: Limits,
) -> Result<SdkConfig, ConfigError> {
    let aws = AwsVars::from_vars(vars, endpoint_variable)?;
    let credentials = Credentials::new(
        aws.access_key_id,
        aws.secret_access_key,
        aws.session_token,
        None,
        "environment",
    );
    let ring = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(aws.region))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(Builder::new().tls_provider(ring).build_https())
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(limits.attempts)
                .with_initial_backoff(limits.first_pause),
        )
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(limits.attempt)
                .operation_attempt_timeout(limits.attempt)
                .operation_timeout(limits.operation)
                .build(),
        );
    config.set_endpoint_url(aws.endpoint);
    Ok(config.build())
}
