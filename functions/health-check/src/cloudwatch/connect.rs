//! The CloudWatch client: rustls on ring, no credential chain, every call with a time limit.

use std::time::Duration;

use aws_sdk_cloudwatch::config::retry::RetryConfig;
use aws_sdk_cloudwatch::config::timeout::TimeoutConfig;
use aws_sdk_cloudwatch::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_cloudwatch::{Client, Config};
use shared::config::{AwsVars, ConfigError, Vars};
use shared::https::CONNECT_LIMIT;

/// Of one attempt. A run must not wait for CloudWatch: what it found is in the table already.
const ATTEMPT: Duration = Duration::from_secs(3);
/// Of all attempts with their pauses.
const OPERATION: Duration = Duration::from_secs(8);
/// With the SDK's own pauses (of up to 1, 2 and 4 seconds), since CloudWatch takes three alarms a second and
/// throttles the fourth.
const ATTEMPTS: u32 = 4;

/// A client from the variables that Lambda sets, with `AWS_ENDPOINT_URL_CLOUDWATCH` for another
/// CloudWatch.
///
/// # Errors
/// When a variable is missing or wrong. Nothing is called.
pub fn connect(vars: &Vars<'_>) -> Result<Client, ConfigError> {
    let aws = AwsVars::from_vars(vars, "AWS_ENDPOINT_URL_CLOUDWATCH")?;
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
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT_LIMIT)
                .operation_attempt_timeout(ATTEMPT)
                .operation_timeout(OPERATION)
                .build(),
        );
    config.set_endpoint_url(aws.endpoint);
    Ok(Client::from_conf(config.build()))
}
