//! A running system and a Stripe that delivers to it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use local::gateway::SourceIp;
use local::stripe;
use local::system::{EngineChoice, OPERATOR_TOKEN, SIGNING_SECRET, System, SystemOptions};
use serde_json::Value;

/// The header that chooses a request's source address.
const SOURCE_IP: &str = "x-test-source-ip";

/// The system under test.
pub struct Hookwatch {
    /// The system.
    pub system: System,
    http: reqwest::Client,
}

/// An HTTP answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body; null when it is no JSON.
    pub body: Value,
    /// The body as it came.
    pub text: String,
    /// Headers, lower-case.
    pub headers: BTreeMap<String, String>,
}

impl Answer {
    /// The code of an error answer.
    pub fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }
}

impl Hookwatch {
    /// Starts a system of its own.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts a system after changing its options. Its data is in memory of its own, or in a table of its
    /// own in the engine at `DYNAMODB_ENDPOINT`.
    pub async fn start_with(change: impl FnOnce(&mut SystemOptions)) -> Self {
        let mut options = SystemOptions {
            source_ip: SourceIp::Header(SOURCE_IP.to_owned()),
            ..SystemOptions::default()
        };
        if let Ok(endpoint) = std::env::var("DYNAMODB_ENDPOINT") {
            options.engine = EngineChoice::External(endpoint);
            options.table = format!("events-{:016x}", fastrand::u64(..));
        }
        change(&mut options);
        let system = System::start(options).await.unwrap();
        let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
        Self { system, http }
    }

    /// Delivers a body as Stripe would: signed now.
    pub async fn deliver(&self, body: &[u8]) -> Answer {
        self.deliver_with(SIGNING_SECRET, body).await
    }

    /// Delivers a body under a secret.
    pub async fn deliver_with(&self, secret: &str, body: &[u8]) -> Answer {
        let header = stripe::sign(secret, Timestamp::now().as_second(), body);
        self.post(body, &[("stripe-signature", &header)]).await
    }

    /// Posts to the webhook endpoint.
    pub async fn post(&self, body: &[u8], headers: &[(&str, &str)]) -> Answer {
        let mut request = self
            .http
            .post(format!("{}/webhooks/stripe", self.system.url()))
            .header("content-type", "application/json; charset=utf-8")
            .header("user-agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
            .body(body.to_vec());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(request).await
    }

    /// Asks the operations API as the local operator.
    pub async fn get(&self, path: &str) -> Answer {
        self.get_as(path, Some(&format!("Bearer {OPERATOR_TOKEN}"))).await
    }

    /// Asks the operations API with an `Authorization` header, or none, for an answer that is new.
    pub async fn get_as(&self, path: &str, authorization: Option<&str>) -> Answer {
        let mut request = self.http.get(format!("{}{path}", self.system.url()));
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        answer(request.header("cache-control", "no-cache")).await
    }

    /// Asks the operations API as the local operator, with further headers; an answer may have been
    /// kept.
    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.http.get(format!("{}{path}", self.system.url()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(request.header("authorization", format!("Bearer {OPERATOR_TOKEN}"))).await
    }

    /// Posts JSON to the operations API as the local operator.
    pub async fn post_json(&self, path: &str, body: &str) -> Answer {
        self.post_json_as(path, body, OPERATOR_TOKEN).await
    }

    /// Posts JSON to the operations API with a token.
    pub async fn post_json_as(&self, path: &str, body: &str, token: &str) -> Answer {
        let request = self
            .http
            .post(format!("{}{path}", self.system.url()))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(body.to_owned());
        answer(request).await
    }

    /// Posts a form with a token, as a browser does; leads to where it is sent on to.
    pub async fn post_form(
        &self,
        path: &str,
        token: &str,
        fields: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = self
            .http
            .post(format!("{}{path}", self.system.url()))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(fields.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(request).await
    }

    /// Runs the health check once, as the schedule does.
    pub async fn run_health_check(&self) -> Value {
        self.invoke("health-check", &Value::Null).await
    }

    /// The entries of a listing, asked again for up to 5 seconds until there are `count` of them.
    pub async fn entries(&self, path: &str, count: usize) -> Vec<Value> {
        for _ in 0..50 {
            let answer = self.get(path).await;
            assert_eq!(answer.status, 200, "{path}: {answer:?}");
            let entries = answer.body["events"].as_array().unwrap().clone();
            if entries.len() >= count {
                return entries;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{path} did not show {count} entries")
    }

    /// The rejections of the last day that match, asked again for up to 5 seconds until they count to
    /// `total`.
    pub async fn rejections(&self, filter: &str, total: u64) -> Vec<Value> {
        let mut counted = 0;
        for _ in 0..50 {
            let entries = self.entries(&format!("/v1/events?status=rejected{filter}"), 1).await;
            counted = entries.iter().map(|entry| entry["count"].as_u64().unwrap()).sum();
            if counted == total {
                return entries;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{counted} rejections are counted, not {total}")
    }

    /// Patches JSON at the operations API with a token.
    pub async fn patch_json_as(&self, path: &str, body: &str, token: &str) -> Answer {
        let request = self
            .http
            .patch(format!("{}{path}", self.system.url()))
            .header("authorization", format!("Bearer {token}"))
            .body(body.to_owned());
        answer(request).await
    }

    /// Sends what has no body with any method, and a token or none.
    pub async fn send(&self, method: &str, path: &str, token: Option<&str>) -> Answer {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.http.request(method, format!("{}{path}", self.system.url()));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        answer(request).await
    }

    /// Deletes, as the local operator.
    pub async fn delete(&self, path: &str) -> Answer {
        let request = self.http.delete(format!("{}{path}", self.system.url()));
        answer(request.header("authorization", format!("Bearer {OPERATOR_TOKEN}"))).await
    }

    /// Hands an event to a function, without a gateway.
    pub async fn invoke(&self, package: &str, event: &Value) -> Value {
        let answer = self.system.host(package).unwrap().invoke(event.to_string().as_bytes()).await;
        serde_json::from_slice(&answer.unwrap()).unwrap()
    }

    /// Everything that the functions wrote to their logs, once all of `awaited` is in it.
    pub async fn log_with(&self, awaited: &[&str]) -> String {
        for _ in 0..50 {
            let log: String =
                self.system.log().iter().map(|line| line.text.clone() + "\n").collect();
            if awaited.iter().all(|text| log.contains(text)) {
                return log;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the log does not say {awaited:?}")
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let headers = response.headers().iter();
    let headers =
        headers.map(|(n, v)| (n.to_string(), v.to_str().unwrap_or_default().to_owned())).collect();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    Answer { status, headers, body: serde_json::from_str(&text).unwrap_or_default(), text }
}

/// A small event.
pub fn event(id: &str, event_type: &str) -> String {
    let created = Timestamp::now().as_second();
    format!(
        r#"{{"id":"{id}","object":"event","type":"{event_type}","created":{created},"livemode":false,"api_version":"2026-10-28.endive","data":{{"object":{{"id":"ch_{id}","object":"charge"}}}}}}"#
    )
}
