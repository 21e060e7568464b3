//! The routes, and what every call goes through.

use std::sync::Arc;

use axum::extract::{Request as HttpRequest, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing};
use jiff::Timestamp;
use lambda_http::tower::ServiceExt;
use shared::gateway::{Request, Response as Answer};

use crate::auth::{Permission, Unknown};
use crate::config::Config;
use crate::error::{ApiError, name_request};
use crate::{event, events, gateway};

/// All that outlives a request.
pub struct App {
    config: Arc<Config>,
    router: Router,
}

/// The time at which a request came, for everything that is done for it.
#[derive(Clone, Copy)]
pub struct Now(pub Timestamp);

impl App {
    /// The routes over a log.
    pub fn new(config: Config) -> Self {
        let config = Arc::new(config);
        let router = Router::new()
            .route("/v1/events", routing::get(events::list))
            .route("/v1/events/{id}", routing::get(event::show))
            .fallback(async || ApiError::NotFound)
            .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
            .layer(from_fn_with_state(config.clone(), let_in))
            .with_state(config.clone());
        Self { config, router }
    }

    /// Connects while Lambda still gives full speed. A database that is down is no reason not to
    /// start: the first call will tell.
    pub async fn warm(&self) {
        if let Err(error) = self.config.store.warm_for_reading().await {
            tracing::warn!(%error, "starting without a warm connection");
        }
    }
}

/// Answers one request; never fails.
pub async fn handle(app: &App, event: &Request, invocation_id: &str) -> Answer {
    let response = match gateway::request(event) {
        Some(mut request) => {
            request.extensions_mut().insert(Now(Timestamp::now()));
            let Ok(response) = app.router.clone().oneshot(request).await;
            response
        }
        None => ApiError::InvalidRequest.into_response(),
    };
    gateway::answer(name_request(response, event.request_id().unwrap_or(invocation_id))).await
}

/// Lets in who has a token whose role may do it. Everything so far only reads.
async fn let_in(State(config): State<Arc<Config>>, request: HttpRequest, next: Next) -> Response {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    match config.tokens.caller(header) {
        Ok(caller) if caller.role.may(Permission::Read) => next.run(request).await,
        Ok(_) => ApiError::Forbidden.into_response(),
        Err(Unknown::Missing) => ApiError::TokenMissing.into_response(),
        Err(Unknown::Wrong) => {
            tracing::warn!(path = request.uri().path(), "wrong token");
            ApiError::TokenWrong.into_response()
        }
    }
}
