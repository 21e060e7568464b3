//! Which function a request belongs to: the most specific route that fits, as API Gateway chooses.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use crate::template::Route;

/// The routes of a gateway and what stands behind each.
#[derive(Clone, Debug)]
pub struct Routes<T>(Vec<Entry<T>>);

/// A route that fits a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched<'a, T> {
    /// What stands behind the route.
    pub target: &'a T,
    /// The route as API Gateway names it: `GET /v1/events/{id}`, or `$default`.
    pub route_key: String,
    /// The path's parameters, percent-decoded.
    pub path_parameters: BTreeMap<String, String>,
}

/// Why routes cannot be served from one address.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RouteError {
    /// Two functions claim one route.
    #[error("the route {0} is in the template twice: on one machine all APIs share an address")]
    Twice(String),
    /// A path is not one.
    #[error(
        "the route {0} is not valid: a path starts with / and only its last part may be {{name+}}"
    )]
    Path(String),
}

#[derive(Clone, Debug)]
struct Entry<T> {
    key: String,
    /// `None` for any method.
    method: Option<String>,
    /// `None` for `$default`.
    segments: Option<Vec<Segment>>,
    target: T,
}

#[derive(Clone, Debug)]
enum Segment {
    Literal(String),
    Parameter(String),
    Greedy(String),
}

impl<T> Routes<T> {
    /// Puts routes together.
    ///
    /// # Errors
    /// When two routes are the same or a path is not valid.
    pub fn new(routes: impl IntoIterator<Item = (Route, T)>) -> Result<Self, RouteError> {
        let mut entries: Vec<Entry<T>> = Vec::new();
        for (route, target) in routes {
            let entry = entry(route, target)?;
            if entries.iter().any(|other| other.method == entry.method && same_path(other, &entry))
            {
                return Err(RouteError::Twice(entry.key));
            }
            entries.push(entry);
        }
        // Literal before parameter before greedy, segment by segment; a method before any; `$default` last.
        entries.sort_by_key(|entry| {
            let ranks = entry
                .segments
                .as_ref()
                .map(|segments| segments.iter().map(rank).collect::<Vec<_>>());
            (ranks.is_none(), ranks, Reverse(entry.method.is_some()))
        });
        Ok(Self(entries))
    }

    /// The route for a method and an undecoded path, where there is one.
    #[must_use]
    pub fn find(&self, method: &str, path: &str) -> Option<Matched<'_, T>> {
        self.0
            .iter()
            .filter(|entry| entry.method.as_deref().is_none_or(|only| only == method))
            .find_map(|entry| {
                let path_parameters = match &entry.segments {
                    Some(segments) => parameters(segments, path)?,
                    None => BTreeMap::new(),
                };
                Some(Matched {
                    target: &entry.target,
                    route_key: entry.key.clone(),
                    path_parameters,
                })
            })
    }
}

fn entry<T>(Route { method, path }: Route, target: T) -> Result<Entry<T>, RouteError> {
    let key = if path == "$default" { path.clone() } else { format!("{method} {path}") };
    let segments = match path.strip_prefix('/') {
        None if path == "$default" => None,
        None => return Err(RouteError::Path(key)),
        Some(rest) => Some(rest.split('/').map(segment).collect::<Vec<_>>()),
    };
    if let Some([before @ .., _]) = segments.as_deref()
        && before.iter().any(|segment| matches!(segment, Segment::Greedy(_)))
    {
        return Err(RouteError::Path(key));
    }
    Ok(Entry { key, method: Some(method).filter(|method| method != "ANY"), segments, target })
}

fn segment(text: &str) -> Segment {
    match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
        None => Segment::Literal(text.to_owned()),
        Some(name) => match name.strip_suffix('+') {
            Some(name) => Segment::Greedy(name.to_owned()),
            None => Segment::Parameter(name.to_owned()),
        },
    }
}

/// The order of preference; a parameter's name does not count.
fn rank(segment: &Segment) -> u8 {
    match segment {
        Segment::Literal(_) => 0,
        Segment::Parameter(_) => 1,
        Segment::Greedy(_) => 2,
    }
}

fn same_path<T>(one: &Entry<T>, other: &Entry<T>) -> bool {
    let shape = |entry: &Entry<T>| {
        let segments = entry.segments.as_ref()?;
        let literal = |segment: &Segment| match segment {
            Segment::Literal(text) => text.clone(),
            _ => String::new(),
        };
        Some(segments.iter().map(|segment| (rank(segment), literal(segment))).collect::<Vec<_>>())
    };
    shape(one) == shape(other)
}

fn parameters(segments: &[Segment], path: &str) -> Option<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let mut parts = path.strip_prefix('/')?.split('/');
    for segment in segments {
        let part = parts.next()?;
        match segment {
            Segment::Literal(text) if text == part => {}
            Segment::Literal(_) => return None,
            // An empty part is not a value.
            Segment::Parameter(_) | Segment::Greedy(_) if part.is_empty() => return None,
            Segment::Parameter(name) => {
                found.insert(name.clone(), decoded(part));
            }
            Segment::Greedy(name) => {
                let rest: Vec<_> = std::iter::once(part).chain(parts.by_ref()).collect();
                found.insert(name.clone(), decoded(&rest.join("/")));
            }
        }
    }
    parts.next().is_none().then_some(found)
}

/// Percent-decoded; bytes that are not UTF-8 are replaced.
pub(super) fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::{RouteError, Routes};
    use crate::template::Route;

    fn routes(all: &[&'static str]) -> Result<Routes<&'static str>, RouteError> {
        Routes::new(all.iter().map(|key| {
            let (method, path) = key.split_once(' ').unwrap_or(("ANY", key));
            (Route { method: method.to_owned(), path: path.to_owned() }, *key)
        }))
    }

    #[test]
    fn the_most_specific_route_wins() {
        let table = routes(&[
            "ANY /v1/{proxy+}",
            "GET /v1/events/{id}",
            "GET /v1/events/latest",
            "POST /v1/events/{id}/{verb}",
            "ANY /v1/events/{id}",
            "GET /v1/events",
            "GET /",
        ])
        .unwrap();
        for (method, path, expected) in [
            ("GET", "/v1/events", Some("GET /v1/events")),
            ("GET", "/v1/events/latest", Some("GET /v1/events/latest")),
            ("GET", "/v1/events/evt_1", Some("GET /v1/events/{id}")),
            ("PUT", "/v1/events/evt_1", Some("ANY /v1/events/{id}")),
            ("POST", "/v1/events/evt_1/resolve", Some("POST /v1/events/{id}/{verb}")),
            ("GET", "/v1/events/evt_1/resolve", Some("ANY /v1/{proxy+}")),
            ("GET", "/v1/events/", Some("ANY /v1/{proxy+}")),
            ("GET", "/", Some("GET /")),
            ("POST", "/", None),
            ("GET", "/v1/", None),
            ("GET", "/v2", None),
        ] {
            let found = table.find(method, path).map(|matched| matched.route_key);
            assert_eq!(found.as_deref(), expected, "{method} {path}");
        }
    }

    #[test]
    fn parameters_are_decoded() {
        let table = routes(&["GET /v1/events/{id}", "GET /files/{rest+}"]).unwrap();
        let one = table.find("GET", "/v1/events/evt%2F1%20x").unwrap();
        assert_eq!(one.path_parameters["id"], "evt/1 x");
        let all = table.find("GET", "/files/a/b%20c").unwrap();
        assert_eq!(all.path_parameters["rest"], "a/b c");
    }

    #[test]
    fn the_default_route_takes_the_rest() {
        let table = routes(&["$default", "GET /a"]).unwrap();
        assert_eq!(table.find("GET", "/a").unwrap().route_key, "GET /a");
        assert_eq!(table.find("PUT", "/b/c").unwrap().route_key, "$default");
    }

    #[test]
    fn what_one_address_cannot_serve_is_refused() {
        for (all, expected) in [
            (["GET /a/{x}", "GET /a/{y}"], RouteError::Twice("GET /a/{y}".to_owned())),
            (["GET /a", "GET a"], RouteError::Path("GET a".to_owned())),
            (["GET /a", "GET /{x+}/b"], RouteError::Path("GET /{x+}/b".to_owned())),
        ] {
            assert_eq!(routes(&all).unwrap_err(), expected);
        }
    }
}
