//! What a scalar of the template comes to: parameters, resource names, pseudo parameters. Only what
//! is asked for is resolved; whatever cannot be is refused by name, never passed on as text.

use std::collections::BTreeMap;

use super::TemplateError;
use super::node::Node;
use crate::secrets_manager;

/// What `!Ref` and `!Sub` find.
pub(super) struct Scope<'a> {
    /// The template, for its parameters and resources.
    pub(super) root: &'a Node,
    /// Values that replace the parameters' defaults.
    pub(super) parameters: &'a BTreeMap<String, String>,
    /// Names of resources that are not their logical ids: the table's.
    pub(super) names: &'a BTreeMap<String, String>,
}

/// What a secret is in a template.
pub(super) const SECRET: &str = "AWS::SecretsManager::Secret";

/// The stack's name on one machine.
pub(crate) const STACK: &str = "hookwatch-local";

/// Parameters that CloudFormation itself sets, as they are on one machine.
const PSEUDO: [(&str, &str); 5] = [
    ("AWS::AccountId", crate::ACCOUNT),
    ("AWS::Partition", "aws"),
    ("AWS::Region", crate::REGION),
    ("AWS::StackName", STACK),
    ("AWS::URLSuffix", "amazonaws.com"),
];

impl Scope<'_> {
    /// The text of a node; `place` names it in an error.
    pub(super) fn text(&self, node: &Node, place: &str) -> Result<String, TemplateError> {
        match node {
            Node::Text(text) => Ok(text.clone()),
            Node::Call(name, argument) => match (name.as_str(), argument.as_ref()) {
                ("Ref", Node::Text(target)) => self.reference(target, place),
                ("Sub", Node::Text(pattern)) => self.substitute(pattern, place),
                ("If", Node::List(parts)) => self.choice(parts, place),
                // A queue is called what it is called in the template.
                ("GetAtt", Node::Text(target)) if target.ends_with(".QueueName") => {
                    self.reference(target.trim_end_matches(".QueueName"), place)
                }
                _ => Err(not_known(name, place)),
            },
            Node::List(_) | Node::Map(_) => {
                Err(TemplateError::Shape { place: place.to_owned(), expected: "a single value" })
            }
        }
    }

    /// The one of two values that a condition chooses.
    fn choice(&self, parts: &[Node], place: &str) -> Result<String, TemplateError> {
        let [Node::Text(name), then, otherwise] = parts else { return Err(not_known("If", place)) };
        let condition = self.root.at(&["Conditions", name]);
        let condition = condition.ok_or_else(|| not_known("If", place))?;
        self.text(if self.holds(condition, place)? { then } else { otherwise }, place)
    }

    fn holds(&self, condition: &Node, place: &str) -> Result<bool, TemplateError> {
        let Node::Call(name, argument) = condition else { return Err(not_known("If", place)) };
        let Node::List(parts) = argument.as_ref() else { return Err(not_known(name, place)) };
        match (name.as_str(), parts.as_slice()) {
            ("Equals", [one, other]) => Ok(self.text(one, place)? == self.text(other, place)?),
            ("Not", [inner]) => Ok(!self.holds(inner, place)?),
            _ => Err(not_known(name, place)),
        }
    }

    fn reference(&self, target: &str, place: &str) -> Result<String, TemplateError> {
        if let Some((_, value)) = PSEUDO.iter().find(|(name, _)| *name == target) {
            return Ok((*value).to_owned());
        }
        if let Some(parameter) = self.root.at(&["Parameters", target]) {
            return match (self.parameters.get(target), parameter.get("Default")) {
                (Some(value), _) | (None, Some(Node::Text(value))) => Ok(value.clone()),
                _ => Err(TemplateError::Parameter(target.to_owned())),
            };
        }
        if let Some(resource) = self.root.at(&["Resources", target]) {
            let (region, account) = (crate::REGION, crate::ACCOUNT);
            return Ok(match resource.get("Type") {
                Some(Node::Text(kind)) if kind == "AWS::SNS::Topic" => {
                    format!("arn:aws:sns:{region}:{account}:{STACK}-{target}")
                }
                Some(Node::Text(kind)) if kind == SECRET => secrets_manager::arn(STACK, target),
                _ => self.names.get(target).cloned().unwrap_or_else(|| target.to_owned()),
            });
        }
        Err(TemplateError::Reference { place: place.to_owned(), target: target.to_owned() })
    }

    /// Replaces each `${name}`; `${!name}` stands for a literal `${name}`.
    fn substitute(&self, pattern: &str, place: &str) -> Result<String, TemplateError> {
        let mut text = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, remainder) = after.split_once('}').ok_or_else(|| TemplateError::Shape {
                place: place.to_owned(),
                expected: "a closing brace after \"${\"",
            })?;
            text.push_str(before);
            match name.strip_prefix('!') {
                Some(literal) => text.push_str(&format!("${{{literal}}}")),
                None => text.push_str(&self.reference(name, place)?),
            }
            rest = remainder;
        }
        text.push_str(rest);
        Ok(text)
    }
}

fn not_known(function: &str, place: &str) -> TemplateError {
    TemplateError::Function { place: place.to_owned(), function: function.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::node::{Node, parse};
    use super::Scope;

    const TEMPLATE: &str = "
        Parameters: {Plain: {Default: 30}, Asked: {Type: String}}
        Conditions: {Is: !Equals [!Ref Plain, 30], Not: !Not [!Equals [!Ref Plain, 30]], Odd: !Or [a, b]}
        Resources: {EventsTable: {}, Api: {}, Page: {Type: 'AWS::SNS::Topic'},
            Tokens: {Type: 'AWS::SecretsManager::Secret'}}";

    fn resolve(value: &str) -> Result<String, String> {
        let root = parse(TEMPLATE).unwrap();
        let parameters = BTreeMap::from([("Given".to_owned(), "no".to_owned())]);
        let names = BTreeMap::from([("EventsTable".to_owned(), "events-7".to_owned())]);
        let scope = Scope { root: &root, parameters: &parameters, names: &names };
        scope.text(&parse(value).unwrap(), "here").map_err(|error| error.to_string())
    }

    #[test]
    fn references_resolve() {
        for (value, expected) in [
            ("plain", "plain"),
            ("!Ref Plain", "30"),
            ("!Ref EventsTable", "events-7"),
            ("!Ref Api", "Api"),
            ("!Ref AWS::Region", "us-east-1"),
            ("!Ref AWS::StackName", "hookwatch-local"),
            ("!Ref Page", "arn:aws:sns:us-east-1:123456789012:hookwatch-local-Page"),
            (
                "!Ref Tokens",
                "arn:aws:secretsmanager:us-east-1:123456789012:secret:hookwatch-local-Tokens-000000",
            ),
            ("!Sub '${EventsTable}/${Plain}/${!raw}'", "events-7/30/${raw}"),
            ("!GetAtt Api.QueueName", "Api"),
            ("!If [Is, !Ref Plain, b]", "30"),
            ("!If [Not, !Ref Plain, b]", "b"),
        ] {
            assert_eq!(resolve(value).as_deref(), Ok(expected), "{value}");
        }
    }

    #[test]
    fn what_cannot_be_resolved_is_named() {
        for (value, named) in [
            ("!Ref Asked", "Asked"),
            ("!Ref Nothing", "Nothing"),
            ("!Sub '${Api.Endpoint}'", "Api.Endpoint"),
            ("!Sub '${Plain'", "closing brace"),
            ("!GetAtt EventsTable.Arn", "GetAtt"),
            ("!If [a, b, c]", "If"),
            ("!If [Odd, b, c]", "Or"),
            ("[1, 2]", "here"),
        ] {
            let error = resolve(value).unwrap_err();
            assert!(error.contains(named), "{value}: {error}");
        }
    }

    #[test]
    fn a_given_parameter_wins_over_its_default() {
        let root = parse(TEMPLATE).unwrap();
        let parameters = BTreeMap::from([("Plain".to_owned(), "7".to_owned())]);
        let scope = Scope { root: &root, parameters: &parameters, names: &BTreeMap::new() };
        let call = Node::Call("Ref".to_owned(), Box::new(Node::Text("Plain".to_owned())));
        assert_eq!(scope.text(&call, "here").unwrap(), "7");
    }
}
