//! The log as an operator sees it.

use std::time::Duration;

use jiff::Timestamp;
use local::system::OPERATOR_TOKEN;
use serde_json::Value;

use crate::Result;

/// See the module.
pub struct OpsApi {
    http: reqwest::Client,
    address: String,
}

impl OpsApi {
    /// That of the system on this port.
    pub fn new(port: u16) -> Result<Self> {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(40)).build()?;
        Ok(Self { http, address: format!("http://127.0.0.1:{port}/v1/events") })
    }

    /// One event with its body; `None` when the log has none of that id.
    pub async fn event(&self, id: &str) -> Result<Option<Value>> {
        self.get(&format!("/{id}?payload=true")).await
    }

    /// Every entry since a time, newest first, page by page.
    pub async fn list(&self, since: Timestamp) -> Result<Vec<Value>> {
        let (mut entries, mut cursor) = (Vec::new(), String::new());
        loop {
            let query = format!("?from={since}&limit=200&cursor={cursor}");
            let mut page = self.get(&query).await?.ok_or("there is no list")?;
            if let Value::Array(more) = page["events"].take() {
                entries.extend(more);
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => return Ok(entries),
            }
        }
    }

    async fn get(&self, rest: &str) -> Result<Option<Value>> {
        let request = self.http.get(format!("{}{rest}", self.address));
        let request = request.header("authorization", format!("Bearer {OPERATOR_TOKEN}"));
        let answer = request.send().await?;
        let (status, body) = (answer.status(), answer.bytes().await?);
        match status.as_u16() {
            200 => Ok(Some(serde_json::from_slice(&body)?)),
            404 => Ok(None),
            other => Err(format!("{rest}: {other} {}", String::from_utf8_lossy(&body)).into()),
        }
    }
}
