//! Each function may do what it does, and nothing else: the roles of the template against the checked-in
//! list, and against what the functions ask for when all that they have is used.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use local::cloudwatch::StateValue;
use local::secrets_manager::SecretsManager;
use local::system::{
    EngineChoice, OPERATOR_TOKEN, SIGNING_SECRET, System, SystemOptions, token_entry,
};
use local::template::Template;
use serde_json::{Value, json};
use shared::log::OutcomeParticulars;
use shared::store::{EntityIndex, EventStore, StoredPayload};
use tests::cloud_formation::CloudFormation;
use tests::hookwatch::{Hookwatch, event};
use tests::recorder::{Access, Recorder};

/// Function, action, and what of: a key, an index or a resource.
type Permission = (String, String, String);

/// What the checked-in list says.
fn listed() -> BTreeSet<Permission> {
    let path = local::workspace().join("infra/permissions.txt");
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [function, action, of] = words[..] else { panic!("three words: {line}") };
            (function.to_owned(), action.to_owned(), of.to_owned())
        })
        .collect()
}

/// What the roles of the template allow.
fn allowed() -> BTreeSet<Permission> {
    let template = Template::read(&local::workspace().join("template.yaml")).unwrap();
    let mut allowed = BTreeSet::new();
    for name in template.resource_names("AWS::Serverless::Function") {
        let function = template.resource(name).unwrap()["Properties"].clone();
        assert!(function["Policies"].is_null(), "{name} has a role of its own");
        let package = function["CodeUri"].as_str().unwrap().rsplit('/').next().unwrap();
        let role = function["Role"]["Fn::GetAtt"].as_str().unwrap().trim_end_matches(".Arn");
        let role = template.resource(role).unwrap()["Properties"].clone();
        assert!(role["ManagedPolicyArns"].is_null(), "{name}: actions are listed one by one");
        for policy in each(&role["Policies"]) {
            for statement in each(&policy["PolicyDocument"]["Statement"]) {
                assert_eq!(statement["Effect"], "Allow");
                for action in each(&statement["Action"]) {
                    for of in objects(&statement) {
                        allowed.insert((
                            package.to_owned(),
                            action.as_str().unwrap().to_owned(),
                            of,
                        ));
                    }
                }
            }
        }
    }
    allowed
}

fn each(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_else(|| vec![value.clone()])
}

/// The keys of a statement that has any, else its resources.
fn objects(statement: &Value) -> Vec<String> {
    let keys = &statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"];
    if !keys.is_null() {
        // Without this, a request that names no key would pass.
        assert_eq!(statement["Condition"]["Null"]["dynamodb:LeadingKeys"], "false");
        return each(keys).iter().map(|key| key.as_str().unwrap().to_owned()).collect();
    }
    each(&statement["Resource"])
        .iter()
        .map(|resource| {
            let text =
                ["Ref", "Fn::GetAtt", "Fn::Sub"].iter().find_map(|call| resource[*call].as_str());
            let text = text.or_else(|| resource.as_str()).unwrap();
            text.trim_start_matches("${EventsTable.Arn}/").trim_end_matches(".Arn").to_owned()
        })
        .collect()
}

#[test]
fn roles_are_as_listed() {
    let (listed, allowed) = (listed(), allowed());
    let only_listed: Vec<_> = listed.difference(&allowed).collect();
    let only_allowed: Vec<_> = allowed.difference(&listed).collect();
    assert!(only_listed.is_empty(), "not in template.yaml: {only_listed:?}");
    assert!(only_allowed.is_empty(), "not in infra/permissions.txt: {only_allowed:?}");
}

/// Whether a permission to `of` covers an access.
fn covers(of: &str, asked: &str) -> bool {
    match of.strip_suffix('*') {
        Some(beginning) => asked.starts_with(beginning),
        None => asked == of,
    }
}

#[tokio::test]
async fn functions_ask_the_table_for_what_their_roles_allow_and_for_all_of_it() {
    let database = System::start(SystemOptions::default()).await.unwrap();
    let mut recorders = BTreeMap::new();
    for package in ["webhook-receiver", "health-check", "ops-api"] {
        recorders.insert(package, Recorder::before(database.dynamodb_endpoint()).await);
    }
    let hookwatch = Hookwatch::start_with(|options| {
        options.engine = EngineChoice::External(database.dynamodb_endpoint().to_owned());
        options.table = "recorded".to_owned();
        options.period = Duration::from_secs(1);
        for (name, value) in
            [("Outcomes", "expected"), ("HealthCheckInterval", "1"), ("SourceIpRule", "monitor")]
        {
            options.parameters.insert(name.to_owned(), value.to_owned());
        }
        for (package, recorder) in &recorders {
            let variables = options.variables.entry((*package).to_owned()).or_default();
            variables.insert("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), recorder.endpoint.clone());
        }
    })
    .await;
    log_what_is_unprocessed(database.dynamodb_endpoint(), "recorded").await;
    use_everything(&hookwatch).await;

    let allowed = allowed();
    for (package, recorder) in &recorders {
        let seen: BTreeSet<Access> = recorder.seen();
        let of_role: Vec<_> = allowed
            .iter()
            .filter(|(function, action, _)| function == package && action.starts_with("dynamodb:"))
            .collect();
        for (action, asked) in &seen {
            let covered = of_role.iter().any(|(_, a, of)| a == action && covers(of, asked));
            assert!(covered, "{package} may not {action} of {asked}");
        }
        for (_, action, of) in of_role {
            let used = seen.iter().any(|(a, asked)| a == action && covers(of, asked));
            assert!(used, "{package} never asks for {action} of {of}: {seen:?}");
        }
    }
}

/// Two events of 20 minutes ago, of which one has an outcome: the health check looks for the other's.
async fn log_what_is_unprocessed(endpoint: &str, table: &str) {
    let client = local::table::client(endpoint);
    let store = EventStore::new(client, table.to_owned(), EntityIndex::OFF);
    let then = Timestamp::now() - SignedDuration::from_mins(20);
    let then = Timestamp::from_second(then.as_second()).unwrap();
    let retention = tests::log::retention();
    for id in ["evt_old", "evt_older"] {
        let delivery = tests::log::delivery(id, then);
        store.put_delivery(&delivery, StoredPayload::NotKept, retention).await.unwrap();
    }
    let outcome = tests::log::outcome("evt_older", then);
    let particulars = OutcomeParticulars::default();
    store.put_outcome(&outcome, &particulars, &[0; 32], retention).await.unwrap();
}

async fn use_everything(hookwatch: &Hookwatch) {
    let body = event("evt_1", "charge.succeeded");
    for status in ["stored", "duplicate"] {
        assert_eq!(hookwatch.deliver(body.as_bytes()).await.body["status"], status);
    }
    assert_eq!(hookwatch.post(body.as_bytes(), &[]).await.status, 400);
    let failures: Vec<Value> = (0..20)
        .map(|n| {
            json!({
                "event_id": format!("evt_{n}"), "event_type": "charge.succeeded", "success": false,
                "livemode": true,
                "processing_time": 0.1, "error_message": "no row",
            })
        })
        .collect();
    let batch = json!({"events": failures}).to_string();
    assert_eq!(hookwatch.post_json("/v1/events/batch", &batch).await.status, 200);
    hookwatch.run_health_check().await;
    let acknowledged = hookwatch.post_json("/v1/issues/low_success_rate/acknowledge", "{}").await;
    assert_eq!(acknowledged.status, 200, "{acknowledged:?}");
    assert_eq!(hookwatch.get_as("/v1/events", Some("Bearer x")).await.status, 401);
    let change = r#"{"error_rate_max": 0.04}"#;
    assert_eq!(hookwatch.patch_json_as("/v1/thresholds", change, OPERATOR_TOKEN).await.status, 200);
    for path in [
        "/v1/events",
        "/v1/events?status=rejected",
        "/v1/events?entity_type=charge&entity_id=ch_evt_1",
        "/v1/events/evt_1",
        "/v1/metrics?time_range_hours=24",
        "/v1/analytics",
        "/v1/errors",
        "/v1/security",
        "/v1/reports",
        "/v1/webhook-analytics",
        "/v1/health",
        "/v1/health?fresh=true",
        "/v1/health/history?time_range_hours=1",
        "/v1/issues",
        "/v1/thresholds",
        "/v1/mutes",
        "/v1/security",
        "/",
        "/v1/audit",
    ] {
        let answer = hookwatch.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn functions_read_the_secrets_that_their_roles_allow_and_all_of_them() {
    let arns = Template::read(&local::workspace().join("template.yaml")).unwrap().secrets();
    let values: BTreeMap<&str, String> = BTreeMap::from([
        ("SigningSecrets", format!("local={SIGNING_SECRET}")),
        ("ApiTokens", token_entry("local", "operator", OPERATOR_TOKEN)),
        ("ProbeSecret", "0123456789abcdef".to_owned()),
        ("PrivacyKey", "0123456789abcdef0123456789abcdef".to_owned()),
    ]);
    // One for each function, so that it is known who asked.
    let mut stores = BTreeMap::new();
    for package in ["webhook-receiver", "health-check", "ops-api"] {
        let held = arns.iter().map(|(name, arn)| (arn.clone(), values.get(&**name).cloned()));
        stores.insert(package, SecretsManager::start(held.collect()).await.unwrap());
    }
    let hookwatch = Hookwatch::start_with(|options| {
        for name in ["Probe", "PersonSearch"] {
            options.parameters.insert(name.to_owned(), "on".to_owned());
        }
        for (package, store) in &stores {
            let variables = options.variables.entry((*package).to_owned()).or_default();
            let endpoint = store.endpoint().to_owned();
            variables.insert("AWS_ENDPOINT_URL_SECRETSMANAGER".to_owned(), endpoint);
        }
    })
    .await;
    hookwatch.run_health_check().await;
    let allowed = allowed();
    for (package, store) in &stores {
        let asked = arns.iter().filter(|(_, arn)| store.readings(arn) > 0);
        let asked: BTreeSet<&str> = asked.map(|(name, _)| name.as_str()).collect();
        let may = allowed.iter().filter(|(function, action, _)| {
            function == package && action == "secretsmanager:GetSecretValue"
        });
        let may: BTreeSet<&str> = may.map(|(_, _, of)| of.as_str()).collect();
        assert_eq!(asked, may, "{package}");
    }
}

#[tokio::test]
async fn the_health_check_asks_cloudwatch_for_what_its_role_allows_and_for_all_of_it() {
    let hookwatch = Hookwatch::start().await;
    let mute = hookwatch.post_json("/v1/mutes", r#"{"hours": 1, "reason": "x"}"#).await.body;
    hookwatch.run_health_check().await;
    let alarm = "hookwatch-local:error-rate-critical";
    hookwatch.system.cloudwatch().set_state(alarm, StateValue::Alarm);
    let mute = format!("/v1/mutes/{}", mute["id"].as_str().unwrap());
    assert_eq!(hookwatch.delete(&mute).await.status, 204);
    hookwatch.run_health_check().await;
    let end = CloudFormation::start().await.event("Delete", "alarms", &json!({}));
    hookwatch.invoke("health-check", &end).await;
    let requests = hookwatch.system.cloudwatch().requests();
    let mut asked: BTreeSet<String> = requests
        .iter()
        .map(|request| format!("cloudwatch:{}", request["operation"].as_str().unwrap()))
        .collect();
    // To put an alarm with tags takes the permission to tag it.
    assert!(requests.iter().any(|request| request["input"]["Tags"].is_array()));
    asked.insert("cloudwatch:TagResource".to_owned());
    let may: BTreeSet<String> = allowed()
        .into_iter()
        .filter(|(_, action, _)| action.starts_with("cloudwatch:"))
        .map(|(_, action, _)| action)
        .collect();
    assert_eq!(asked, may);
}
