//! The table of the template, as CreateTable needs it.

use super::TemplateError;
use super::node::Node;
use super::resolve::Scope;

/// A table: keys, indexes, time to live. Billing is on demand, the only mode that is used.
#[derive(Clone, Debug, PartialEq)]
pub struct TableDefinition {
    /// Its name inside the template.
    pub logical_id: String,
    /// Attributes that keys are made of.
    pub attributes: Vec<Attribute>,
    /// Partition key, then sort key.
    pub key: Vec<Key>,
    /// Global secondary indexes.
    pub indexes: Vec<Index>,
    /// The attribute that holds an item's expiry in epoch seconds, where expiry is on.
    pub time_to_live: Option<String>,
}

/// A key attribute and its type: `S`, `N` or `B`.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// The attribute's name.
    pub name: String,
    /// `S`, `N` or `B`.
    pub kind: String,
}

/// One element of a key schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The attribute's name.
    pub attribute: String,
    /// `HASH` or `RANGE`.
    pub kind: String,
}

/// A global secondary index.
#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    /// The index's name.
    pub name: String,
    /// Its partition key, then its sort key.
    pub key: Vec<Key>,
    /// What it holds beside keys.
    pub projection: Projection,
}

/// What an index holds beside the keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    /// `ALL`, `KEYS_ONLY` or `INCLUDE`.
    pub kind: String,
    /// The attributes of an `INCLUDE`.
    pub attributes: Vec<String>,
}

/// Properties that an engine on one machine neither has nor needs.
const IGNORED: [&str; 8] = [
    "ContributorInsightsSpecification",
    "DeletionProtectionEnabled",
    "PointInTimeRecoverySpecification",
    "SSESpecification",
    "TableClass",
    "TableName",
    "Tags",
    "WarmThroughput",
];

/// A property list with its place in the template and the means to resolve it.
struct Part<'a> {
    node: &'a Node,
    place: String,
    scope: &'a Scope<'a>,
}

pub(super) fn read(
    logical_id: &str,
    resource: &Node,
    scope: &Scope<'_>,
) -> Result<TableDefinition, TemplateError> {
    let place = logical_id.to_owned();
    let Some(node) = resource.get("Properties") else {
        return Err(TemplateError::Shape { place, expected: "Properties" });
    };
    let table = Part { node, place, scope };
    let mut definition = TableDefinition {
        logical_id: logical_id.to_owned(),
        attributes: Vec::new(),
        key: Vec::new(),
        indexes: Vec::new(),
        time_to_live: None,
    };
    for (property, _) in table.entries()? {
        match property.as_str() {
            "BillingMode" => {
                if table.text("BillingMode")? != "PAY_PER_REQUEST" {
                    return Err(table.expected("BillingMode: PAY_PER_REQUEST"));
                }
            }
            "AttributeDefinitions" => {
                definition.attributes = table.each(property, |attribute| {
                    Ok(Attribute {
                        name: attribute.text("AttributeName")?,
                        kind: attribute.text("AttributeType")?,
                    })
                })?;
            }
            "KeySchema" => definition.key = key_schema(&table)?,
            "GlobalSecondaryIndexes" => definition.indexes = table.each(property, index)?,
            "TimeToLiveSpecification" => {
                let expiry = table.part(property)?;
                if expiry.text("Enabled")? == "true" {
                    definition.time_to_live = Some(expiry.text("AttributeName")?);
                }
            }
            ignored if IGNORED.contains(&ignored) => {}
            other => {
                return Err(table
                    .expected_at(other, "a table property that an engine on one machine knows"));
            }
        }
    }
    if definition.key.is_empty() || definition.attributes.is_empty() {
        return Err(table.expected("KeySchema and AttributeDefinitions"));
    }
    Ok(definition)
}

fn key_schema(part: &Part<'_>) -> Result<Vec<Key>, TemplateError> {
    part.each("KeySchema", |key| {
        Ok(Key { attribute: key.text("AttributeName")?, kind: key.text("KeyType")? })
    })
}

fn index(index: &Part<'_>) -> Result<Index, TemplateError> {
    let projection = index.part("Projection")?;
    let attributes = match projection.node.get("NonKeyAttributes") {
        None => Vec::new(),
        Some(_) => {
            projection.each("NonKeyAttributes", |item| item.scope.text(item.node, &item.place))?
        }
    };
    Ok(Index {
        name: index.text("IndexName")?,
        key: key_schema(index)?,
        projection: Projection { kind: projection.text("ProjectionType")?, attributes },
    })
}

impl<'a> Part<'a> {
    fn part(&self, property: &str) -> Result<Part<'a>, TemplateError> {
        let place = format!("{}.{property}", self.place);
        match self.node.get(property) {
            Some(node) => Ok(Part { node, place, scope: self.scope }),
            None => Err(TemplateError::Shape { place, expected: "a value" }),
        }
    }

    fn text(&self, property: &str) -> Result<String, TemplateError> {
        let part = self.part(property)?;
        part.scope.text(part.node, &part.place)
    }

    /// The entries of a mapping: an intrinsic function in its place is refused by name.
    fn entries(&self) -> Result<&'a [(String, Node)], TemplateError> {
        match self.node {
            Node::Map(entries) => Ok(entries),
            Node::Call(..) => Err(self.refused()),
            _ => Err(self.expected("a mapping")),
        }
    }

    fn each<T>(
        &self,
        property: &str,
        read: impl Fn(&Part<'a>) -> Result<T, TemplateError>,
    ) -> Result<Vec<T>, TemplateError> {
        let list = self.part(property)?;
        let Node::List(items) = list.node else {
            return Err(match list.node {
                Node::Call(..) => list.refused(),
                _ => list.expected("a list"),
            });
        };
        items
            .iter()
            .enumerate()
            .map(|(number, node)| {
                let place = format!("{}[{number}]", list.place);
                let part = Part { node, place, scope: self.scope };
                match node {
                    Node::Call(..) => Err(part.refused()),
                    _ => read(&part),
                }
            })
            .collect()
    }

    fn refused(&self) -> TemplateError {
        let function = match self.node {
            Node::Call(name, _) => name.clone(),
            _ => String::new(),
        };
        TemplateError::Function { place: self.place.clone(), function }
    }

    fn expected(&self, expected: &'static str) -> TemplateError {
        TemplateError::Shape { place: self.place.clone(), expected }
    }

    fn expected_at(&self, property: &str, expected: &'static str) -> TemplateError {
        TemplateError::Shape { place: format!("{}.{property}", self.place), expected }
    }
}
