//! The numbers of a range with those of the one before: cards with charts, then tables. Pure.

mod cards;
mod tables;

use jiff::Timestamp;
use maud::{Markup, html};

use super::marks::Marks;
use super::numbers::{Compared, Numbers};
use super::period::Scope;
use super::text;

pub use cards::refused;

/// The cards.
pub fn cards(scope: &Scope, numbers: &Compared, marks: &Marks, now: Timestamp) -> Markup {
    html! {
        (note(&numbers.now, now))
        div.cards { @for card in cards::cards(scope, numbers, marks) { (card) } }
        (marks.list(now))
    }
}

/// The tables.
pub fn tables(scope: &Scope, numbers: &Compared, now: Timestamp) -> Markup {
    tables::tables(scope, numbers, now)
}

/// What somebody should know who reads these numbers.
pub fn note(numbers: &Numbers, now: Timestamp) -> Markup {
    let answered = &numbers.answered;
    html! {
        @if let Some(begins) = answered.log_begins {
            p.soft { "The log begins " (text::when(begins, now)) "." }
        }
        @if answered.incomplete {
            p.warnbox {
                "Not all of the range could be read: the numbers are of "
                (text::when(answered.from, now)) " to " (text::when(answered.through, now)) "."
            }
        }
        @if numbers.all.unreadable > 0 {
            p.warnbox { (text::count(numbers.all.unreadable)) " entries cannot be read, and are in no number." }
        }
    }
}
