//! A delivery: one genuine request from Stripe, stored.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::class::named;
use super::{Category, EventId, Level};

/// One delivery of an event as the receiver saw it. Times are our clock's unless said.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// The event's id, or its quarantine id.
    pub event_id: EventId,
    /// When the request reached the function; also when it was logged.
    pub received_at: Timestamp,
    /// First of its event, or a repetition.
    pub verdict: Verdict,
    /// What the event says about itself.
    pub event: EventFacts,
    /// Why it could not be understood, if so.
    pub quarantine: Option<Quarantine>,
    /// Who brought it.
    pub request: RequestFacts,
    /// How it proved to be genuine.
    pub signature: SignatureFacts,
    /// Size of the body as sent.
    pub body_bytes: u64,
    /// From the top of the handler to just before the put: what the guide calls processing time.
    pub verify_time: Duration,
    /// What the previous put of the same function instance took; the put of this one is not over
    /// when it is written.
    pub previous_store_time: Option<Duration>,
}

/// What a tolerant reading of the body found. Nothing here is required.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EventFacts {
    /// Stripe's event type; an open set. `None` only in quarantine.
    pub event_type: Option<String>,
    /// When Stripe created the event (its clock).
    pub created: Option<Timestamp>,
    /// Live or test mode.
    pub livemode: Option<bool>,
    /// API version that the event was rendered in.
    pub api_version: Option<String>,
    /// The connected account, on Connect endpoints.
    pub account: Option<String>,
    /// The organisation context, on organisation destinations.
    pub context: Option<String>,
    /// The object that the event is about.
    pub entity: Option<Entity>,
    /// Id of the API request that caused the event (`req_...`); `None` for automatic events.
    pub stripe_request_id: Option<String>,
    /// Idempotency key of that request: what ties the event to the caller's own call.
    pub idempotency_key: Option<String>,
    /// Hashes of the people in it.
    pub people: Vec<String>,
    /// Snapshot or thin.
    pub shape: Shape,
}

/// The Stripe object that an event is about: `data.object`, or a thin event's `related_object`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Entity {
    /// Its `object` member, `charge` say. Not derived from the event type: `charge.dispute.created`
    /// is about a `dispute`.
    pub entity_type: String,
    /// Its id; some objects have none.
    pub id: Option<String>,
}

/// Who brought a delivery.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RequestFacts {
    /// The gateway's id of the request, else Lambda's: unique to one invocation.
    pub request_id: String,
    /// Address of the peer at the gateway.
    pub source_ip: Option<String>,
    /// `User-Agent` as sent.
    pub user_agent: Option<String>,
    /// What is odd about them.
    pub remarks: Remarks,
}

/// What is odd about where a genuine delivery came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Remarks {
    /// Stripe does not publish the address.
    pub unlisted_source: bool,
    /// The user agent is not Stripe's.
    pub odd_user_agent: bool,
    /// Operators deny the address.
    pub denied_source: bool,
}

impl Remarks {
    /// Their names.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let all = [
            (self.unlisted_source, "unlisted_source"),
            (self.odd_user_agent, "odd_user_agent"),
            (self.denied_source, "denied_source"),
        ];
        all.into_iter().filter_map(|(is_so, name)| is_so.then_some(name))
    }
}

/// How a delivery proved to be genuine.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SignatureFacts {
    /// Name of the signing secret that matched.
    pub secret_name: String,
    /// Signature's time minus ours, in seconds: clock difference and travel.
    pub skew_seconds: i64,
}

named! {
    /// Whether a delivery was the first of its event.
    Verdict {
        /// First delivery: stored with its payload.
        Accepted = "accepted",
        /// Stripe delivered it before, to the same endpoint.
        Duplicate = "duplicate",
        /// It came in before under another endpoint's secret.
        OtherEndpoint = "other_endpoint",
    }
}

named! {
    /// Form of the event object.
    #[derive(Default)]
    Shape {
        /// v1 event with the full object.
        #[default]
        Snapshot = "snapshot",
        /// v2 notification with a reference to it.
        Thin = "thin",
    }
}

named! {
    /// Why a genuine event could not be understood. It is stored and answered 200 all the same.
    Quarantine {
        /// The body is not JSON, or only part of it is.
        InvalidJson = "invalid_json",
        /// JSON, but not an object.
        NotAnObject = "not_an_object",
        /// No `id` that can be a key.
        UnusableId = "unusable_id",
        /// No usable `type`.
        UnusableType = "unusable_type",
    }
}

impl Delivery {
    /// A first delivery later than this after `created` means that an earlier one failed.
    pub const LATE_AFTER: SignedDuration = SignedDuration::from_secs(60);

    /// From `created` to `received_at`; negative when the clocks disagree.
    pub fn lag(&self) -> Option<SignedDuration> {
        self.event.created.map(|created| self.received_at.duration_since(created))
    }

    /// Whether this first delivery came so late that an earlier one must have failed.
    pub fn is_late(&self) -> bool {
        self.verdict == Verdict::Accepted && self.lag().is_some_and(|lag| lag > Self::LATE_AFTER)
    }

    /// The design's rule for entries whose writer gives no level.
    pub fn level(&self) -> Level {
        if self.quarantine.is_some() { Level::Warning } else { Level::Info }
    }

    /// The design's rule for entries whose writer gives no category: the account itself, pings and
    /// what is not understood are the system's, the rest is business.
    pub fn category(&self) -> Category {
        match (&self.quarantine, self.event.event_type.as_deref()) {
            (None, Some(event_type)) => Category::of_event_type(event_type),
            _ => Category::System,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(event_type: &str, created: i64, received: i64) -> Delivery {
        Delivery {
            event_id: EventId::parse("evt_1").unwrap(),
            received_at: Timestamp::from_second(received).unwrap(),
            verdict: Verdict::Accepted,
            event: EventFacts {
                event_type: Some(event_type.to_owned()),
                created: Some(Timestamp::from_second(created).unwrap()),
                ..EventFacts::default()
            },
            quarantine: None,
            request: RequestFacts::default(),
            signature: SignatureFacts::default(),
            body_bytes: 0,
            verify_time: Duration::ZERO,
            previous_store_time: None,
        }
    }

    #[test]
    fn late_is_more_than_a_minute_and_only_of_first_deliveries() {
        assert!(!delivery("charge.failed", 0, 60).is_late());
        assert!(delivery("charge.failed", 0, 61).is_late());
        assert!(!delivery("charge.failed", 100, 0).is_late());
        let repeated = Delivery { verdict: Verdict::Duplicate, ..delivery("charge.failed", 0, 61) };
        assert!(!repeated.is_late());
    }

    #[test]
    fn classes_follow_the_rule() {
        let class = |d: &Delivery| (d.level(), d.category());
        assert_eq!(class(&delivery("charge.failed", 0, 0)), (Level::Info, Category::Business));
        assert_eq!(class(&delivery("account.updated", 0, 0)), (Level::Info, Category::System));
        let ping = delivery("v2.core.event_destination.ping", 0, 0);
        assert_eq!(class(&ping), (Level::Info, Category::System));
        let odd = Delivery { quarantine: Some(Quarantine::UnusableType), ..delivery("x", 0, 0) };
        assert_eq!(class(&odd), (Level::Warning, Category::System));
    }
}
