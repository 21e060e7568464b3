//! One invocation: a run, alarms that changed, or the stack.

use futures_util::FutureExt;
use jiff::Timestamp;
use serde_json::Value;
use shared::store::{Alert, AlertSource, StoreError};

use crate::alarm_change::AlarmChange;
use crate::cloudwatch::{CloudWatchError, delete_all, metric, names, publish};
use crate::config::Config;
use crate::handler::{App, handle};
use crate::stack_event::{AnswerError, Request, StackEvent, answer};
use crate::summary::Summary;
use crate::trigger::{self, BadEvent, Trigger};

/// Why an invocation failed; the platform counts it.
#[derive(Debug, thiserror::Error)]
pub enum InvocationError {
    /// The log could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing was done.
    #[error(transparent)]
    Event(#[from] BadEvent),
    /// What the stack asked for was done, or not; CloudFormation does not know.
    #[error(transparent)]
    Answer(#[from] AnswerError),
}

/// Does what the event asks for. Answers with what a run did, and with nothing else.
///
/// # Errors
/// When it could not be done. CloudWatch's failures are told to who asked instead.
pub async fn invoke(app: &App, event: &Value) -> Result<Option<Summary>, InvocationError> {
    // Futures without their types, which the compiler would nest beyond its limit.
    match trigger::read(event)? {
        Trigger::Tick => Ok(Some(handle(app).boxed_local().await?)),
        Trigger::Alarms(changes) => {
            let mut failure = None;
            for change in changes {
                let alert = alert(&change);
                tracing::info!(alarm = alert.subject, state = alert.state, "alarm changed");
                let put = app.config.store.put_alert(&alert, app.config.retention);
                // One that cannot be put keeps no other out. Lambda tries them all again, and those that are
                // there stay as they are.
                if let Err(error) = put.boxed_local().await {
                    tracing::error!(alarm = alert.subject, %error, "alarm's change not recorded");
                    failure.get_or_insert(error);
                }
            }
            failure.map_or(Ok(None), |error| Err(error.into()))
        }
        Trigger::Stack(event) => {
            let done = on_stack(&app.config, &event).boxed_local().await;
            let done = done.map_err(|error| error.to_string());
            let done = done.as_ref().copied().map_err(String::as_str);
            answer(&event, done).boxed_local().await?;
            Ok(None)
        }
    }
}

/// An alarm's change as it is recorded: what is told twice has the same place, and is there once.
fn alert(change: &AlarmChange) -> Alert {
    Alert {
        at: change.at,
        id: change.id.clone(),
        source: AlertSource::Alarm,
        subject: change.alarm.clone(),
        state: change.state.as_str().to_owned(),
        severity: None,
        text: change.reason.clone(),
    }
}

/// Alarms are made by runs, and deleted here. The dead man's alarm comes with the stack and takes what is
/// missing for the worst, so it finds a heartbeat.
async fn on_stack(config: &Config, event: &StackEvent) -> Result<(), CloudWatchError> {
    let Config { cloudwatch, stack, .. } = config;
    match event.request {
        Request::Create => {
            let heartbeat = metric::heartbeat(Timestamp::now());
            if let Err(error) = publish(cloudwatch, &names::namespace(stack), heartbeat).await {
                // Webhooks are to be received whether or not anybody watches yet.
                tracing::warn!(%error, "no heartbeat for the new stack");
            }
        }
        Request::Update => {}
        Request::Delete => {
            let deleted = delete_all(cloudwatch, stack).await?;
            tracing::info!(alarms = deleted.len(), "alarms deleted with the stack");
        }
    }
    Ok(())
}
