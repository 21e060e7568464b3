//! Query parameters: each known, given once, and of its form, or the answer names it.

use std::str::FromStr;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request};
use axum::middleware::Next;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use shared::log::TimeRange;

use crate::error::ApiError;

/// The time itself, or the nearest that entries can have: from ten years ago, the longest that
/// anything is kept, to a minute from now, since clocks differ.
pub fn within_reach(at: Timestamp, now: Timestamp) -> Timestamp {
    let oldest = now - SignedDuration::from_hours(24 * 3_660);
    at.clamp(oldest, now + SignedDuration::from_mins(1))
}

/// A request's parameters, in the order they came.
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Checks that every name is one of `known` and none is given twice.
    pub fn new(pairs: Vec<(String, String)>, known: &[&str]) -> Result<Self, ApiError> {
        for (index, (name, _)) in pairs.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                return Err(unknown(name, known));
            }
            if pairs.iter().take(index).any(|(earlier, _)| earlier == name) {
                return Err(ApiError::InvalidParameter(name.clone(), "given once"));
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
    /// last 24 hours where nothing is.
    pub fn range(&self, now: Timestamp) -> Result<TimeRange, ApiError> {
        const HOURS: &str = "a number of hours above 0, at most 2160";
        const TIME: &str = "a time like 2026-11-23T14:58:00Z";
        const EARLIER: &str = "earlier than to and than now";
        let wrong = |name: &str, expected| ApiError::InvalidParameter(name.to_owned(), expected);
        let to = self.value("to", TIME)?.map_or(now, |to| within_reach(to, now));
        let from: Option<Timestamp> = self.value("from", TIME)?;
        let hours: Option<f64> = self.value("time_range_hours", HOURS)?;
        match (from, hours) {
            (Some(_), Some(_)) => Err(wrong("time_range_hours", "left out where from is given")),
            (Some(from), None) => {
                TimeRange::new(within_reach(from, now), to).ok_or(wrong("from", EARLIER))
            }
            (None, hours) => TimeRange::hours_before(to, hours.unwrap_or(24.0))
                .ok_or(wrong("time_range_hours", HOURS)),
        }
    }

    /// The same up to now at most, and no longer by `from` than by hours: numbers of what has happened.
    pub fn past_range(&self, now: Timestamp) -> Result<TimeRange, ApiError> {
        let range = self.range(now)?;
        let wrong = |expected| ApiError::InvalidParameter("from".to_owned(), expected);
        let range =
            TimeRange::new(range.from(), range.to().min(now)).ok_or(wrong("earlier than now"))?;
        match range.is_too_long() {
            true => Err(wrong("at most 2160 hours before to")),
            false => Ok(range),
        }
    }
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

    fn range(pairs: &[(&str, &str)]) -> Result<TimeRange, ApiError> {
        let pairs =
            pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        Parameters::new(pairs, &["from", "to", "time_range_hours"])?.range(now)
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
        for bad in ["0", "-1", "1e9", "text", "NaN", "inf", "2160.001"] {
            let error = range(&[("time_range_hours", bad)]).unwrap_err();
            assert!(
                matches!(error, ApiError::InvalidParameter(name, _) if name == "time_range_hours"),
                "{bad}"
            );
        }
        let all =
            range(&[("from", "-009999-01-02T01:59:59Z"), ("to", "9999-01-01T00:00:00Z")]).unwrap();
        assert_eq!(all.to().to_string(), "2026-11-23T12:01:00Z");
        assert_eq!(all.from().to_string(), "2016-11-15T12:00:00Z");
        assert!(
            range(&[("from", "-000009-01-01T00:00:00Z"), ("to", "-000001-01-01T00:00:00Z")])
                .is_err()
        );
        assert!(range(&[("from", "2027-01-01T00:00:00Z")]).is_err());
        assert!(range(&[("from", "yesterday")]).is_err());
        assert!(range(&[("from", "2026-11-01T00:00:00Z"), ("time_range_hours", "1")]).is_err());
    }

    #[test]
    fn numbers_are_of_no_more_than_ninety_days() {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        for (from, to, expected) in [
            ("2026-08-25T12:00:00Z", "", None),
            ("2026-08-25T11:59:59Z", "", Some("at most 2160 hours before to")),
            ("2020-01-01T00:00:00Z", "2020-03-31T00:00:00Z", None),
            ("2020-01-01T00:00:00Z", "2026-11-23T12:00:00Z", Some("at most 2160 hours before to")),
            ("2026-11-23T12:00:30Z", "", Some("earlier than to and than now")),
            ("2026-11-23T12:00:30Z", "2026-11-23T12:00:40Z", Some("earlier than now")),
        ] {
            let pairs = [("from", from), ("to", to)].map(|(n, v)| (n.to_owned(), v.to_owned()));
            let given = Parameters::new(pairs.to_vec(), &["from", "to"]).unwrap();
            let wrong = expected.map(|what| ApiError::InvalidParameter("from".to_owned(), what));
            assert_eq!(given.past_range(now).err(), wrong, "{from} to {to}");
        }
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
