//! Whose the events are that an issue hits. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::IgnoredAny;
use shared::health::{BlastRadius, Most, Waiting};
use shared::log::{Entity, EventId, LogEntry};
use shared::store::StoredDelivery;

/// Ids that are told.
const SAMPLES: usize = 5;
/// Types that are told.
const TYPES: usize = 20;
/// Longest id of a customer that is told.
const LONGEST: usize = 255;

/// An entry, or an event, that shows an issue.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighting {
    /// The event.
    pub event_id: EventId,
    event_type: Option<String>,
    whose: Whose,
}

/// Whose an event is: by its first delivery, or by what its application said.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Whose {
    customer: Option<String>,
    account: Option<String>,
    entity: Option<Entity>,
}

impl Sighting {
    /// Of an entry; `None` where it is about no event.
    pub fn of(entry: &LogEntry) -> Option<Self> {
        let (event_id, event_type, entity, account) = match entry {
            LogEntry::Delivery(delivery) => {
                let event = &delivery.event;
                let event_type = event.event_type.clone();
                (&delivery.event_id, event_type, &event.entity, &event.account)
            }
            LogEntry::Outcome(outcome) => {
                let event_type = Some(outcome.event_type.clone());
                (&outcome.event_id, event_type, &outcome.entity, &outcome.account)
            }
            LogEntry::Rejection(_) => return None,
        };
        let whose = Whose::new(None, account.clone(), entity.clone());
        Some(Self { event_id: event_id.clone(), event_type, whose })
    }

    /// Of an event that nobody has processed.
    pub fn waiting(waiting: &Waiting) -> Option<Self> {
        let event_id = EventId::parse(&waiting.event_id)?;
        let event_type = Some(waiting.event_type.clone());
        Some(Self { event_id, event_type, whose: Whose::default() })
    }
}

impl Whose {
    fn new(customer: Option<String>, account: Option<String>, entity: Option<Entity>) -> Self {
        let is_customer = |entity: &&Entity| entity.entity_type == "customer";
        let itself = entity.as_ref().filter(is_customer).and_then(|entity| entity.id.clone());
        Self { customer: customer.or(itself), account, entity }
    }

    /// By the first delivery, and what is kept of its payload.
    pub fn of(stored: &StoredDelivery) -> Self {
        let customer = stored.body().and_then(|body| customer(&body));
        let event = &stored.delivery.event;
        Self::new(customer, event.account.clone(), event.entity.clone())
    }

    /// What is not said here, as the delivery has it.
    fn or(self, delivered: Option<&Self>) -> Self {
        let Some(delivered) = delivered.cloned() else { return self };
        Self {
            customer: self.customer.or(delivered.customer),
            account: self.account.or(delivered.account),
            entity: self.entity.or(delivered.entity),
        }
    }
}

/// Whom an issue hits that was seen there, the newest first, of which `looked_up` is known whose they are, as far
/// as it is.
pub fn radius(
    sightings: &[Sighting],
    looked_up: &[EventId],
    known: &BTreeMap<EventId, Whose>,
) -> BlastRadius {
    let (mut entities, mut accounts) = (BTreeSet::new(), BTreeSet::new());
    let (mut event_types, mut sample_events) = (BTreeSet::new(), Vec::new());
    let mut sample: BTreeMap<&EventId, Whose> = BTreeMap::new();
    for Sighting { event_id, event_type, whose } in sightings {
        let whose = whose.clone().or(known.get(event_id));
        entities.extend(whose.entity.clone().map(|entity| (entity.entity_type, entity.id)));
        accounts.extend(whose.account.clone());
        event_types.extend(event_type.clone());
        if sample_events.len() < SAMPLES && !sample_events.contains(&event_id.to_string()) {
            sample_events.push(event_id.to_string());
        }
        if looked_up.contains(event_id) {
            let all = sample.remove(event_id).unwrap_or_default().or(Some(&whose));
            sample.insert(event_id, all);
        }
    }
    let of = |told: fn(&Whose) -> Option<&str>| counted(sample.values().filter_map(told));
    let customers = of(|whose| whose.customer.as_deref());
    let objects = of(|whose| whose.entity.as_ref().and_then(|entity| entity.id.as_deref()));
    let of_accounts = of(|whose| whose.account.as_deref());
    let most = |counts: &BTreeMap<&str, u64>| most(counts, sample.len() as u64);
    BlastRadius {
        entries: sightings.len() as u64,
        entities: entities.len() as u64,
        accounts: accounts.len() as u64,
        event_types: event_types.into_iter().take(TYPES).collect(),
        sample_events,
        looked_up: sample.len() as u64,
        customers: customers.len() as u64,
        customer: most(&customers),
        account: most(&of_accounts),
        object: most(&objects),
        ..BlastRadius::default()
    }
}

fn counted<'a>(ids: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, u64> {
    let mut counts = BTreeMap::new();
    ids.for_each(|id| *counts.entry(id).or_default() += 1);
    counts
}

/// What more than half of so many have in common.
fn most(counts: &BTreeMap<&str, u64>, of: u64) -> Option<Most> {
    let (id, events) = counts.iter().max_by_key(|(_, events)| **events)?;
    (events * 2 > of).then(|| Most { id: (*id).to_owned(), events: *events })
}

/// The customer of the object that an event is about, by what is kept of its body.
fn customer(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Body {
        data: Option<Data>,
    }
    #[derive(Deserialize)]
    struct Data {
        object: Option<Object>,
    }
    #[derive(Deserialize)]
    struct Object {
        customer: Option<Customer>,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Customer {
        Id(String),
        Whole { id: String },
        Odd(IgnoredAny),
    }
    let body: Body = serde_json::from_slice(body).ok()?;
    match body.data?.object?.customer? {
        Customer::Id(id) | Customer::Whole { id } => Some(id),
        Customer::Odd(_) => None,
    }
    .filter(|id| !id.is_empty() && id.len() <= LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: usize) -> EventId {
        EventId::parse(&format!("evt_{n}")).unwrap()
    }

    fn whose(customer: Option<&str>, account: Option<&str>, object: &str) -> Whose {
        let entity = Entity { entity_type: "invoice".to_owned(), id: Some(object.to_owned()) };
        let text = |text: &str| text.to_owned();
        Whose::new(customer.map(text), account.map(text), Some(entity))
    }

    /// What an outcome shows whose caller told no more than it had to.
    fn bare(n: usize) -> Sighting {
        let event_type = Some("invoice.paid".to_owned());
        Sighting { event_id: id(n), event_type, whose: Whose::default() }
    }

    fn told(most: &Option<Most>) -> Option<(&str, u64)> {
        most.as_ref().map(|most| (most.id.as_str(), most.events))
    }

    #[test]
    fn what_an_outcome_does_not_tell_its_delivery_does() {
        let sightings: Vec<Sighting> = (0..30).map(|n| bare(n / 2)).collect();
        let looked_up: Vec<EventId> = (0..10).map(id).collect();
        for (of_one, expected) in
            [(10, Some(("cus_1", 10))), (6, Some(("cus_1", 6))), (5, None), (0, None)]
        {
            let known = (0..10).map(|n| {
                let customer = if n < of_one { "cus_1".to_owned() } else { format!("cus_2{n}") };
                (id(n), whose(Some(&customer), Some("acct_1"), &format!("in_{n}")))
            });
            let radius = radius(&sightings, &looked_up, &known.collect());
            assert_eq!((radius.entries, radius.looked_up), (30, 10));
            assert_eq!((radius.entities, radius.accounts), (10, 1));
            assert_eq!(told(&radius.customer), expected);
            let others = 10 - of_one as u64;
            assert_eq!(radius.customers, others + u64::from(of_one > 0));
            assert_eq!(told(&radius.account), Some(("acct_1", 10)));
            assert_eq!(told(&radius.object), None);
            assert_eq!(radius.sample_events, ["evt_0", "evt_1", "evt_2", "evt_3", "evt_4"]);
        }
        // Of nothing that was delivered here.
        let strange = radius(&sightings, &looked_up, &BTreeMap::new());
        assert_eq!((strange.looked_up, strange.customers, strange.entities), (10, 0, 0));
        assert_eq!((strange.customer, strange.account), (None, None));
    }

    #[test]
    fn what_an_outcome_tells_itself_comes_first_and_an_event_counts_once() {
        let own = Sighting { whose: whose(None, Some("acct_own"), "in_own"), ..bare(0) };
        let known = BTreeMap::from([(id(0), whose(Some("cus_1"), Some("acct_1"), "in_0"))]);
        let radius = radius(&[own.clone(), own, bare(1)], &[id(0), id(1)], &known);
        assert_eq!((radius.looked_up, radius.entities, radius.accounts), (2, 1, 1));
        // Of two events one is no more than half.
        assert_eq!((radius.customer, radius.account, radius.object), (None, None, None));
        assert_eq!(radius.customers, 1);
    }

    #[test]
    fn an_event_about_a_customer_is_that_customers() {
        let entity = Entity { entity_type: "customer".to_owned(), id: Some("cus_1".to_owned()) };
        let known = BTreeMap::from([(id(0), Whose::new(None, None, Some(entity)))]);
        let radius = radius(&[bare(0)], &[id(0)], &known);
        assert_eq!(told(&radius.customer), Some(("cus_1", 1)));
    }

    #[test]
    fn the_customer_is_where_stripe_has_it_and_nowhere_else() {
        let long = format!(r#"{{"data":{{"object":{{"customer":"{}"}}}}}}"#, "c".repeat(256));
        for (body, expected) in [
            (r#"{"id":"evt_1","data":{"object":{"id":"in_1","customer":"cus_1"}}}"#, Some("cus_1")),
            (
                r#"{"data":{"object":{"customer":{"id":"cus_2","object":"customer"}}}}"#,
                Some("cus_2"),
            ),
            (r#"{"data":{"object":{"customer":null}}}"#, None),
            (r#"{"data":{"object":{"customer":""}}}"#, None),
            (r#"{"data":{"object":{"customer":7}}}"#, None),
            (r#"{"data":{"object":{"lines":{"customer":"cus_1"}}}}"#, None),
            (r#"{"customer":"cus_1","data":null}"#, None),
            (r#"{"data":"cus_1"}"#, None),
            ("[1]", None),
            ("{", None),
            (&long, None),
        ] {
            assert_eq!(customer(body.as_bytes()).as_deref(), expected, "{body}");
        }
    }
}
