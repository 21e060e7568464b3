//! What fuzz targets call: what must hold of whatever bytes come. Each tells whether they were understood.

use axum::extract::Query;
use jiff::Timestamp;
use shared::gateway::Request;

use crate::cursor::Cursor;
use crate::filter::Filter;
use crate::parameters::{Asked, Parameters};

/// The gateway's event: whatever it holds, it is a request or an error, and every part can be asked for.
pub fn gateway(data: &[u8]) -> bool {
    let Ok(request) = serde_json::from_slice::<Request>(data) else { return false };
    let (method, path, query) = (request.method(), request.path(), request.query());
    let texts = [Some(method), Some(path), Some(query), request.source_ip(), request.request_id()];
    assert!(texts.iter().flatten().all(|text| text.len() <= data.len()));
    assert!(!request.body().is_ok_and(|body| body.len() > data.len()));
    for (name, _) in request.headers().iter() {
        assert!(request.headers().get(name).is_some());
    }
    crate::gateway::request(&request).is_some()
}

/// A query string of the operations API: parameters, filters, ranges and cursors are values or errors.
pub fn query(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let now = now();
    let Ok(uri) = format!("/?{text}").parse() else { return false };
    let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(&uri) else { return false };
    const PAGING: [&str; 5] = ["time_range_hours", "from", "to", "limit", "cursor"];
    let known = [&PAGING[..], &Filter::NAMES].concat();
    let Ok(given) = Parameters::new(pairs, &known) else { return false };
    let is_filter = Filter::from_parameters(&given, None).is_ok();
    let range = given.range(Asked::Entries, now);
    if let Ok(range) = &range {
        assert!(range.from() < range.to());
    }
    drop(given.range(Asked::Numbers, now));
    let cursor = given.text("cursor").and_then(|text| Cursor::decode(text, "", now));
    if let Some(cursor) = cursor {
        assert_eq!(Cursor::decode(&cursor.encode(""), "", now), Some(cursor));
    }
    is_filter && range.is_ok()
}

/// The JSON of an outcome: an entry that can be put, or the member that is wrong.
pub fn log_entry(data: &[u8]) -> bool {
    serde_json::from_slice(data).is_ok_and(|value| crate::log::is_entry(value, now()))
}

fn now() -> Timestamp {
    Timestamp::from_second(1_700_000_000).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::replay::replay;

    #[test]
    fn gateway_events() {
        replay(&["fuzz/seeds/gateway", "tests/fixtures/lambda_events"], super::gateway);
    }

    #[test]
    fn query_strings() {
        replay(&["fuzz/seeds/query"], super::query);
    }

    #[test]
    fn log_entries() {
        replay(&["fuzz/seeds/log_entry"], super::log_entry);
    }
}
