//! One invocation: a run, alarms that changed, or the stack.

use futures_util::FutureExt;
use serde_json::Value;
use shared::config::{ConfigError, Vars};
use shared::store::{Alert, AlertSource, StoreError};
use tokio::sync::OnceCell;

use crate::alarm_change::AlarmChange;
use crate::config::Config;
use crate::handler::{App, handle};
use crate::stack_event::{AnswerError, act, answer};
use crate::summary::Summary;
use crate::trigger::{self, BadEvent, Trigger};

/// Why an invocation failed; the platform counts it.
#[derive(Debug, thiserror::Error)]
pub enum InvocationError {
    /// The function could not start.
    #[error(transparent)]
    Config(#[from] ConfigError),
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

/// What a run needs, read until it could be: a secret may be away for a while.
///
/// # Errors
/// When a variable is missing or wrong, or a secret cannot be read.
pub async fn started<'a>(app: &'a OnceCell<App>, vars: &Vars<'_>) -> Result<&'a App, ConfigError> {
    app.get_or_try_init(|| async { Ok(App::new(Config::from_vars(vars).await?)) }).await
}

/// Does what the event asks for. Answers with what a run did, and with nothing else. The stack's events
/// need no more than some variables, and are answered by a function that cannot run.
///
/// # Errors
/// When it could not be done. CloudFormation is told itself.
pub async fn invoke(
    app: &OnceCell<App>,
    vars: &Vars<'_>,
    event: &Value,
) -> Result<Option<Summary>, InvocationError> {
    // Futures without their types, which the compiler would nest beyond its limit.
    match trigger::read(event)? {
        Trigger::Tick => Ok(Some(handle(started(app, vars).await?).boxed_local().await?)),
        Trigger::Alarms(changes) => {
            record(started(app, vars).await?, changes).boxed_local().await?;
            Ok(None)
        }
        Trigger::Stack(event) => {
            let done = act(vars, &event).boxed_local().await.map_err(|error| error.to_string());
            if let Err(reason) = &done {
                tracing::error!(request = ?event.request, reason, "the stack's event is refused");
            }
            answer(&event, done.as_ref().copied().map_err(String::as_str)).boxed_local().await?;
            Ok(None)
        }
    }
}

/// One that cannot be put keeps no other out. Lambda tries them all again, and those that are there stay as
/// they are.
async fn record(app: &App, changes: Vec<AlarmChange>) -> Result<(), StoreError> {
    let mut failure = None;
    for change in changes {
        let alert = alert(&change);
        tracing::info!(alarm = alert.subject, state = alert.state, "alarm changed");
        if let Err(error) = app.config.store.put_alert(&alert, app.config.retention).await {
            tracing::error!(alarm = alert.subject, %error, "alarm's change not recorded");
            failure.get_or_insert(error);
        }
    }
    failure.map_or(Ok(()), Err)
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
