//! The front door's probe: one signed event of its own type, posted to the public URL as Stripe would. It
//! sees the name, the certificate, the gateway, the receiver, its permission, the table and the secret.

use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use http_body_util::{BodyExt, Limited};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use shared::config::{ConfigError, Vars};
use shared::secrets::Secret;
use shared::signing::{PROBE_TYPE, PROBED, SigningSecret, probe_secret};
use tokio::time::timeout;

use crate::http;

const URL: &str = "WEBHOOK_PUBLIC_URL";
/// From the first packet to the last of the answer. A run waits for it only where it has nothing else to
/// do.
const LIMIT: Duration = Duration::from_secs(5);
/// Longest answer that is read.
const MOST_BYTES: usize = 4_096;

/// Where probes are posted, and what signs them. No `Debug`: a URL may hold a secret.
pub struct FrontDoor {
    url: String,
    secret: Secret<SigningSecret>,
}

impl FrontDoor {
    /// Reads `WEBHOOK_PUBLIC_URL`, the address that Stripe is given, and the probe's secret. `None`: it is
    /// not probed.
    ///
    /// # Errors
    /// When one is there without the other, or cannot be used.
    pub async fn from_vars(vars: &Vars<'_>) -> Result<Option<Self>, ConfigError> {
        let url = vars.optional(URL).map(|url| url.trim().to_owned());
        match (url, probe_secret(vars).await?) {
            (None, None) => Ok(None),
            (Some(url), Some(secret)) if is_url(&url) => Ok(Some(Self { url, secret })),
            (Some(_), Some(_)) => {
                Err(ConfigError::new(URL, "must begin with http:// or https:// and be no other"))
            }
            (Some(_), None) => Err(ConfigError::new(
                "WEBHOOK_PROBE_SECRET",
                "is missing or empty, and WEBHOOK_PUBLIC_URL is set: set both, or neither",
            )),
            (None, Some(_)) => Err(ConfigError::new(
                URL,
                "is missing or empty, and WEBHOOK_PROBE_SECRET is set: set both, or neither",
            )),
        }
    }

    /// Whether a probe gets through. Takes 5 seconds at most; why it did not is in the log.
    pub async fn is_open(&self) -> bool {
        let probed = timeout(LIMIT, self.probe()).await;
        let failure = match probed.unwrap_or_else(|_| Err("no answer in 5 seconds".to_owned())) {
            Ok(()) => return true,
            Err(failure) => failure,
        };
        tracing::warn!(cause = failure, "probe of the front door failed");
        false
    }

    /// By the clock that the receiver's is compared with, whatever time the run is for.
    async fn probe(&self) -> Result<(), String> {
        let now = Timestamp::now();
        let id = format!("probe_{}", now.as_microsecond());
        let body = json!({
            "id": id,
            "object": "event",
            "type": PROBE_TYPE,
            "created": now.as_second(),
            "livemode": false,
            "data": { "object": {} },
        });
        let body = body.to_string();
        let headers = [
            ("content-type", "application/json; charset=utf-8".to_owned()),
            ("user-agent", "Hookwatch/1.0 (probe)".to_owned()),
            ("stripe-signature", self.secret.current().await.header(body.as_bytes(), now)),
        ];
        let answer = http::send("POST", &self.url, &headers, body).await?;
        match answer.status().as_u16() {
            200 if is_the_receivers(answer, &id).await => Ok(()),
            200 => Err("an answer that is not the receiver's".to_owned()),
            status => Err(format!("status {status}")),
        }
    }
}

fn is_url(url: &str) -> bool {
    let has_scheme = url.starts_with("https://") || url.starts_with("http://");
    has_scheme && !url.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// What the receiver says of a probe that it has stored.
#[derive(Deserialize)]
struct Answer {
    event_id: String,
    status: String,
}

/// Whether our own receiver stored this very probe: a parked domain answers 200 to anything.
async fn is_the_receivers(answer: HttpResponse, id: &str) -> bool {
    let Ok(body) = Limited::new(answer.into_body(), MOST_BYTES).collect().await else {
        return false;
    };
    serde_json::from_slice::<Answer>(&body.to_bytes())
        .is_ok_and(|answer| answer.event_id == id && answer.status == PROBED)
}

#[cfg(test)]
mod tests;
