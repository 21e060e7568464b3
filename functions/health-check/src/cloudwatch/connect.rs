//! The CloudWatch client.

use std::time::Duration;

use aws_sdk_cloudwatch::Client;
use shared::aws::{self, Limits};
use shared::config::{ConfigError, Vars};

/// A run must not wait for CloudWatch: what it found is in the table already. Pauses of up to 1, 2 and 4
/// seconds, since CloudWatch takes three alarms a second and throttles the fourth.
const LIMITS: Limits = Limits {
    attempt: Duration::from_secs(3),
    operation: Duration::from_secs(8),
    attempts: 4,
    first_pause: Duration::from_secs(1),
};

/// A client from the variables that Lambda sets, with `AWS_ENDPOINT_URL_CLOUDWATCH` for another
/// CloudWatch.
///
/// # Errors
/// When a variable is missing or wrong. Nothing is called.
pub fn connect(vars: &Vars<'_>) -> Result<Client, ConfigError> {
    Ok(Client::new(&aws::config(vars, "AWS_ENDPOINT_URL_CLOUDWATCH", LIMITS)?))
}
