//! Reading a few members of a JSON object and nothing else of it.
//!
//! Members are kept as raw text: what they hold is looked at one by one, so that a lone surrogate,
//! an integer beyond 64 bits or 200 levels of nesting in one does not cost us the others. Of a
//! repeated member the last counts, as in Stripe's libraries.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members found, in the order of `names`, and whether all of `json` was a sound object: where
/// it is not, what was found before the fault.
pub fn pick<'a, const N: usize>(
    json: &'a str,
    names: [&str; N],
) -> ([Option<&'a RawValue>; N], Result<(), serde_json::Error>) {
    let mut found = [None; N];
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let members = Members { names: &names, found: &mut found };
    let result = members.deserialize(&mut deserializer).and_then(|()| deserializer.end());
    (found, result)
}

/// A member's text, if it is a string of 1 to 255 bytes.
pub fn text(value: Option<&RawValue>) -> Option<String> {
    text_up_to(255, value)
}

/// A member's text, if it is a string of 1 to `longest` bytes.
pub fn text_up_to(longest: usize, value: Option<&RawValue>) -> Option<String> {
    let text: String = serde_json::from_str(value?.get()).ok()?;
    (1..=longest).contains(&text.len()).then_some(text)
}

struct Members<'n, 'f, 'a> {
    names: &'n [&'n str],
    found: &'f mut [Option<&'a RawValue>],
}

impl<'de> DeserializeSeed<'de> for Members<'_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(index) = map.next_key_seed(Name(self.names))? {
            match index.and_then(|index| self.found.get_mut(index)) {
                Some(place) => *place = Some(map.next_value()?),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// A member's name, as its place among the names we want.
struct Name<'n>(&'n [&'n str]);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        // As bytes, since those may hold a lone surrogate.
        deserializer.deserialize_bytes(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_bytes<E: Error>(self, name: &[u8]) -> Result<Option<usize>, E> {
        Ok(self.0.iter().position(|wanted| wanted.as_bytes() == name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_a_repeated_member_counts_and_odd_ones_do_no_harm() {
        let deep = "[".repeat(200) + &"]".repeat(200);
        let json =
            format!(r#"{{"a":1,"d":{deep},"s":"\ud800","n":99999999999999999999999,"a":"2"}}"#);
        let ([a, s, n], result) = pick(&json, ["a", "s", "n"]);
        assert!(result.is_ok(), "{result:?}");
        assert_eq!((text(a).as_deref(), text(s), n.is_some()), (Some("2"), None, true));
    }

    #[test]
    fn what_came_before_a_fault_is_kept() {
        for broken in [r#"{"a":"1","b":NaN}"#, r#"{"a":"1"} x"#, r#"{"a":"1","#] {
            let ([a], result) = pick(broken, ["a"]);
            assert!(result.is_err());
            assert_eq!(text(a).as_deref(), Some("1"), "{broken}");
        }
        for other in ["null", "[1]", "", "\"a\""] {
            assert!(pick(other, ["a"]).1.is_err(), "{other}");
        }
    }
}
