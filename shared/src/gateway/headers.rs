//! Request headers as a function sees them: names in any case, values single or listed.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

/// Headers in the order they came; names are compared without regard to case.
///
/// No `Debug`: headers carry tokens and signatures.
#[derive(Default, Clone)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// The header's value; several lines of one name are joined with a comma, as RFC 9110 (5.3) has
    /// it and as HTTP APIs do themselves.
    pub fn get(&self, name: &str) -> Option<String> {
        let mut values = self.all(name);
        let first = values.next()?.to_owned();
        Some(values.fold(first, |joined, value| joined + "," + value))
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
    }

    /// Every header, as it came.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// One value, several (`multiValueHeaders`), or something that is no header value.
#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    One(String),
    Many(Vec<String>),
    Other(IgnoredAny),
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HeadersVisitor)
    }
}

struct HeadersVisitor;

impl<'de> Visitor<'de> for HeadersVisitor {
    type Value = Headers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of headers, or null")
    }

    fn visit_unit<E>(self) -> Result<Headers, E> {
        Ok(Headers::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers, A::Error> {
        let mut headers = Vec::with_capacity(map.size_hint().unwrap_or(12));
        while let Some(name) = map.next_key::<String>()? {
            match map.next_value()? {
                Value::One(value) => headers.push((name, value)),
                Value::Many(values) => {
                    headers.extend(values.into_iter().map(|v| (name.clone(), v)))
                }
                Value::Other(_) => {}
            }
        }
        Ok(Headers(headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_ignore_case_and_several_values_are_joined() {
        let headers: Headers =
            serde_json::from_str(r#"{"A-b":["1","2"],"a-B":"3","n":null,"o":{"x":1}}"#).unwrap();
        assert_eq!(headers.get("a-b").as_deref(), Some("1,2,3"));
        assert_eq!(headers.get("n"), None);
        assert!(serde_json::from_str::<Headers>("null").unwrap().is_empty());
    }
}
