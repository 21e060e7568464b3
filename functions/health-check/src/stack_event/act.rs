//! What is done about an event.

use jiff::Timestamp;
use shared::config::{ConfigError, Vars};

use super::{Request, StackEvent};
use crate::cloudwatch::{CloudWatchError, connect, delete_all, metric, names, publish};

/// Why nothing, or not all, was done, in a sentence for whoever deploys.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Settings cannot be so, or a variable that is needed is missing.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Alarms are left.
    #[error(transparent)]
    CloudWatch(#[from] CloudWatchError),
}

/// Alarms are made by runs, and deleted here. The dead man's alarm comes with the stack and takes what is
/// missing for the worst, so it finds a heartbeat.
///
/// # Errors
/// When the deployment must not go on like this, or alarms could not be deleted.
pub async fn act(vars: &Vars<'_>, event: &StackEvent) -> Result<(), Refusal> {
    event.check()?;
    match event.request {
        Request::Create => {
            if let Err(error) = beat(vars).await {
                // Webhooks are to be received whether or not anybody watches yet.
                tracing::warn!(%error, "no heartbeat for the new stack");
            }
        }
        Request::Delete if event.was_made() => {
            let deleted = delete_all(&connect(vars)?, &stack(vars)?).await?;
            tracing::info!(alarms = deleted.len(), "alarms deleted with the stack");
        }
        Request::Delete | Request::Update => {}
    }
    Ok(())
}

async fn beat(vars: &Vars<'_>) -> Result<(), Refusal> {
    let heartbeat = metric::heartbeat(Timestamp::now());
    Ok(publish(&connect(vars)?, &names::namespace(&stack(vars)?), heartbeat).await?)
}

fn stack(vars: &Vars<'_>) -> Result<String, ConfigError> {
    vars.required("STACK_NAME")
}
