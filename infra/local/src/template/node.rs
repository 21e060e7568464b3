//! A YAML document with its CloudFormation tags kept, and every scalar kept as the text it was
//! written in: `0.95` must not come out as another spelling of the same number.

use saphyr::{Yaml, YamlLoader};
use saphyr_parser::Parser;
use serde_json::{Value, json};

/// One value of the template.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// A scalar, as written.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the file.
    Map(Vec<(String, Node)>),
    /// An intrinsic function (`Ref`, `Sub`, `GetAtt`, ...), in its short or its long form.
    Call(String, Box<Node>),
}

/// Reads the first document of a YAML text; the error says what is wrong and where.
pub(super) fn parse(text: &str) -> Result<Node, String> {
    let mut loader = YamlLoader::<Yaml<'_>>::default();
    loader.early_parse(false);
    Parser::new_from_str(text).load(&mut loader, true).map_err(|error| error.to_string())?;
    if let Some(error) = loader.error() {
        return Err(error.to_string());
    }
    match loader.into_documents().into_iter().next() {
        Some(document) => node(document),
        None => Err("it is empty".to_owned()),
    }
}

fn node(yaml: Yaml<'_>) -> Result<Node, String> {
    Ok(match yaml {
        Yaml::Representation(text, _, tag) => {
            let scalar = Node::Text(text.into_owned());
            match tag {
                Some(tag) if !tag.is_yaml_core_schema() => {
                    Node::Call(tag.suffix.clone(), Box::new(scalar))
                }
                _ => scalar,
            }
        }
        Yaml::Tagged(tag, inner) => Node::Call(tag.suffix.clone(), Box::new(node(*inner)?)),
        Yaml::Sequence(items) => Node::List(items.into_iter().map(node).collect::<Result<_, _>>()?),
        Yaml::Mapping(entries) => {
            let mut map = Vec::with_capacity(entries.len());
            for (key, value) in entries {
                let Node::Text(key) = node(key)? else {
                    return Err("a key is not a plain string".to_owned());
                };
                map.push((key, node(value)?));
            }
            long_form(map)
        }
        Yaml::Value(_) | Yaml::Alias(_) | Yaml::BadValue => {
            return Err("a value cannot be read".to_owned());
        }
    })
}

/// `{"Ref": x}` and `{"Fn::Sub": x}` mean the same as `!Ref x` and `!Sub x`.
fn long_form(mut map: Vec<(String, Node)>) -> Node {
    if let [(key, _)] = map.as_slice()
        && (key == "Ref" || key.starts_with("Fn::"))
        && let Some((key, value)) = map.pop()
    {
        let name = key.strip_prefix("Fn::").unwrap_or(&key).to_owned();
        return Node::Call(name, Box::new(value));
    }
    Node::Map(map)
}

impl Node {
    /// The value of a key, where this is a mapping that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The value at the end of a path of keys.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// This as CloudFormation's JSON: calls in their long form, every scalar a text.
    pub(super) fn json(&self) -> Value {
        match self {
            Node::Text(text) => Value::String(text.clone()),
            Node::List(nodes) => nodes.iter().map(Node::json).collect(),
            Node::Map(entries) => {
                entries.iter().map(|(name, node)| (name.clone(), node.json())).collect()
            }
            Node::Call(name, argument) if name == "Ref" => json!({"Ref": argument.json()}),
            Node::Call(name, argument) => json!({format!("Fn::{name}"): argument.json()}),
        }
    }

    /// The entries of a mapping; nothing for anything else.
    pub(super) fn entries(&self) -> &[(String, Node)] {
        match self {
            Node::Map(entries) => entries,
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Node, parse};

    #[test]
    fn scalars_stay_as_written() {
        let parsed = parse("{a: 5.0, b: \"off\", c: 030, d: }").unwrap();
        let texts: Vec<_> = parsed.entries().iter().map(|(_, value)| value).collect();
        let expected: Vec<_> = ["5.0", "off", "030"].map(|t| Node::Text(t.into())).into();
        assert_eq!(texts[..3].iter().copied().cloned().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn both_forms_of_a_call_are_the_same() {
        assert_eq!(parse("!Ref X"), parse("{Ref: X}"));
        assert_eq!(parse("!Sub '${X}-y'"), parse("{'Fn::Sub': '${X}-y'}"));
        assert_eq!(parse("!If [a, b]").unwrap(), parse("{'Fn::If': [a, b]}").unwrap());
    }

    #[test]
    fn as_json_calls_are_in_their_long_form() {
        let parsed = parse("{a: !Ref X, b: [!GetAtt Y.Arn, 1]}").unwrap();
        let expected = json!({"a": {"Ref": "X"}, "b": [{"Fn::GetAtt": "Y.Arn"}, "1"]});
        assert_eq!(parsed.json(), expected);
    }

    #[test]
    fn broken_yaml_says_where() {
        assert!(parse("a: [1").unwrap_err().contains("line"));
    }
}
