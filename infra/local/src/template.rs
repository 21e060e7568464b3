//! `template.yaml` as far as one machine needs it: the table, the functions with their variables,
//! and the routes. It is the one source of those facts; nothing here repeats a value of it.

mod alarms;
mod function;
mod node;
mod resolve;
mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::cloudwatch::MetricAlarm;
use crate::secrets_manager;
use node::Node;
use resolve::Scope;

pub(crate) use resolve::STACK;

pub use function::{FunctionDefinition, LogFormat, Route};
pub use table::{Attribute, Index, Key, Projection, TableDefinition};

/// A template that has been read but not resolved.
#[derive(Clone, Debug)]
pub struct Template {
    root: Node,
}

/// Why a template cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The file cannot be read.
    #[error("the template {path} cannot be read: check that the file is there")]
    Read {
        /// Where it was looked for.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is not YAML.
    #[error("the template is not valid YAML: {0}")]
    Syntax(String),
    /// A parameter has neither a given value nor a default.
    #[error("the template's parameter {0} has no default: give it a value")]
    Parameter(String),
    /// A value was given for a parameter that the template does not declare.
    #[error("the template has no parameter {0}: check its spelling")]
    UnknownParameter(String),
    /// `!Ref` or `!Sub` of something that is neither a parameter nor a resource.
    #[error("{place} refers to {target}, which is neither a parameter nor a resource")]
    Reference {
        /// Where in the template.
        place: String,
        /// What it refers to.
        target: String,
    },
    /// An intrinsic function that has no meaning on one machine.
    #[error(
        "{place} uses !{function}, which cannot be resolved on one machine: use a literal, !Ref or !Sub"
    )]
    Function {
        /// Where in the template.
        place: String,
        /// Its name, without the exclamation mark.
        function: String,
    },
    /// Something is missing or of another kind than expected.
    #[error("{place}: expected {expected}")]
    Shape {
        /// Where in the template.
        place: String,
        /// What should stand there.
        expected: &'static str,
    },
}

impl Template {
    /// Reads a template from a file.
    ///
    /// # Errors
    /// When the file cannot be read or is not YAML.
    pub fn read(path: &Path) -> Result<Self, TemplateError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| TemplateError::Read { path: path.to_owned(), source })?;
        Self::parse(&text)
    }

    /// Reads a template from its text.
    ///
    /// # Errors
    /// When it is not YAML.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        node::parse(text).map(|root| Self { root }).map_err(TemplateError::Syntax)
    }

    /// The template's one table.
    ///
    /// # Errors
    /// When there is not exactly one, when it lacks a required part, or when it uses anything but
    /// literals, `!Ref` and `!Sub` of parameters.
    pub fn table(
        &self,
        parameters: &BTreeMap<String, String>,
    ) -> Result<TableDefinition, TemplateError> {
        let names = BTreeMap::new();
        let (logical_id, resource) = self.table_resource()?;
        table::read(logical_id, resource, &self.scope(parameters, &names)?)
    }

    /// Every function, in the order of the file, with its variables resolved: `parameters` replace
    /// the template's defaults, and `!Ref` of the table comes out as `table_name`.
    ///
    /// # Errors
    /// When a variable, route or setting cannot be resolved.
    pub fn functions(
        &self,
        parameters: &BTreeMap<String, String>,
        table_name: &str,
    ) -> Result<Vec<FunctionDefinition>, TemplateError> {
        let (table, _) = self.table_resource()?;
        let names = BTreeMap::from([(table.to_owned(), table_name.to_owned())]);
        let scope = self.scope(parameters, &names)?;
        self.resources("AWS::Serverless::Function")
            .map(|(logical_id, resource)| function::read(logical_id, resource, &scope))
            .collect()
    }

    /// Every alarm, in the order of the file; references of the table come out as `table_name`.
    ///
    /// # Errors
    /// When one is no alarm over one metric, or cannot be resolved.
    pub fn alarms(
        &self,
        parameters: &BTreeMap<String, String>,
        table_name: &str,
    ) -> Result<Vec<MetricAlarm>, TemplateError> {
        let (table, _) = self.table_resource()?;
        let names = BTreeMap::from([(table.to_owned(), table_name.to_owned())]);
        let scope = self.scope(parameters, &names)?;
        self.resources("AWS::CloudWatch::Alarm")
            .map(|(logical_id, resource)| alarms::read(logical_id, resource, &scope))
            .collect()
    }

    /// The ARN of every secret, by its name in the template.
    #[must_use]
    pub fn secrets(&self) -> BTreeMap<String, String> {
        self.resources(resolve::SECRET)
            .map(|(name, _)| (name.to_owned(), secrets_manager::arn(resolve::STACK, name)))
            .collect()
    }

    /// The names of the resources of a kind, in the order of the file.
    #[must_use]
    pub fn resource_names(&self, kind: &'static str) -> Vec<&str> {
        self.resources(kind).map(|(name, _)| name).collect()
    }

    /// A resource as CloudFormation's JSON has it: calls unresolved and in their long form, every scalar a
    /// text.
    #[must_use]
    pub fn resource(&self, name: &str) -> Option<serde_json::Value> {
        self.root.at(&["Resources", name]).map(Node::json)
    }

    fn table_resource(&self) -> Result<(&str, &Node), TemplateError> {
        let mut tables = self.resources("AWS::DynamoDB::Table");
        match (tables.next(), tables.next()) {
            (Some(table), None) => Ok(table),
            _ => Err(TemplateError::Shape {
                place: "Resources".to_owned(),
                expected: "exactly one AWS::DynamoDB::Table",
            }),
        }
    }

    fn resources(&self, kind: &'static str) -> impl Iterator<Item = (&str, &Node)> {
        let kind = Node::Text(kind.to_owned());
        let resources = self.root.get("Resources").map(Node::entries).unwrap_or_default();
        resources
            .iter()
            .filter(move |(_, resource)| resource.get("Type") == Some(&kind))
            .map(|(logical_id, resource)| (logical_id.as_str(), resource))
    }

    fn scope<'a>(
        &'a self,
        parameters: &'a BTreeMap<String, String>,
        names: &'a BTreeMap<String, String>,
    ) -> Result<Scope<'a>, TemplateError> {
        match parameters.keys().find(|name| self.root.at(&["Parameters", name]).is_none()) {
            Some(name) => Err(TemplateError::UnknownParameter(name.clone())),
            None => Ok(Scope { root: &self.root, parameters, names }),
        }
    }
}

#[cfg(test)]
mod tests;
