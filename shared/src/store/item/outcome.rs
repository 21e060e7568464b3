//! Outcome <-> item. Time and ids are in the keys and not repeated; names that deliveries have too mean
//! the same.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Item, LEAN, entry_item, key, lean, place, text};
use crate::log::{Category, Entity, Failure, Level, Outcome, OutcomeParticulars, ProcessingResult};
use crate::store::{StoreError, keys};

/// What the entry says, by hash.
const CONTENT_HASH: &str = "h";
/// The caller's metadata, JSON.
const METADATA: &str = "md";
/// Further members of the error's details, JSON.
const DETAILS: &str = "dt";
/// The error message, where the lean one is only its beginning.
const MESSAGE: &str = "mm";

/// The lean fields that numbers are made of.
pub const COUNTED: &[&str] = &["t", "l", "v", "a", "o", "at", "pt", "ra", "lv", "ct", "f"];

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct Lean {
    #[serde(rename = "t")]
    event_type: String,
    #[serde(rename = "l", skip_serializing_if = "Option::is_none")]
    livemode: Option<bool>,
    #[serde(rename = "v", skip_serializing_if = "Option::is_none")]
    api_version: Option<String>,
    #[serde(rename = "a", skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(rename = "o", skip_serializing_if = "Option::is_none")]
    entity_type: Option<String>,
    #[serde(rename = "i", skip_serializing_if = "Option::is_none")]
    entity_id: Option<String>,
    #[serde(rename = "ip", skip_serializing_if = "Option::is_none")]
    source_ip: Option<String>,
    #[serde(rename = "ua", skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    /// When processing ended, in microseconds since 1970.
    #[serde(rename = "at")]
    ended_micros: i64,
    #[serde(rename = "pt")]
    processing_micros: u64,
    #[serde(rename = "ra", skip_serializing_if = "is_zero")]
    retry_attempts: u32,
    /// Left out: INFO.
    #[serde(rename = "lv", skip_serializing_if = "Option::is_none")]
    level: Option<String>,
    /// Left out: business.
    #[serde(rename = "ct", skip_serializing_if = "Option::is_none")]
    category: Option<String>,
    #[serde(rename = "si", skip_serializing_if = "Option::is_none")]
    session_id: Option<String>,
    #[serde(rename = "ci", skip_serializing_if = "Option::is_none")]
    correlation_id: Option<String>,
    #[serde(rename = "f", skip_serializing_if = "Option::is_none")]
    failure: Option<LeanFailure>,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct LeanFailure {
    #[serde(rename = "m", skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(rename = "t", skip_serializing_if = "Option::is_none")]
    error_type: Option<String>,
    #[serde(rename = "c", skip_serializing_if = "Option::is_none")]
    error_code: Option<String>,
    #[serde(rename = "l", skip_serializing_if = "std::ops::Not::not")]
    is_last_attempt: bool,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl From<&Outcome> for Lean {
    fn from(outcome: &Outcome) -> Self {
        let entity = outcome.entity.as_ref();
        Self {
            event_type: outcome.event_type.clone(),
            livemode: outcome.livemode,
            api_version: outcome.api_version.clone(),
            account: outcome.account.clone(),
            entity_type: entity.map(|entity| entity.entity_type.clone()),
            entity_id: entity.and_then(|entity| entity.id.clone()),
            source_ip: outcome.source_ip.clone(),
            user_agent: outcome.user_agent.clone(),
            ended_micros: outcome.ended_at.as_microsecond(),
            processing_micros: u64::try_from(outcome.processing_time.as_micros())
                .unwrap_or(u64::MAX),
            retry_attempts: outcome.retry_attempts,
            level: Some(outcome.level.as_str().to_owned()).filter(|_| outcome.level != Level::Info),
            category: Some(outcome.category.as_str().to_owned())
                .filter(|_| outcome.category != Category::Business),
            session_id: outcome.session_id.clone(),
            correlation_id: outcome.correlation_id.clone(),
            failure: outcome.failure().map(|failure| LeanFailure {
                message: failure.message.clone(),
                error_type: failure.error_type.clone(),
                error_code: failure.error_code.clone(),
                is_last_attempt: failure.is_last_attempt,
            }),
        }
    }
}

/// The item of an outcome, kept for `days`. `content_hash` tells whether another call under the same
/// key says the same.
pub fn outcome_item(
    outcome: &Outcome,
    particulars: &OutcomeParticulars,
    content_hash: &[u8],
    indexed_by_entity: bool,
    days: u32,
) -> Result<Item, StoreError> {
    let key = (&outcome.event_id, keys::outcome_sk(&outcome.request_id));
    let entity = outcome.entity.as_ref().filter(|_| indexed_by_entity);
    let mut item = entry_item(key, outcome.logged_at, Lean::from(outcome), entity, days)?;
    item.insert(CONTENT_HASH.to_owned(), AttributeValue::B(content_hash.to_vec().into()));
    for (name, value) in [
        (METADATA, &particulars.metadata),
        (DETAILS, &particulars.error_details),
        (MESSAGE, &particulars.message),
    ] {
        if let Some(value) = value {
            item.insert(name.to_owned(), text(value.clone()));
        }
    }
    Ok(item)
}

/// Whether an item of the table or of an index holds an outcome.
pub fn is_outcome(item: &Item) -> bool {
    key(item, keys::SK).is_ok_and(|sk| keys::request_of_outcome(sk).is_some())
}

/// The outcome in an item of the table or of an index.
fn outcome_of(item: &Item) -> Result<Outcome, StoreError> {
    outcome_from(item, item.get(LEAN).cloned())
}

/// The same, where the lean fields were taken out of the item.
pub fn outcome_from(item: &Item, stored: Option<AttributeValue>) -> Result<Outcome, StoreError> {
    let corrupt = |attribute| StoreError::corrupt(&place(item), attribute);
    let lean: Lean = lean(item, stored)?;
    Ok(Outcome {
        event_id: keys::event_of(key(item, keys::PK)?).ok_or_else(|| corrupt(keys::PK))?,
        request_id: keys::request_of_outcome(key(item, keys::SK)?)
            .ok_or_else(|| corrupt(keys::SK))?
            .to_owned(),
        logged_at: keys::time_of(key(item, keys::LOG_SK)?).ok_or_else(|| corrupt(keys::LOG_SK))?,
        ended_at: Timestamp::from_microsecond(lean.ended_micros).map_err(|_| corrupt("e.at"))?,
        result: match lean.failure {
            None => ProcessingResult::Succeeded,
            Some(failure) => ProcessingResult::Failed(Failure {
                message: failure.message,
                error_type: failure.error_type,
                error_code: failure.error_code,
                is_last_attempt: failure.is_last_attempt,
            }),
        },
        processing_time: Duration::from_micros(lean.processing_micros),
        retry_attempts: lean.retry_attempts,
        event_type: lean.event_type,
        livemode: lean.livemode,
        api_version: lean.api_version,
        account: lean.account,
        entity: lean.entity_type.map(|entity_type| Entity { entity_type, id: lean.entity_id }),
        level: match lean.level {
            None => Level::Info,
            Some(level) => level.parse().map_err(|()| corrupt("e.lv"))?,
        },
        category: match lean.category {
            None => Category::Business,
            Some(category) => category.parse().map_err(|()| corrupt("e.ct"))?,
        },
        source_ip: lean.source_ip,
        user_agent: lean.user_agent,
        session_id: lean.session_id,
        correlation_id: lean.correlation_id,
    })
}

/// An outcome with all that its caller said.
pub fn outcome_and_particulars_of(
    item: &Item,
) -> Result<(Outcome, OutcomeParticulars), StoreError> {
    let text = |name: &str| Some(item.get(name)?.as_s().ok()?.clone());
    let particulars = OutcomeParticulars {
        message: text(MESSAGE),
        error_details: text(DETAILS),
        metadata: text(METADATA),
    };
    Ok((outcome_of(item)?, particulars))
}

/// Whether the stored item says the same as `ours`.
pub fn is_same_content(stored: &Item, ours: &Item) -> bool {
    stored.get(CONTENT_HASH) == ours.get(CONTENT_HASH)
}

/// Whether the stored item is `ours`: the SDK then repeated a put that had succeeded.
pub fn is_same_entry(stored: &Item, ours: &Item) -> bool {
    stored.get(keys::LOG_SK) == ours.get(keys::LOG_SK)
}

#[cfg(test)]
mod tests {
    use super::super::{assert_are_members, assert_counts_without_the_rest};
    use super::*;
    use crate::log::EventId;

    #[test]
    fn every_field_reads_back() {
        let full = Outcome {
            event_id: EventId::parse("evt_1").unwrap(),
            request_id: "job#7".into(),
            logged_at: "2026-11-23T14:58:00.123456Z".parse().unwrap(),
            ended_at: "-009999-01-02T01:59:59Z".parse().unwrap(),
            result: ProcessingResult::Failed(Failure {
                message: Some("no row".into()),
                error_type: Some("database_error".into()),
                error_code: Some("23505".into()),
                is_last_attempt: true,
            }),
            processing_time: Duration::from_micros(1_234_567),
            retry_attempts: 2,
            event_type: "charge.failed".into(),
            livemode: Some(false),
            api_version: Some("2026-10-28.endive".into()),
            account: Some("acct_1".into()),
            entity: Some(Entity { entity_type: "charge".into(), id: Some("ch_1".into()) }),
            level: Level::Critical,
            category: Category::Error,
            source_ip: Some("3.18.12.63".into()),
            user_agent: Some("worker/1".into()),
            session_id: Some("s".into()),
            correlation_id: Some("c".into()),
        };
        let minimal = Outcome {
            result: ProcessingResult::Succeeded,
            livemode: None,
            api_version: None,
            account: None,
            entity: None,
            level: Level::Info,
            category: Category::Business,
            source_ip: None,
            user_agent: None,
            session_id: None,
            correlation_id: None,
            ..full.clone()
        };
        let particulars = OutcomeParticulars {
            message: Some("m".into()),
            error_details: Some("{}".into()),
            metadata: Some(r#"{"a":1}"#.into()),
        };
        let item = outcome_item(&full, &particulars, b"h", true, 31).unwrap();
        assert_are_members(&item, COUNTED);
        for (outcome, particulars) in
            [(full, particulars), (minimal, OutcomeParticulars::default())]
        {
            let item = outcome_item(&outcome, &particulars, b"h", true, 31).unwrap();
            assert!(is_outcome(&item));
            let (read, rest) = outcome_and_particulars_of(&item).unwrap();
            assert_eq!(read, outcome);
            assert!(rest == particulars);
            assert_counts_without_the_rest(item, COUNTED);
        }
    }
}
