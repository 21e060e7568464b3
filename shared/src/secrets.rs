//! A deployment's secrets: from a variable of their own, or from Secrets Manager, and kept fresh while a
//! function runs.
//!
//! A secret is read at start. It is read anew when nothing in it matches, so that a new signing secret or
//! token counts from its first use on, and after ten minutes, so that one that was taken out ends. Neither
//! happens more than once a minute, whoever asks; a failure keeps what was known. What is read is in no
//! log line, error or `Debug`.

mod store;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::config::{ConfigError, Vars};
use store::SecretStore;

/// How long what was read is good for.
const KEPT: Duration = Duration::from_secs(10 * 60);
/// Between two readings while a function runs, whatever asks for them: a flood of forged requests costs no
/// more.
const PAUSE: Duration = Duration::from_secs(60);

/// The two variables of a secret, of which one is set.
#[derive(Debug, Clone, Copy)]
pub struct Names {
    /// The variable that holds it: for work on one function.
    pub plain: &'static str,
    /// The variable that holds its ARN in Secrets Manager.
    pub arn: &'static str,
}

/// Makes of a secret's text what it says. The error completes "the variable ..." and repeats nothing of it.
pub type Parse<T> = fn(&str) -> Result<T, String>;

/// A secret and what it says.
pub struct Secret<T> {
    known: Mutex<Known<T>>,
    stored: Option<Stored<T>>,
}

struct Known<T> {
    value: Arc<T>,
    read_at: Instant,
    asked_at: Option<Instant>,
}

struct Stored<T> {
    store: SecretStore,
    parse: Parse<T>,
    variable: &'static str,
}

impl<T> Secret<T> {
    /// A secret that never changes.
    pub fn fixed(value: T) -> Self {
        Self::new(value, None)
    }

    /// Reads the secret that one of two variables is about.
    ///
    /// # Errors
    /// When none or both are set, or it cannot be read, or is none: named by the variable.
    pub async fn load(vars: &Vars<'_>, names: Names, parse: Parse<T>) -> Result<Self, ConfigError> {
        let Names { plain, arn } = names;
        match Self::load_optional(vars, names, parse).await? {
            Some(secret) => Ok(secret),
            None => Err(ConfigError::new(plain, format!("is missing or empty, and so is {arn}"))),
        }
    }

    /// [`load`](Self::load), or nothing where none of the variables is set.
    ///
    /// # Errors
    /// As there, but for none.
    pub async fn load_optional(
        vars: &Vars<'_>,
        Names { plain, arn }: Names,
        parse: Parse<T>,
    ) -> Result<Option<Self>, ConfigError> {
        match (vars.optional(plain), vars.optional(arn)) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => {
                Err(ConfigError::new(arn, format!("must not be set together with {plain}")))
            }
            (Some(text), None) => {
                let value = parse(&text).map_err(|reason| ConfigError::new(plain, reason))?;
                Ok(Some(Self::fixed(value)))
            }
            (None, Some(id)) => {
                let store = SecretStore::connect(vars, id)?;
                let stored = Stored { store, parse, variable: arn };
                let value = stored.read().await?;
                Ok(Some(Self::new(value, Some(stored))))
            }
        }
    }

    fn new(value: T, stored: Option<Stored<T>>) -> Self {
        let known = Known { value: Arc::new(value), read_at: Instant::now(), asked_at: None };
        Self { known: Mutex::new(known), stored }
    }

    /// What it says, read anew where that was more than ten minutes ago.
    pub async fn current(&self) -> Arc<T> {
        let is_old = self.known().read_at.elapsed() >= KEPT;
        if is_old && let Some(value) = self.read_again().await {
            return value;
        }
        Arc::clone(&self.known().value)
    }

    /// For whoever found nothing that matches: what it says now. `None` where it was read within the last
    /// minute, or could not be.
    pub async fn read_again(&self) -> Option<Arc<T>> {
        let stored = self.stored.as_ref()?;
        {
            let mut known = self.known();
            if known.asked_at.is_some_and(|at| at.elapsed() < PAUSE) {
                return None;
            }
            known.asked_at = Some(Instant::now());
        }
        let value = match stored.read_in_time().await {
            Ok(value) => Arc::new(value),
            Err(error) => {
                tracing::warn!(%error, "secret not read again, going on with what is known");
                return None;
            }
        };
        let mut known = self.known();
        known.value = Arc::clone(&value);
        known.read_at = Instant::now();
        Some(value)
    }

    fn known(&self) -> MutexGuard<'_, Known<T>> {
        // Nothing that holds the lock can leave it half-changed.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Stored<T> {
    async fn read(&self) -> Result<T, ConfigError> {
        let text = self.store.read().await;
        text.and_then(|text| (self.parse)(&text))
            .map_err(|reason| ConfigError::new(self.variable, reason))
    }

    /// While somebody waits for an answer.
    async fn read_in_time(&self) -> Result<T, ConfigError> {
        const LIMIT: Duration = Duration::from_millis(1_500);
        match tokio::time::timeout(LIMIT, self.read()).await {
            Ok(read) => read,
            Err(_) => {
                Err(ConfigError::new(self.variable, "Secrets Manager did not answer in time"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: Names = Names { plain: "WORD", arn: "WORD_ARN" };

    fn word(text: &str) -> Result<String, String> {
        match text.contains(' ') {
            true => Err("is more than a word".to_owned()),
            false => Ok(text.to_owned()),
        }
    }

    async fn load(set: &[(&str, &str)]) -> Result<Secret<String>, ConfigError> {
        let lookup = |name: &str| {
            set.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned())
        };
        Secret::load(&Vars::new(&lookup), NAMES, word).await
    }

    #[tokio::test]
    async fn a_plain_secret_stays_as_it_is() {
        let secret = load(&[("WORD", "open")]).await.ok().unwrap();
        assert_eq!(*secret.current().await, "open");
        assert_eq!(secret.read_again().await, None);
    }

    #[tokio::test]
    async fn what_is_missing_wrong_or_twofold_is_named_and_not_repeated() {
        for (set, name) in [
            (&[][..], "WORD"),
            (&[("WORD", " ")], "WORD"),
            (&[("WORD", "two words")], "WORD"),
            (&[("WORD", "open"), ("WORD_ARN", "arn:aws:x")], "WORD_ARN"),
            // Without region and credentials nothing can be asked.
            (&[("WORD_ARN", "arn:aws:x")], "AWS_REGION"),
        ] {
            let error = load(set).await.err().unwrap();
            assert_eq!(error.name, name, "{set:?}");
            assert!(!error.reason.contains("words") && !error.reason.contains("open"), "{error}");
        }
    }
}
