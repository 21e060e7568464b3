//! An event of any known type, as new as if Stripe had just made it.

use std::path::PathBuf;

use jiff::Timestamp;

use super::fixtures::{event_types, recorded};
use super::{compose, refresh};

/// Why there is no sample.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// Nobody knows such a type.
    #[error("{name} is not a known type of event; the nearest are {}", .nearest.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
        /// Known types that look most like it.
        nearest: Vec<String>,
    },
    /// The recorded events are not there.
    #[error("{path} cannot be read: samples need the project's own folder")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// How many names an unknown one is answered with.
const NEAREST: usize = 3;

/// An event of a type, created now, with ids that no other has.
///
/// # Errors
/// When the type is unknown or the recorded events are not there.
pub fn sample(event_type: &str) -> Result<Vec<u8>, SampleError> {
    sample_at(event_type, Timestamp::now())
}

/// [`sample`] with a `created` of choice.
///
/// # Errors
/// As [`sample`].
pub fn sample_at(event_type: &str, created: Timestamp) -> Result<Vec<u8>, SampleError> {
    if let Some(text) = recorded(event_type)? {
        return Ok(refresh::refresh(&text, created).into_bytes());
    }
    let known = event_types()?;
    match known.iter().find(|known| known.name == event_type) {
        Some(event) => compose::compose(event, created).map(String::into_bytes),
        None => {
            let names = known.into_iter().map(|known| known.name);
            Err(SampleError::Unknown {
                name: event_type.to_owned(),
                nearest: nearest(event_type, names),
            })
        }
    }
}

fn nearest(name: &str, known: impl Iterator<Item = String>) -> Vec<String> {
    let mut ranked: Vec<_> =
        known.map(|known| (strsim::damerau_levenshtein(name, &known), known)).collect();
    ranked.sort();
    ranked.into_iter().take(NEAREST).map(|(_, known)| known).collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::Value;

    use super::{sample, sample_at};
    use crate::stripe::{Kind, event_types};

    #[test]
    fn every_known_type_has_a_sample_of_its_own() {
        let created: Timestamp = "2026-11-23T12:00:00.5Z".parse().unwrap();
        let mut ids = std::collections::BTreeSet::new();
        let types = event_types().unwrap();
        assert!(types.len() > 600, "{}", types.len());
        for known in types {
            let name = &known.name;
            let event: Value = serde_json::from_slice(&sample_at(name, created).unwrap()).unwrap();
            assert_eq!(event["type"], name.as_str());
            let id = event["id"].as_str().unwrap();
            assert!(id.starts_with("evt_1") && id.len() == 28, "{name}: {id}");
            assert!(ids.insert(id.to_owned()), "{name}");
            match known.kind {
                Kind::Thin => {
                    assert_eq!(event["object"], "v2.core.event", "{name}");
                    assert_eq!(event["created"], "2026-11-23T12:00:00.500Z", "{name}");
                }
                Kind::Snapshot => {
                    assert_eq!(event["object"], "event", "{name}");
                    assert_eq!(event["created"], created.as_second(), "{name}");
                    assert!(event["data"]["object"]["object"].is_string(), "{name}");
                }
            }
        }
    }

    #[test]
    fn two_samples_of_a_type_are_two_events() {
        for name in ["charge.succeeded", "charge.expired", "v1.charge.succeeded", "coupon.created"]
        {
            let one: Value = serde_json::from_slice(&sample(name).unwrap()).unwrap();
            let other: Value = serde_json::from_slice(&sample(name).unwrap()).unwrap();
            assert_ne!(one["id"], other["id"], "{name}");
        }
    }

    #[test]
    fn an_unknown_type_is_answered_with_the_nearest() {
        let error = sample("charge.succeded").unwrap_err().to_string();
        assert!(error.contains("charge.succeeded"), "{error}");
        assert!(sample("../stripe_event_types").is_err());
    }
}
