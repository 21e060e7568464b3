//! Genuine deliveries from addresses that Stripe does not publish: each address is told to the health
//! check once an hour, which makes an issue of it. Only what Stripe signed comes here.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use shared::log::Delivery;
use shared::store::EventStore;

/// Addresses that are told of in an hour.
const MOST: usize = 16;
/// Time between two tellings of one address.
const PAUSE: SignedDuration = SignedDuration::from_hours(1);
/// What telling may take: the event is safe, and its answer does not wait long.
const LIMIT: Duration = Duration::from_millis(500);

/// Addresses that were told of, and when.
#[derive(Default)]
pub struct Unlisted(Mutex<BTreeMap<String, Timestamp>>);

impl Unlisted {
    /// Tells of a delivery's address, where it is unlisted and has not been told of in this hour.
    pub async fn remark(&self, delivery: &Delivery, store: &EventStore) {
        let Some(address) = delivery.request.source_ip.as_deref() else { return };
        let at = delivery.received_at;
        if !delivery.request.remarks.unlisted_source || !self.is_due(address, at) {
            return;
        }
        tracing::warn!(source_ip = address, "genuine, from an address that is not in the list");
        match tokio::time::timeout(LIMIT, store.put_unlisted_source(address, at)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "unlisted address not told"),
            Err(_) => tracing::warn!("unlisted address not told: no answer in time"),
        }
    }

    /// Whether an address is to be told of; if so, it has been.
    fn is_due(&self, address: &str, at: Timestamp) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|_, last| at.duration_since(*last) < PAUSE);
        let is_due = told.len() < MOST && !told.contains_key(address);
        if is_due {
            told.insert(address.to_owned(), at);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_of_once_an_hour_and_few_are() {
        let unlisted = Unlisted::default();
        let at = |seconds: i64| Timestamp::from_second(1_700_000_000 + seconds).unwrap();
        assert!(unlisted.is_due("203.0.113.7", at(0)));
        assert!(!unlisted.is_due("203.0.113.7", at(3_599)));
        assert!(unlisted.is_due("203.0.113.7", at(3_600)));
        let due = (0..100).filter(|n| unlisted.is_due(&format!("203.0.114.{n}"), at(3_600)));
        assert_eq!(due.count(), MOST - 1);
    }
}
