//! Who asks, and what they may do.
//!
//! A token comes as `Authorization: Bearer <token>`, or as the password of HTTP Basic with any user
//! name, so that a browser just asks for it. Only SHA-256 hashes of tokens are known here.

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use ring::digest::{SHA256, digest};
use shared::config::{ConfigError, Vars};
use shared::secrets::{Names, Secret};
use subtle::ConstantTimeEq;

const NAMES: Names = Names { plain: "WEBHOOK_API_TOKENS", arn: "WEBHOOK_API_TOKENS_ARN" };

/// What a token's holder is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Reads.
    Viewer,
    /// An application that logs outcomes; reads nothing.
    Writer,
    /// Reads, logs and acts.
    Operator,
}

/// What a call needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// To read the log.
    Read,
    /// To log what became of an event.
    Log,
    /// To act on issues and to change settings.
    Act,
}

impl Role {
    /// Whether the role may do it.
    pub fn may(self, permission: Permission) -> bool {
        match (self, permission) {
            (Self::Viewer, Permission::Read) | (Self::Writer, Permission::Log) => true,
            (Self::Operator, _) => true,
            (Self::Viewer | Self::Writer, _) => false,
        }
    }
}

/// A token's holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The token's name, for logs.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// The token's hash.
    pub hash: TokenHash,
}

/// SHA-256 of a token. Its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenHash(pub [u8; 32]);

impl std::fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenHash")
    }
}

/// Why nobody is known by a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// No token: a browser's first request, say.
    Missing,
    /// A token that we do not know, or an `Authorization` header that we cannot read.
    Wrong,
}

/// Whose token the `Authorization` header carries, and what to do where nobody's does: the tokens are read
/// again, since one may have been added.
pub async fn caller(
    tokens: &Secret<Tokens>,
    authorization: Option<&str>,
) -> Result<Caller, Unknown> {
    match tokens.current().await.caller(authorization) {
        Err(Unknown::Wrong) => match tokens.read_again().await {
            Some(tokens) => tokens.caller(authorization).cloned(),
            None => Err(Unknown::Wrong),
        },
        known => known.cloned(),
    }
}

/// The tokens that are known, by hash.
pub struct Tokens(Vec<Caller>);

impl Tokens {
    /// Reads `WEBHOOK_API_TOKENS`, or the secret that `WEBHOOK_API_TOKENS_ARN` names.
    pub async fn load(vars: &Vars<'_>) -> Result<Secret<Self>, ConfigError> {
        Secret::load(vars, NAMES, Self::parse).await
    }

    /// `name=role:<sha256 in hex>`, comma-separated, at least one; roles are `viewer`, `writer` and
    /// `operator`.
    fn parse(text: &str) -> Result<Self, String> {
        // An entry is known by its number: its parts may be in each other's places.
        let tokens = text.split(',').zip(1..).map(|(entry, number)| {
            parse(entry.trim()).map_err(|reason| format!("entry {number} {reason}"))
        });
        tokens.collect::<Result<_, _>>().map(Self)
    }

    /// Whose token the `Authorization` header carries. Every known hash is compared in full,
    /// whichever matches.
    pub fn caller(&self, authorization: Option<&str>) -> Result<&Caller, Unknown> {
        let header = authorization
            .map(str::trim)
            .filter(|header| !header.is_empty())
            .ok_or(Unknown::Missing)?;
        let token = token(header).filter(|token| !token.is_empty()).ok_or(Unknown::Wrong)?;
        let hash = digest(&SHA256, token.as_bytes());
        let mut known = None;
        for caller in &self.0 {
            if bool::from(caller.hash.0.as_slice().ct_eq(hash.as_ref())) {
                known = Some(caller);
            }
        }
        known.ok_or(Unknown::Wrong)
    }
}

fn token(header: &str) -> Option<String> {
    let (scheme, value) = header.split_once(' ')?;
    let value = value.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        Some(value.to_owned())
    } else if scheme.eq_ignore_ascii_case("basic") {
        let pair = String::from_utf8(BASE64.decode(value.as_bytes()).ok()?).ok()?;
        pair.split_once(':').map(|(_, password)| password.to_owned())
    } else {
        None
    }
}

fn parse(entry: &str) -> Result<Caller, &'static str> {
    const FORM: &str = "is not of the form name=role:sha256-in-hex";
    let (name, rest) = entry.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or(FORM)?;
    let (role, hash) = rest.split_once(':').ok_or(FORM)?;
    let role = match role {
        "viewer" => Role::Viewer,
        "writer" => Role::Writer,
        "operator" => Role::Operator,
        _ => return Err("has a role that is none of viewer, writer and operator"),
    };
    let hash = HEXLOWER_PERMISSIVE.decode(hash.as_bytes()).ok();
    let hash: [u8; 32] = hash.and_then(|bytes| bytes.try_into().ok()).ok_or(FORM)?;
    if hash == digest(&SHA256, b"").as_ref() {
        return Err("has the hash of an empty token");
    }
    Ok(Caller { name: name.to_owned(), role, hash: TokenHash(hash) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;

    fn tokens() -> Tokens {
        let entry = |name, role, token: &str| {
            format!("{name}={role}:{}", HEXLOWER.encode(digest(&SHA256, token.as_bytes()).as_ref()))
        };
        let text = [entry("ann", "viewer", "a"), entry("app", "writer", "w:w")].join(", ");
        Tokens::parse(&text).ok().unwrap()
    }

    #[test]
    fn bearer_and_basic_name_the_caller() {
        let tokens = tokens();
        let name = |header: &str| tokens.caller(Some(header)).map(|caller| caller.name.clone());
        let basic = |pair: &str| format!("basic {}", BASE64.encode(pair.as_bytes()));
        assert_eq!(name("Bearer a"), Ok("ann".into()));
        assert_eq!(name("bearer  w:w "), Ok("app".into()));
        assert_eq!(name(&basic("anyone:a")), Ok("ann".into()));
        assert_eq!(name(&basic(":w:w")), Ok("app".into()));
        assert_eq!(tokens.caller(None), Err(Unknown::Missing));
        for wrong in ["Bearer b", "Bearer", "a", "Digest a", "Basic !", &basic("a"), &basic("a:b")]
        {
            assert_eq!(name(wrong), Err(Unknown::Wrong), "{wrong}");
        }
    }

    #[test]
    fn a_writer_reads_nothing_and_a_viewer_logs_nothing() {
        assert!(Role::Viewer.may(Permission::Read) && Role::Operator.may(Permission::Read));
        assert!(Role::Writer.may(Permission::Log) && Role::Operator.may(Permission::Log));
        assert!(!Role::Writer.may(Permission::Read) && !Role::Viewer.may(Permission::Log));
        assert!(!Role::Writer.may(Permission::Act) && !Role::Viewer.may(Permission::Act));
        assert!(Role::Operator.may(Permission::Act));
    }

    #[test]
    fn what_is_no_token_list_stops_start_up() {
        let empty = "ann=viewer:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        for bad in ["", "ann", "ann=viewer", "ann=king:00", "ann=viewer:00", "=viewer:00", empty] {
            let error = Tokens::parse(bad).err().unwrap();
            assert!(error.starts_with("entry 1 "), "{bad}: {error}");
        }
    }
}
