//! Answers kept for a short while: within this function's instance, and by who asked.
//!
//! A kept answer is less than ten seconds old, `Age` says how old, and `generated_at` within it when it
//! was made. `Cache-Control: no-cache` asks for a new one. What this instance writes is seen at once, and an answer
//! that says for itself how long it may be kept is passed on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{
    AGE, AUTHORIZATION, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use ring::digest::{Context, SHA256};

use crate::clock::Now;
use crate::error::ApiError;

/// Seconds that an answer is kept.
const SECONDS: u64 = 10;
/// Answers that are kept.
const MOST: usize = 64;
/// Largest answer that is kept, in bytes: the function has 256 MB.
const MOST_BYTES: usize = 500_000;
/// Largest answer that is made at all.
const LARGEST: usize = 6_000_000;

/// Answers by question.
#[derive(Default)]
pub struct Cache(Mutex<BTreeMap<String, Kept>>);

/// An answer.
#[derive(Clone)]
struct Kept {
    at: Timestamp,
    etag: HeaderValue,
    headers: HeaderMap,
    body: Bytes,
}

impl Cache {
    fn find(&self, question: &str, now: Timestamp) -> Option<(Kept, u64)> {
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = answers.get(question)?;
        let age = u64::try_from(now.duration_since(kept.at).as_secs()).ok()?;
        (age < SECONDS).then(|| (kept.clone(), age))
    }

    fn keep(&self, question: String, kept: Kept, now: Timestamp) {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = |kept: &Kept| now.duration_since(kept.at).as_secs().unsigned_abs() < SECONDS;
        answers.retain(|_, kept| is_fresh(kept));
        if answers.len() < MOST && kept.body.len() <= MOST_BYTES {
            answers.insert(question, kept);
        }
    }

    fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Answers a `GET`, or a `HEAD` as a `GET` whose body the router leaves out, with what was answered before, where that is young enough.
pub async fn kept_for_a_while(
    State(cache): State<Arc<Cache>>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(Now(now)) = request.extensions().get::<Now>().copied() else {
        return next.run(request).await;
    };
    match *request.method() {
        Method::GET => {}
        // Its headers are those of the answer with a body, the tag among them.
        Method::HEAD => *request.method_mut() = Method::GET,
        _ => return next.run(request).await,
    }
    let question = question(&request);
    let known = text(request.headers(), IF_NONE_MATCH).map(str::to_owned);
    if !wants_a_new_one(request.headers())
        && let Some((kept, age)) = cache.find(&question, now)
    {
        return answer(kept, age, known.as_deref());
    }
    let response = next.run(request).await;
    if response.status() != StatusCode::OK || response.headers().contains_key(CACHE_CONTROL) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, LARGEST).await else {
        return ApiError::AnswerTooLarge.into_response();
    };
    let mut headers = HeaderMap::new();
    for name in [CONTENT_TYPE, CONTENT_DISPOSITION] {
        if let Some(value) = parts.headers.get(&name) {
            headers.insert(name, value.clone());
        }
    }
    let kept = Kept { at: now, etag: etag(&body), headers, body };
    cache.keep(question, kept.clone(), now);
    answer(kept, 0, known.as_deref())
}

/// Forgets all answers when something is written.
pub async fn forget(State(cache): State<Arc<Cache>>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let response = next.run(request).await;
    if !reads {
        cache.clear();
    }
    response
}

fn answer(kept: Kept, age: u64, known: Option<&str>) -> Response {
    let is_known = known.is_some_and(|known| names(known, &kept.etag));
    let mut response = match is_known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => Response::new(Body::from(kept.body)),
    };
    let headers = response.headers_mut();
    headers.extend(kept.headers);
    headers.insert(ETAG, kept.etag);
    headers.insert(AGE, HeaderValue::from(age));
    let cache_control = HeaderValue::from_str(&format!("private, max-age={}", SECONDS - age));
    headers.insert(CACHE_CONTROL, cache_control.unwrap_or(HeaderValue::from_static("no-store")));
    headers.insert(VARY, HeaderValue::from_name(AUTHORIZATION));
    response
}

/// Path and parameters, in whatever order these came.
fn question(request: &Request) -> String {
    let mut pairs: Vec<&str> = request.uri().query().unwrap_or_default().split('&').collect();
    pairs.sort_unstable();
    format!("{}?{}", request.uri().path(), pairs.join("&"))
}

/// What an answer says, and not when and how it was made: an answer about last week stays the same however
/// often it is made. So it is a weak one.
fn etag(body: &[u8]) -> HeaderValue {
    let mut hash = Context::new(&SHA256);
    let mut rest = body;
    while let Some((before, after)) = next_made(rest) {
        hash.update(before);
        rest = after;
    }
    hash.update(rest);
    let hash = hash.finish();
    let half = hash.as_ref().get(..16).unwrap_or_default();
    let etag = format!("W/\"{}\"", BASE64URL_NOPAD.encode(half));
    HeaderValue::from_str(&etag).unwrap_or(HeaderValue::from_static("W/\"\""))
}

/// What comes before the next member that tells how an answer was made, and what comes after it. Within a
/// text of JSON no quotation mark stands alone, so such a member is never part of what others wrote.
fn next_made(body: &[u8]) -> Option<(&[u8], &[u8])> {
    const MADE: [(&[u8], u8); 2] = [(b"\"generated_at\":\"", b'"'), (b"\"read\":{", b'}')];
    let quotation_marks = body.iter().enumerate().filter(|(_, byte)| **byte == b'"');
    quotation_marks.map(|(at, _)| at).find_map(|at| {
        let (before, here) = body.split_at_checked(at)?;
        let member = |(name, end): &(&[u8], u8)| Some((here.strip_prefix(*name)?, *end));
        let (rest, end) = MADE.iter().find_map(member)?;
        let end = rest.iter().position(|byte| *byte == end)?;
        Some((before, rest.get(end..)?))
    })
}

/// Whether an `If-None-Match` names the answer; weakly, as RFC 9110 has it (13.1.2).
fn names(known: &str, etag: &HeaderValue) -> bool {
    let wanted = opaque(etag.as_bytes());
    known.split(',').map(str::trim).any(|one| one == "*" || opaque(one.as_bytes()) == wanted)
}

/// An `ETag` without the mark of a weak one.
fn opaque(etag: &[u8]) -> &[u8] {
    etag.strip_prefix(b"W/").unwrap_or(etag)
}

fn wants_a_new_one(headers: &HeaderMap) -> bool {
    text(headers, CACHE_CONTROL).is_some_and(|value| {
        let mut directives = value.split(',').map(|one| one.trim().to_ascii_lowercase());
        directives.any(|one| matches!(one.as_str(), "no-cache" | "no-store" | "max-age=0"))
    })
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn kept(at: Timestamp, bytes: usize) -> Kept {
        let body = Bytes::from(vec![b'x'; bytes]);
        Kept { at, etag: etag(&body), headers: HeaderMap::new(), body }
    }

    #[test]
    fn an_answer_is_kept_for_ten_seconds_and_no_more_than_there_is_room_for() {
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let cache = Cache::default();
        cache.keep("a".to_owned(), kept(now, 1), now);
        let age = |seconds| Some(cache.find("a", now + SignedDuration::from_secs(seconds))?.1);
        assert_eq!([age(0), age(9), age(10), age(-1)], [Some(0), Some(9), None, None]);
        cache.keep("large".to_owned(), kept(now, MOST_BYTES + 1), now);
        assert!(cache.find("large", now).is_none());
        (0..100).for_each(|n| cache.keep(n.to_string(), kept(now, 1), now));
        assert_eq!(cache.0.lock().unwrap().len(), MOST);
        let later = now + SignedDuration::from_secs(10);
        cache.keep("b".to_owned(), kept(later, 1), later);
        assert_eq!(cache.0.lock().unwrap().len(), 1);
        cache.clear();
        assert!(cache.find("b", later).is_none());
    }

    #[test]
    fn what_is_said_again_is_known_again() {
        let of = |made: &str, said: &str| {
            let body = format!(
                r#"{{"a":{{"generated_at":"{made}","read":{{"rollups":{}}}}},"b":{{"generated_at":"{made}","said":{said:?}}}}}"#,
                made.len(),
            );
            etag(body.as_bytes())
        };
        assert_eq!(of("1", "x"), of("22", "x"));
        assert_ne!(of("1", "x"), of("1", "y"));
        let forged = |n: u8| format!("\"generated_at\":\"{n}\",\"read\":{{{n}}}");
        assert_ne!(of("1", &forged(1)), of("1", &forged(2)), "a text that looks like it");
    }

    #[test]
    fn conditions() {
        let etag = etag(b"x");
        let own = etag.to_str().unwrap().to_owned();
        for (known, is_named) in [
            (own.clone(), true),
            (own.replace("W/", ""), true),
            (format!("\"other\", {own}"), true),
            ("*".to_owned(), true),
            ("\"other\"".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(names(&known, &etag), is_named, "{known}");
        }
        for (value, wants) in [
            ("no-cache", true),
            ("Max-Age=0", true),
            ("max-age=60, no-store", true),
            ("max-age=60", false),
        ] {
            let headers = HeaderMap::from_iter([(CACHE_CONTROL, HeaderValue::from_static(value))]);
            assert_eq!(wants_a_new_one(&headers), wants, "{value}");
        }
        assert!(!wants_a_new_one(&HeaderMap::new()));
    }
}
