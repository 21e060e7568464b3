//! The Lambda function `webhook-receiver`: start-up only.

use std::convert::Infallible;
use std::process::ExitCode;

use shared::config::Vars;
use shared::diagnostics;
use webhook_receiver::config::Config;
use webhook_receiver::handler::{App, handle};
use webhook_receiver::runtime::{self, Failed};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let lookup = |name: &str| std::env::var(name).ok();
    let vars = Vars::new(&lookup);
    diagnostics::start(&vars);
    match run(&vars).await {
        Ok(never) => match never {},
        Err(error) => diagnostics::end(&error),
    }
}

async fn run(vars: &Vars<'_>) -> Result<Infallible, Failed> {
    let config = Config::from_vars(vars).await?;
    let app = App::new(config)?;
    app.warm().await;
    let refusals = app.refusals.clone();
    tokio::spawn(async move { refusals.put_later().await });
    runtime::run(async |request, invocation_id| handle(&app, request, invocation_id).await).await
}
