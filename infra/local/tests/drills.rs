//! `cargo run -- break`, `mend` and `drill` as a user calls them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by panicking"
)]

use std::time::Duration;

use local::control::{Control, HEADER, port_of};
use local::drill::Stage;
use local::schedule::Schedule;
use local::system::{OPERATOR_TOKEN, SIGNING_SECRET, System, SystemOptions, local_parameters};
use serde_json::{Value, json};

/// Real time that stands for five minutes.
const PERIOD: Duration = Duration::from_secs(2);

/// What the program printed as lines of JSON, its complaint, and its exit code.
async fn program(arguments: &[&str]) -> (Vec<Value>, String, Option<i32>) {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_local"));
    let output = command.args(arguments).output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (lines, String::from_utf8(output.stderr).unwrap(), output.status.code())
}

#[tokio::test]
async fn a_running_system_is_broken_and_mended_by_another_process() {
    let mut parameters = local_parameters();
    parameters.insert("HealthCheckInterval".to_owned(), PERIOD.as_secs().to_string());
    let options = SystemOptions { parameters, period: PERIOD, ..SystemOptions::default() };
    let system = System::start(options).await.unwrap();
    let schedule = Schedule::new(PERIOD);
    let stage = Stage::new(&system, &schedule, SIGNING_SECRET);
    let control = Control::bind(port_of(system.port())).await.unwrap();
    tokio::select! {
        () = schedule.run(&system, drop) => panic!("the schedule ended"),
        () = control.serve(&stage, drop) => panic!("the control ended"),
        () = orders(&system) => {}
    }
    system.stop().await;
}

async fn orders(system: &System) {
    let port = system.port().to_string();
    let order =
        async |words: &[&str]| program(&[words, &["--port", &port, "--json"]].concat()).await;
    let refused = async |words: &[&str], sentence: &str| {
        let (_, complaint, code) = order(words).await;
        assert!(complaint.contains(sentence) && code == Some(1), "{words:?}: {complaint}");
    };
    refused(&["mend"], "nothing is broken").await;
    // This system was started without a switch.
    refused(&["break", "database-stopped"], "not ours to stop").await;

    let (reports, complaint, code) = order(&["break", "failures-12"]).await;
    assert_eq!((reports.len(), code), (1, Some(0)), "{reports:?} {complaint}");
    assert_eq!(reports[0]["seen"]["pages"][0]["what"], "error-rate-critical", "{reports:?}");
    assert!(reports[0]["seen"]["evidence"].as_str().unwrap().contains("outcomes failed"));
    refused(&["break", "slow"], "failures-12 is broken").await;
    refused(&["mend", "slow"], "it is failures-12").await;
    let (reports, complaint, code) = order(&["mend"]).await;
    assert_eq!(code, Some(0), "{reports:?} {complaint}");
    assert!(reports[0]["seen"]["well"].is_number(), "{reports:?}");

    // A past is put under the log that is in use, and taken out again.
    let client = reqwest::Client::new();
    let received = async || -> u64 {
        let url = format!("{}/v1/metrics?time_range_hours=720", system.url());
        let request =
            client.get(url).bearer_auth(OPERATOR_TOKEN).header("cache-control", "no-cache");
        let answer: Value =
            serde_json::from_slice(&request.send().await.unwrap().bytes().await.unwrap()).unwrap();
        answer["deliveries"]["received"].as_u64().unwrap()
    };
    for (drill, page) in
        [("noon-silence", "silence-page"), ("application-dead", "backlog-critical")]
    {
        let (reports, complaint, code) = order(&["break", drill]).await;
        assert_eq!((reports.len(), code), (1, Some(0)), "{reports:?} {complaint}");
        assert_eq!(reports[0]["seen"]["pages"][0]["what"], page, "{reports:?}");
        assert!(received().await > 0);
        let (reports, complaint, code) = order(&["mend"]).await;
        assert_eq!(code, Some(0), "{reports:?} {complaint}");
        let taken_out = tokio::time::timeout(PERIOD * 60, async {
            while received().await > 0 {
                tokio::time::sleep(PERIOD / 4).await;
            }
        });
        assert!(taken_out.await.is_ok(), "the past of {drill} is still there");
    }

    // A page that a browser shows cannot order anything, and the gateway leads nowhere.
    let own = format!("http://127.0.0.1:{}/mend", port_of(system.port()));
    assert_eq!(client.post(own).send().await.unwrap().status(), 404);
    let gateway = client.post(format!("{}/mend", system.url())).header(HEADER.0, HEADER.1);
    assert_eq!(gateway.send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn nobody_is_paged_by_a_system_that_starts() {
    let period = Duration::from_secs(60);
    let options = SystemOptions { parameters: local_parameters(), period, ..Default::default() };
    let system = System::start(options).await.unwrap();
    // Time to look at all alarms.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(format!("{:?}", system.cloudwatch().notifications()), "[]");
    system.stop().await;
}

#[tokio::test]
async fn drills_are_played_in_systems_of_their_own() {
    let (reports, complaint, code) =
        program(&["drill", "--json", "failures-6", "test-mode-failures"]).await;
    assert_eq!(code, Some(0), "{reports:#?} {complaint}");
    let [ticket, nothing] = reports.as_slice() else { panic!("{reports:?}") };
    assert_eq!((&ticket["drill"], &ticket["seen"]["pages"]), (&json!("failures-6"), &json!([])));
    let tickets = ticket["seen"]["tickets"].as_array().unwrap();
    assert!(tickets.iter().any(|ticket| ticket["what"] == "error-rate"), "{ticket}");
    assert_eq!(nothing["drill"], "test-mode-failures");
    assert_eq!((&nothing["seen"]["issues"], &nothing["seen"]["tickets"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn what_can_be_broken_is_listed() {
    let (drills, _, code) = program(&["break", "--list", "--json"]).await;
    assert_eq!((drills.len(), code), (12, Some(0)));
    assert!(drills.iter().any(|drill| drill["expected"] == "nothing"));
    let (_, complaint, code) = program(&["break", "all-of-it"]).await;
    assert!(complaint.contains("database-stopped") && code == Some(2), "{complaint}");
    let (_, complaint, code) = program(&["break", "slow", "--port", "1", "--json"]).await;
    assert!(complaint.contains("cargo run") && code == Some(1), "{complaint}");
}
