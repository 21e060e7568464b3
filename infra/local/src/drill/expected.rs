//! What is expected of a drill against what was seen: pure. Times are minutes of AWS's since the fault,
//! and since it was mended.

use serde::{Deserialize, Serialize};

/// Minutes within which there is an issue.
const ISSUE: f64 = 5.0;
/// Minutes within which everything is well again once it is mended: three good runs, and those that the slowest
/// alarm needs.
const WELL: f64 = 25.0;

/// What ought to come of a fault.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    /// The type of the issue, and within how many minutes.
    pub issue: Option<(&'static str, f64)>,
    /// Who is told.
    pub told: Told,
    /// Alarms that stay in alarm when it is mended.
    pub lasting: &'static [&'static str],
}

/// Who is told, by which alarm (one of these), within how many minutes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Told {
    /// Nobody, and nothing is found wrong.
    Nobody,
    /// Somebody who looks in working hours; nobody is woken.
    Ticket(&'static [&'static str], f64),
    /// Somebody is woken, once.
    Page(&'static [&'static str], f64),
}

impl Expected {
    pub(super) const fn nothing() -> Self {
        Self { issue: None, told: Told::Nobody, lasting: &[] }
    }

    pub(super) const fn ticket(
        issue: &'static str,
        alarms: &'static [&'static str],
        within: f64,
    ) -> Self {
        Self { issue: Some((issue, ISSUE)), told: Told::Ticket(alarms, within), lasting: &[] }
    }

    pub(super) const fn page(
        issue: &'static str,
        alarms: &'static [&'static str],
        within: f64,
    ) -> Self {
        Self { issue: Some((issue, ISSUE)), told: Told::Page(alarms, within), lasting: &[] }
    }

    pub(super) const fn page_without_issue(alarms: &'static [&'static str], within: f64) -> Self {
        Self { issue: None, told: Told::Page(alarms, within), lasting: &[] }
    }

    pub(super) const fn issue_within(mut self, minutes: f64) -> Self {
        if let Some((issue, _)) = self.issue {
            self.issue = Some((issue, minutes));
        }
        self
    }

    pub(super) const fn lasting(mut self, alarms: &'static [&'static str]) -> Self {
        self.lasting = alarms;
        self
    }

    /// In words.
    #[must_use]
    pub fn text(&self) -> String {
        let issue = match self.issue {
            Some((issue, within)) => format!("issue {issue} within {within} min, "),
            None => String::new(),
        };
        let one_of = |alarms: &[&str]| alarms.join(" or ");
        match self.told {
            Told::Nobody => "nothing".to_owned(),
            Told::Ticket(by, within) => {
                format!("{issue}ticket by {} within {within} min, no page", one_of(by))
            }
            Told::Page(by, within) => {
                format!("{issue}one page by {} within {within} min", one_of(by))
            }
        }
    }
}

/// Something that was seen, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sighting {
    /// The type of an issue, or the id of an alarm.
    pub what: String,
    /// Minutes since the fault.
    pub minutes: f64,
}

/// What was seen of a fault.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// Issues, by when they were first seen.
    pub issues: Vec<Sighting>,
    /// Pages, the oldest first.
    pub pages: Vec<Sighting>,
    /// Tickets, the oldest first.
    pub tickets: Vec<Sighting>,
    /// Whether it has been mended.
    pub is_mended: bool,
    /// Minutes from the mending until no issue was left and no alarm, but for those that last.
    pub well: Option<f64>,
    /// What the expected issue said of itself.
    pub evidence: Option<String>,
}

/// A drill that was played.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Its name.
    pub drill: String,
    /// What went wrong.
    pub what: String,
    /// What was expected, in words.
    pub expected: String,
    /// What was seen.
    pub seen: Seen,
    /// In what these differ; empty where they agree.
    pub differences: Vec<String>,
}

/// In what they differ. `is_over`: everything that could be seen has been; before, what may still come
/// is no difference.
pub(super) fn differences(expected: &Expected, seen: &Seen, is_over: bool) -> Vec<String> {
    let mut found = Vec::new();
    let first = |sightings: &[Sighting], of: &[&str]| {
        sightings.iter().find(|s| of.contains(&s.what.as_str())).map(|s| s.minutes)
    };
    let mut due = |what: String, at: Option<f64>, within: f64| match at {
        Some(at) if at > within => found.push(format!("{what} after {at:.1} min")),
        None if is_over => found.push(format!("no {what}")),
        _ => {}
    };
    if let Some((issue, within)) = expected.issue {
        due(format!("issue {issue}"), first(&seen.issues, &[issue]), within);
    }
    match expected.told {
        Told::Nobody => {}
        Told::Ticket(by, within) => {
            due(format!("ticket by {}", by.join(" or ")), first(&seen.tickets, by), within);
        }
        Told::Page(by, within) => {
            due(format!("page by {}", by.join(" or ")), first(&seen.pages, by), within);
        }
    }
    if is_over || seen.well.is_some() {
        due("recovery".to_owned(), seen.well, WELL);
    }
    let names = |of: &[Sighting]| -> String {
        of.iter().map(|sighting| sighting.what.as_str()).collect::<Vec<_>>().join(", ")
    };
    let (may_page, may_ticket) = match expected.told {
        Told::Nobody => (0, false),
        Told::Ticket(..) => (0, true),
        Told::Page(..) => (1, true),
    };
    if seen.pages.len() > may_page {
        found.push(format!("{} pages: {}", seen.pages.len(), names(&seen.pages)));
    }
    if !may_ticket && !seen.tickets.is_empty() {
        found.push(format!("tickets: {}", names(&seen.tickets)));
    }
    if expected.told == Told::Nobody && !seen.issues.is_empty() {
        found.push(format!("issues: {}", names(&seen.issues)));
    }
    found
}

/// Whether all that is expected of the fault has been seen, or can no longer come in time.
pub(super) fn is_decided(expected: &Expected, seen: &Seen, minutes: f64) -> bool {
    /// Long enough for a second page, and for an alarm of what should be none.
    const AFTER_PAGE: f64 = 20.0;
    const NOTHING: f64 = 40.0;
    let came = |sightings: &[Sighting], of: &[&str]| {
        sightings.iter().any(|sighting| of.contains(&sighting.what.as_str()))
    };
    let issue = |late: f64| match expected.issue {
        Some((issue, within)) => came(&seen.issues, &[issue]) || minutes > within + late,
        None => true,
    };
    match expected.told {
        Told::Nobody => minutes >= NOTHING,
        Told::Ticket(by, within) => {
            (came(&seen.tickets, by) && issue(0.0)) || minutes > within + 10.0
        }
        Told::Page(by, within) => {
            (came(&seen.pages, by) && issue(0.0) && minutes >= AFTER_PAGE)
                || minutes > within + 15.0
        }
    }
}

/// Whether it is well again, or too late to be well in time.
pub(super) fn is_mended(seen: &Seen, minutes: f64) -> bool {
    // A page that comes with the mending would come by then.
    (seen.well.is_some() && minutes >= 15.0) || minutes > WELL + 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sighting(what: &str, minutes: f64) -> Sighting {
        Sighting { what: what.to_owned(), minutes }
    }

    /// A seen page drill: its issue, its pages, and when all was well.
    fn seen(issue: Option<f64>, pages: &[(&str, f64)], well: Option<f64>) -> Seen {
        Seen {
            issues: issue.into_iter().map(|at| sighting("late", at)).collect(),
            pages: pages.iter().map(|(alarm, at)| sighting(alarm, *at)).collect(),
            well,
            ..Seen::default()
        }
    }

    #[test]
    fn a_page_must_come_once_in_time_and_end() {
        let expected = Expected::page("late", &["a", "b"], 10.0);
        let all = seen(Some(5.0), &[("b", 10.0)], Some(25.0));
        for (seen, difference) in [
            (all.clone(), None),
            (seen(None, &[("a", 1.0)], Some(1.0)), Some("no issue late")),
            (seen(Some(5.1), &[("a", 1.0)], Some(1.0)), Some("issue late after 5.1 min")),
            (seen(Some(1.0), &[], Some(1.0)), Some("no page by a or b")),
            (seen(Some(1.0), &[("a", 10.1)], Some(1.0)), Some("page by a or b after 10.1 min")),
            (seen(Some(1.0), &[("a", 1.0), ("c", 2.0)], Some(1.0)), Some("2 pages: a, c")),
            (seen(Some(1.0), &[("a", 1.0)], None), Some("no recovery")),
            (seen(Some(1.0), &[("a", 1.0)], Some(25.1)), Some("recovery after 25.1 min")),
        ] {
            let found = differences(&expected, &seen, true);
            assert_eq!(found.first().map(String::as_str), difference, "{seen:?}");
            assert!(found.len() <= 1, "{found:?}");
        }
        assert_eq!(differences(&expected, &Seen::default(), false), [] as [String; 0]);
        let wrong = seen(Some(1.0), &[("c", 1.0)], Some(1.0));
        assert_eq!(differences(&expected, &wrong, true), ["no page by a or b"]);
    }

    #[test]
    fn a_ticket_wakes_nobody_and_nothing_is_nothing() {
        let ticket = Expected::ticket("late", &["a"], 20.0);
        let mut seen = seen(Some(1.0), &[], Some(1.0));
        seen.tickets = vec![sighting("other", 3.0), sighting("a", 20.0)];
        assert_eq!(differences(&ticket, &seen, true), [] as [String; 0]);
        let nothing = differences(&Expected::nothing(), &seen, true);
        assert_eq!(nothing, ["tickets: other, a", "issues: late"]);
        seen.pages = vec![sighting("p", 1.0)];
        assert_eq!(differences(&ticket, &seen, true), ["1 pages: p"]);
        let well = Seen { well: Some(0.0), ..Seen::default() };
        assert_eq!(differences(&Expected::nothing(), &well, true), [] as [String; 0]);
    }

    #[test]
    fn a_drill_is_watched_until_it_is_decided() {
        let page = Expected::page("late", &["a"], 10.0);
        let came = seen(Some(5.0), &[("a", 9.0)], None);
        for (seen, minutes, expected) in
            [(&came, 19.9, false), (&came, 20.0, true), (&Seen::default(), 24.0, false)]
        {
            assert_eq!(is_decided(&page, seen, minutes), expected, "{minutes}");
        }
        assert!(is_decided(&page, &Seen::default(), 25.1));
        assert!(!is_decided(&Expected::nothing(), &Seen::default(), 39.9));
        assert!(is_decided(&Expected::nothing(), &Seen::default(), 40.0));
        assert!(!is_mended(&came, 20.0) && is_mended(&came, 35.1));
    }

    #[test]
    fn what_is_expected_is_said() {
        for (expected, text) in [
            (Expected::nothing(), "nothing"),
            (
                Expected::ticket("late", &["a"], 20.0),
                "issue late within 5 min, ticket by a within 20 min, no page",
            ),
            (Expected::page_without_issue(&["a", "b"], 10.0), "one page by a or b within 10 min"),
        ] {
            assert_eq!(expected.text(), text);
        }
    }
}
