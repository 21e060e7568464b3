//! `GET /events/{id}`: whether an event came, and what became of it.

mod body;
mod timeline;

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, State};
use jiff::Timestamp;
use maud::{Markup, html};
use shared::log::{Delivery, EventId};
use shared::store::StoredEvent;

use super::events::{mode, pill};
use super::frame::Page;
use super::{link, text};
use crate::clock::Now;
use crate::config::Config;
use crate::error::ApiError;
use crate::event::processing::Processing;

/// Shows one event.
pub async fn show(
    State(config): State<Arc<Config>>,
    Extension(Now(now)): Extension<Now>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Page, ApiError> {
    let id = id.ok().and_then(|Path(id)| EventId::parse(&id)).ok_or(ApiError::EventNotFound)?;
    let event = config.store.load_event(&id, now).await?;
    if event.deliveries.is_empty() && event.outcomes.is_empty() {
        return Err(match event.unreadable {
            0 => ApiError::EventNotFound,
            _ => ApiError::Internal,
        });
    }
    let facts = Facts::of(&event);
    Ok(Page {
        title: id.to_string(),
        place: "/events",
        state: String::new(),
        refresh: None,
        now,
        content: html! {
            p { a href="/events" { "Events" } " / event" }
            (head(&id, &event, &facts, now))
            div.two {
                section.panel { h2 { "What happened" } (timeline::timeline(&event, now)) }
                div {
                    (particulars(&id, &facts, now))
                    (body::payload(&id, &event))
                }
            }
        },
    })
}

/// What is known of the event itself, from whoever told.
struct Facts<'a> {
    first: Option<&'a Delivery>,
    event_type: Option<&'a str>,
    livemode: Option<bool>,
    account: Option<&'a str>,
    entity: Option<&'a shared::log::Entity>,
    api_version: Option<&'a str>,
}

impl<'a> Facts<'a> {
    fn of(event: &'a StoredEvent) -> Self {
        let first = event.deliveries.first().map(|stored| &stored.delivery);
        let told = event.outcomes.first().map(|stored| &stored.outcome);
        let facts = first.map(|first| &first.event);
        Self {
            first,
            event_type: facts
                .and_then(|facts| facts.event_type.as_deref())
                .or(told.map(|told| told.event_type.as_str())),
            livemode: facts
                .and_then(|facts| facts.livemode)
                .or(told.and_then(|told| told.livemode)),
            account: facts
                .and_then(|facts| facts.account.as_deref())
                .or(told.and_then(|told| told.account.as_deref())),
            entity: facts
                .and_then(|facts| facts.entity.as_ref())
                .or(told.and_then(|told| told.entity.as_ref())),
            api_version: facts
                .and_then(|facts| facts.api_version.as_deref())
                .or(told.and_then(|told| told.api_version.as_deref())),
        }
    }
}

fn head(id: &EventId, event: &StoredEvent, facts: &Facts, now: Timestamp) -> Markup {
    let processing = Processing::of(facts.first, &event.outcomes);
    html! {
        section {
            h1 {
                @match facts.event_type { Some(name) => (text::foreign(name, 120)), None => "An event without a type" }
                " " (pill(processing.processing_status)) (mode(facts.livemode))
            }
            p.id { (text::foreign(id.as_str(), 255)) }
            p {
                @match facts.first {
                    Some(first) => { "Received " (text::when(first.received_at, now)) }
                    None => "It was never delivered here; an application told of it"
                }
                @match processing.processing_attempts {
                    0 => ", and nobody has told what became of it."
                    1 => ", processed in one attempt."
                    attempts => { ", " (attempts) " attempts." }
                }
            }
            @if let Some(message) = &processing.error_message {
                p.bad { (text::foreign(message, 600)) }
            }
            @if event.has_more { p.warnbox { "There are more than 500 entries; these are the first." } }
            @if event.unreadable > 0 { p.warnbox { (event.unreadable) " entries cannot be read, and are left out." } }
        }
    }
}

fn particulars(id: &EventId, facts: &Facts, now: Timestamp) -> Markup {
    let stripe = |id: &str| link::stripe(id, facts.livemode, facts.account);
    let linked = |id: &str, query: &str| {
        html! {
            a.id href=(link::ours("/events", [(query, id), ("time_range_hours", "168")])) { (text::foreign(id, 100)) }
            @if let Some(page) = stripe(id) { " " a.nowrap rel="noreferrer" href=(page) { "in Stripe" } }
        }
    };
    html! {
        section.panel {
            h2 { "The event" }
            dl.facts {
                @if let Some(page) = stripe(id.as_str()) {
                    dt { "In Stripe" } dd { a rel="noreferrer" href=(page) { "this event" } }
                }
                @if let Some(entity) = facts.entity {
                    dt { "Object" }
                    dd { (text::foreign(&entity.entity_type, 60)) " " @if let Some(id) = &entity.id { (linked(id, "entity_id")) } }
                }
                @if let Some(account) = facts.account { dt { "Account" } dd { (linked(account, "account")) } }
                dt { "Mode" } dd { (match facts.livemode { Some(true) => "live", Some(false) => "test", None => "not known" }) }
                @if let Some(version) = facts.api_version { dt { "API version" } dd { (text::foreign(version, 60)) } }
                @if let Some(first) = facts.first {
                    @if let Some(id) = &first.event.stripe_request_id { dt { "Caused by" } dd { (linked(id, "request_id")) } }
                    @if let Some(key) = &first.event.idempotency_key { dt { "Idempotency key" } dd { (linked(key, "correlation_id")) } }
                    @if let Some(created) = first.event.created { dt { "Created" } dd { (text::when(created, now)) } }
                    dt { "Signed with" } dd { (text::foreign(&first.signature.secret_name, 60)) ", clocks " (first.signature.skew_seconds) " s apart" }
                    dt { "Came from" } dd { (text::foreign(first.request.source_ip.as_deref().unwrap_or("an unknown address"), 60)) }
                }
            }
        }
    }
}
