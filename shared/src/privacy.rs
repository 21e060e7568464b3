//! Privacy by default: what is kept of events and of what applications say of them. An allow-list: what is
//! not on it is never written. The list is data (`kept.txt`, `words.txt`), and a page (`docs/privacy.md`).

mod list;
mod redact;
mod text;

use std::str::FromStr;

use data_encoding::HEXLOWER;
use ring::hmac;

use crate::config::{ConfigError, Vars};
use crate::secrets::{Names, Secret};

pub use list::is_code;
pub use redact::{Redacted, redact_event, redact_object};
pub use text::redact_text;

const NAMES: Names = Names { plain: "WEBHOOK_PRIVACY_KEY", arn: "WEBHOOK_PRIVACY_KEY_ARN" };
/// Characters that make a key hard enough to guess.
const SHORTEST: usize = 32;

/// `WEBHOOK_PAYLOAD`: how much is kept of a body, and of what applications say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayloadPolicy {
    /// Byte for byte.
    Full,
    /// What is on the list.
    Redacted,
    /// Of a body nothing, of the rest what is on the list.
    None,
}

impl PayloadPolicy {
    /// Reads `WEBHOOK_PAYLOAD`: `full`, `redacted` (default) or `none`.
    pub fn from_vars(vars: &Vars<'_>) -> Result<Self, ConfigError> {
        vars.parsed("WEBHOOK_PAYLOAD", Self::Redacted, "full, redacted or none")
    }

    /// Whether what is not on the list is left out.
    pub fn redacts(self) -> bool {
        self != Self::Full
    }
}

impl FromStr for PayloadPolicy {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "full" => Ok(Self::Full),
            "redacted" => Ok(Self::Redacted),
            "none" => Ok(Self::None),
            _ => Err(()),
        }
    }
}

/// What e-mail addresses and the like are hashed with, so that they can be searched for and not be read.
/// No `Debug`.
#[derive(Clone)]
pub struct PrivacyKey(hmac::Key);

impl PrivacyKey {
    /// Reads `WEBHOOK_PRIVACY_KEY`, or the secret that `WEBHOOK_PRIVACY_KEY_ARN` names, once: at least 32
    /// printable ASCII characters; none: nobody can be searched for.
    ///
    /// # Errors
    /// When it is too short or has other characters, or cannot be read.
    pub async fn load(vars: &Vars<'_>) -> Result<Option<Self>, ConfigError> {
        match Secret::load_optional(vars, NAMES, Self::parse).await? {
            Some(key) => Ok(Some(Self::clone(&*key.current().await))),
            None => Ok(None),
        }
    }

    fn parse(key: &str) -> Result<Self, String> {
        if key.len() < SHORTEST || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            const EXPECTED: &str = "must be 32 printable ASCII characters or more, without spaces";
            return Err(EXPECTED.to_owned());
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes())))
    }

    /// The hash of a person's e-mail address or id: 16 hex digits, the same for whatever case it is
    /// written in.
    pub fn hash(&self, person: &str) -> String {
        let tag = hmac::sign(&self.0, person.trim().to_lowercase().as_bytes());
        HEXLOWER.encode(tag.as_ref().get(..8).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_long_and_not_shown() {
        let key = PrivacyKey::parse("0123456789abcdef0123456789abcdef").ok().unwrap();
        assert_eq!(key.hash("Ada@Example.com "), key.hash("ada@example.com"));
        assert_ne!(key.hash("ada@example.com"), key.hash("bob@example.com"));
        assert_eq!(key.hash("").len(), 16);
        for bad in ["0123456789abcdef", "0123456789abcdef 0123456789abcdef"] {
            assert!(!PrivacyKey::parse(bad).err().unwrap().contains(bad));
        }
    }

    #[test]
    fn the_page_is_the_list() {
        let page = include_str!("../../docs/privacy.md");
        for list in [include_str!("privacy/kept.txt"), include_str!("privacy/words.txt")] {
            assert!(page.contains(list.trim_end()), "docs/privacy.md is out of date");
        }
    }
}
