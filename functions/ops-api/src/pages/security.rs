//! `GET /security`: who was refused, why, and whether it was Stripe itself.

mod view;

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use maud::html;
use shared::report::{Security, Span};
use shared::store::Detail;

use super::figures::note;
use super::frame::{Page, Refresh, tabs};
use super::numbers::Compared;
use super::period::Period;
use super::{link, marks};
use crate::clock::Now;
use crate::config::Config;
use crate::error::ApiError;
use crate::parameters::Parameters;
use crate::security::{diagnoses, wrong_tokens};

/// Addresses that are shown.
const MOST: usize = 25;
/// How often it refreshes itself, where it does, in seconds.
const REFRESH: u32 = 60;

/// Shows what was refused.
pub async fn show(
    State(config): State<Arc<Config>>,
    Extension(Now(now)): Extension<Now>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Result<Page, ApiError> {
    let Query(pairs) = query.map_err(|_| ApiError::InvalidRequest)?;
    let given = Parameters::new(pairs, &["range", "refresh"])?;
    let period = given.value("range", "1h, 24h, 7d or 30d")?.unwrap_or(Period::Day);
    let is_on = given.text("refresh") == Some("on");
    let scope = period.scope(now).ok_or(ApiError::Internal)?;
    let (Compared { now: numbers, before }, marks) = futures_util::future::try_join(
        Compared::load_with(&config, scope.range, Detail::Totals, now),
        marks::load(&config, scope.range, now),
    )
    .await?;
    let (tokens, is_all) = wrong_tokens(&config, &numbers.answered, now).await?;
    let diagnoses = diagnoses::load(&config, &numbers.slots, now).await?;
    let span = Span::new(scope.range, &numbers.answered, now);
    let steps = (numbers.step, numbers.slots.as_slice());
    let security = Security::new(span, &numbers.sources, steps, (&tokens, is_all), MOST);
    let mut switch = vec![("range", period.as_str())];
    switch.extend((!is_on).then_some(("refresh", "on")));
    let periods = Period::ALL.map(|period| (period.as_str(), period.words()));
    Ok(Page {
        title: "Security".to_owned(),
        place: "/security",
        state: String::new(),
        refresh: Some(Refresh { is_on, seconds: REFRESH, switch: link::ours("/security", switch) }),
        now,
        content: html! {
            (view::verdict(&security, &scope))
            div.bar-row {
                h2 { "The last " (period.words()) }
                (tabs("Range", periods, period.as_str(), "/security", "range"))
            }
            (note(&numbers, now))
            (view::course(&numbers, before.as_ref(), &marks))
            (view::diagnoses(&diagnoses, now))
            div.two {
                (view::causes(&security))
                (view::sources(&security, &scope))
                (view::bursts(&security, now))
                (view::tokens(&security))
            }
        },
    })
}
