//! What the template says of the code, and the runbook of both.

mod metrics;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use health_check::cloudwatch::alarm::AlarmId;
use local::template::Template;
use shared::config::{ConfigError, Vars};
use shared::health::{IssueKind, Thresholds};

fn template() -> Template {
    Template::read(&local::workspace().join("template.yaml")).unwrap()
}

/// The values that plain variables have where the template has ARNs.
const PLAIN: [(&str, &str); 4] = [
    ("STRIPE_WEBHOOK_SECRETS", "live=whsec_x"),
    ("WEBHOOK_PROBE_SECRET", "0123456789abcdef"),
    ("WEBHOOK_PRIVACY_KEY", "0123456789abcdef0123456789abcdef"),
    (
        "WEBHOOK_API_TOKENS",
        "ann=viewer:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ),
];

/// Calls `read` with a function's variables, and tells which it asked for.
async fn asked_for(
    set: &BTreeMap<String, String>,
    read: impl AsyncFnOnce(&Vars<'_>) -> Result<(), ConfigError>,
) -> BTreeSet<String> {
    let asked = Mutex::new(BTreeSet::new());
    let lookup = |name: &str| {
        asked.lock().unwrap().insert(name.to_owned());
        let plain = PLAIN.iter().find(|(plain, _)| *plain == name);
        match (plain, name) {
            (Some((_, value)), _) => Some((*value).to_owned()),
            // What Lambda itself sets.
            (None, "AWS_REGION" | "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY") => {
                Some("x".to_owned())
            }
            _ if name.ends_with("_ARN")
                && PLAIN.iter().any(|(plain, _)| name.starts_with(plain)) =>
            {
                None
            }
            _ => set.get(name).cloned(),
        }
    };
    read(&Vars::new(&lookup)).await.unwrap();
    let asked = asked.into_inner().unwrap();
    let is_ours =
        |name: &String| !name.starts_with("AWS_") && !PLAIN.iter().any(|(plain, _)| *plain == name);
    asked.into_iter().filter(is_ours).collect()
}

#[tokio::test]
async fn every_variable_that_is_read_is_set_and_every_one_that_is_set_is_read() {
    let functions = template().functions(&BTreeMap::new(), "events").unwrap();
    for function in functions {
        let set = &function.variables;
        let asked = match function.package.as_str() {
            "webhook-receiver" => {
                asked_for(set, async |vars| {
                    webhook_receiver::config::Config::from_vars(vars).await.map(drop)
                })
                .await
            }
            "ops-api" => {
                asked_for(set, async |vars| {
                    ops_api::config::Config::from_vars(vars).await.map(drop)
                })
                .await
            }
            "health-check" => {
                asked_for(set, async |vars| {
                    health_check::config::Config::from_vars(vars).await.map(drop)
                })
                .await
            }
            other => panic!("{other} is new: read its variables here"),
        };
        let set: BTreeSet<String> = set.keys().cloned().collect();
        assert_eq!(asked, set, "{}: read, and set", function.package);
    }
}

#[test]
fn a_change_of_settings_calls_whoever_refuses_those_that_cannot_be_so() {
    let template = template();
    let resource = template.resource("Alarms").unwrap()["Properties"].clone();
    let given = resource["Settings"].as_object().unwrap();
    let asked = Mutex::new(BTreeSet::new());
    let lookup = |name: &str| {
        asked.lock().unwrap().insert(name.to_owned());
        None
    };
    Thresholds::from_vars(&Vars::new(&lookup)).unwrap();
    let of_receiver =
        ["WEBHOOK_STRIPE_ADDRESSES", "WEBHOOK_DENY_ADDRESSES", "WEBHOOK_ENTITY_INDEX"];
    asked.lock().unwrap().extend(of_receiver.map(str::to_owned));
    assert_eq!(given.keys().cloned().collect::<BTreeSet<_>>(), asked.into_inner().unwrap());
    for (name, value) in given {
        let functions = match of_receiver.contains(&name.as_str()) {
            true => &["WebhookReceiverFunction"][..],
            false => &["HealthCheckFunction", "OpsApiFunction"],
        };
        for function in functions {
            let function = template.resource(function).unwrap();
            let variables = &function["Properties"]["Environment"]["Variables"];
            assert_eq!(&variables[name], value, "{name}");
        }
    }
    // CloudFormation would wait an hour for an answer that does not come.
    assert_eq!(resource["ServiceTimeout"], "300");
}

#[test]
fn every_parameter_and_variable_is_explained() {
    let text = |path| std::fs::read_to_string(local::workspace().join(path)).unwrap();
    let (template, document) = (text("template.yaml"), text("infra/deploy.md"));
    let table: Vec<&str> = document.lines().filter(|line| line.starts_with('|')).collect();
    let parameters = template.split("\nParameters:\n").nth(1).unwrap();
    let parameters = parameters.lines().take_while(|line| line.is_empty() || line.starts_with(' '));
    let parameters = parameters.filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':'));
    let parameters = parameters.filter(|name| !name.starts_with(' ')).map(str::to_owned);
    let functions = self::template().functions(&BTreeMap::new(), "events").unwrap();
    let variables = functions.into_iter().flat_map(|function| function.variables.into_keys());
    let names: BTreeSet<String> = parameters.chain(variables).collect();
    assert!(names.len() > 50, "{names:?}");
    for name in names {
        let quoted = format!("`{name}`");
        let is_there = table.iter().any(|row| row.contains(&quoted));
        assert!(is_there, "infra/deploy.md does not explain {name}");
    }
}

/// SAM allows the gateway each route in the function's policy, of which Lambda takes 20 KB.
#[test]
fn the_policies_of_the_functions_have_room_for_their_routes() {
    let template = template();
    for name in template.resource_names("AWS::Serverless::Function") {
        let events = template.resource(name).unwrap()["Properties"]["Events"].clone();
        let events = events.as_object().unwrap().iter();
        let statements =
            events.filter(|(_, event)| event["Type"] == "HttpApi").map(|(id, event)| {
                let path = event["Properties"]["Path"].as_str().unwrap();
                // The longest name that a stack can have here: its own in the id, cut in the function's.
                let stack = "s".repeat(128);
                serde_json::json!({
                    "Sid": format!("{stack}-{name}{id}Permission-{}", "x".repeat(12)),
                    "Effect": "Allow",
                    "Principal": { "Service": "apigateway.amazonaws.com" },
                    "Action": "lambda:InvokeFunction",
                    "Resource": format!(
                        "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:{}",
                        "f".repeat(64)
                    ),
                    "Condition": { "ArnLike": { "AWS:SourceArn": format!(
                        "arn:aws-us-gov:execute-api:us-gov-west-1:123456789012:abcdefghij/*/*{path}"
                    ) } },
                })
            });
        let size: usize = statements.map(|statement| statement.to_string().len() + 1).sum();
        assert!(size <= 19_000, "{name}: {size} of 20,480 bytes; put routes together");
    }
}

/// What is told once, by an asynchronous call, is tried again where the database was away.
#[test]
fn a_change_of_an_alarm_is_tried_three_times() {
    let template = template();
    let function = template.resource("HealthCheckFunction").unwrap();
    assert_eq!(function["Properties"]["EventInvokeConfig"]["MaximumRetryAttempts"], "2");
}

/// The headings of one depth in a chapter of the runbook.
fn sections(chapter: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(local::workspace().join("infra/README.md")).unwrap();
    let chapters = text.split("\n## ").find(|text| text.starts_with(&format!("{chapter}\n")));
    let headings = chapters.unwrap().lines().filter_map(|line| line.strip_prefix("### "));
    headings.map(str::to_owned).collect()
}

#[test]
fn every_alarm_has_its_section_in_the_runbook() {
    let runbook =
        BTreeMap::from([("RunbookUrl".to_owned(), "https://runbook.example/".to_owned())]);
    let of_template = template().alarms(&runbook, "events").unwrap();
    let mut alarms: BTreeSet<String> = AlarmId::ALL.iter().map(|id| id.to_string()).collect();
    for alarm in of_template {
        let id = alarm.alarm_name.split_once(':').unwrap().1.to_owned();
        let description = alarm.alarm_description.unwrap();
        assert!(description.ends_with(&format!("https://runbook.example/#{id}")), "{description}");
        alarms.insert(id);
    }
    assert_eq!(sections("Alarms"), alarms);
}

#[test]
fn every_kind_of_issue_has_its_section_in_the_runbook() {
    let kinds: BTreeSet<String> =
        IssueKind::ALL.iter().map(|kind| kind.as_str().to_owned()).collect();
    assert_eq!(sections("Issues"), kinds);
}
