//! The OpenAPI document against the code: what a running system answers, and what it knows.

mod answers;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use jsonschema::Validator;
use local::system::OPERATOR_TOKEN;
use local::template::Template;
use serde_json::{Map, Value, json};
use tests::hookwatch::{Hookwatch, event};

const METHODS: [&str; 5] = ["get", "post", "patch", "put", "delete"];

/// The document as it lies in the repository.
fn document() -> Value {
    let path = local::workspace().join("functions/ops-api/openapi.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Every path, method and operation.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(METHODS.contains(&method.as_str()), "{path}: {method}");
            operations.push((path.clone(), method.clone(), operation.clone()));
        }
    }
    operations
}

/// What a reference leads to; anything else as it is.
fn resolved(document: &Value, value: &Value) -> Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(&reference[1..]).unwrap().clone(),
        None => value.clone(),
    }
}

/// Parameters of an operation that stand in `place`, by name.
fn parameters(document: &Value, operation: &Value, place: &str) -> BTreeMap<String, Value> {
    let listed = operation["parameters"].as_array().cloned().unwrap_or_default();
    let resolved = listed.iter().map(|parameter| resolved(document, parameter));
    let here = resolved.filter(|parameter| parameter["in"] == place);
    here.map(|parameter| (parameter["name"].as_str().unwrap().to_owned(), parameter)).collect()
}

/// A path with ids that fit, if they are of nothing.
fn filled(path: &str) -> String {
    let path = path.replace("/v1/events/{id}", "/v1/events/evt_none");
    path.replace("{id}", "none").replace("{fingerprint}", "none").replace("{action}", "resolve")
}

/// What checks values of a schema of the document.
fn validator(document: &Value, schema: &Value) -> Validator {
    let mut whole = Map::new();
    whole.insert("components".to_owned(), document["components"].clone());
    whole.insert("allOf".to_owned(), json!([schema]));
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(&Value::Object(whole))
        .unwrap()
}

fn check(document: &Value, schema: &Value, value: &Value, of: &str) {
    let errors: Vec<String> = validator(document, schema)
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{of}: {errors:#?}\n{value:#}");
}

/// The schema of an operation's answer.
fn answer_schema(document: &Value, operation: &Value, status: u16, of: &str) -> Value {
    let response = &operation["responses"][status.to_string()];
    assert!(response.is_object(), "{of}: {status} is not in the document");
    resolved(document, response)["content"]["application/json"]["schema"].clone()
}

#[tokio::test]
async fn every_route_and_method_is_in_the_document_and_no_other() {
    let template = Template::read(&local::workspace().join("template.yaml")).unwrap();
    let functions = template.functions(&BTreeMap::new(), "events").unwrap();
    let ours = functions.iter().find(|function| function.package == "ops-api").unwrap();
    let paths: BTreeSet<String> = ours.routes.iter().map(|route| route.path.clone()).collect();
    let is_for_programs = |path: &&String| path.starts_with("/v1/") || path.ends_with(".json");
    let hookwatch = Hookwatch::start().await;
    let mut answered = BTreeSet::new();
    for path in paths.iter().filter(is_for_programs) {
        // What a path does not take is answered with what it takes.
        let answer = hookwatch.send("PUT", &filled(path), Some(OPERATOR_TOKEN)).await;
        assert_eq!((answer.status, answer.code()), (405, "method_not_allowed"), "{path}");
        let methods = answer.headers["allow"].split(',').filter(|method| *method != "HEAD");
        answered.extend(methods.map(|method| (path.clone(), method.to_lowercase())));
    }
    let told = operations(&document()).into_iter().map(|(path, method, _)| (path, method));
    assert_eq!(told.collect::<BTreeSet<_>>(), answered, "told, and answered");
}

#[tokio::test]
async fn every_parameter_is_in_the_document_and_no_other() {
    let hookwatch = Hookwatch::start().await;
    let document = document();
    for (path, method, operation) in operations(&document) {
        let of = format!("{method} {path}");
        let in_path: Vec<String> =
            path.split('{').skip(1).map(|part| part.split('}').next().unwrap().into()).collect();
        let told: Vec<String> = parameters(&document, &operation, "path").into_keys().collect();
        assert_eq!(BTreeSet::from_iter(&told), BTreeSet::from_iter(&in_path), "{of}");
        let told = parameters(&document, &operation, "query");
        let wrong = format!("{}?no_such_parameter=1", filled(&path));
        let answer = hookwatch.send(&method.to_uppercase(), &wrong, Some(OPERATOR_TOKEN)).await;
        assert_eq!((answer.status, answer.code()), (400, "unknown_parameter"), "{of}");
        let message = answer.body["error"]["message"].as_str().unwrap();
        let known = message.split("there are: ").nth(1).unwrap().trim_end_matches('.');
        let known: BTreeSet<&str> = known.split(", ").filter(|name| *name != "none").collect();
        assert_eq!(told.keys().map(String::as_str).collect::<BTreeSet<_>>(), known, "{of}");
    }
}

/// Values of a parameter that the document allows, some of them as far as it allows.
fn allowed(name: &str, schema: &Value, now: Timestamp) -> Vec<String> {
    let ends = ["minimum", "maximum"].iter().filter_map(|end| schema[*end].as_f64());
    let ends = ends.map(|end| end.to_string());
    match (schema["type"].as_str().unwrap(), schema["enum"].as_array()) {
        (_, Some(values)) => values.iter().map(|v| v.as_str().unwrap().to_owned()).collect(),
        ("boolean", _) => vec!["true".to_owned(), "false".to_owned()],
        ("integer", _) => ends.collect(),
        ("number", _) => ends.chain(["0.001".to_owned()]).collect(),
        ("string", _) if schema["format"] == "date-time" => {
            vec![(now - SignedDuration::from_hours(1)).to_string()]
        }
        // Only the answer before knows one.
        ("string", _) if name == "cursor" => Vec::new(),
        _ => vec!["text".to_owned()],
    }
}

#[tokio::test]
async fn what_the_document_allows_a_parameter_to_be_is_answered() {
    let hookwatch = Hookwatch::start_with(|options| {
        options.parameters.insert("PersonSearch".to_owned(), "on".to_owned());
    })
    .await;
    let document = document();
    let now = Timestamp::now();
    for (path, method, operation) in operations(&document) {
        let path = match path.as_str() {
            "/v1/events/{id}" => {
                hookwatch.deliver(event("evt_there", "charge.failed").as_bytes()).await;
                "/v1/events/evt_there".to_owned()
            }
            _ => path,
        };
        for (name, parameter) in parameters(&document, &operation, "query") {
            assert_eq!(method, "get", "{path}");
            for value in allowed(&name, &parameter["schema"], now).into_iter().chain(["".into()]) {
                let longest = path == "/v1/health/history" && value == "2160";
                let beside = if name == "table" { "&format=csv" } else { "" };
                let asked = format!("{path}?{name}={value}{beside}");
                let answer = hookwatch.get(&asked).await;
                assert_eq!(answer.status == 200, !longest, "{asked}: {}", answer.text);
            }
        }
    }
}

#[tokio::test]
async fn who_may_not_ask_is_told_so_everywhere() {
    let hookwatch = Hookwatch::start().await;
    let document = document();
    for (path, method, operation) in operations(&document) {
        let of = format!("{method} {path}");
        for token in [None, Some("wrong")] {
            let answer = hookwatch.send(&method.to_uppercase(), &filled(&path), token).await;
            let schema = answer_schema(&document, &operation, answer.status, &of);
            assert_eq!(answer.status, 401, "{of}");
            check(&document, &schema, &answer.body, &of);
        }
        for status in ["401", "403", "500"] {
            assert!(operation["responses"][status].is_object(), "{of}: {status}");
        }
    }
}

#[test]
fn every_code_of_an_error_is_in_the_document_and_no_other() {
    let path = local::workspace().join("functions/ops-api/src/error.rs");
    let code = std::fs::read_to_string(path).unwrap();
    let is_code =
        |text: &&str| !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let mut codes: BTreeSet<&str> = code.split('"').skip(1).step_by(2).filter(is_code).collect();
    // Only forms are refused with it.
    assert!(codes.remove("form_refused"));
    let document = document();
    let told = &document["components"]["schemas"]["Error"]["properties"]["error"]["properties"];
    let told = told["code"]["enum"].as_array().unwrap().iter();
    assert_eq!(told.map(|code| code.as_str().unwrap()).collect::<BTreeSet<_>>(), codes);
}
