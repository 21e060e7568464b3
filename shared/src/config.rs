//! Reading a function's variables: a lookup in, a value or a [`ConfigError`] out.
//!
//! Only `main` touches the environment. An error names the variable and never carries its value,
//! since the Lambda runtime prints what `main` returns.

mod aws;
mod networks;

use std::str::FromStr;
use std::sync::OnceLock;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;

pub use aws::AwsVars;
pub use networks::Networks;

use crate::https;

/// A variable that is missing or unusable. Start-up stops with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {reason}")]
pub struct ConfigError {
    /// The variable's name.
    pub name: &'static str,
    /// What is wrong and what would be right; never the value itself.
    pub reason: String,
}

impl ConfigError {
    /// An error about the variable `name`.
    pub fn new(name: &'static str, reason: impl Into<String>) -> Self {
        Self { name, reason: reason.into() }
    }
}

/// A function's variables, by name; a variable set to nothing but spaces counts as missing.
pub struct Vars<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    https: OnceLock<SharedHttpClient>,
}

impl<'a> Vars<'a> {
    /// Wraps a lookup: the environment in `main`, a table in a test.
    pub fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { lookup, https: OnceLock::new() }
    }

    /// The variable, if it is set and not blank.
    pub fn optional(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.trim().is_empty())
    }

    /// The HTTP client of everything that is made from these variables: one, so that TLS is set up once.
    ///
    /// # Errors
    /// When `AWS_CA_BUNDLE` names no file of certificates.
    pub fn https(&self) -> Result<SharedHttpClient, ConfigError> {
        match self.https.get() {
            Some(client) => Ok(client.clone()),
            None => {
                let client = https::client(self)?;
                Ok(self.https.get_or_init(|| client).clone())
            }
        }
    }

    /// The variable, or an error that names it.
    pub fn required(&self, name: &'static str) -> Result<String, ConfigError> {
        self.optional(name).ok_or_else(|| ConfigError::new(name, "is missing or empty"))
    }

    /// The variable parsed, or `default` where it is not set. `expected` completes "must be ...".
    pub fn parsed<T: FromStr>(
        &self,
        name: &'static str,
        default: T,
        expected: &str,
    ) -> Result<T, ConfigError> {
        match self.optional(name) {
            None => Ok(default),
            Some(text) => text
                .trim()
                .parse()
                .map_err(|_| ConfigError::new(name, format!("must be {expected}"))),
        }
    }

    /// A number of seconds above 0, at most a day, or `default` where it is not set.
    pub fn seconds(&self, name: &'static str, default: f64) -> Result<Duration, ConfigError> {
        const EXPECTED: &str = "a number of seconds above 0, at most 86400";
        let seconds = self.parsed(name, default, EXPECTED)?;
        if seconds > 0.0 && seconds <= 86_400.0 {
            Ok(Duration::from_secs_f64(seconds))
        } else {
            Err(ConfigError::new(name, format!("must be {EXPECTED}")))
        }
    }

    /// `WEBHOOK_HEALTH_CHECK_INTERVAL`: the time between two runs of the health check, 5 minutes where it
    /// is not set.
    pub fn interval(&self) -> Result<Duration, ConfigError> {
        const NAME: &str = "WEBHOOK_HEALTH_CHECK_INTERVAL";
        const EXPECTED: &str = "a whole number of seconds from 1 to 86400";
        let seconds = self.parsed(NAME, 300, EXPECTED)?;
        match (1..=86_400).contains(&seconds) {
            true => Ok(Duration::from_secs(seconds)),
            false => Err(ConfigError::new(NAME, format!("must be {EXPECTED}"))),
        }
    }

    /// A number of days, 1 to 3650, or `default` where it is not set.
    pub fn days(&self, name: &'static str, default: u32) -> Result<u32, ConfigError> {
        const EXPECTED: &str = "a whole number of days from 1 to 3650";
        let days = self.parsed(name, default, EXPECTED)?;
        if (1..=3650).contains(&days) {
            Ok(days)
        } else {
            Err(ConfigError::new(name, format!("must be {EXPECTED}")))
        }
    }
}

/// `WEBHOOK_LOG_LEVEL`: how much a function says about itself. It does not choose which entries
/// the log keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiagnosticLevel(tracing::Level);

impl DiagnosticLevel {
    /// Reads `WEBHOOK_LOG_LEVEL`; `INFO` where it is not set.
    pub fn from_vars(vars: &Vars<'_>) -> Result<Self, ConfigError> {
        vars.parsed(
            "WEBHOOK_LOG_LEVEL",
            Self(tracing::Level::INFO),
            "DEBUG, INFO, WARNING, ERROR or CRITICAL",
        )
    }

    /// The level as the tracing subscriber knows it; CRITICAL is its error.
    pub fn as_tracing(self) -> tracing::Level {
        self.0
    }
}

impl FromStr for DiagnosticLevel {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.to_ascii_uppercase().as_str() {
            "DEBUG" => Ok(Self(tracing::Level::DEBUG)),
            "INFO" => Ok(Self(tracing::Level::INFO)),
            "WARNING" => Ok(Self(tracing::Level::WARN)),
            "ERROR" | "CRITICAL" => Ok(Self(tracing::Level::ERROR)),
            _ => Err(()),
        }
    }
}

/// `WEBHOOK_OUTCOMES`: whether the application logs what became of every event. Never guessed from the
/// log: one stray call would change a report, and a dead application would turn into "100 %".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutcomesPolicy {
    /// It does not: numbers are of deliveries, and there are no rates.
    None,
    /// It does: numbers are of outcomes.
    Expected,
}

impl OutcomesPolicy {
    /// Reads `WEBHOOK_OUTCOMES`: `none` (default) or `expected`.
    pub fn from_vars(vars: &Vars<'_>) -> Result<Self, ConfigError> {
        vars.parsed("WEBHOOK_OUTCOMES", Self::None, "none or expected")
    }
}

impl FromStr for OutcomesPolicy {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "none" => Ok(Self::None),
            "expected" => Ok(Self::Expected),
            _ => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(value: &'static str) -> impl Fn(&str) -> Option<String> {
        move |_| Some(value.to_owned())
    }

    #[test]
    fn blank_is_missing() {
        let lookup = with(" \n");
        let error = Vars::new(&lookup).required("TABLE_NAME").unwrap_err();
        assert_eq!(error.to_string(), "TABLE_NAME: is missing or empty");
    }

    #[test]
    fn days_have_a_range_and_the_error_hides_the_value() {
        for bad in ["0", "3651", "-1", "ten", "1.5"] {
            let lookup = move |_: &str| Some(bad.to_owned());
            let error = Vars::new(&lookup).days("DAYS", 30).unwrap_err();
            assert!(!error.to_string().contains(bad) || bad == "0" || bad == "1.5", "{error}");
            assert_eq!(error.name, "DAYS");
        }
        let lookup = with("33");
        assert_eq!(Vars::new(&lookup).days("DAYS", 30), Ok(33));
        assert_eq!(Vars::new(&|_| None).days("DAYS", 30), Ok(30));
    }

    #[test]
    fn levels_are_the_guides() {
        for (text, level) in [
            ("debug", tracing::Level::DEBUG),
            ("WARNING", tracing::Level::WARN),
            ("CRITICAL", tracing::Level::ERROR),
        ] {
            assert_eq!(text.parse(), Ok(DiagnosticLevel(level)));
        }
        assert_eq!("loud".parse::<DiagnosticLevel>(), Err(()));
    }
}
