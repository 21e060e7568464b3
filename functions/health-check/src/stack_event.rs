//! Events of the stack's custom resource, which stands for the alarms that the health check keeps: they
//! are deleted with the stack, and settings that no function could start with, or that contradict each other, stop a
//! deployment. `read` and
//! `StackEvent::check` are pure, `act` and `answer` act.
//!
//! CloudFormation waits for the answer, a PUT to a URL that it has signed for it. So an event needs of
//! the function's variables what it cannot do without: one that cannot run answers too.

mod act;
mod answer;

use serde_json::Value;
use shared::config::{ConfigError, Networks, Vars};
use shared::health::Thresholds;
use shared::store::EntityIndex;

use crate::trigger::BadEvent;

pub use act::act;
pub use answer::{AnswerError, answer};

/// Longest text of an event that is given back (a physical id's limit).
const LONGEST: usize = 1_024;
/// The resource's id, which never changes: another would make CloudFormation delete what it stood for.
const PHYSICAL_ID: &str = "alarms";
/// The id of one that was refused: CloudFormation deletes it, and nothing is there.
const REFUSED: &str = "refused";

/// What CloudFormation does to the resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// It is made; the next run makes the alarms.
    Create,
    /// Thresholds of the deployment change; the next run changes the alarms.
    Update,
    /// It is deleted, and the alarms with it.
    Delete,
}

/// An event of the custom resource.
#[derive(Clone, PartialEq, Eq)]
pub struct StackEvent {
    /// What is done to the resource.
    pub request: Request,
    /// Where the answer goes. Whoever has it may answer, so it is never shown.
    response_url: String,
    stack_id: String,
    request_id: String,
    logical_id: String,
    physical_id: String,
    /// Settings of the deployment, by the names of the variables that the functions are given.
    settings: Value,
}

impl StackEvent {
    /// Whether the deployment's settings can be as they are asked for. They are the event's, not the
    /// function's: when a change is taken back, the function may still have what was refused.
    ///
    /// # Errors
    /// When one cannot be read or contradicts another, by name. Whatever is deleted is fine.
    pub fn check(&self) -> Result<(), ConfigError> {
        match self.request {
            Request::Create | Request::Update => {
                let lookup = |name: &str| self.settings.get(name)?.as_str().map(str::to_owned);
                let vars = Vars::new(&lookup);
                for name in ["WEBHOOK_STRIPE_ADDRESSES", "WEBHOOK_DENY_ADDRESSES"] {
                    Networks::from_vars(&vars, name, "")?;
                }
                EntityIndex::from_vars(&vars)?;
                Thresholds::from_vars(&vars).map(drop)
            }
            Request::Delete => Ok(()),
        }
    }

    /// Whether there may be alarms.
    fn was_made(&self) -> bool {
        self.physical_id != REFUSED
    }
}

impl std::fmt::Debug for StackEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { request, stack_id, request_id, .. } = self;
        f.debug_struct("StackEvent")
            .field("request", request)
            .field("stack_id", stack_id)
            .field("request_id", request_id)
            .finish_non_exhaustive()
    }
}

/// Reads an event; `None` where it does not look like one.
///
/// # Errors
/// When it does, and cannot be read.
pub fn read(event: &Value) -> Result<Option<StackEvent>, BadEvent> {
    if event.get("ResponseURL").is_none() {
        return Ok(None);
    }
    let text = |member| {
        let text = event.get(member).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.map(str::to_owned)
    };
    let short =
        |member| text(member).filter(|text| text.chars().count() <= LONGEST).ok_or(bad(member));
    let request = match text("RequestType").as_deref() {
        Some("Create") => Request::Create,
        Some("Update") => Request::Update,
        Some("Delete") => Request::Delete,
        _ => return Err(bad("RequestType")),
    };
    let is_url = |url: &String| url.starts_with("https://") || url.starts_with("http://");
    Ok(Some(StackEvent {
        request,
        response_url: text("ResponseURL").filter(is_url).ok_or(bad("ResponseURL"))?,
        stack_id: short("StackId")?,
        request_id: short("RequestId")?,
        logical_id: short("LogicalResourceId")?,
        physical_id: match request {
            Request::Create => PHYSICAL_ID.to_owned(),
            Request::Update | Request::Delete => short("PhysicalResourceId")?,
        },
        settings: event.pointer("/ResourceProperties/Settings").cloned().unwrap_or_default(),
    }))
}

fn bad(member: &'static str) -> BadEvent {
    BadEvent { of: "the stack", member }
}

#[cfg(test)]
mod tests;
