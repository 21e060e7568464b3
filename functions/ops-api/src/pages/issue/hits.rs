//! Whom an issue hits, in words. Pure.

use jiff::Timestamp;
use maud::{Markup, html};
use shared::health::{BlastRadius, Most};

use crate::pages::{link, text};

/// Lines of a list of facts; on a page of its own `all` of it.
pub fn hits(radius: &BlastRadius, all: bool, now: Timestamp) -> Markup {
    let most = if all { 50 } else { 4 };
    html! {
        dt { "Hits" }
        dd {
            (whose(radius))
            span.soft {
                ", in " (text::count(radius.entries)) @if radius.entries == 1 { " entry" } @else { " entries" }
                " looked at"
                @if radius.looked_up > 0 { " and the deliveries of " (text::count(radius.looked_up)) " of their events" }
                @if let Some(at) = radius.as_of { ", " (text::when(at, now)) }
            }
        }
        @if !radius.event_types.is_empty() {
            dt { "Types" }
            dd { @for (index, kind) in radius.event_types.iter().take(most).enumerate() {
                @if index > 0 { ", " }
                a href=(link::ours("/events", [("event_type", kind.as_str())])) { (text::foreign(kind, 80)) }
            }
            @if radius.event_types.len() > most { ", and " (radius.event_types.len() - most) " more" } }
        }
        @if !radius.sample_events.is_empty() {
            dt { "Events" }
            dd.id { @for (index, id) in radius.sample_events.iter().take(most).enumerate() {
                @if index > 0 { ", " }
                a href=(link::event(id)) { (text::foreign(id, 80)) }
            } }
        }
        @if let Some(at) = radius.last_accepted.filter(|_| all) {
            dt { "Last accepted" } dd { (text::when(at, now)) }
        }
    }
}

/// Is it one customer, one account, one object? By the newest events, whose deliveries were looked up.
fn whose(radius: &BlastRadius) -> Markup {
    let BlastRadius { looked_up, customers, entities, accounts, .. } = *radius;
    let places = [
        ("customer", &radius.customer, None),
        ("account", &radius.account, Some("account")),
        ("object", &radius.object, Some("entity_id")),
    ];
    let ones: Vec<_> = places
        .into_iter()
        .filter_map(|(name, most, filter)| Some((name, most.as_ref()?, filter)))
        .collect();
    html! {
        @for (index, (name, most, filter)) in ones.iter().enumerate() {
            @if index > 0 { "; " }
            (share(most, looked_up)) " one " (name) ", " (linked(most, *filter))
        }
        @if !ones.is_empty() { "; " }
        @if radius.customer.is_none() && customers > 1 {
            (text::count(customers)) " customers among " (text::count(looked_up)) " events; "
        }
        @match (entities, accounts) {
            (0, 0) => { @if ones.is_empty() && customers == 0 { "no object that we could tell" } @else { "no object told" } }
            (1, 0) => "one object",
            (objects, 0) => { (text::count(objects)) " objects" }
            (objects, accounts) => {
                (text::count(objects)) @if objects == 1 { " object" } @else { " objects" }
                " of " (text::count(accounts)) @if accounts == 1 { " account" } @else { " accounts" }
            }
        }
    }
}

/// How much of what was looked up it is.
fn share(most: &Most, of: u64) -> Markup {
    html! {
        @if most.events >= of { "all " (text::count(of)) " of" }
        @else { (text::count(most.events)) " of " (text::count(of)) " of" }
    }
}

fn linked(most: &Most, filter: Option<&str>) -> Markup {
    let id = text::foreign(&most.id, 80);
    html! {
        @match filter {
            Some(filter) => a.id href=(link::ours("/events", [(filter, most.id.as_str())])) { (id) },
            None => b.id { (id) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words, without the elements around them.
    fn words(radius: &BlastRadius) -> String {
        let html = whose(radius).into_string();
        let mut is_text = true;
        let text = html.chars().filter(|c| {
            let was_text = is_text && *c != '<';
            is_text = *c == '>' || was_text;
            was_text
        });
        text.collect()
    }

    fn most(id: &str, events: u64) -> Option<Most> {
        Some(Most { id: id.to_owned(), events })
    }

    #[test]
    fn one_customer_account_or_object_is_named() {
        let base = BlastRadius { entries: 40, looked_up: 20, ..BlastRadius::default() };
        for (radius, expected) in [
            (BlastRadius::default(), "no object that we could tell"),
            (base.clone(), "no object that we could tell"),
            (
                BlastRadius {
                    customers: 1,
                    customer: most("cus_1", 20),
                    account: most("acct_1", 20),
                    entities: 20,
                    accounts: 1,
                    ..base.clone()
                },
                "all 20 of one customer, cus_1; all 20 of one account, acct_1; 20 objects of 1 account",
            ),
            (
                BlastRadius {
                    customers: 3,
                    customer: most("cus_1", 15),
                    entities: 18,
                    ..base.clone()
                },
                "15 of 20 of one customer, cus_1; 18 objects",
            ),
            (
                BlastRadius { customers: 17, entities: 20, accounts: 4, ..base.clone() },
                "17 customers among 20 events; 20 objects of 4 accounts",
            ),
            (
                BlastRadius { object: most("in_1", 20), entities: 1, ..base.clone() },
                "all 20 of one object, in_1; one object",
            ),
        ] {
            assert_eq!(words(&radius), expected);
        }
    }

    #[test]
    fn an_id_is_escaped_and_a_filter_where_there_is_one() {
        let hostile = most("<b>&", 1);
        let radius = BlastRadius {
            looked_up: 1,
            customer: hostile.clone(),
            account: hostile,
            ..BlastRadius::default()
        };
        let html = whose(&radius).into_string();
        assert!(html.contains("&lt;b&gt;&amp;") && !html.contains("<b>&"), "{html}");
        assert!(html.contains(r#"href="/events?account=%3Cb%3E%26""#), "{html}");
    }
}
