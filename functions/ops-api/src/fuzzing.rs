//! What fuzz targets call: readers of what callers send, which are private otherwise.

use axum::extract::Query;
use jiff::Timestamp;
use shared::gateway::Request;

use crate::cursor::Cursor;
use crate::filter::Filter;
use crate::parameters::Parameters;

/// From the gateway's request to the router's.
pub fn request(request: &Request) {
    drop(crate::gateway::request(request));
}

/// A query string.
pub fn query(text: &str) {
    let now = Timestamp::from_second(1_700_000_000).unwrap_or(Timestamp::UNIX_EPOCH);
    let Ok(uri) = format!("/?{text}").parse() else { return };
    let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(&uri) else { return };
    const PAGING: [&str; 5] = ["time_range_hours", "from", "to", "limit", "cursor"];
    let known = [&PAGING[..], &Filter::NAMES].concat();
    let Ok(given) = Parameters::new(pairs, &known) else { return };
    drop(Filter::from_parameters(&given, None));
    drop(given.range(now).map(|range| assert!(range.from() < range.to())));
    drop(given.past_range(now));
    let cursor = given.text("cursor").and_then(|text| Cursor::decode(text, "", now));
    if let Some(cursor) = cursor {
        assert_eq!(Cursor::decode(&cursor.encode(""), "", now), Some(cursor));
    }
}

/// The body of an outcome.
pub fn log_entry(body: &[u8]) {
    let now = Timestamp::from_second(1_700_000_000).unwrap_or(Timestamp::UNIX_EPOCH);
    let Ok(value) = serde_json::from_slice(body) else { return };
    crate::log::read(value, now);
}
