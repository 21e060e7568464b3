//! Secrets Manager's client: rustls on ring, no credential chain, every call with a time limit.

use std::time::Duration;

use aws_sdk_secretsmanager::Config;
use aws_sdk_secretsmanager::config::retry::RetryConfig;
use aws_sdk_secretsmanager::config::timeout::TimeoutConfig;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Credentials, Region};

use crate::causes;
use crate::config::{AwsVars, ConfigError, Vars};
use crate::https::CONNECT_LIMIT;

/// Of one attempt.
const ATTEMPT: Duration = Duration::from_secs(1);
/// Of all attempts with their pauses: a start must not take longer.
const OPERATION: Duration = Duration::from_secs(4);
/// A start that fails is an answer that Stripe does not get.
const ATTEMPTS: u32 = 4;
/// Longest first pause between attempts.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// One secret in Secrets Manager.
#[allow(clippy::disallowed_types, reason = "this is the module that knows Secrets Manager")]
pub(super) struct SecretStore {
    client: aws_sdk_secretsmanager::Client,
    arn: String,
}

impl SecretStore {
    /// A client from the variables that Lambda sets, with `AWS_ENDPOINT_URL_SECRETSMANAGER` for another
    /// store. Nothing is called.
    #[allow(clippy::disallowed_types, reason = "this is the module that knows Secrets Manager")]
    pub(super) fn connect(vars: &Vars<'_>, arn: String) -> Result<Self, ConfigError> {
        let aws = AwsVars::from_vars(vars, "AWS_ENDPOINT_URL_SECRETSMANAGER")?;
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
                    .with_max_attempts(ATTEMPTS)
                    .with_initial_backoff(FIRST_PAUSE),
            )
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_LIMIT)
                    .operation_attempt_timeout(ATTEMPT)
                    .operation_timeout(OPERATION)
                    .build(),
            );
        config.set_endpoint_url(aws.endpoint);
        Ok(Self { client: aws_sdk_secretsmanager::Client::from_conf(config.build()), arn })
    }

    /// The secret's text; else why there is none.
    pub(super) async fn read(&self) -> Result<String, String> {
        let answer = self.client.get_secret_value().secret_id(&self.arn).send().await;
        let answer = answer.map_err(|error| {
            match error
                .as_service_error()
                .is_some_and(|error| error.is_resource_not_found_exception())
            {
                true => "names a secret that is not there or has no value yet: put one".to_owned(),
                false => format!("cannot be read: {}", causes(&error)),
            }
        })?;
        match answer.secret_string() {
            Some(text) if !text.trim().is_empty() => Ok(text.to_owned()),
            _ => Err("names a secret without text".to_owned()),
        }
    }
}
