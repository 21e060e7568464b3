//! The routes, and what every call goes through.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request as HttpRequest, State};
use axum::http::Method;
use axum::http::header::AUTHORIZATION;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use axum::{Router, routing};
use jiff::Timestamp;
use lambda_http::tower::ServiceExt;
use shared::config::ConfigError;
use shared::gateway::{Request, Response as Answer};
use shared::log::Cause;
use shared::store::{Actor, Door, Refusals};

use crate::auth::{self, Caller, Permission, Unknown};
use crate::cache::Cache;
use crate::clock::Now;
use crate::config::Config;
use crate::error::{ApiError, name_request};
use crate::gateway::{RequestId, SourceIp};
use crate::guesses::{self, Guesses};
use crate::{
    analytics, audit, cache, deployments, errors, event, events, gateway, health, issues, log,
    metrics, mutes, openapi, origin, pages, parameters, reports, security, thresholds,
};

/// What connecting at start may take.
const WARM_LIMIT: Duration = Duration::from_secs(2);

/// All that outlives a request.
pub struct App {
    /// Wrong tokens.
    pub refusals: Arc<Refusals>,
    config: Arc<Config>,
    router: Router,
}

impl App {
    /// The routes over a log.
    ///
    /// # Errors
    /// When the system has no random bytes.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        let refusals = Refusals::new(Door::Operations, config.store.clone(), config.retention)?;
        let (config, refusals) = (Arc::new(config), Arc::new(refusals));
        let cache = Arc::new(Cache::default());
        let guesses = Arc::<Guesses>::default();
        let numbers = Router::new()
            .route("/v1/metrics", routing::get(metrics::metrics))
            .route("/v1/analytics", routing::get(analytics::analytics))
            .route("/v1/errors", routing::get(errors::errors))
            .route("/v1/security", routing::get(security::security))
            .route("/v1/reports", routing::get(reports::report))
            .route("/v1/webhook-analytics", routing::get(reports::webhook_analytics))
            .route("/v1/health", routing::get(health::health))
            .layer(from_fn_with_state(cache.clone(), cache::kept_for_a_while));
        let router = Router::new()
            .merge(numbers)
            .route("/v1/events", plain(routing::post(log::one)).get(events::list))
            .route("/v1/events/batch", plain(routing::post(log::batch)))
            .route("/v1/events/{id}", routing::get(event::show))
            .route("/v1/health/history", routing::get(health::history))
            .route("/v1/issues", routing::get(issues::list))
            .route("/v1/audit", routing::get(audit::list))
            .route("/v1/issues/{fingerprint}/{action}", plain(routing::post(issues::act)))
            .route(
                "/v1/thresholds",
                plain(routing::get(thresholds::show).patch(thresholds::change)),
            )
            .route("/v1/mutes", plain(routing::get(mutes::list).post(mutes::add)))
            .route("/v1/mutes/{id}", plain(routing::delete(mutes::remove)))
            .route("/v1/deployments", plain(routing::post(deployments::add)))
            .route("/openapi.json", plain(routing::get(openapi::document)))
            .merge(pages::routes())
            .fallback(async || ApiError::NotFound)
            .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
            // Lambda's own limit, 6 MB, is enough.
            .layer(DefaultBodyLimit::disable())
            .layer(from_fn_with_state(cache, cache::forget))
            .layer(from_fn_with_state((config.clone(), refusals.clone(), guesses), let_in))
            .with_state(config.clone());
        Ok(Self { refusals, config, router })
    }

    /// Connects while Lambda still gives full speed. A database that is down is no reason not to
    /// start: the first call will tell.
    pub async fn warm(&self) {
        if let Err(error) = self.config.store.warm_for_reading(WARM_LIMIT).await {
            tracing::warn!(%error, "starting without a warm connection");
        }
    }
}

/// A route without parameters.
fn plain(route: MethodRouter<Arc<Config>>) -> MethodRouter<Arc<Config>> {
    route.route_layer(from_fn(parameters::refuse_all))
}

/// Answers one request; never fails.
pub async fn handle(app: &App, event: &Request, invocation_id: &str) -> Answer {
    let request_id = event.request_id().unwrap_or(invocation_id);
    let now = Timestamp::now();
    let request = gateway::request(event);
    let is_page = request.is_some() && pages::is_page(event.path());
    let response = match request {
        Some(mut request) => {
            request.extensions_mut().insert(Now(now));
            request.extensions_mut().insert(RequestId(request_id.to_owned()));
            request.extensions_mut().insert(SourceIp(event.source_ip().map(str::to_owned)));
            let Ok(response) = app.router.clone().oneshot(request).await;
            response
        }
        None => ApiError::InvalidRequest.into_response(),
    };
    // An error gets its body: a page for people, JSON for programs.
    let named = |response: Response| match is_page {
        true => pages::error_page(response, request_id, now),
        false => name_request(response, request_id),
    };
    match gateway::answer(pages::secured(named(response))).await {
        Some(answer) => answer,
        None => {
            tracing::error!(request_id, "answer is too large");
            let error = pages::secured(named(ApiError::AnswerTooLarge.into_response()));
            let answer = gateway::answer(error).await;
            answer.unwrap_or_else(|| Answer::new(500, "text/plain", String::new()))
        }
    }
}

/// Whoever does what a request asks for, as the audit trail has it.
fn actor(request: &HttpRequest, caller: &Caller) -> Option<Actor> {
    let extensions = request.extensions();
    let Now(at) = *extensions.get::<Now>()?;
    let RequestId(request_id) = extensions.get::<RequestId>()?.clone();
    let SourceIp(source_ip) = extensions.get::<SourceIp>()?.clone();
    Some(Actor { at, request_id, by: caller.name.clone(), source_ip })
}

/// Lets in who has a token whose role may do it. A browser that has one sends it for any page: what changes
/// something must not be another site's.
async fn let_in(
    State((config, refusals, guesses)): State<(Arc<Config>, Arc<Refusals>, Arc<Guesses>)>,
    mut request: HttpRequest,
    next: Next,
) -> Response {
    let needed = match *request.method() {
        Method::POST if request.uri().path().starts_with("/v1/events") => Permission::Log,
        Method::GET | Method::HEAD => Permission::Read,
        _ => Permission::Act,
    };
    let header = request.headers().get(AUTHORIZATION);
    let header = header.map(|value| String::from_utf8_lossy(value.as_bytes()));
    match auth::caller(&config.tokens, header.as_deref()).await {
        Ok(caller) if needed != Permission::Read && origin::is_foreign(request.headers()) => {
            let path = request.uri().path();
            tracing::warn!(caller = caller.name, path, "another site's page asked");
            match pages::is_page(path) {
                true => ApiError::FormRefused.into_response(),
                false => ApiError::ForeignOrigin.into_response(),
            }
        }
        Ok(caller) if caller.role.may(needed) => {
            tracing::debug!(caller = caller.name, area = area(request.uri().path()), "asked");
            if let Some(actor) = actor(&request, &caller) {
                request.extensions_mut().insert(actor);
            }
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Ok(_) => ApiError::Forbidden.into_response(),
        Err(Unknown::Missing) => ApiError::TokenMissing.into_response(),
        Err(Unknown::Wrong) => {
            let extensions = request.extensions();
            if let (Some(Now(now)), Some(SourceIp(source_ip))) =
                (extensions.get::<Now>(), extensions.get::<SourceIp>())
            {
                // Not what was asked for: whoever guesses would write into our log.
                tracing::warn!(source_ip, "wrong token");
                refusals.count(*now, source_ip.as_deref(), Cause::TokenWrong, false).await;
                if guesses.count(source_ip.as_deref(), *now) {
                    tokio::time::sleep(guesses::PAUSE).await;
                }
            }
            ApiError::TokenWrong.into_response()
        }
    }
}

/// What a path is about, without whom or what it names: `/v1/events` of `/v1/events/evt_1`.
fn area(path: &str) -> &str {
    let names = if path.starts_with("/v1/") { 3 } else { 2 };
    path.match_indices('/').nth(names - 1).map_or(path, |(at, _)| path.get(..at).unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::area;

    #[test]
    fn the_log_learns_what_is_asked_about_and_not_of_whom() {
        for (path, expected) in [
            ("/", "/"),
            ("/events", "/events"),
            ("/events/ada@example.com", "/events"),
            ("/v1/events", "/v1/events"),
            ("/v1/events/evt_1", "/v1/events"),
            ("/v1/issues/low_success_rate/resolve", "/v1/issues"),
        ] {
            assert_eq!(area(path), expected);
        }
    }
}
