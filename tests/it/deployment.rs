//! What whoever deploys is told: by CloudFormation, and by the log of a function that does not start.

use local::system::{System, SystemOptions};
use serde_json::{Value, json};
use tests::cloud_formation::CloudFormation;
use tests::hookwatch::Hookwatch;

/// The properties of the template's resource, with one threshold that is not the default.
fn thresholds(name: &str, value: &str) -> Value {
    json!({ "Settings": { name: value } })
}

#[tokio::test]
async fn thresholds_that_contradict_each_other_stop_a_deployment_with_a_sentence() {
    let hookwatch = Hookwatch::start().await;
    let mut stack = CloudFormation::start().await;
    let bad = thresholds("WEBHOOK_SUCCESS_RATE_THRESHOLD", "0.5");
    for (request, id) in [("Create", "refused"), ("Update", "alarms")] {
        let event = stack.event(request, "alarms", &bad);
        assert!(hookwatch.invoke("health-check", &event).await.is_null());
        let answer = stack.answer().await;
        assert_eq!(answer["Status"], "FAILED");
        let sentence =
            "WEBHOOK_ALERT_LOW_SUCCESS_RATE: must be at most WEBHOOK_SUCCESS_RATE_THRESHOLD";
        assert_eq!(answer["Reason"], sentence);
        assert_eq!(answer["PhysicalResourceId"], id);
    }
    // CloudFormation takes back what it could not make, or goes back to what there was.
    for (request, id, properties) in [
        ("Delete", "refused", &bad),
        ("Update", "alarms", &thresholds("WEBHOOK_SUCCESS_RATE_THRESHOLD", "0.96")),
        ("Create", "alarms", &json!({})),
    ] {
        let event = stack.event(request, id, properties);
        assert!(hookwatch.invoke("health-check", &event).await.is_null());
        assert_eq!(stack.answer().await["Status"], "SUCCESS", "{request}");
    }
}

#[tokio::test]
async fn a_health_check_that_cannot_run_says_so_and_lets_its_stack_be_deleted() {
    let hookwatch = Hookwatch::start_with(|options| {
        let variables = options.variables.entry("health-check".to_owned()).or_default();
        // No URL holds a secret, but one that would must not be told either.
        variables.insert("WEBHOOK_PUBLIC_URL".to_owned(), "ftp://hidden".to_owned());
    })
    .await;
    let log = hookwatch.log_with(&["WEBHOOK_PUBLIC_URL"]).await;
    let errors = errors(&log);
    assert_eq!(errors.len(), 1, "{log}");
    assert!(errors[0]["fields"]["error"].as_str().unwrap().starts_with("WEBHOOK_PUBLIC_URL: "));
    let run = hookwatch.system.host("health-check").unwrap().invoke(b"{}").await;
    let error = run.unwrap_err().to_string();
    assert!(error.contains("WEBHOOK_PUBLIC_URL") && !error.contains("hidden"), "{error}");

    let mut stack = CloudFormation::start().await;
    let bad = thresholds("WEBHOOK_ERROR_RATE_THRESHOLD", "0.5");
    for (request, properties, status) in
        [("Create", &bad, "FAILED"), ("Create", &json!({}), "SUCCESS"), ("Delete", &bad, "SUCCESS")]
    {
        let event = stack.event(request, "alarms", properties);
        assert!(hookwatch.invoke("health-check", &event).await.is_null());
        assert_eq!(stack.answer().await["Status"], status, "{request}");
    }
    // The stack that was made has its heartbeat, without which the dead man's alarm would page.
    let requests = hookwatch.system.cloudwatch().requests();
    let beats = requests.iter().filter(|request| request["operation"] == "PutMetricData");
    assert_eq!(beats.count(), 1);
}

#[tokio::test]
async fn a_function_without_a_variable_says_so_in_one_line_and_ends() {
    for (package, variable) in [
        ("webhook-receiver", "TABLE_NAME"),
        ("webhook-receiver", "AWS_REGION"),
        ("ops-api", "TABLE_NAME"),
        ("ops-api", "AWS_SECRET_ACCESS_KEY"),
    ] {
        let mut options = SystemOptions::default();
        let variables = options.variables.entry(package.to_owned()).or_default();
        variables.insert(variable.to_owned(), String::new());
        let error = System::start(options).await.err().unwrap().to_string();
        assert!(error.contains(package), "{error}");
        // After what the host says, what the function wrote.
        let lines: Vec<&str> = error.lines().skip(1).collect();
        let [line] = lines[..] else { panic!("one line, not {lines:?}") };
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["level"], "ERROR");
        assert_eq!(line["fields"]["error"], format!("{variable}: is missing or empty"));
    }
}

/// The lines of a log that are errors, of which each is JSON.
fn errors(log: &str) -> Vec<Value> {
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["level"] == "ERROR").collect()
}
