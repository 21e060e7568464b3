//! The Lambda function `health-check`: start-up only.

// A run's futures are nested deeper than the compiler looks by itself.
#![recursion_limit = "256"]

use health_check::config::Config;
use health_check::handler::App;
use health_check::invocation::invoke;
use lambda_runtime::{Error, LambdaEvent, service_fn, tracing as diagnostics};
use serde_json::Value;
use shared::config::Vars;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let lookup = |name: &str| std::env::var(name).ok();
    let config = Config::from_vars(&Vars::new(&lookup)).await?;
    diagnostics::subscriber::fmt()
        .json()
        .with_max_level(config.diagnostics.as_tracing())
        .with_target(false)
        .init();
    let app = App::new(config);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| {
        let app = &app;
        async move { invoke(app, &event.payload).await.map_err(Error::from) }
    }))
    .await
}
