//! On the operations API.

use std::time::Duration;

use local::system::{OPERATOR_TOKEN, token_entry};
use tests::hookwatch::{Hookwatch, event};

use super::{Attack, check, wire};

/// The attacks on the operations API. `cursor` is a genuine one.
fn on_the_operations_api(cursor: &str) -> Vec<Attack> {
    let token = format!("Authorization: Bearer {OPERATOR_TOKEN}");
    let ask = |name, line: &str, headers: &[&str], status, code| Attack {
        name,
        request: wire(line, headers, b""),
        status,
        code,
    };
    let with_token = |name, line: &str, status, code| ask(name, line, &[&token], status, code);
    let paged = |cursor: &str| format!("GET /v1/events?limit=1&cursor={cursor}");
    let other = if cursor[8..].starts_with('A') { "B" } else { "A" };
    let changed = [&cursor[..8], other, &cursor[9..]].concat();
    let basic = |text: &str| {
        format!("Authorization: Basic {}", data_encoding::BASE64.encode(text.as_bytes()))
    };
    vec![
        with_token("the next page", &paged(cursor), 200, ""),
        with_token("a cursor cut short", &paged(&cursor[..40]), 400, "invalid_cursor"),
        with_token("a cursor with another letter", &paged(&changed), 400, "invalid_cursor"),
        with_token(
            "a cursor of another question",
            &format!("{}&status=failed", paged(cursor)),
            400,
            "invalid_cursor",
        ),
        with_token(
            "a cursor of another endpoint",
            &format!("GET /v1/audit?cursor={cursor}"),
            400,
            "invalid_cursor",
        ),
        with_token("a cursor that is a key", &paged("TE9HIzAjRVZFTlQ"), 400, "invalid_cursor"),
        with_token(
            "a parameter twice",
            "GET /v1/events?limit=1&limit=200",
            400,
            "invalid_parameter",
        ),
        with_token("a zero byte", "GET /v1/events?account=a%00", 400, "invalid_parameter"),
        with_token("no UTF-8", "GET /v1/metrics?account=%ff", 400, "invalid_parameter"),
        with_token(
            "a parameter of nobody's",
            "GET /v1/events?table=secrets",
            400,
            "unknown_parameter",
        ),
        with_token("an id that is a path", "GET /v1/events/..%2F..%2Fsecrets", 404, "not_found"),
        with_token("an id that is a key", "GET /v1/events/EVENT%23evt_1", 404, "event_not_found"),
        with_token("dots", "GET /v1/events/../../openapi.json", 404, ""),
        with_token("a slash more", "GET //v1/events", 404, ""),
        with_token("another's method", "DELETE /v1/audit", 405, "method_not_allowed"),
        with_token("a method by header", "GET /v1/mutes?_method=DELETE", 400, "unknown_parameter"),
        ask("no token", "GET /v1/events", &[], 401, "token_missing"),
        ask(
            "a token in the address",
            "GET /v1/events?token=local-operator",
            &[],
            401,
            "token_missing",
        ),
        ask(
            "a token in a cookie",
            "GET /v1/events",
            &["Cookie: token=local-operator"],
            401,
            "token_missing",
        ),
        ask(
            "a wrong token",
            "GET /v1/events",
            &["Authorization: Bearer guess"],
            401,
            "token_wrong",
        ),
        ask(
            "a token's hash",
            "GET /v1/events",
            &[&format!("Authorization: Bearer {}", sha256(OPERATOR_TOKEN))],
            401,
            "token_wrong",
        ),
        ask("a wrong password", "GET /v1/events", &[&basic("admin:admin")], 401, "token_wrong"),
        ask(
            "a token as a user's name",
            "GET /v1/events",
            &[&basic(&format!("{OPERATOR_TOKEN}:"))],
            401,
            "token_wrong",
        ),
        ask(
            "two tokens, the wrong one first",
            "GET /v1/events",
            &["Authorization: Bearer guess", &token],
            401,
            "token_wrong",
        ),
    ]
}

fn sha256(text: &str) -> String {
    let entry = token_entry("a", "viewer", text);
    entry.rsplit(':').next().unwrap().to_owned()
}

#[tokio::test]
async fn nothing_that_is_tried_on_the_operations_api_tells_anything() {
    let hookwatch = Hookwatch::start().await;
    for id in ["evt_1", "evt_2"] {
        hookwatch.deliver(event(id, "charge.succeeded").as_bytes()).await;
    }
    hookwatch.entries("/v1/events", 2).await;
    let page = hookwatch.get("/v1/events?limit=1").await.body;
    let attacks = on_the_operations_api(page["next_cursor"].as_str().unwrap());
    check(&hookwatch, &attacks).await;
    let log = hookwatch.log_with(&["wrong token"]).await;
    for secret in ["guess", OPERATOR_TOKEN, "admin", "panicked"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing_with_a_browsers_login() {
    let hookwatch = Hookwatch::start().await;
    let login = format!(
        "Authorization: Basic {}",
        data_encoding::BASE64.encode(format!("operator:{OPERATOR_TOKEN}").as_bytes())
    );
    // What a form of kind text/plain can send.
    let mute = br#"{"hours": 24, "reason": "x", "kinds": ["low_success_rate"]}"#;
    let entry =
        br#"{"event_id": "evt_1", "event_type": "a", "success": true, "processing_time": 1}"#;
    let from_elsewhere = [
        &["Origin: https://evil.example", "Sec-Fetch-Site: cross-site"][..],
        &["Origin: https://evil.example"],
        &["Origin: null"],
        &["Origin: null", "Sec-Fetch-Site: cross-site"],
        &["Origin: https://other.hookwatch", "Sec-Fetch-Site: same-site"],
    ];
    let changes: [(&str, &[u8]); 6] = [
        ("POST /v1/mutes", mute),
        ("DELETE /v1/mutes/1", b""),
        ("PATCH /v1/thresholds", br#"{"error_rate_max": 0.9}"#),
        ("POST /v1/issues/low_success_rate/resolve", b""),
        ("POST /v1/deployments", br#"{"version": "1"}"#),
        ("POST /v1/events", entry),
    ];
    let mut attacks = Vec::new();
    for headers in from_elsewhere {
        let headers = [headers, &[&login, "Content-Type: text/plain"]].concat();
        for (name, body) in changes {
            let request = wire(name, &headers, body);
            attacks.push(Attack { name, request, status: 403, code: "foreign_origin" });
        }
        // What is only read is nobody's business but the browser's, which shows it to no other site.
        let request = wire("GET /v1/mutes", &headers, b"");
        attacks.push(Attack { name: "a question", request, status: 200, code: "" });
    }
    check(&hookwatch, &attacks).await;
    assert_eq!(hookwatch.get("/v1/mutes").await.body["mutes"].as_array().unwrap().len(), 0);
    let from_here = [
        &["Origin: http://hookwatch", "Sec-Fetch-Site: same-origin"][..],
        &["Origin: null", "Sec-Fetch-Site: same-origin"],
        &["Origin: http://hookwatch"],
        &["Sec-Fetch-Site: none"],
        &[],
    ];
    for headers in from_here {
        let request = wire("POST /v1/mutes", &[headers, &[login.as_str()]].concat(), mute);
        let attack = Attack { name: "our own", request, status: 201, code: "" };
        check(&hookwatch, &[attack]).await;
    }
}

#[tokio::test]
async fn who_guesses_tokens_waits_and_whoever_has_one_does_not() {
    let hookwatch = Hookwatch::start_with(|options| options.max_instances = 1).await;
    let ask = async |token: &str| {
        let started = std::time::Instant::now();
        let answer = hookwatch.get_as("/v1/events", Some(&format!("Bearer {token}"))).await;
        (answer.status, started.elapsed())
    };
    let mut guesses = Vec::new();
    for n in 0..8 {
        guesses.push(ask(&format!("guess-{n}")).await);
    }
    assert!(guesses.iter().all(|(status, _)| *status == 401));
    // The first five may be a slip; what follows waits a second each, which is a lower bound.
    let waited = guesses.iter().filter(|(_, took)| *took >= Duration::from_secs(1)).count();
    assert!(waited >= 3, "{guesses:?}");
    assert_eq!(ask(OPERATOR_TOKEN).await.0, 200, "from the same address");
    // That they are counted by source, and told where it goes on: tests/it/wrong_tokens.rs.
}
