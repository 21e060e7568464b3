//! What every page has around it, and the headers that every page is sent with.

use std::sync::LazyLock;

use axum::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use ring::digest::{SHA256, digest};

use super::{link, text};
use crate::error::{ApiError, keep_headers};

const STYLE: &str = include_str!("style.css");

/// Nothing is loaded from anywhere, nothing runs, nobody frames us. The one style is known by its hash;
/// `data:` is the icon, which shows the state.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = BASE64.encode(digest(&SHA256, STYLE.as_bytes()).as_ref());
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; form-action 'self'; \
         base-uri 'self'; frame-ancestors 'none'"
    )
});

/// The places of the navigation.
const PLACES: [(&str, &str); 3] =
    [("/", "Overview"), ("/events", "Events"), ("/security", "Security")];

/// A page.
pub struct Page {
    /// Its name, in the browser's tab.
    pub title: String,
    /// The place in the navigation that it belongs to.
    pub place: &'static str,
    /// What the icon shows: `healthy`, `degraded`, `critical` or nothing.
    pub state: String,
    /// How it refreshes itself.
    pub refresh: Option<Refresh>,
    /// When it was made.
    pub now: Timestamp,
    /// What is on it.
    pub content: Markup,
}

/// How a page refreshes itself, or would.
pub struct Refresh {
    /// Whether it does.
    pub is_on: bool,
    /// How often, in seconds.
    pub seconds: u32,
    /// The address of the page that does the opposite.
    pub switch: String,
}

impl Page {
    /// The whole document. As a file of its own (`alone`) it has no navigation, and its links lead to
    /// where it came from, if that is known.
    fn document(&self, alone: Option<Option<&str>>) -> Markup {
        let refresh = self.refresh.as_ref().filter(|refresh| refresh.is_on);
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    @if let Some(refresh) = refresh {
                        meta http-equiv="refresh" content=(refresh.seconds);
                    }
                    @if let Some(base) = alone.flatten() { base href=(base); }
                    title { (self.title) " – Hookwatch" }
                    link rel="icon" href=(icon(&self.state));
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    @if alone.is_none() { (self.head()) }
                    main id="main" { (self.content) }
                    footer {
                        p {
                            "As of " (self.now.strftime("%Y-%m-%d %H:%M:%S").to_string()) ". All times are UTC. "
                            @if let Some(refresh) = &self.refresh {
                                @if refresh.is_on {
                                    "Refreshes every " (refresh.seconds) " s. "
                                    a href=(refresh.switch) { "Stop" }
                                } @else {
                                    a href=(refresh.switch) { "Refresh every " (refresh.seconds) " s" }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn head(&self) -> Markup {
        html! {
            a.skip href="#main" { "Skip to content" }
            header {
                a.brand href="/" { "Hookwatch" }
                nav aria-label="Pages" {
                    @for (path, name) in PLACES {
                        a href=(path) aria-current=[(path == self.place).then_some("page")] { (name) }
                    }
                }
                form.find action="/find" role="search" {
                    input type="search" name="q" required aria-label="Find an event, an object, an account, a request or an address"
                        placeholder="evt_, cus_, acct_, req_, address …" maxlength="300";
                    button { "Find" }
                }
            }
        }
    }
}

impl Page {
    /// As a file of its own, in which links lead to `base`.
    pub fn alone(&self, base: Option<&str>) -> Response {
        html_response(self.document(Some(base)))
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        html_response(self.document(None))
    }
}

fn html_response(document: Markup) -> Response {
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    ([(CONTENT_TYPE, kind)], document.into_string()).into_response()
}

/// Gives an answer that is HTML the headers that keep a browser from doing what it should not.
pub fn secured(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if kind.is_some_and(|kind| kind.starts_with("text/html")) {
        if let Ok(policy) = HeaderValue::from_str(&POLICY) {
            headers.insert(CONTENT_SECURITY_POLICY, policy);
        }
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// An error as a page, where the answer is one.
pub fn error_page(response: Response, request_id: &str, now: Timestamp) -> Response {
    let Some(error) = response.extensions().get::<ApiError>().cloned() else { return response };
    let (status, code, message) = error.parts();
    let again = match status {
        StatusCode::UNAUTHORIZED => {
            "A browser asks for it: leave the name as you like, the token is the password."
        }
        StatusCode::FORBIDDEN if error == ApiError::Forbidden => {
            "Viewers may look, operators may act, and writers may only log."
        }
        _ => "",
    };
    let content = html! {
        section.error {
            h1 { (text::foreign(&message, 500)) }
            p { (again) }
            p { a href="/" { "To the overview" } " · " a href="/events" { "To the events" } }
            p.age { (status.as_u16()) " " (code) ", request " (text::foreign(request_id, 100)) }
        }
    };
    let title = format!("{} {code}", status.as_u16());
    let (place, state) = ("", String::new());
    let page = Page { title, place, state, refresh: None, now, content };
    let mut answer = page.into_response();
    *answer.status_mut() = status;
    keep_headers(answer, &response)
}

/// A disc in the state's colour, and with its sign: colour alone says nothing to some.
fn icon(state: &str) -> String {
    let (colour, sign) = match state {
        "healthy" => ("%2317713a", "M5 8.5l2 2 4-5"),
        "degraded" => ("%23b26b00", "M8 4v5M8 11v1"),
        "critical" => ("%23b3261e", "M5 5l6 6M11 5l-6 6"),
        _ => ("%23555b66", ""),
    };
    format!(
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle \
         cx='8' cy='8' r='8' fill='{colour}'/%3E%3Cpath d='{sign}' stroke='white' stroke-width='2' \
         fill='none'/%3E%3C/svg%3E"
    )
}

/// A link with a query of ours that goes on, or back, in a list of periods.
pub fn tabs<'a>(
    label: &str,
    tabs: impl IntoIterator<Item = (&'a str, &'a str)>,
    chosen: &str,
    path: &str,
    name: &'a str,
) -> Markup {
    html! {
        nav.tabs aria-label=(label) {
            @for (value, words) in tabs {
                a href=(link::ours(path, [(name, value)])) aria-current=[(value == chosen).then_some("true")] {
                    (words)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_allows_the_style_of_the_page_and_nothing_that_runs() {
        assert!(POLICY.starts_with("default-src 'none'; style-src 'sha256-"));
        assert!(!POLICY.contains("unsafe") && !POLICY.contains("script"));
        // What is hashed must be what is between the tags.
        let document = Page {
            title: "<t>".to_owned(),
            place: "/",
            state: String::new(),
            refresh: None,
            now: Timestamp::UNIX_EPOCH,
            content: html! {},
        };
        let html = document.document(None).into_string();
        let style = html.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
        assert_eq!(style, STYLE);
        assert!(html.contains("<title>&lt;t&gt; – Hookwatch</title>"));
    }
}
