//! Tables: what it fails with, what fails most, what is slowest, for whom.

use jiff::Timestamp;
use maud::{Markup, html};
use shared::metrics::{ErrorPattern, Group, GroupKey, Groups};

use crate::pages::numbers::{Compared, PATTERNS, named, top};
use crate::pages::period::Scope;
use crate::pages::{link, plot, text};

/// Rows of a table.
const MOST: usize = 8;

/// A column: its name, and what it says of a group and of the same group before.
type Column = (&'static str, fn(&Group, Option<&Group>) -> String);

const FAILED: Column = ("failed", |group, _| text::count(group.failed));
const FAILED_BEFORE: Column = ("before", |_, past| counted(past.map(|past| past.failed)));
const RECEIVED: Column = ("received", |group, _| text::count(group.deliveries));
const RECEIVED_BEFORE: Column = ("before", |_, past| counted(past.map(|past| past.deliveries)));
const SUCCESS: Column = ("success", |group, _| or_none(group.success_rate().map(text::share)));
const P50: Column = ("p50", |group, _| time(Some(group), 500));
const P95: Column = ("p95", |group, _| time(Some(group), 950));
const P95_BEFORE: Column = ("p95 before", |_, past| time(past, 950));
const CHANGE: Column = ("change", |group, past| {
    let past = past.map(|past| past.deliveries as f64);
    or_none(past.and_then(|past| plot::change(group.deliveries as f64, past)))
});

/// All of them, beside each other where there is room.
pub fn tables(scope: &Scope, numbers: &Compared, now: Timestamp) -> Markup {
    let of = &numbers.now.types;
    let types = numbers.before.as_ref().map(|before| &before.types);
    let accounts = numbers.before.as_ref().map(|before| &before.accounts);
    let failing = top(of, MOST, |group| Some(group.failed).filter(|count| *count > 0));
    let slowest = top(of, MOST, |group| group.processing_time.quantile(950));
    let busiest = top(of, MOST, |group| Some(group.deliveries).filter(|count| *count > 0));
    let by_account =
        top(&numbers.now.accounts, MOST, |group| Some((group.failed, group.deliveries)));
    let by_type = |title, status, rows: &[(&str, &Group)], columns: &[Column]| {
        groups(scope, (title, "event_type", status), (rows, None), types, columns)
    };
    // An application may leave out the account, of outcomes and of failed ones: they are some of the sum.
    let of_no_account = numbers.now.accounts.get(&GroupKey::default());
    let of_accounts = ("By connected account", "account", "");
    let account_columns = [RECEIVED, FAILED, FAILED_BEFORE, SUCCESS];
    html! {
        div.two {
            (errors(scope, numbers, now))
            (by_type("What fails most", "failed", &failing, &[FAILED, FAILED_BEFORE, SUCCESS]))
            (by_type("What is slowest", "succeeded", &slowest, &[P50, P95, P95_BEFORE]))
            (by_type("What comes most", "", &busiest, &[RECEIVED, RECEIVED_BEFORE, CHANGE]))
            (groups(scope, of_accounts, (&by_account, of_no_account), accounts, &account_columns))
        }
    }
}

fn or_none(value: Option<String>) -> String {
    value.unwrap_or_else(|| text::NONE.to_owned())
}

fn counted(count: Option<u64>) -> String {
    or_none(count.map(text::count))
}

fn time(group: Option<&Group>, per_mille: u64) -> String {
    let time = group.and_then(|group| group.processing_time.quantile(per_mille));
    or_none(time.map(text::seconds))
}

fn groups(
    scope: &Scope,
    (title, name, status): (&str, &str, &str),
    (rows, nameless): (&[(&str, &Group)], Option<&Group>),
    before: Option<&Groups>,
    columns: &[Column],
) -> Markup {
    // What is not among all groups of before was not there; where some had no room, nobody knows.
    let nothing = Group::default();
    let is_all = before.is_some_and(|before| before.without_room == nothing);
    let cells = |group: &Group, past: Option<&Group>| {
        let past = past.or(is_all.then_some(&nothing));
        html! {
            @for (column, told) in columns {
                td.n.soft[column.contains("before")].bad[*column == "failed" && group.failed > 0] {
                    (told(group, past))
                }
            }
        }
    };
    let address = |value| {
        format!("{}&{}", link::ours("/events", [(name, value), ("status", status)]), scope.query)
    };
    html! {
        @if !rows.is_empty() { section.panel {
            h2 { (title) }
            div.scroll tabindex="0" { table {
                thead { tr {
                    th { (name.replace('_', " ")) }
                    @for (column, _) in columns { th.n { (column) } }
                } }
                tbody {
                    @for (label, group) in rows {
                        tr {
                            th { a href=(address(label)) { (text::foreign(label, 60)) } }
                            (cells(group, before.and_then(|before| named(before, label))))
                        }
                    }
                    @if let Some(group) = nameless {
                        tr {
                            th.soft { "not told" }
                            (cells(group, before.and_then(|before| before.get(&GroupKey::default()))))
                        }
                    }
                }
            } }
        } }
    }
}

/// When a message was first seen. The numbers begin where their range does: what was there before it began then.
fn first_seen(found: &ErrorPattern, past: Option<u64>, now: Timestamp) -> Markup {
    match past {
        Some(1..) => html! { "earlier" },
        Some(0) | None => text::when(found.fold.first.from(), now),
    }
}

fn errors(scope: &Scope, numbers: &Compared, now: Timestamp) -> Markup {
    let patterns = numbers.now.failures.patterns();
    let before = numbers.before.as_ref().map(|before| before.failures.patterns());
    let past = |pattern: &str| {
        let before = before.as_ref()?.iter().find(|past| past.pattern == pattern);
        Some(before.map_or(0, |past| past.fold.count))
    };
    html! {
        section.panel {
            h2 { "What it fails with" }
            @if patterns.is_empty() { p.soft { "No outcome failed in " (scope.words) "." } }
            @else {
                div.scroll tabindex="0" { table.cut {
                    thead { tr { th { "message, without what varies" } th.lesser { "first seen" } th.n { "now" } th.n { "before" } } }
                    tbody { @for found in patterns.iter().take(PATTERNS) {
                        @let past = past(&found.pattern);
                        @let first = first_seen(found, past, now);
                        tr {
                            td {
                                (text::foreign(&found.pattern, 160))
                                div.soft { @for (index, kind) in found.fold.event_types.iter().take(3).enumerate() {
                                    @if index > 0 { ", " }
                                    (text::foreign(kind, 60))
                                }
                                @if found.fold.event_types.len() > 3 { " and " (found.fold.event_types.len() - 3) " more" } }
                                div.soft.narrow { "first seen " (first) }
                            }
                            td.lesser { (first) }
                            td.n { (text::count(found.fold.count)) }
                            td.n.soft {
                                (past.map_or(text::NONE.to_owned(), text::count))
                                @if past == Some(0) { div.bad { "new" } }
                                @else if let Some(change) = past.and_then(|past| plot::change(found.fold.count as f64, past as f64)) { div { (change) } }
                            }
                        }
                    } }
                } }
                p { a href={ "/events?status=failed&" (scope.query) } { "The failed ones, the newest first" } }
            }
        }
    }
}
