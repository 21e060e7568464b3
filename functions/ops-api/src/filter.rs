//! Which entries a listing shows.

use shared::log::{Category, Delivery, Entity, Level, LogEntry, Outcome, Rejection};
use shared::privacy::PrivacyKey;
use shared::store::Scope;

use crate::error::ApiError;
use crate::parameters::Parameters;
use crate::view;

/// The filters of a listing; every one given must hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    kind: Option<Kind>,
    event_type: Option<String>,
    level: Option<Level>,
    category: Option<Category>,
    success: Option<bool>,
    status: Option<String>,
    entity_type: Option<String>,
    entity_id: Option<String>,
    account: Option<String>,
    livemode: Option<bool>,
    source_ip: Option<String>,
    request_id: Option<String>,
    correlation_id: Option<String>,
    /// By hash.
    person: Option<String>,
}

impl Filter {
    /// The parameters that are filters.
    pub const NAMES: [&'static str; 14] = [
        "kind",
        "event_type",
        "level",
        "category",
        "success",
        "status",
        "entity_type",
        "entity_id",
        "account",
        "livemode",
        "source_ip",
        "request_id",
        "correlation_id",
        "person",
    ];

    /// Reads the filters; `key` is what people are hashed with.
    pub fn from_parameters(given: &Parameters, key: Option<&PrivacyKey>) -> Result<Self, ApiError> {
        const BOOLEAN: &str = "true or false";
        let text = |name| given.text(name).map(str::to_owned);
        let status = text("status");
        if status.as_deref().is_some_and(|status| !view::STATUSES.contains(&status)) {
            let expected =
                "received, duplicate, other_endpoint, quarantined, succeeded, failed or rejected";
            return Err(ApiError::InvalidParameter("status".to_owned(), expected));
        }
        let person = match (given.text("person"), key) {
            (None, _) => None,
            (Some(person), Some(key)) => Some(key.hash(person)),
            (Some(_), None) => {
                const UNSET: &str = "left out: WEBHOOK_PRIVACY_KEY is not set";
                return Err(ApiError::InvalidParameter("person".to_owned(), UNSET));
            }
        };
        Ok(Self {
            person,
            kind: given.value("kind", "delivery, outcome or rejection")?,
            event_type: text("event_type"),
            level: given.value("level", "DEBUG, INFO, WARNING, ERROR or CRITICAL")?,
            category: given
                .value("category", "security, performance, business, system or error")?,
            success: given.value("success", BOOLEAN)?,
            status,
            entity_type: text("entity_type"),
            entity_id: text("entity_id"),
            account: text("account"),
            livemode: given.value("livemode", BOOLEAN)?,
            source_ip: text("source_ip"),
            request_id: text("request_id"),
            correlation_id: text("correlation_id"),
        })
    }

    /// The object that the listing is about, when both halves of its name are given.
    pub fn entity(&self) -> Option<Entity> {
        let entity_type = self.entity_type.clone()?;
        Some(Entity { entity_type, id: Some(self.entity_id.clone()?) })
    }

    /// Where entries that match can be at all.
    pub fn scope<'a>(&self, entity: Option<&'a Entity>) -> Scope<'a> {
        let of_events = matches!(self.kind, Some(Kind::Delivery | Kind::Outcome))
            || self.event_type.is_some()
            || self.entity_type.is_some()
            || self.entity_id.is_some()
            || self.account.is_some()
            || self.livemode.is_some()
            || self.request_id.is_some()
            || self.correlation_id.is_some()
            || self.person.is_some();
        match entity {
            Some(entity) => Scope::Entity(entity),
            None if of_events => Scope::Events,
            None if self.only_rejections() => Scope::Rejections,
            None => Scope::Everything,
        }
    }

    /// Whether neither a delivery nor an outcome can match.
    fn only_rejections(&self) -> bool {
        self.status.as_deref() == Some(view::REJECTED) || self.kind == Some(Kind::Rejection)
    }

    /// Whether the entry is to be shown.
    pub fn keeps(&self, entry: &LogEntry) -> bool {
        let kind = match entry {
            LogEntry::Delivery(_) => Kind::Delivery,
            LogEntry::Outcome(_) => Kind::Outcome,
            LogEntry::Rejection(_) => Kind::Rejection,
        };
        self.kind.is_none_or(|wanted| wanted == kind)
            && match entry {
                LogEntry::Delivery(delivery) => self.keeps_delivery(delivery),
                LogEntry::Outcome(outcome) => self.keeps_outcome(outcome),
                LogEntry::Rejection(rejection) => self.keeps_rejection(rejection),
            }
    }

    fn keeps_delivery(&self, delivery: &Delivery) -> bool {
        let Delivery { event, request, .. } = delivery;
        let entity = event.entity.as_ref();
        let request_ids = [Some(request.request_id.as_str()), event.stripe_request_id.as_deref()];
        is(&self.event_type, event.event_type.as_deref())
            && self.is_classed(delivery.level(), delivery.category(), true)
            && is(&self.status, Some(view::delivery_status(delivery)))
            && is(&self.entity_type, entity.map(|entity| entity.entity_type.as_str()))
            && is(&self.entity_id, entity.and_then(|entity| entity.id.as_deref()))
            && is(&self.account, event.account.as_deref())
            && self.livemode.is_none_or(|wanted| event.livemode == Some(wanted))
            && is(&self.source_ip, request.source_ip.as_deref())
            && self.request_id.as_deref().is_none_or(|wanted| request_ids.contains(&Some(wanted)))
            && is(&self.correlation_id, event.idempotency_key.as_deref())
            && self.person.as_ref().is_none_or(|person| event.people.contains(person))
    }

    fn keeps_outcome(&self, outcome: &Outcome) -> bool {
        let entity = outcome.entity.as_ref();
        is(&self.event_type, Some(&outcome.event_type))
            && self.is_classed(outcome.level, outcome.category, outcome.failure().is_none())
            && is(&self.status, Some(view::outcome_status(outcome)))
            && is(&self.entity_type, entity.map(|entity| entity.entity_type.as_str()))
            && is(&self.entity_id, entity.and_then(|entity| entity.id.as_deref()))
            && is(&self.account, outcome.account.as_deref())
            && self.livemode.is_none_or(|wanted| outcome.livemode == Some(wanted))
            && is(&self.source_ip, outcome.source_ip.as_deref())
            && is(&self.request_id, Some(&outcome.request_id))
            && is(&self.correlation_id, outcome.correlation_id.as_deref())
            && self.person.is_none()
    }

    fn keeps_rejection(&self, rejection: &Rejection) -> bool {
        self.is_classed(Level::Warning, Category::Security, false)
            && is(&self.status, Some(view::REJECTED))
            && is(&self.source_ip, rejection.source_ip.as_deref())
    }

    fn is_classed(&self, level: Level, category: Category, success: bool) -> bool {
        self.level.is_none_or(|wanted| wanted == level)
            && self.category.is_none_or(|wanted| wanted == category)
            && self.success.is_none_or(|wanted| wanted == success)
    }
}

/// Kind of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Delivery,
    Outcome,
    Rejection,
}

impl std::str::FromStr for Kind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "delivery" => Ok(Self::Delivery),
            "outcome" => Ok(Self::Outcome),
            "rejection" => Ok(Self::Rejection),
            _ => Err(()),
        }
    }
}

/// Whether a value is the wanted one, where one is wanted.
fn is(wanted: &Option<String>, value: Option<&str>) -> bool {
    wanted.as_deref().is_none_or(|wanted| value == Some(wanted))
}
