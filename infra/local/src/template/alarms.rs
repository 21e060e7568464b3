//! The alarms of the template.

use serde_json::{Map, Value};

use super::TemplateError;
use super::node::Node;
use super::resolve::Scope;
use crate::cloudwatch::MetricAlarm;

/// Members that are numbers.
const NUMBERS: [&str; 4] = ["Period", "EvaluationPeriods", "DatapointsToAlarm", "Threshold"];

/// One `AWS::CloudWatch::Alarm`.
pub(super) fn read(
    logical_id: &str,
    resource: &Node,
    scope: &Scope<'_>,
) -> Result<MetricAlarm, TemplateError> {
    let mut members = Map::new();
    let properties = resource.get("Properties").map(Node::entries).unwrap_or_default();
    for (name, node) in properties {
        members.insert(name.clone(), value(node, &format!("{logical_id}.{name}"), name, scope)?);
    }
    serde_json::from_value(Value::Object(members)).map_err(|_| TemplateError::Shape {
        place: logical_id.to_owned(),
        expected: "an alarm over one metric, as PutMetricAlarm has it",
    })
}

fn value(node: &Node, place: &str, name: &str, scope: &Scope<'_>) -> Result<Value, TemplateError> {
    Ok(match node {
        Node::List(nodes) => {
            let values = nodes.iter().map(|node| value(node, place, name, scope));
            Value::Array(values.collect::<Result<_, _>>()?)
        }
        Node::Map(entries) => {
            let members = entries
                .iter()
                .map(|(name, node)| Ok((name.clone(), value(node, place, name, scope)?)));
            Value::Object(members.collect::<Result<_, TemplateError>>()?)
        }
        _ => {
            let text = scope.text(node, place)?;
            match text.parse::<f64>() {
                Ok(number)
                    if NUMBERS.contains(&name) && number.fract() == 0.0 && name != "Threshold" =>
                {
                    Value::from(number as i64)
                }
                Ok(number) if name == "Threshold" => Value::from(number),
                _ => Value::String(text),
            }
        }
    })
}
