//! Signing secrets: one for every Stripe endpoint and mode that delivers here.

use shared::config::{ConfigError, Vars};
pub use shared::signing::SigningSecret;

const NAME: &str = "STRIPE_WEBHOOK_SECRETS";

/// Reads `STRIPE_WEBHOOK_SECRETS`: `name=whsec_...`, comma-separated, at least one. Names are 1 to
/// 32 of `[A-Za-z0-9_-]` and differ from each other.
pub fn from_vars(vars: &Vars<'_>) -> Result<Vec<SigningSecret>, ConfigError> {
    let mut secrets: Vec<SigningSecret> = Vec::new();
    for (entry, number) in vars.required(NAME)?.split(',').zip(1..) {
        // An entry is known by its number: a name may be a secret that was put in its place.
        let wrong = |reason| ConfigError::new(NAME, format!("entry {number} {reason}"));
        let secret = parse(entry.trim()).map_err(wrong)?;
        if secrets.iter().any(|other| other.name == secret.name) {
            return Err(wrong("has the name of an earlier one"));
        }
        secrets.push(secret);
    }
    Ok(secrets)
}

fn parse(entry: &str) -> Result<SigningSecret, &'static str> {
    let (name, secret) = entry.split_once('=').ok_or("is not of the form name=whsec_...")?;
    let named = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if !(1..=32).contains(&name.len()) || !name.bytes().all(named) || name.starts_with("whsec_") {
        return Err("has no name of 1 to 32 letters, digits, _ or - before its =");
    }
    match secret.strip_prefix("whsec_") {
        Some(rest) if !rest.is_empty() && !rest.contains(char::is_whitespace) => {
            Ok(SigningSecret::new(name, secret))
        }
        _ => Err("is no signing secret: those begin with whsec_ and have no spaces"),
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
            "whsec_abc=x",
            "a=whsec_a bc",
            "a=whsec_abc,",
            "a=whsec_abc,a=whsec_abd",
        ] {
            let error = read(bad).unwrap_err();
            assert_eq!(error.name, "STRIPE_WEBHOOK_SECRETS");
            assert!(!error.reason.contains("abc") && !error.reason.contains("sk_live"), "{error}");
        }
    }
}
