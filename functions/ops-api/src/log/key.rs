//! The key of an entry, and the hash by which a repeated call is known.

use std::time::Duration;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use ring::digest::{Context, SHA256};
use serde_json::{Map, Value};

/// The call that an entry came with.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The gateway's id of the call.
    pub id: &'a str,
    /// The entry's place in it.
    pub place: usize,
    /// When it came.
    pub now: Timestamp,
    /// Processing time after which a success counts as slow.
    pub slow_after: Duration,
}

impl Call<'_> {
    /// The request id of an entry that has none. With a time of its own the same entry told twice is
    /// one: its content is its key. Without, nothing tells two attempts apart but the call.
    pub fn request_id(&self, hash: &[u8], has_time: bool) -> String {
        match has_time {
            true => format!("auto:{}", HEXLOWER.encode(hash)),
            false => format!("auto:{}:{}", self.id, self.place),
        }
    }
}

/// Half of the SHA-256 of what an entry says, in whatever order it says it. The request id is its key and
/// no part of that: an entry that got one from us is the same entry when it is sent again with it.
pub fn content_hash(members: &Map<String, Value>) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    let said = members.iter().filter(|(name, _)| *name != "request_id");
    update_members(&mut context, said);
    context.finish().as_ref().get(..16).unwrap_or_default().to_vec()
}

fn update(context: &mut Context, value: &Value) {
    match value {
        Value::Object(members) => update_members(context, members.iter()),
        Value::Array(values) => {
            context.update(b"[");
            for value in values {
                update(context, value);
                context.update(b",");
            }
            context.update(b"]");
        }
        plain => context.update(plain.to_string().as_bytes()),
    }
}

fn update_members<'a>(
    context: &mut Context,
    members: impl Iterator<Item = (&'a String, &'a Value)>,
) {
    let mut sorted: Vec<_> = members.collect();
    sorted.sort_by_key(|(name, _)| *name);
    context.update(b"{");
    for (name, value) in sorted {
        context.update(Value::String(name.clone()).to_string().as_bytes());
        context.update(b":");
        update(context, value);
        context.update(b",");
    }
    context.update(b"}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_members_is_no_content() {
        let hash = |text: &str| {
            content_hash(serde_json::from_str::<Value>(text).unwrap().as_object().unwrap())
        };
        let one = hash(r#"{"a":1,"b":{"c":[1,2],"d":"x"}}"#);
        assert_eq!(one, hash(r#"{ "b": {"d":"x","c":[1,2]}, "a":1 }"#));
        assert_eq!(one, hash(r#"{"a":1,"b":{"c":[1,2],"d":"x"},"request_id":"auto:1"}"#));
        for other in
            [r#"{"a":1,"b":{"c":[2,1],"d":"x"}}"#, r#"{"a":"1","b":{"c":[1,2],"d":"x"}}"#, "{}"]
        {
            assert_ne!(one, hash(other));
        }
    }
}
