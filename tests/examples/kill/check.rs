//! What must hold of an event that was answered 200: the log has it, whole, with one first delivery.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use serde_json::Value;

use crate::Result;
use crate::ops_api::OpsApi;
use crate::stripe::Event;

/// What is wrong with an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It was answered 200 and is not there.
    Lost(String),
    /// Anything else, in words.
    Fault(String),
}

/// Looks each event up by its id.
pub async fn events(ops_api: &OpsApi, events: &[Event]) -> Result<Vec<Problem>> {
    let answers = stream::iter(events).map(|event| async move {
        if !event.acknowledged {
            let Event { id, sent, .. } = event;
            return Ok(Some(Problem::Fault(format!("{id} was sent {sent} times in vain"))));
        }
        Ok(problem(event, ops_api.event(&event.id).await?.as_ref()))
    });
    let answers: Vec<Result<Option<Problem>>> = answers.buffer_unordered(8).collect().await;
    answers.into_iter().filter_map(Result::transpose).collect()
}

fn problem(event: &Event, shown: Option<&Value>) -> Option<Problem> {
    let id = event.id.clone();
    let Some(shown) = shown else { return Some(Problem::Lost(id)) };
    let deliveries = shown["deliveries"].as_array().map(Vec::as_slice).unwrap_or_default();
    let first = deliveries.iter().filter(|delivery| delivery["status"] == "received").count();
    let body = shown["payload"]["body"].as_str().unwrap_or_default().as_bytes();
    let sent = usize::try_from(event.sent).unwrap_or(usize::MAX);
    let fault = match () {
        () if first != 1 => format!("{id} has {first} first deliveries"),
        () if shown["processing_status"] != "received" => {
            format!("{id} is {}", shown["processing_status"])
        }
        () if deliveries.len() > sent => {
            format!("{id} was sent {sent} times and logged {}", deliveries.len())
        }
        () if body != event.body => format!("the body of {id} is not the one that was sent"),
        () => return None,
    };
    Some(Problem::Fault(fault))
}

/// Pages through the list of everything, which must show each event's first delivery once.
pub async fn list(ops_api: &OpsApi, events: &[Event], since: Timestamp) -> Result<Vec<Problem>> {
    let mut listed = BTreeMap::<String, usize>::new();
    for entry in ops_api.list(since).await? {
        if entry["status"] == "received" {
            let id = entry["event_id"].as_str().unwrap_or_default();
            *listed.entry(id.to_owned()).or_default() += 1;
        }
    }
    let mut problems = Vec::new();
    for event in events.iter().filter(|event| event.acknowledged) {
        match listed.remove(&event.id) {
            Some(1) => {}
            None => problems.push(Problem::Lost(event.id.clone())),
            Some(n) => problems.push(Problem::Fault(format!("{} is listed {n} times", event.id))),
        }
    }
    let strangers = listed.into_keys().map(|id| Problem::Fault(format!("nobody sent {id}")));
    problems.extend(strangers);
    Ok(problems)
}
