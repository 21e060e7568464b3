//! Which entries an answer is about.

use crate::rollup::Label;

/// What entries must have in common to be counted; everything is counted where nothing is set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Stripe's event type.
    pub event_type: Option<String>,
    /// Live or test mode.
    pub livemode: Option<bool>,
    /// Outcomes whose caller did not say the mode are meant too, whatever the mode.
    pub outcomes_of_no_mode: bool,
    /// The connected account.
    pub account: Option<String>,
}

/// Whether entries of a rollup are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// They are.
    Yes,
    /// They may be: the rollup had no room to tell them apart.
    Perhaps,
    /// They are not.
    No,
}

impl Filter {
    /// Whether the totals of rollups can answer: they tell modes apart and nothing else.
    pub fn needs_cells(&self) -> bool {
        self.event_type.is_some() || self.account.is_some()
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether entries of a mode are meant, which are outcomes or deliveries.
    pub fn means_mode(&self, of_outcomes: bool, livemode: Option<bool>) -> bool {
        match (self.livemode, livemode) {
            (None, _) => true,
            (Some(_), None) => of_outcomes && self.outcomes_of_no_mode,
            (Some(wanted), Some(mode)) => mode == wanted,
        }
    }

    /// Whether entries with these labels are meant, which are outcomes or deliveries.
    pub fn matches(
        &self,
        of_outcomes: bool,
        event_type: &Label,
        livemode: Option<bool>,
        account: &Label,
    ) -> Match {
        let mode = if self.means_mode(of_outcomes, livemode) { Match::Yes } else { Match::No };
        mode.max(label(self.event_type.as_deref(), event_type))
            .max(label(self.account.as_deref(), account))
    }
}

fn label(wanted: Option<&str>, label: &Label) -> Match {
    match (wanted, label) {
        (None, _) => Match::Yes,
        (Some(_), Label::Other | Label::All) => Match::Perhaps,
        (Some(wanted), Label::Is(value)) if value.as_ref() == wanted => Match::Yes,
        (Some(_), Label::Is(_) | Label::Missing) => Match::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_condition_must_hold_and_what_has_no_room_may() {
        let filter = Filter {
            event_type: Some("a".to_owned()),
            livemode: Some(true),
            account: Some("x".to_owned()),
            ..Filter::default()
        };
        let is = |value: &str| Label::of(Some(value));
        for (event_type, livemode, account, expected) in [
            (is("a"), Some(true), is("x"), Match::Yes),
            (is("a"), Some(false), is("x"), Match::No),
            (is("a"), None, is("x"), Match::No),
            (Label::Other, Some(true), is("x"), Match::Perhaps),
            (Label::Other, Some(true), is("y"), Match::No),
            (is("a"), Some(true), Label::Missing, Match::No),
        ] {
            assert_eq!(filter.matches(true, &event_type, livemode, &account), expected);
        }
        let all = Filter::default();
        assert_eq!(all.matches(false, &Label::Other, None, &Label::All), Match::Yes);
    }

    #[test]
    fn an_outcome_of_no_mode_is_meant_where_the_filter_says_so() {
        let exact = Filter { livemode: Some(true), ..Filter::default() };
        let lenient = Filter { outcomes_of_no_mode: true, ..exact.clone() };
        for (of_outcomes, livemode, is_exact, is_lenient) in [
            (true, None, false, true),
            (false, None, false, false),
            (true, Some(false), false, false),
            (true, Some(true), true, true),
        ] {
            assert_eq!(exact.means_mode(of_outcomes, livemode), is_exact);
            assert_eq!(lenient.means_mode(of_outcomes, livemode), is_lenient);
        }
    }
}
