//! Signing secrets: one for every Stripe endpoint and mode that delivers here.

use shared::config::{ConfigError, Vars};
use shared::secrets::{Names, Secret};
pub use shared::signing::SigningSecret;

const NAMES: Names = Names { plain: "STRIPE_WEBHOOK_SECRETS", arn: "STRIPE_WEBHOOK_SECRETS_ARN" };

/// What the name of a secret begins with that lets nothing in and is only recognised.
const RETIRED: &str = "retired:";

/// Whether a secret is listed only to be recognised.
pub fn is_retired(secret: &SigningSecret) -> bool {
    secret.name.starts_with(RETIRED)
}

/// Reads `STRIPE_WEBHOOK_SECRETS`, or the secret that `STRIPE_WEBHOOK_SECRETS_ARN` names.
pub async fn load(vars: &Vars<'_>) -> Result<Secret<Vec<SigningSecret>>, ConfigError> {
    Secret::load(vars, NAMES, parse).await
}

/// `name=whsec_...`, comma-separated, at least one. Names are 1 to 32 of `[A-Za-z0-9_-]` and differ from
/// each other. `retired:name=whsec_...` is one that is only recognised; there must be another.
fn parse(text: &str) -> Result<Vec<SigningSecret>, String> {
    let mut secrets: Vec<SigningSecret> = Vec::new();
    for (entry, number) in text.split(',').zip(1..) {
        // An entry is known by its number: a name may be a secret that was put in its place.
        let wrong = |reason| format!("entry {number} {reason}");
        let secret = parse_entry(entry.trim()).map_err(wrong)?;
        if secrets.iter().any(|other| other.name == secret.name) {
            return Err(wrong("has the name of an earlier one"));
        }
        secrets.push(secret);
    }
    match secrets.iter().all(is_retired) {
        true => Err("has none but retired secrets".to_owned()),
        false => Ok(secrets),
    }
}

fn parse_entry(entry: &str) -> Result<SigningSecret, &'static str> {
    let (name, secret) = entry.split_once('=').ok_or("is not of the form name=whsec_...")?;
    // The most frequent slip, and the worst: such a key opens the account.
    if ["sk_", "rk_", "pk_"].iter().any(|key| secret.trim_start().starts_with(key)) {
        return Err(
            "is an API key (sk_, rk_, pk_): the endpoint's signing secret begins with whsec_. Roll the key, since it was stored here",
        );
    }
    let whole_name = name;
    let name = name.strip_prefix(RETIRED).unwrap_or(name);
    let named = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if !(1..=32).contains(&name.len()) || !name.bytes().all(named) || name.starts_with("whsec_") {
        return Err("has no name of 1 to 32 letters, digits, _ or - before its =");
    }
    match secret.strip_prefix("whsec_") {
        Some(rest) if !rest.is_empty() && !rest.contains(char::is_whitespace) => {
            Ok(SigningSecret::new(whole_name, secret))
        }
        _ => Err("is no signing secret: those begin with whsec_ and have no spaces"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_named_secrets() {
        let secrets = parse("live=whsec_a, connect=whsec_b=").unwrap();
        let names: Vec<_> = secrets.iter().map(|secret| secret.name.as_str()).collect();
        assert_eq!(names, ["live", "connect"]);
        let secrets = parse("live=whsec_a,retired:live=whsec_b").unwrap();
        assert_eq!(secrets.iter().map(is_retired).collect::<Vec<_>>(), [false, true]);
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
            "a=rk_live_abc",
            "retired:a=sk_live_abc",
            "retired:a=whsec_abc",
            "retired:=whsec_abc,b=whsec_abd",
            "other:a=whsec_abc",
            "a b=whsec_abc",
            "whsec_abc=x",
            "a=whsec_a bc",
            "a=whsec_abc,",
            "a=whsec_abc,a=whsec_abd",
        ] {
            let error = parse(bad).unwrap_err();
            assert!(!error.contains("abc") && !error.contains("sk_live"), "{error}");
        }
    }
}
