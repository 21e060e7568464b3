//! Entries of the log as rows.

use jiff::Timestamp;
use maud::{Markup, html};
use shared::log::{Delivery, Entity, LogEntry, Outcome, Rejection};

use crate::pages::{link, text};
use crate::view;

/// Characters of an error that a row shows.
const MESSAGE: usize = 160;

/// The entries as a table.
pub fn table(entries: &[LogEntry], now: Timestamp) -> Markup {
    html! {
        div.scroll tabindex="0" { table.cut.stack {
            thead { tr {
                th { "Logged" } th { "Status" } th { "Event" } th { "Object" } th { "Account" } th { "What" }
            } }
            tbody { @for entry in entries { (row(entry, now)) } }
        } }
    }
}

fn row(entry: &LogEntry, now: Timestamp) -> Markup {
    match entry {
        LogEntry::Delivery(delivery) => of_delivery(delivery, now),
        LogEntry::Outcome(outcome) => of_outcome(outcome, now),
        LogEntry::Rejection(rejection) => of_rejection(rejection, now),
    }
}

/// A status as a pill: good news is plain.
pub fn pill(status: &str) -> Markup {
    let tone = match status {
        view::FAILED => "bad",
        view::REJECTED | view::QUARANTINED => "warning",
        view::SUCCEEDED => "good",
        _ => "soft",
    };
    html! { span.pill.(tone) { (status.replace('_', " ")) } }
}

/// Live or test mode; test mode is said aloud.
pub fn mode(livemode: Option<bool>) -> Markup {
    html! { @if livemode == Some(false) { " " span.pill.soft { "test" } } }
}

fn of_delivery(delivery: &Delivery, now: Timestamp) -> Markup {
    let event = &delivery.event;
    html! { tr {
        td.nowrap { (text::when(delivery.received_at, now)) }
        td { (pill(view::delivery_status(delivery))) (mode(event.livemode)) }
        td.line { (named(event.event_type.as_deref(), delivery.event_id.as_str())) }
        td { (object(event.entity.as_ref())) }
        td { (account(event.account.as_deref())) }
        td.line {
            @if let Some(lag) = delivery.lag() {
                span.warning[delivery.is_late()] { (text::seconds(lag.as_secs_f64())) " after it happened" }
            }
            @if let Some(reason) = delivery.quarantine { " not understood: " (reason.as_str()) }
        }
    } }
}

fn of_outcome(outcome: &Outcome, now: Timestamp) -> Markup {
    html! { tr {
        td.nowrap { (text::when(outcome.logged_at, now)) }
        td { (pill(view::outcome_status(outcome))) (mode(outcome.livemode)) }
        td.line { (named(Some(&outcome.event_type), outcome.event_id.as_str())) }
        td { (object(outcome.entity.as_ref())) }
        td { (account(outcome.account.as_deref())) }
        td.line {
            "took " (text::seconds(outcome.processing_time.as_secs_f64()))
            @if outcome.retry_attempts > 0 { ", attempt " (outcome.retry_attempts.saturating_add(1)) }
            @if let Some(failure) = outcome.failure() {
                div {
                    @if let Some(kind) = &failure.error_type { b { (text::foreign(kind, 60)) } " " }
                    @if let Some(message) = &failure.message { (text::foreign(message, MESSAGE)) }
                }
            }
        }
    } }
}

fn of_rejection(rejection: &Rejection, now: Timestamp) -> Markup {
    html! { tr {
        td.nowrap { (text::when(rejection.minute, now)) }
        td { (pill(view::REJECTED)) }
        td.line { (text::count(rejection.count)) " in this minute" }
        td {} td {}
        td.line {
            (rejection.cause.as_str().replace('_', " "))
            @if let Some(address) = &rejection.source_ip {
                ", from " a href=(link::ours("/events", [("source_ip", address.as_str())])) { (text::foreign(address, 60)) }
            }
            @if rejection.refused_genuine { ", " b.bad { "one of Stripe's own addresses" } }
            @if let Some(skew) = rejection.skew_seconds { ", its time " (text::skew(skew)) " ours" }
            div.soft { (rejection.most_probably().explanation()) }
        }
    } }
}

fn named(event_type: Option<&str>, id: &str) -> Markup {
    html! {
        div { @match event_type { Some(name) => (text::foreign(name, 80)), None => span.soft { "no type" } } }
        a.id href=(link::event(id)) { (text::foreign(id, 60)) }
    }
}

fn object(entity: Option<&Entity>) -> Markup {
    html! {
        @if let Some(entity) = entity {
            div { (text::foreign(&entity.entity_type, 60)) }
            @if let Some(id) = &entity.id {
                a.id href=(link::ours("/events", [("entity_id", id.as_str())])) { (text::foreign(id, 60)) }
            }
        }
    }
}

fn account(account: Option<&str>) -> Markup {
    html! {
        @if let Some(account) = account {
            a.id href=(link::ours("/events", [("account", account)])) { (text::foreign(account, 40)) }
        }
    }
}
