//! `GET /v1/reports` and `GET /v1/webhook-analytics`: everything about a range in one answer.

mod collect;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HOST};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shared::report::{Analytics, ErrorAnalytics, Table, TableName};

use crate::clock::Now;
use crate::config::Config;
use crate::error::ApiError;
use crate::health::{self, Health};
use crate::metrics::Metrics;
use crate::pages;
use crate::question::{Pairs, Question};
use collect::collect;

const FORMAT: &str = "json, csv or html";
const TABLE: &str = "summary, event_types, errors, timeline, rejections, sources or issues";
const BOOLEAN: &str = "true or false";

/// The guide's report, or a table of it.
pub async fn report(
    State(config): State<Arc<Config>>,
    Extension(Now(now)): Extension<Now>,
    headers: HeaderMap,
    pairs: Pairs,
) -> Result<Response, ApiError> {
    let own = ["include_details", "format", "table"];
    let question = Question::of_range(pairs, &own, now)?;
    let wrong = |name: &str, expected| ApiError::InvalidParameter(name.to_owned(), expected);
    let with_details = question.given.value("include_details", BOOLEAN)?.unwrap_or(true);
    let table: Option<TableName> = question.given.value("table", TABLE)?;
    let format = question.given.text("format").unwrap_or("json");
    if !["json", "csv", "html"].contains(&format) {
        return Err(wrong("format", FORMAT));
    }
    let as_csv = format == "csv";
    if table.is_some() && !as_csv {
        return Err(wrong("table", "left out unless format is csv"));
    }
    if format == "html" {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        return pages::report(&config, question.asked, with_details, host, now).await;
    }
    let collected = collect(&config, question).await?;
    let health = health::current(&config, false, now).await?.brief();
    let mut report = collected.report(config.outcomes, health);
    if as_csv {
        let table = table.unwrap_or(TableName::Summary);
        return Ok(csv(table, &report.table(table)));
    }
    if !with_details {
        report.details = None;
    }
    Ok(Json(report).into_response())
}

fn csv(name: TableName, table: &Table) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"hookwatch-{name}.csv\"")),
    ];
    (headers, table.to_csv()).into_response()
}

/// The guide's `get_webhook_analytics`.
#[derive(Serialize)]
pub struct WebhookAnalytics {
    performance_metrics: Metrics,
    event_analytics: Analytics,
    error_analytics: ErrorAnalytics,
    /// Null where it is not asked for.
    health_status: Option<Health>,
}

/// Metrics, event and error analytics, and health.
pub async fn webhook_analytics(
    State(config): State<Arc<Config>>,
    Extension(Now(now)): Extension<Now>,
    pairs: Pairs,
) -> Result<Json<WebhookAnalytics>, ApiError> {
    let question = Question::of_range(pairs, &["include_health"], now)?;
    let with_health = question.given.value("include_health", BOOLEAN)?.unwrap_or(true);
    let collected = collect(&config, question).await?;
    let health_status = match with_health {
        true => Some(health::current(&config, false, now).await?),
        false => None,
    };
    Ok(Json(WebhookAnalytics {
        performance_metrics: collected.metrics(config.outcomes),
        event_analytics: collected.analytics(config.outcomes),
        error_analytics: collected.errors(),
        health_status,
    }))
}
