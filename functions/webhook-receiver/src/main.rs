//! The Lambda function `webhook-receiver`: start-up only.

use std::convert::Infallible;
use std::process::ExitCode;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use shared::config::Vars;
use shared::diagnostics;
use shared::gateway::Request;
use webhook_receiver::config::Config;
use webhook_receiver::handler::{App, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let lookup = |name: &str| std::env::var(name).ok();
    let vars = Vars::new(&lookup);
    diagnostics::start(&vars);
    match run(&vars).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => diagnostics::end(&error),
    }
}

async fn run(vars: &Vars<'_>) -> Result<(), Error> {
    let config = Config::from_vars(vars).await?;
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
