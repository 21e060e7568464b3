//! A certificate authority for one run, and a server that it vouches for.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// Where a system keeps the certificates that it trusts.
const BUNDLES: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// What a function trusts without being told.
const AMAZON: &str = "shared/src/https/amazon.pem";

/// What a server and its clients need.
pub struct Trust {
    /// The server's side.
    pub acceptor: TlsAcceptor,
    /// The authority alone, for a runtime that adds to what it trusts.
    pub authority: PathBuf,
    /// The authority after the roots that Hookwatch has built in.
    pub amazon: PathBuf,
    /// The authority after all that the system trusts, for a runtime that reads one file: it has as much
    /// to read as it would have in Lambda.
    pub bundle: PathBuf,
}

/// A server at 127.0.0.1, its files in `folder`.
///
/// # Errors
/// When a file cannot be written, or the system has no certificates.
pub fn make(folder: &Path) -> io::Result<Trust> {
    let (authority, chain, key) = signed().map_err(io::Error::other)?;
    let system = BUNDLES.iter().find_map(|path| std::fs::read_to_string(path).ok());
    let system = system.ok_or_else(|| {
        io::Error::other("this system has no certificates: install ca-certificates")
    })?;
    let amazon = std::fs::read_to_string(local::workspace().join(AMAZON))?;
    let file = |name: &str, text: String| {
        let path = folder.join(name);
        std::fs::write(&path, text).and_then(|()| path.canonicalize())
    };
    let trusted = (
        file("authority.pem", authority.clone())?,
        file("amazon.pem", format!("{amazon}\n{authority}"))?,
        file("bundle.pem", format!("{system}\n{authority}"))?,
    );
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key.into()))
        .map_err(io::Error::other)?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (authority, amazon, bundle) = trusted;
    Ok(Trust { acceptor, authority, amazon, bundle })
}

type Signed = (
    String,
    Vec<tokio_rustls::rustls::pki_types::CertificateDer<'static>>,
    PrivatePkcs8KeyDer<'static>,
);

/// The authority as PEM, the server's chain and its key: P-256 throughout.
fn signed() -> Result<Signed, rcgen::Error> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    // Another name than the server's: OpenSSL takes a certificate that names itself for a self-signed one.
    authority.distinguished_name.push(DnType::CommonName, "authority of a benchmark");
    let authority_key = KeyPair::generate()?;
    let root = authority.self_signed(&authority_key)?;
    let server_key = KeyPair::generate()?;
    let server = CertificateParams::new(["127.0.0.1".to_owned(), "localhost".to_owned()])?
        .signed_by(&server_key, &Issuer::new(authority, authority_key))?;
    let key = PrivatePkcs8KeyDer::from(server_key.serialize_der());
    Ok((root.pem(), vec![server.der().clone()], key))
}
