//! The Lambda function `health-check`: start-up only.

// A run's futures are nested deeper than the compiler looks by itself.
#![recursion_limit = "256"]

use std::process::ExitCode;

use health_check::invocation::{invoke, started};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use shared::config::Vars;
use shared::diagnostics;
use tokio::sync::OnceCell;

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
    let app = OnceCell::new();
    // Goes on all the same: CloudFormation waits for answers, and a stack that cannot run can be deleted.
    if let Err(error) = started(&app, vars).await {
        tracing::error!(%error, "the function cannot run");
    }
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| {
        let app = &app;
        async move { invoke(app, vars, &event.payload).await.map_err(Error::from) }
    }))
    .await
}
