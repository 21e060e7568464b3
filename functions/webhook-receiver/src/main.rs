//! The Lambda function `webhook-receiver`: start-up only.

use std::convert::Infallible;

use lambda_runtime::{Error, LambdaEvent, service_fn, tracing as diagnostics};
use shared::config::Vars;
use shared::gateway::Request;
use webhook_receiver::config::Config;
use webhook_receiver::handler::{App, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let lookup = |name: &str| std::env::var(name).ok();
    let config = Config::from_vars(&Vars::new(&lookup)).await?;
    diagnostics::subscriber::fmt()
        .json()
        .with_max_level(config.diagnostics.as_tracing())
        .with_target(false)
        .init();
    let app = App::new(config)?;
    app.warm().await;
    let refusals = app.refusals.clone();
    tokio::spawn(async move { refusals.put_later().await });
    lambda_runtime::run(service_fn(|event: LambdaEvent<Request>| {
        let app = &app;
        // The runtime hands the future on from layer to layer: a pointer instead of a handler's whole state.
        Box::pin(async move {
            Ok::<_, Infallible>(handle(app, &event.payload, &event.context.request_id).await)
        })
    }))
    .await
}
