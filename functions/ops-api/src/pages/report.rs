//! `GET /v1/reports?format=html`: the same numbers in a file of their own. It asks for nothing, opens
//! from a disk, and prints.

use axum::http::header::CONTENT_DISPOSITION;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use maud::html;
use shared::log::TimeRange;

use super::figures;
use super::frame::Page;
use super::health::HealthView;
use super::marks;
use super::numbers::Compared;
use super::period::Scope;
use crate::config::Config;
use crate::error::ApiError;
use crate::health;

/// The report of a range. Without details there are no tables and no arithmetic. `host` is where its
/// links lead to.
pub async fn report(
    config: &Config,
    range: TimeRange,
    with_details: bool,
    host: Option<&str>,
    now: Timestamp,
) -> Result<Response, ApiError> {
    let scope = Scope::of(range);
    let (health, numbers, marks) = futures_util::future::try_join3(
        health::current(config, false, now),
        Compared::load(config, &scope, now),
        marks::load(config, range, now),
    )
    .await?;
    let health = HealthView::try_from(health)?;
    let content = html! {
        h1 { "Webhooks, " (scope.words) }
        (health.in_short(now))
        section { (figures::cards(&scope, &numbers, &marks, now)) }
        @if with_details {
            (figures::tables(&scope, &numbers, now))
            (health.arithmetic())
        }
    };
    let page = Page {
        title: format!("Webhooks, {}", scope.words),
        place: "",
        state: health.overall_status,
        refresh: None,
        now,
        content,
    };
    let name = format!("inline; filename=\"hookwatch-{}.html\"", range.to().strftime("%Y-%m-%d"));
    let mut answer = page.alone(host.and_then(base).as_deref());
    if let Ok(value) = name.parse() {
        answer.headers_mut().insert(CONTENT_DISPOSITION, value);
    }
    Ok(answer.into_response())
}

/// The address of a host; `None` where it is none.
fn base(host: &str) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    let is_local = host.starts_with("127.0.0.1:") || host.starts_with("localhost:");
    let scheme = if is_local { "http" } else { "https" };
    (!host.is_empty() && host.chars().all(fits)).then(|| format!("{scheme}://{host}/"))
}

#[cfg(test)]
mod tests {
    use super::base;

    #[test]
    fn links_lead_to_where_the_report_came_from() {
        for (host, expected) in [
            ("ops.example.com", Some("https://ops.example.com/")),
            ("127.0.0.1:9000", Some("http://127.0.0.1:9000/")),
            ("", None),
            ("a/b", None),
            ("a\"b", None),
        ] {
            assert_eq!(base(host).as_deref(), expected, "{host}");
        }
    }
}
