//! `/find?q=`: one box for whatever a person has in hand.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Redirect;
use shared::log::EventId;

use super::link;
use crate::config::Config;
use crate::error::ApiError;
use crate::parameters::Parameters;

/// Characters of the longest that may be looked for: Stripe's ids have 255 at most, addresses of people 254.
const LONGEST: usize = 255;

/// Leads to what was asked for.
pub async fn find(
    State(config): State<Arc<Config>>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Result<Redirect, ApiError> {
    let Query(pairs) = query.map_err(|_| ApiError::InvalidRequest)?;
    let given = Parameters::new(pairs, &["q"])?;
    let text = given.text("q").unwrap_or_default().trim();
    if text.chars().count() > LONGEST {
        return Err(ApiError::InvalidParameter("q".to_owned(), "of 255 characters at most"));
    }
    Ok(Redirect::to(&place(text, config.privacy_key.is_some())))
}

/// Where something is shown: an event on its page, anything else in the list, of a week, by what its
/// form says it is. People are in the list where there is a key to search by.
fn place(text: &str, has_people: bool) -> String {
    let listed = |name| link::ours("/events", [(name, text), ("time_range_hours", "168")]);
    if text.is_empty() {
        "/events".to_owned()
    } else if text.starts_with("evt_") || text.starts_with("quarantined_") {
        match EventId::parse(text) {
            Some(id) => link::event(id.as_str()),
            None => "/events".to_owned(),
        }
    } else if text.parse::<IpAddr>().is_ok() {
        listed("source_ip")
    } else if has_people && text.contains('@') {
        listed("person")
    } else if text.starts_with("acct_") {
        listed("account")
    } else if text.starts_with("req_") || is_of_a_gateway(text) {
        listed("request_id")
    } else if text.contains('.')
        && text.bytes().all(|b| b.is_ascii_lowercase() || b"._".contains(&b))
    {
        listed("event_type")
    } else {
        listed("entity_id")
    }
}

/// Whether it has the form of the id that an HTTP API gives a request, which every error names.
fn is_of_a_gateway(text: &str) -> bool {
    let is_base64 = |b: u8| b.is_ascii_alphanumeric() || b"+/-_".contains(&b);
    text.len() == 16 && text.strip_suffix('=').is_some_and(|start| start.bytes().all(is_base64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_is_says_where_it_is() {
        const WEEK: &str = "&time_range_hours=168";
        for (text, expected) in [
            ("evt_1", "/events/evt_1".to_owned()),
            ("evt_1/../x", "/events".to_owned()),
            ("", "/events".to_owned()),
            ("cus_9", format!("/events?entity_id=cus_9{WEEK}")),
            ("acct_9", format!("/events?account=acct_9{WEEK}")),
            ("req_9", format!("/events?request_id=req_9{WEEK}")),
            ("Qe7d4KKmRz4dygc=", format!("/events?request_id=Qe7d4KKmRz4dygc%3D{WEEK}")),
            ("invoice.paid", format!("/events?event_type=invoice.paid{WEEK}")),
            ("203.0.113.9", format!("/events?source_ip=203.0.113.9{WEEK}")),
            ("2001:db8::1", format!("/events?source_ip=2001:db8::1{WEEK}")),
            ("//evil.example/?", format!("/events?entity_id=%2F%2Fevil.example%2F%3F{WEEK}")),
        ] {
            assert_eq!(place(text, true), expected, "{text}");
        }
        let (ada, name) =
            ("ada@example.com", |name| format!("/events?{name}=ada%40example.com{WEEK}"));
        assert_eq!([place(ada, true), place(ada, false)], ["person", "entity_id"].map(name));
    }
}
