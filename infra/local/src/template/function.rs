//! The functions of the template: what to build, how to run it, which requests reach it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::TemplateError;
use super::node::Node;
use super::resolve::Scope;

/// One function of the template.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionDefinition {
    /// Its name inside the template.
    pub logical_id: String,
    /// The package and binary that it runs: the last part of `CodeUri`.
    pub package: String,
    /// Memory in MB (Lambda's default: 128).
    pub memory_mb: u32,
    /// How long one invocation may take, 1-900 s (Lambda's default: 3 s).
    pub timeout: Duration,
    /// How the platform asks the function to write its log.
    pub log_format: LogFormat,
    /// Environment variables.
    pub variables: BTreeMap<String, String>,
    /// The requests that reach it, from its `HttpApi` events.
    pub routes: Vec<Route>,
}

/// The value of `AWS_LAMBDA_LOG_FORMAT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// Plain lines, Lambda's default.
    Text,
}

/// One route of an HTTP API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// An upper-case HTTP method, or `ANY`.
    pub method: String,
    /// A path with `{name}` and `{name+}` segments, or `$default`.
    pub path: String,
}

const LAMBDA_MEMORY_MB: u32 = 128;
const LAMBDA_TIMEOUT_S: u32 = 3;

pub(super) fn read(
    logical_id: &str,
    resource: &Node,
    scope: &Scope<'_>,
) -> Result<FunctionDefinition, TemplateError> {
    let property = |path: &[&str]| {
        let globals = scope.root.at(&["Globals", "Function"]);
        let own = resource.get("Properties").and_then(|properties| properties.at(path));
        own.or_else(|| globals.and_then(|globals| globals.at(path)))
    };
    let place = |name: &str| format!("{logical_id}.{name}");
    let number = |name: &'static str, default: u32| match property(&[name]) {
        None => Ok(default),
        Some(node) => scope
            .text(node, &place(name))?
            .parse()
            .map_err(|_| TemplateError::Shape { place: place(name), expected: "a whole number" }),
    };

    let code = property(&["CodeUri"]).ok_or_else(|| TemplateError::Shape {
        place: place("CodeUri"),
        expected: "the folder of the function's package",
    })?;
    let code = scope.text(code, &place("CodeUri"))?;
    let package = code.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let log_format = match property(&["LoggingConfig", "LogFormat"]) {
        Some(node) if scope.text(node, &place("LoggingConfig.LogFormat"))? == "JSON" => {
            LogFormat::Json
        }
        _ => LogFormat::Text,
    };
    Ok(FunctionDefinition {
        logical_id: logical_id.to_owned(),
        package: package.to_owned(),
        memory_mb: number("MemorySize", LAMBDA_MEMORY_MB)?,
        timeout: Duration::from_secs(number("Timeout", LAMBDA_TIMEOUT_S)?.into()),
        log_format,
        variables: variables(logical_id, resource, scope)?,
        routes: routes(logical_id, resource, scope)?,
    })
}

/// A function's own variables over those that all functions share.
fn variables(
    logical_id: &str,
    resource: &Node,
    scope: &Scope<'_>,
) -> Result<BTreeMap<String, String>, TemplateError> {
    let shared = scope.root.at(&["Globals", "Function", "Environment", "Variables"]);
    let own = resource.at(&["Properties", "Environment", "Variables"]);
    shared
        .into_iter()
        .chain(own)
        .flat_map(Node::entries)
        .map(|(name, value)| {
            let value = scope.text(value, &format!("{logical_id}.Environment.{name}"))?;
            Ok((name.clone(), value))
        })
        .collect()
}

fn routes(
    logical_id: &str,
    resource: &Node,
    scope: &Scope<'_>,
) -> Result<Vec<Route>, TemplateError> {
    let events = resource.at(&["Properties", "Events"]).map(Node::entries).unwrap_or_default();
    let http = Node::Text("HttpApi".to_owned());
    events
        .iter()
        .filter(|(_, event)| event.get("Type") == Some(&http))
        .map(|(name, event)| {
            let text = |property: &str, default: &str| match event.at(&["Properties", property]) {
                Some(node) => scope.text(node, &format!("{logical_id}.Events.{name}.{property}")),
                None => Ok(default.to_owned()),
            };
            Ok(Route {
                method: text("Method", "ANY")?.to_uppercase(),
                path: text("Path", "$default")?,
            })
        })
        .collect()
}
