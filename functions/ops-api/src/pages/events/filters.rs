//! The form with every filter of the list.

use maud::{Markup, html};
use shared::log::{Category, Level};

use crate::pages::period::Period;
use crate::view::STATUSES;

/// The filter that wants a key to search by.
const PERSON: &str = "person";
/// Filters of free text, and what they are called.
const TEXTS: [(&str, &str); 9] = [
    ("event_type", "Event type"),
    ("entity_id", "Object's id"),
    ("entity_type", "Object's kind"),
    ("account", "Account"),
    ("source_ip", "Address"),
    ("request_id", "Request id"),
    ("correlation_id", "Idempotency key"),
    (PERSON, "E-mail address or client reference"),
    ("limit", "Entries a page"),
];
/// Filters that are seldom needed: they are folded away while they are empty.
const RARE: [&str; 12] = [
    "entity_type",
    "source_ip",
    "request_id",
    "correlation_id",
    PERSON,
    "limit",
    "category",
    "level",
    "success",
    "from",
    "to",
    "livemode",
];

/// The form, filled with what is asked. People can be searched for where there is a key for it.
pub fn form(pairs: &[(String, String)], has_people: bool) -> Markup {
    let given = |name: &str| {
        let pair = pairs.iter().find(|(other, _)| other == name);
        pair.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    let texts = |rare: bool| {
        let is_there = move |name| RARE.contains(&name) == rare && (has_people || name != PERSON);
        TEXTS.iter().filter(move |(name, _)| is_there(*name))
    };
    let levels: Vec<_> = Level::ALL.iter().map(|level| level.as_str()).collect();
    let categories: Vec<_> = Category::ALL.iter().map(|category| category.as_str()).collect();
    let booleans = |yes, no| [("true", yes), ("false", no)];
    let same = |values: &[&'static str]| -> Vec<_> { values.iter().map(|v| (*v, *v)).collect() };
    let hours = Period::ALL.map(|period| (period.hours().to_string(), period.words()));
    let hours: Vec<(&str, &str)> =
        hours.iter().map(|(hours, words)| (hours.as_str(), *words)).collect();
    let is_rare_set = RARE.iter().any(|name| !given(name).is_empty());
    html! {
        section.panel {
            form.filters action="/events" method="get" {
                @for (name, label) in texts(false) { (text(name, label, given(name))) }
                (select("status", "Status", &same(&STATUSES), given("status")))
                (select("kind", "Kind", &same(&["delivery", "outcome", "rejection"]), given("kind")))
                (range(&hours, given("time_range_hours"), !given("from").is_empty()))
                details.rest open[is_rare_set] {
                    summary { "More filters" }
                    div.filters {
                        (select("success", "Success", &booleans("succeeded", "failed"), given("success")))
                        (select("level", "Level", &same(&levels), given("level")))
                        (select("category", "Category", &same(&categories), given("category")))
                        (select("livemode", "Mode", &booleans("live", "test"), given("livemode")))
                        @for (name, label) in texts(true) { (text(name, label, given(name))) }
                        (time("from", "From (UTC)", given("from")))
                        (time("to", "To (UTC)", given("to")))
                    }
                }
                div.wide { button.main { "Show" } a href="/events" { "Clear" } }
            }
        }
    }
}

fn text(name: &str, label: &str, value: &str) -> Markup {
    html! { label { (label) input name=(name) value=(value) maxlength="300" autocomplete="off" spellcheck="false"; } }
}

fn time(name: &str, label: &str, value: &str) -> Markup {
    html! { label { (label) input name=(name) value=(value) placeholder="2026-11-24T14:58:00Z" autocomplete="off"; } }
}

fn select(name: &str, label: &str, options: &[(&str, &str)], chosen: &str) -> Markup {
    html! {
        label { (label)
            select name=(name) {
                option value="" { "any" }
                @for (value, words) in options {
                    option value=(value) selected[*value == chosen] { (words.replace('_', " ")) }
                }
            }
        }
    }
}

/// The last so many hours; nothing where the beginning is given, and what was asked where it is another.
fn range(hours: &[(&str, &str)], chosen: &str, has_from: bool) -> Markup {
    let is_other = !chosen.is_empty() && !hours.iter().any(|(value, _)| *value == chosen);
    let chosen = if chosen.is_empty() && !has_from { "24" } else { chosen };
    html! {
        label { "The last"
            select name="time_range_hours" {
                option value="" selected[chosen.is_empty()] { "(from and to)" }
                @if is_other { option value=(chosen) selected { (chosen) " hours" } }
                @for (value, words) in hours { option value=(value) selected[*value == chosen] { (words) } }
            }
        }
    }
}
