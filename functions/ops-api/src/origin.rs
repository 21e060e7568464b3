//! Whose page sent a request, as far as the browser tells.
//!
//! A browser sends HTTP Basic by itself, with the requests of foreign pages too. What it says beside it no
//! page can change: `Sec-Fetch-Site` (W3C Fetch Metadata), and `Origin` with every POST. `Origin` is `null`
//! where a page asks for no referrer, as ours do. The host is ours by the name that the browser asked for:
//! behind a domain of its own a gateway passes that on.

use axum::http::header::{AsHeaderName, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a page of this site sent it. Where a browser does not know `Sec-Fetch-Site`, it must name us.
pub fn is_ours(headers: &HeaderMap) -> bool {
    let from_here = is_from_here(headers);
    match text(headers, FETCH_SITE) {
        Some(site) => site == "same-origin" && from_here.unwrap_or(true),
        None => from_here.unwrap_or(false),
    }
}

/// Whether a page of another site sent it. Programs say nothing of pages, and a person who typed an address
/// comes from `none`.
pub fn is_foreign(headers: &HeaderMap) -> bool {
    let is_known = match text(headers, FETCH_SITE) {
        Some(site) => matches!(site, "same-origin" | "none"),
        None => text(headers, ORIGIN) != Some("null"),
    };
    !is_known || is_from_here(headers) == Some(false)
}

/// Whether the origin is this host's; `None` where none is named.
fn is_from_here(headers: &HeaderMap) -> Option<bool> {
    let origin = text(headers, ORIGIN).filter(|origin| *origin != "null")?;
    let host = origin.split_once("://").map(|(_, host)| host);
    Some(host.is_some() && host == text(headers, HOST))
}

/// A header's text; empty where it is none.
fn text(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&str> {
    headers.get(name).map(|value| value.to_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: &str = "https://ops.example.com";
    const OTHER: &str = "https://evil.example";
    const SITE: &str = "sec-fetch-site";

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (HeaderName::from_static(n), v.parse().unwrap())).collect()
    }

    #[test]
    fn a_browser_tells_whose_page_it_was() {
        for (sent, ours, foreign) in [
            (&[][..], false, false),
            (&[(SITE, "same-origin")][..], true, false),
            (&[(SITE, "same-origin"), ("origin", "null")], true, false),
            (&[(SITE, "same-origin"), ("origin", US)], true, false),
            (&[(SITE, "same-origin"), ("origin", OTHER)], false, true),
            (&[(SITE, "cross-site"), ("origin", "null")], false, true),
            (&[(SITE, "cross-site"), ("origin", US)], false, true),
            (&[(SITE, "cross-site")], false, true),
            (&[(SITE, "same-site")], false, true),
            (&[(SITE, "same-origin, none")], false, true),
            (&[(SITE, "\u{e9}")], false, true),
            (&[(SITE, "")], false, true),
            (&[(SITE, "none")], false, false),
            (&[(SITE, "none"), ("origin", OTHER)], false, true),
            (&[("origin", US)], true, false),
            (&[("origin", OTHER)], false, true),
            (&[("origin", "https://ops.example.com.evil.example")], false, true),
            (&[("origin", "https://ops.example.com:8443")], false, true),
            (&[("origin", "null")], false, true),
            (&[("origin", "ops.example.com")], false, true),
            (&[("origin", "")], false, true),
        ] {
            let all = headers(&[sent, &[("host", "ops.example.com")]].concat());
            assert_eq!((is_ours(&all), is_foreign(&all)), (ours, foreign), "{sent:?}");
            // Without a host nobody's origin is ours.
            let nameless = headers(sent);
            assert_eq!(
                is_foreign(&nameless),
                foreign || sent.contains(&("origin", US)),
                "{sent:?}"
            );
        }
    }
}
