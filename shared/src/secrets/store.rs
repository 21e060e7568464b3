//! One secret in Secrets Manager.

use std::time::Duration;

use crate::aws::{self, Limits};
use crate::causes;
use crate::config::{ConfigError, Vars};

/// A start must not take longer, and one that fails is an answer that Stripe does not get.
const LIMITS: Limits = Limits {
    attempt: Duration::from_secs(1),
    operation: Duration::from_secs(4),
    attempts: 4,
    first_pause: Duration::from_millis(100),
};

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
        let config = aws::config(vars, "AWS_ENDPOINT_URL_SECRETSMANAGER", LIMITS)?;
        Ok(Self { client: aws_sdk_secretsmanager::Client::new(&config), arn })
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
