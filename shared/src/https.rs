//! The HTTP client that all of a function's clients of AWS share: rustls on ring.
//!
//! It trusts the roots of Amazon Trust Services, under which AWS signs its endpoints (developer guide of
//! DynamoDB, "Troubleshooting SSL/TLS connection establishment issues"), and not the 140 and more of a system:
//! reading those is most of what a start would cost. `AWS_CA_BUNDLE` names another file, as it does for AWS's
//! own tools.

use std::path::Path;
use std::time::Duration;

use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpClient, SharedHttpClient, http_client_fn};

use crate::config::{ConfigError, Vars};

/// How long connecting may take: the same for every service, since the HTTP client sets TLS up anew for each
/// limit.
pub const CONNECT_LIMIT: Duration = Duration::from_secs(1);

/// Amazon Root CA 1 to 4 and Starfield Services Root CA G2, the first of which ends in December 2037: as
/// `https://www.amazontrust.com/repository/` lists them.
const AMAZON: &str = include_str!("https/amazon.pem");
const BUNDLE: &str = "AWS_CA_BUNDLE";

/// A new one; `http://` works too.
///
/// # Errors
/// When `AWS_CA_BUNDLE` names no file of certificates.
pub(crate) fn client(vars: &Vars<'_>) -> Result<SharedHttpClient, ConfigError> {
    let trust = match vars.optional(BUNDLE) {
        Some(file) => TrustStore::empty().with_pem_certificate(bundle(Path::new(file.trim()))?),
        None if is_in_china(vars) => TrustStore::default(),
        None => TrustStore::empty().with_pem_certificate(AMAZON),
    };
    let context = TlsContext::builder().with_trust_store(trust).build();
    let context = context.map_err(|_| ConfigError::new(BUNDLE, EXPECTED))?;
    let ring = Provider::Rustls(CryptoMode::Ring);
    let client = Builder::new().tls_provider(ring).tls_context(context).build_https();
    // Handed out without its check of a configuration, which sets TLS up once more for each client of AWS and throws
    // that away.
    Ok(http_client_fn(move |settings, parts| client.http_connector(settings, parts)))
}

/// A partition of its own, whose certificates others may sign: there the system's roots count.
fn is_in_china(vars: &Vars<'_>) -> bool {
    vars.optional("AWS_REGION").is_some_and(|region| region.starts_with("cn-"))
}

const EXPECTED: &str = "must be a file of certificates (PEM)";

fn bundle(file: &Path) -> Result<String, ConfigError> {
    let text = std::fs::read_to_string(file).ok();
    let text = text.filter(|text| text.contains("-----BEGIN CERTIFICATE-----"));
    text.ok_or_else(|| ConfigError::new(BUNDLE, EXPECTED))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made_with(bundle: Option<&str>) -> Result<(), ConfigError> {
        let lookup = |name: &str| bundle.filter(|_| name == BUNDLE).map(str::to_owned);
        client(&Vars::new(&lookup)).map(drop)
    }

    #[test]
    fn what_is_no_file_of_certificates_stops_the_start() {
        let pem = concat!(env!("CARGO_MANIFEST_DIR"), "/src/https/amazon.pem");
        for (bundle, is_taken) in [
            (None, true),
            (Some(pem), true),
            (Some("/nowhere/at/all.pem"), false),
            (Some(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")), false),
        ] {
            assert_eq!(made_with(bundle).is_ok(), is_taken, "{bundle:?}");
        }
        assert_eq!(AMAZON.matches("BEGIN CERTIFICATE").count(), 5);
    }
}
