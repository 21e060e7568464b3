//! The embedded engine without a network before it: a history is hundreds of requests, and the truth
//! test lives through thousands. Every request gives way once, so that runs can be stopped between any
//! two, always at the same place.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use dynoxide::{Database, DynoxideError};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// A client of an engine of its own.
pub fn client() -> Client {
    let engine = SharedHttpConnector::new(Engine(Arc::new(Database::memory().unwrap())));
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .http_client(http_client_fn(move |_, _| engine.clone()))
        .endpoint_url("http://engine")
        .build();
    Client::from_conf(config)
}

#[derive(Clone)]
struct Engine(Arc<Database>);

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Engine")
    }
}

impl HttpConnector for Engine {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let engine = self.clone();
        HttpConnectorFuture::new(async move {
            tokio::task::yield_now().await;
            Ok(engine.answer(&request))
        })
    }
}

impl Engine {
    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let body = request.body().bytes().unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default();
        let (status, body) = match self.execute(operation, body) {
            Ok(body) => (200, body),
            Err(error) => (error.status_code(), error.to_json()),
        };
        let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
        response
    }

    fn execute(&self, operation: &str, body: &[u8]) -> Result<String, DynoxideError> {
        fn read<T: DeserializeOwned>(body: &[u8]) -> T {
            serde_json::from_slice(body).unwrap()
        }
        let json = |value: serde_json::Result<String>| value.unwrap();
        let database = &self.0;
        Ok(match operation {
            "PutItem" => json(serde_json::to_string(&database.put_item(read(body))?)),
            "Query" => json(serde_json::to_string(&database.query(read(body))?)),
            "UpdateItem" => json(serde_json::to_string(&database.update_item(read(body))?)),
            "DeleteItem" => json(serde_json::to_string(&database.delete_item(read(body))?)),
            "CreateTable" => json(serde_json::to_string(&database.create_table(read(body))?)),
            "DescribeTable" => json(serde_json::to_string(&database.describe_table(read(body))?)),
            // A store that asks for more needs a line here, and no test may pass without.
            other => panic!("this engine does not know {other}"),
        })
    }
}
