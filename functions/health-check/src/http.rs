//! One HTTP request outside AWS's services: rustls on ring, and errors that never hold the URL, since it
//! may be a secret.

use aws_smithy_http_client::{Connector, tls};
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;

/// Sends a body, over a connection of its own. Has no time limit.
///
/// # Errors
/// When the URL cannot be used or no answer came, in words.
pub async fn send(
    method: &'static str,
    url: &str,
    headers: &[(&'static str, String)],
    body: String,
) -> Result<HttpResponse, &'static str> {
    let unusable = |_| "the URL cannot be used";
    let mut request = HttpRequest::empty();
    request.set_uri(url).map_err(unusable)?;
    request.set_method(method).map_err(unusable)?;
    for (name, value) in headers {
        request.headers_mut().try_insert(*name, value.clone()).map_err(unusable)?;
    }
    *request.body_mut() = body.into();
    let ring = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    let connector = Connector::builder().tls_provider(ring).build();
    connector.call(request).await.map_err(|error| kind(&error))
}

/// What went wrong, without the chain of causes: that may hold the URL.
fn kind(error: &ConnectorError) -> &'static str {
    if error.is_timeout() {
        "the connection timed out"
    } else if error.is_io() {
        "the connection failed"
    } else {
        "the request could not be sent"
    }
}
