//! `cargo run -- send` as a user calls it, against a running system.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by panicking"
)]

use std::path::Path;
use std::process::{Command, Output};

use local::system::{System, SystemOptions};
use serde_json::Value;

fn program(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_local")).args(arguments).output().unwrap()
}

async fn system() -> (System, String) {
    let system = System::start(SystemOptions::default()).await.unwrap();
    let port = system.port().to_string();
    (system, port)
}

/// The answers that `send` printed as JSON, and its exit code.
fn send(port: &str, arguments: &[&str]) -> (Vec<Value>, Option<i32>) {
    let output = program(&[&["send", "--json", "--port", port], arguments].concat());
    let lines = String::from_utf8(output.stdout).unwrap();
    let answers = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (answers, output.status.code())
}

fn statuses(answers: &[Value]) -> Vec<(u64, String)> {
    let status = |answer: &Value| {
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        let texts = [&body["status"], &body["result"], &body["error"]["code"]];
        let text = texts.iter().find_map(|text| text.as_str()).unwrap().to_owned();
        (answer["status"].as_u64().unwrap(), text)
    };
    answers.iter().map(status).collect()
}

#[tokio::test]
async fn events_of_every_kind_are_sent_and_answered() {
    let (_system, port) = system().await;
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures/stripe_events/payout.paid.json");
    for (arguments, expected) in [
        (&["charge.succeeded"][..], &[(200, "stored")][..]),
        (&["v1.charge.succeeded"], &[(200, "stored")]),
        (&["issuing_dispute.created", "--late"], &[(200, "stored")]),
        (&["invoice.paid", "--duplicate"], &[(200, "stored"), (200, "duplicate")]),
        (&["invoice.paid", "--forged"], &[(400, "signature_mismatch")]),
        (&["invoice.paid", "--outcome", "succeeded"], &[(200, "stored"), (201, "stored")]),
        (&["invoice.paid", "--outcome", "failed:timeout"], &[(200, "stored"), (201, "stored")]),
        (&["--file", file.to_str().unwrap()], &[(200, "stored")]),
    ] {
        let (answers, code) = send(&port, arguments);
        let expected: Vec<_> = expected.iter().map(|(s, text)| (*s, (*text).to_owned())).collect();
        assert_eq!((statuses(&answers), code), (expected, Some(0)), "{arguments:?}");
    }
    let (summary, code) = send(&port, &["customer.created", "--count", "25"]);
    assert_eq!(code, Some(0), "{summary:?}");
    let (answers, code) = send(&port, &["invoice.paid", "--secret", "whsec_other"]);
    assert_eq!((answers[0]["status"].as_u64(), code), (Some(400), Some(1)), "not as expected");
}

#[tokio::test]
async fn what_cannot_be_done_is_said_in_a_sentence() {
    let (_system, port) = system().await;
    for (arguments, sentence) in [
        (&["send", "charge.suceeded", "--port", &port][..], "charge.succeeded"),
        (&["send", "charge.succeeded", "--port", "1"], "cargo run"),
        (&["send", "--file", "/nowhere/at/all.json", "--port", &port], "/nowhere/at/all.json"),
        (&["--secret", "sk_live_x"], "whsec_"),
    ] {
        let output = program(arguments);
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{arguments:?}");
        assert!(complaint.contains(sentence), "{arguments:?}: {complaint}");
    }
    let data = std::env::temp_dir().join(format!("hookwatch-port-test-{port}"));
    let output = program(&["--port", &port, "--data", data.to_str().unwrap()]);
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.contains(&format!("port {port} is taken")), "{complaint}");
    assert_eq!(output.status.code(), Some(1));
    std::fs::remove_dir_all(&data).ok();
}
