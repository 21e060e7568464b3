//! Tags of alarms.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Refused, missing};
use crate::cloudwatch::alarm::{Tag, name_of};
use crate::cloudwatch::state::State;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Resource {
    #[serde(rename = "ResourceARN")]
    arn: String,
    #[serde(rename = "Tags", default)]
    tags: Vec<Tag>,
}

pub(super) fn tags_of(state: &State, resource: &Resource) -> Result<Value, Refused> {
    let name = name_of(&resource.arn);
    let alarm = state.alarm(name).ok_or_else(|| missing(name))?;
    let tags = alarm.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value}));
    Ok(json!({"Tags": tags.collect::<Vec<_>>()}))
}

pub(super) fn tag(state: &mut State, resource: Resource) -> Result<Value, Refused> {
    let name = name_of(&resource.arn).to_owned();
    state.alarm(&name).ok_or_else(|| missing(&name))?;
    state.tag(&name, resource.tags);
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Untagged {
    #[serde(rename = "ResourceARN")]
    arn: String,
    #[serde(rename = "TagKeys")]
    keys: Vec<String>,
}

pub(super) fn untag(state: &mut State, untagged: &Untagged) -> Result<Value, Refused> {
    let name = name_of(&untagged.arn).to_owned();
    state.alarm(&name).ok_or_else(|| missing(&name))?;
    state.untag(&name, &untagged.keys);
    Ok(json!({}))
}
