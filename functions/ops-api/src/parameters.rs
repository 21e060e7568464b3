//! Query parameters: each known, given once, and of its form, or the answer names it.

use std::str::FromStr;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request};
use axum::middleware::Next;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use shared::log::TimeRange;
use shared::store::Retention;

use crate::error::ApiError;

/// The time itself, or the nearest that entries can have: from ten years ago, the longest that
/// anything is kept, to a minute from now, since clocks differ.
pub fn within_reach(at: Timestamp, now: Timestamp) -> Timestamp {
    let oldest = now - SignedDuration::from_hours(24 * 3_660);
    at.clamp(oldest, now + SignedDuration::from_mins(1))
}

/// What a range is asked for, and so how long it may be, in whichever form it is given: as long as that is
/// kept by default. What is kept for longer is asked for a stretch at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Numbers: roll-ups are the longest there is of them.
    Numbers,
    /// Entries, a page at a time: the audit trail and refused requests are kept the longest, with the day
    /// that everything stays longer than it must.
    Entries,
}

impl Asked {
    /// The longest range.
    pub fn longest(self) -> SignedDuration {
        let days = match self {
            Self::Numbers => Retention::METRICS_DAYS,
            Self::Entries => Retention::AUDIT_DAYS + 1,
        };
        SignedDuration::from_hours(24 * i64::from(days))
    }

    /// What hours must be.
    fn hours(self) -> &'static str {
        match self {
            Self::Numbers => "a number of hours above 0, at most 2160",
            Self::Entries => "a number of hours above 0, at most 8784",
        }
    }

    /// What `from` must be.
    fn from(self) -> &'static str {
        match self {
            Self::Numbers => "at most 2160 hours before to",
            Self::Entries => "at most 8784 hours before to",
        }
    }
}

/// A request's parameters, in the order they came.
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Checks that every name is one of `known` and none is given twice, and that all is text.
    pub fn new(pairs: Vec<(String, String)>, known: &[&str]) -> Result<Self, ApiError> {
        for (index, (name, value)) in pairs.iter().enumerate() {
            let wrong = |name: &str| ApiError::InvalidParameter(name.to_owned(), TEXT);
            if !is_text(name) {
                return Err(wrong("the name of a parameter"));
            }
            if !known.contains(&name.as_str()) {
                return Err(unknown(name, known));
            }
            if pairs.iter().take(index).any(|(earlier, _)| earlier == name) {
                return Err(ApiError::InvalidParameter(name.clone(), "given once"));
            }
            if !is_text(value) {
                return Err(wrong(name));
            }
        }
        Ok(Self(pairs))
    }

    /// The parameter's text; an empty one is as good as none.
    pub fn text(&self, name: &str) -> Option<&str> {
        let pair = self.0.iter().find(|(other, _)| other == name);
        pair.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// What is asked, as text, but for the parameters in `left_out`: equal for equal questions.
    pub fn without(&self, left_out: &[&str]) -> String {
        let kept = self.0.iter().filter(|(name, _)| !left_out.contains(&name.as_str()));
        let mut kept: Vec<_> = kept.map(|(name, value)| format!("{name}={value}")).collect();
        kept.sort();
        kept.join("&")
    }

    /// The parameter's value; `expected` completes "must be ...".
    pub fn value<T: FromStr>(
        &self,
        name: &str,
        expected: &'static str,
    ) -> Result<Option<T>, ApiError> {
        let wrong = || ApiError::InvalidParameter(name.to_owned(), expected);
        self.text(name).map(|text| text.parse().map_err(|_| wrong())).transpose()
    }

    /// `from` and `to`, or `time_range_hours` before `to`, which is now where it is not given; the
    /// last 24 hours where nothing is. Numbers are of what has happened: up to now at most.
    pub fn range(&self, asked: Asked, now: Timestamp) -> Result<TimeRange, ApiError> {
        const TIME: &str = "a time like 2026-11-23T14:58:00Z";
        const EARLIER: &str = "earlier than to and than now";
        let wrong = |name: &str, expected| ApiError::InvalidParameter(name.to_owned(), expected);
        let to = self.value("to", TIME)?.map_or(now, |to| within_reach(to, now));
        let from: Option<Timestamp> = self.value("from", TIME)?;
        let hours: Option<f64> = self.value("time_range_hours", asked.hours())?;
        let fits = |range: &TimeRange| range.length() <= asked.longest();
        let range = match (from, hours) {
            (Some(_), Some(_)) => {
                return Err(wrong("time_range_hours", "left out where from is given"));
            }
            (Some(from), None) => {
                TimeRange::new(within_reach(from, now), to).ok_or(wrong("from", EARLIER))?
            }
            (None, hours) => TimeRange::hours_before(to, hours.unwrap_or(24.0))
                .filter(fits)
                .ok_or(wrong("time_range_hours", asked.hours()))?,
        };
        let range = match asked {
            Asked::Entries => range,
            Asked::Numbers => TimeRange::new(range.from(), range.to().min(now))
                .ok_or(wrong("from", "earlier than now"))?,
        };
        Some(range).filter(fits).ok_or(wrong("from", asked.from()))
    }
}

/// What a parameter must be, whatever it is.
const TEXT: &str = "UTF-8 text without control characters";

/// Whether something that a query held can be meant. What was no UTF-8 has become U+FFFD on its way; nobody
/// looks for that one, nor for a control character.
pub fn is_text(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || c == char::REPLACEMENT_CHARACTER)
}

/// An error that tells the names there are, too.
fn unknown(name: &str, known: &[&str]) -> ApiError {
    let known = match known {
        [] => "none".to_owned(),
        known => known.join(", "),
    };
    ApiError::UnknownParameter(name.chars().take(64).collect(), known)
}

/// Answers what comes with parameters where there are none to be known.
pub async fn refuse_all(
    pairs: Result<Query<Vec<(String, String)>>, QueryRejection>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let Query(pairs) = pairs.map_err(|_| ApiError::InvalidRequest)?;
    Parameters::new(pairs, &[])?;
    Ok(next.run(request).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(pairs: &[(&str, &str)]) -> Result<Parameters, ApiError> {
        let pairs = pairs.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        Parameters::new(pairs.collect(), &["from", "to", "time_range_hours"])
    }

    fn range(pairs: &[(&str, &str)]) -> Result<TimeRange, ApiError> {
        given(pairs)?.range(Asked::Entries, "2026-11-23T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn ranges() {
        assert_eq!(range(&[]).unwrap().from().to_string(), "2026-11-22T12:00:00Z");
        assert_eq!(
            range(&[("time_range_hours", "0.5")]).unwrap().from().to_string(),
            "2026-11-23T11:30:00Z"
        );
        let named = range(&[("from", "2026-11-01T00:00:00+01:00"), ("to", "2026-11-02T00:00:00Z")])
            .unwrap();
        assert_eq!(named.from().to_string(), "2026-10-31T23:00:00Z");
        for bad in ["0", "-1", "1e9", "text", "NaN", "inf", "8784.001"] {
            let error = range(&[("time_range_hours", bad)]).unwrap_err();
            assert!(
                matches!(error, ApiError::InvalidParameter(name, _) if name == "time_range_hours"),
                "{bad}"
            );
        }
        let late = range(&[("from", "2026-11-01T00:00:00Z"), ("to", "9999-01-01T00:00:00Z")]);
        assert_eq!(late.unwrap().to().to_string(), "2026-11-23T12:01:00Z");
        let early = range(&[("from", "-009999-01-02T01:59:59Z"), ("to", "2016-11-16T12:00:00Z")]);
        assert_eq!(early.unwrap().from().to_string(), "2016-11-15T12:00:00Z");
        assert!(
            range(&[("from", "-000009-01-01T00:00:00Z"), ("to", "-000001-01-01T00:00:00Z")])
                .is_err()
        );
        assert!(range(&[("from", "2027-01-01T00:00:00Z")]).is_err());
        assert!(range(&[("from", "yesterday")]).is_err());
        assert!(range(&[("from", "2026-11-01T00:00:00Z"), ("time_range_hours", "1")]).is_err());
    }

    #[test]
    fn a_range_is_as_long_by_from_as_by_hours() {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        for (asked, most, from) in [
            (Asked::Numbers, 2_160, "2026-08-25T12:00:00Z"),
            (Asked::Entries, 8_784, "2025-11-22T12:00:00Z"),
        ] {
            let from: Timestamp = from.parse().unwrap();
            let before = from - SignedDuration::from_secs(1);
            let range =
                |name: &str, value: &str| given(&[(name, value)]).unwrap().range(asked, now);
            let longest = TimeRange::new(from, now).unwrap();
            assert_eq!(range("time_range_hours", &most.to_string()), Ok(longest));
            assert_eq!(range("from", &from.to_string()), Ok(longest));
            assert_eq!(longest.length(), asked.longest());
            for (name, value) in
                [("time_range_hours", format!("{most}.001")), ("from", before.to_string())]
            {
                let told = match range(name, &value) {
                    Err(ApiError::InvalidParameter(of, told)) if of == name => told,
                    other => panic!("{name}={value}: {other:?}"),
                };
                assert!(told.contains(&format!("at most {most}")), "{told}");
            }
        }
    }

    #[test]
    fn numbers_are_of_what_has_happened() {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        for (from, to, expected) in [
            ("2020-01-01T00:00:00Z", "2020-03-31T00:00:00Z", None),
            ("2020-01-01T00:00:00Z", "2026-11-23T12:00:00Z", Some("at most 2160 hours before to")),
            ("2026-08-25T12:00:00Z", "2026-11-23T12:00:40Z", None),
            ("2026-11-23T12:00:30Z", "", Some("earlier than to and than now")),
            ("2026-11-23T12:00:30Z", "2026-11-23T12:00:40Z", Some("earlier than now")),
        ] {
            let range = given(&[("from", from), ("to", to)]).unwrap().range(Asked::Numbers, now);
            let wrong = expected.map(|what| ApiError::InvalidParameter("from".to_owned(), what));
            assert_eq!(range.err(), wrong, "{from} to {to}");
        }
    }

    #[test]
    fn what_is_no_text_is_refused_and_not_repeated() {
        let refused = |query: &str| {
            let uri = format!("/?{query}").parse().unwrap();
            let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&uri).unwrap();
            match Parameters::new(pairs, &["account"]) {
                Err(ApiError::InvalidParameter(name, TEXT)) => name,
                other => panic!("{query}: {:?}", other.err()),
            }
        };
        for value in
            ["%ff", "a%00", "%0a", "%1b[31m", "%7f", "%c2%85", "%c3", "%ed%a0%80", "%EF%BF%BD"]
        {
            assert_eq!(refused(&format!("account={value}")), "account");
            assert_eq!(refused(&format!("acc{value}=1")), "the name of a parameter");
        }
        assert!(given(&[("to", "caf\u{e9} \u{1f980} \u{202e}")]).is_ok());
    }

    #[test]
    fn unknown_and_repeated_parameters_are_named() {
        assert_eq!(
            range(&[("hours", "1")]).unwrap_err(),
            ApiError::UnknownParameter("hours".into(), "from, to, time_range_hours".into())
        );
        let twice = range(&[("time_range_hours", "1"), ("time_range_hours", "2")]).unwrap_err();
        assert_eq!(twice, ApiError::InvalidParameter("time_range_hours".into(), "given once"));
    }
}
