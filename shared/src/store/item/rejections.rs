//! Rejections <-> item: the whole map of one instance's minute.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::{EXPIRES_AT, Item, LEAN, epoch_seconds, key, lean, place, text};
use crate::log::{Rejection, Rejections};
use crate::store::{StoreError, keys};

/// Sum of the counts, which a put compares: the map only grows.
const TOTAL: &str = "n";

/// What an instance can count of a minute, and of those that it carries over, is far below. Those of many items
/// are added up, so one that claims more is damaged.
const MOST_COUNTED: u128 = 1 << 32;

#[derive(Serialize, Deserialize)]
struct Count {
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    source_ip: Option<String>,
    #[serde(rename = "c")]
    cause: String,
    #[serde(rename = "g", default, skip_serializing_if = "std::ops::Not::not")]
    refused_genuine: bool,
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    diagnosis: Option<String>,
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    skew_seconds: Option<i64>,
    #[serde(rename = "n")]
    count: u64,
}

/// The item, in a day's partition, of what one instance refused in one minute, kept for `days`.
pub fn rejections_item(pk: String, rejections: &Rejections, days: u32) -> Result<Item, StoreError> {
    let sk = keys::rejections_sk(rejections.minute, &rejections.instance);
    let counts: Vec<Count> = rejections
        .counts
        .iter()
        .map(|rejection| Count {
            source_ip: rejection.source_ip.clone(),
            cause: rejection.cause.as_str().to_owned(),
            refused_genuine: rejection.refused_genuine,
            diagnosis: rejection.diagnosis.map(|diagnosis| diagnosis.as_str().to_owned()),
            skew_seconds: rejection.skew_seconds,
            count: rejection.count,
        })
        .collect();
    let counts = serde_dynamo::to_attribute_value(counts)
        .map_err(|_| StoreError::corrupt(&format!("{pk}/{sk}"), LEAN))?;
    Ok(Item::from([
        (keys::PK.to_owned(), text(pk)),
        (keys::SK.to_owned(), text(sk)),
        (EXPIRES_AT.to_owned(), epoch_seconds(rejections.minute, days)),
        (LEAN.to_owned(), counts),
        (TOTAL.to_owned(), AttributeValue::N(rejections.total().to_string())),
    ]))
}

/// The rejections in an item.
pub fn rejections_of(item: &Item) -> Result<Rejections, StoreError> {
    let corrupt = |attribute| StoreError::corrupt(&place(item), attribute);
    let (minute, instance) = keys::rejections_of(key(item, keys::PK)?, key(item, keys::SK)?)
        .ok_or_else(|| corrupt(keys::SK))?;
    let counts = lean::<Vec<Count>>(item, item.get(LEAN).cloned())?;
    if counts.iter().map(|count| u128::from(count.count)).sum::<u128>() > MOST_COUNTED {
        return Err(corrupt("e.n"));
    }
    let counts = counts
        .into_iter()
        .map(|count| {
            Ok(Rejection {
                minute,
                instance: instance.clone(),
                source_ip: count.source_ip,
                cause: count.cause.parse().map_err(|()| corrupt("e.c"))?,
                refused_genuine: count.refused_genuine,
                // A newer version's is none of ours: the cause says enough.
                diagnosis: count.diagnosis.and_then(|name| name.parse().ok()),
                skew_seconds: count.skew_seconds,
                count: count.count,
            })
        })
        .collect::<Result<_, StoreError>>()?;
    Ok(Rejections { minute, instance, counts })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::log::{Cause, Diagnosis};

    #[test]
    fn reads_back() {
        let minute = "2026-11-23T14:58:00Z".parse().unwrap();
        let rejection = |source_ip: Option<&str>, refused_genuine| Rejection {
            minute,
            instance: "a1".into(),
            source_ip: source_ip.map(str::to_owned),
            cause: Cause::SignatureMismatch,
            refused_genuine,
            diagnosis: refused_genuine.then_some(Diagnosis::BodyTrimmed),
            skew_seconds: refused_genuine.then_some(-301),
            count: 7,
        };
        let counts = vec![rejection(Some("3.18.12.63"), true), rejection(None, false)];
        let rejections = Rejections { minute, instance: "a1".into(), counts };
        let pk = keys::rejections_pk(keys::day_of(minute));
        let item = rejections_item(pk, &rejections, 366).unwrap();
        assert_eq!(rejections_of(&item).unwrap(), rejections);
    }

    #[test]
    fn counts_that_cannot_be_added_up_are_damage() {
        let item = |counts: &[u64]| -> Item {
            let counts: Vec<_> =
                counts.iter().map(|n| json!({"c": "token_wrong", "n": n})).collect();
            let item = json!({"pk": "AUTHENTICATION#2026-11-23", "sk": "14:58#a1", "e": counts});
            serde_dynamo::to_item(item).unwrap()
        };
        let most = 1 << 32;
        assert_eq!(rejections_of(&item(&[most - 1, 1])).unwrap().total(), most);
        for counts in [&[most, 1][..], &[u64::MAX], &[u64::MAX, u64::MAX]] {
            let error = rejections_of(&item(counts)).unwrap_err();
            assert!(error.to_string().contains("e.n"), "{error}");
        }
    }
}
