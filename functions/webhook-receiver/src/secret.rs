//! Signing secrets: one for every Stripe endpoint and mode that delivers here.

use std::fmt;

use ring::hmac;
use shared::config::{ConfigError, Vars};

const NAME: &str = "STRIPE_WEBHOOK_SECRETS";

/// An endpoint's signing secret under a name of ours. Neither shows the key.
pub struct SigningSecret {
    /// What log entries call it, `live` say.
    pub name: String,
    /// HMAC-SHA256 under the whole secret, `whsec_` included, as Stripe has it.
    pub key: hmac::Key,
}

impl SigningSecret {
    /// A secret from its text.
    pub fn new(name: &str, secret: &str) -> Self {
        Self { name: name.to_owned(), key: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()) }
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningSecret").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Reads `STRIPE_WEBHOOK_SECRETS`: `name=whsec_...`, comma-separated, at least one. Names are 1 to
/// 32 of `[A-Za-z0-9_-]` and differ from each other.
pub fn from_vars(vars: &Vars<'_>) -> Result<Vec<SigningSecret>, ConfigError> {
    let mut secrets: Vec<SigningSecret> = Vec::new();
    for entry in vars.required(NAME)?.split(',') {
        let secret = parse(entry.trim()).map_err(|reason| ConfigError::new(NAME, reason))?;
        if secrets.iter().any(|other| other.name == secret.name) {
            let reason = format!("has two secrets named {}", secret.name);
            return Err(ConfigError::new(NAME, reason));
        }
        secrets.push(secret);
    }
    Ok(secrets)
}

fn parse(entry: &str) -> Result<SigningSecret, String> {
    const FORM: &str = "must be name=whsec_..., comma-separated";
    let (name, secret) = entry.split_once('=').ok_or(FORM)?;
    let named = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if !(1..=32).contains(&name.len()) || !name.bytes().all(named) {
        return Err(format!("{FORM}; a name is 1 to 32 letters, digits, _ or -"));
    }
    match secret.strip_prefix("whsec_") {
        Some(rest) if !rest.trim().is_empty() => Ok(SigningSecret::new(name, secret)),
        _ => Err(format!("secret {name} is not a signing secret: those begin with whsec_")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<Vec<SigningSecret>, ConfigError> {
        from_vars(&Vars::new(&|_| Some(value.to_owned())))
    }

    #[test]
    fn several_named_secrets() {
        let secrets = read("live=whsec_a, connect=whsec_b=").unwrap();
        let names: Vec<_> = secrets.iter().map(|secret| secret.name.as_str()).collect();
        assert_eq!(names, ["live", "connect"]);
        assert!(!format!("{secrets:?}").contains("whsec"));
    }

    #[test]
    fn what_is_no_secret_stops_start_up_and_is_not_repeated() {
        for bad in [
            "",
            "  ",
            "whsec_abc",
            "=whsec_abc",
            "a=",
            "a=whsec_",
            "a=whsec_ ",
            "a=sk_live_abc",
            "a b=whsec_abc",
            "a=whsec_abc,",
            "a=whsec_abc,a=whsec_abd",
        ] {
            let error = read(bad).unwrap_err();
            assert_eq!(error.name, "STRIPE_WEBHOOK_SECRETS");
            assert!(!error.reason.contains("abc") && !error.reason.contains("sk_live"), "{error}");
        }
    }
}
