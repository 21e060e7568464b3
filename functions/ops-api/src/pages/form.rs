//! Forms that change something, and how we know that one of our pages sent them.
//!
//! A browser sends HTTP Basic by itself, with forms of foreign pages too. So a form carries a token that
//! only our pages know, made from the caller's own and the day, and the browser must say that the form
//! is from this very site.

use axum::http::HeaderMap;
use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use ring::hmac;
use subtle::ConstantTimeEq;

use crate::auth::TokenHash;
use crate::error::ApiError;
use crate::origin;

/// The field that carries the token.
pub const FIELD: &str = "form_token";

/// The token of a caller's forms on a day.
pub fn token(hash: &TokenHash, at: Timestamp) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &hash.0);
    let day = format!("hookwatch form {}", at.strftime("%Y-%m-%d"));
    HEXLOWER.encode(hmac::sign(&key, day.as_bytes()).as_ref())
}

/// The token as a form's hidden field.
pub fn field(token: &str) -> Markup {
    html! { input type="hidden" name=(FIELD) value=(token); }
}

/// The fields of a form, once it is known to be ours.
pub fn checked(
    headers: &HeaderMap,
    fields: Vec<(String, String)>,
    hash: &TokenHash,
    now: Timestamp,
) -> Result<Fields, ApiError> {
    let fields = Fields(fields);
    let yesterday = now - SignedDuration::from_hours(24);
    let given = fields.text(FIELD).as_bytes();
    // A page may be open past midnight.
    let is_known = [now, yesterday].map(|day| token(hash, day).as_bytes().ct_eq(given).into());
    match origin::is_ours(headers) && is_known.contains(&true) {
        true => Ok(fields),
        false => Err(ApiError::FormRefused),
    }
}

/// What was put into a form.
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// A field's text; empty where there is none.
    pub fn text(&self, name: &str) -> &str {
        let field = self.0.iter().find(|(other, _)| other == name);
        field.map(|(_, value)| value.trim()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn a_token_is_one_callers_for_two_days_at_most() {
        let (ours, theirs) = (TokenHash([1; 32]), TokenHash([2; 32]));
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let days = |days: i64| now - SignedDuration::from_hours(24 * days);
        for (token, is_known) in [
            (token(&ours, now), true),
            (token(&ours, days(1)), true),
            (token(&ours, days(2)), false),
            (token(&theirs, now), false),
            (String::new(), false),
        ] {
            let name = HeaderName::from_static("sec-fetch-site");
            let sent = HeaderMap::from_iter([(name, HeaderValue::from_static("same-origin"))]);
            let fields = vec![(FIELD.to_owned(), token)];
            assert_eq!(checked(&sent, fields, &ours, now).is_ok(), is_known);
        }
    }
}
