//! The pages: who sees them, what they are sent with, and that nothing on them is anybody else's.

use local::system::{OPERATOR_TOKEN, SIGNING_SECRET, local_parameters, token_entry};
use serde_json::json;
use tests::hookwatch::{Answer, Hookwatch, event};

const VIEWER: &str = "v";
const SAME_SITE: [(&str, &str); 2] = [("sec-fetch-site", "same-origin"), ("origin", "null")];

async fn with_a_viewer() -> Hookwatch {
    Hookwatch::start_with(|options| {
        options.parameters = local_parameters();
        options.parameters.insert("Outcomes".to_owned(), "expected".to_owned());
        let tokens = [("ann", "operator", OPERATOR_TOKEN), ("eve", "viewer", VIEWER)];
        let tokens = tokens.map(|(name, role, token)| token_entry(name, role, token)).join(",");
        options.secrets.insert("ApiTokens".to_owned(), tokens);
    })
    .await
}

fn is_page(answer: &Answer) -> bool {
    let header = |name: &str| answer.headers.get(name).map(String::as_str).unwrap_or_default();
    let policy = header("content-security-policy");
    let strict = ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'"];
    answer.text.starts_with("<!DOCTYPE html>")
        && header("content-type") == "text/html; charset=utf-8"
        && header("x-content-type-options") == "nosniff"
        && header("referrer-policy") == "no-referrer"
        && strict.iter().all(|rule| policy.contains(rule))
        && !policy.contains("unsafe")
}

/// The token of the page's forms.
fn form_token(page: &Answer) -> &str {
    let (_, rest) = page.text.split_once(r#"name="form_token" value=""#).expect("a form");
    rest.split_once('"').unwrap().0
}

#[tokio::test]
async fn every_page_is_there_and_a_browser_is_asked_for_a_token() {
    let hookwatch = with_a_viewer().await;
    hookwatch.deliver(event("evt_1", "charge.succeeded").as_bytes()).await;
    for (path, status) in [
        ("/", 200),
        ("/?range=1h&refresh=off", 200),
        ("/?refresh=x", 400),
        ("/events?refresh=x", 400),
        ("/?range=7d", 200),
        ("/?range=30d", 200),
        ("/?range=2h", 400),
        ("/events", 200),
        ("/events?status=failed&limit=10&from=", 200),
        ("/events?status=lost", 400),
        ("/events?level=INFO&level=INFO", 400),
        ("/events/evt_1", 200),
        ("/events/evt_2", 404),
        ("/events/%F0%9F%92%A3", 404),
        ("/issues/none", 404),
        ("/security", 200),
        ("/security?range=30d", 200),
        ("/v1/reports?format=html&time_range_hours=48", 200),
        ("/find?q=evt_1", 200),
        ("/find?q=nobody", 200),
        ("/find?q=%00", 400),
        (&format!("/find?q={}", "x".repeat(255)), 200),
        (&format!("/find?q={}", "x".repeat(256)), 400),
        ("/events?account=%ff", 400),
        ("/security?range=%00", 400),
        ("/mutes", 405),
    ] {
        let answer = hookwatch.get(path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        assert!(is_page(&answer), "{path}: {:?} {}", answer.headers, answer.text);
        assert!(answer.text.len() < 200_000, "{path}: {}", answer.text.len());
        let nobody = hookwatch.get_as(path, None).await;
        assert_eq!(nobody.status, 401, "{path}");
        assert!(nobody.headers["www-authenticate"].starts_with("Basic "), "{path}");
        assert_eq!(is_page(&nobody), !path.starts_with("/v1/"), "{path}");
        let kept = answer.headers["cache-control"].as_str();
        assert!(kept == "no-store" || path.starts_with("/v1/"), "{path}: {kept}");
    }
    for (range, hours) in [("24h", 24), ("30d", 720)] {
        let page = hookwatch.get(&format!("/?range={range}")).await.text;
        let report = format!("\"/v1/reports?format=html&amp;time_range_hours={hours}\"");
        assert!(page.contains(&report), "{page}");
    }
    let of_the_api = hookwatch.get_as("/v1/events", None).await;
    assert_eq!(of_the_api.code(), "token_missing");
    let page = hookwatch.get("/events/evt_1").await.text;
    for text in ["charge.succeeded", "Created", "Received", "Stored", "Nobody has told", "ch_evt_1"]
    {
        assert!(page.contains(text), "{text}: {page}");
    }
}

#[tokio::test]
async fn a_refused_request_says_what_is_most_probably_wrong_with_it() {
    let hookwatch = with_a_viewer().await;
    let body = event("evt_1", "charge.succeeded");
    hookwatch.deliver_with("whsec_another", body.as_bytes()).await;
    let long_ago = jiff::Timestamp::now().as_second() - 3_600;
    let header = local::stripe::sign(SIGNING_SECRET, long_ago, body.as_bytes());
    hookwatch.post(body.as_bytes(), &[("stripe-signature", &header)]).await;
    hookwatch.rejections("", 2).await;
    let page = hookwatch.get("/events?status=rejected").await.text;
    for text in [
        "signature mismatch",
        "None of our secrets made the signature",
        "timestamp too old",
        "its time 60 min before ours",
        "somebody replays a captured request",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let page = hookwatch.get("/security").await.text;
    let (_, table) = page.split_once("What is most probably wrong").expect("a table");
    for text in [
        "cli secret",
        "None of our secrets made the signature",
        "stale",
        "its time 60 min before ours",
        "somebody replays a captured request",
    ] {
        assert!(table.contains(text), "{text}: {table}");
    }
}

#[tokio::test]
async fn people_can_be_searched_for_where_there_is_a_key() {
    for (search, is_there) in [("on", true), ("off", false)] {
        let hookwatch = Hookwatch::start_with(|options| {
            for (name, value) in [("PersonSearch", search), ("Payload", "redacted")] {
                options.parameters.insert(name.to_owned(), value.to_owned());
            }
        })
        .await;
        let page = hookwatch.get("/events").await.text;
        assert_eq!(page.contains(r#"name="person""#), is_there, "{page}");
        if is_there {
            let body = event("evt_1", "customer.created").replace(
                r#""object":"charge""#,
                r#""object":"customer","email":"ada@example.com""#,
            );
            hookwatch.deliver(body.as_bytes()).await;
            hookwatch.entries("/v1/events", 1).await;
            for (person, finds) in [("ada%40example.com", true), ("bob%40example.com", false)] {
                for path in ["/events?person=", "/find?q="] {
                    let page = hookwatch.get(&format!("{path}{person}")).await.text;
                    assert_eq!(page.contains("/events/evt_1"), finds, "{path}{person}: {page}");
                }
            }
        }
    }
}

#[tokio::test]
async fn hostile_contents_are_text() {
    let hookwatch = with_a_viewer().await;
    let hostile = "<script>alert(1)</script>\"'&\u{202e}";
    let entry = json!({
        "event_id": "evt_1", "event_type": hostile, "request_id": "r", "success": false,
        "processing_time": 0.1, "error_message": format!("{hostile}{}", "x".repeat(9_000)),
        "entity_type": hostile, "entity_id": hostile, "account": hostile,
        "error_details": {"error_type": hostile, "error_code": hostile, "own": hostile},
        "metadata": {hostile: hostile},
    });
    let logged = hookwatch.post_json("/v1/events", &entry.to_string()).await;
    assert_eq!(logged.status, 201, "{logged:?}");
    hookwatch.entries("/v1/events", 1).await;
    for path in [
        "/",
        "/events",
        "/events/evt_1",
        "/find?q=%3Cscript%3E",
        "/events?account=%22%3E%3Cscript%3E",
    ] {
        let page = hookwatch.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.text.contains("&lt;script&gt;"), "{path} shows it: {}", page.text);
        assert!(!page.text.contains("<script"), "{path} does not run it");
        assert!(
            !page.text.contains(&"x".repeat(1_000)) || path == "/events/evt_1",
            "{path} cuts it"
        );
    }
    let body = event("evt_2", "charge.failed").replace("ch_evt_2", "</pre><script>");
    hookwatch.deliver(body.as_bytes()).await;
    let page = hookwatch.get("/events/evt_2").await.text;
    assert!(page.contains("&lt;/pre&gt;&lt;script&gt;") && !page.contains("<script"), "{page}");
}

#[tokio::test]
async fn a_form_changes_something_only_from_a_page_of_ours() {
    let hookwatch = with_a_viewer().await;
    let page = hookwatch.get("/").await;
    let token = form_token(&page);
    let mute = format!("kind=&hours=1&reason=a+%3Cb%3E+holiday&form_token={token}");
    let foreign = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
    for (sent, headers) in [
        ("kind=&hours=1&reason=x", &SAME_SITE[..]),
        ("kind=&hours=1&reason=x&form_token=0000", &SAME_SITE[..]),
        (&mute, &foreign[..]),
        (&mute, &foreign[..1]),
        (&mute, &[][..]),
    ] {
        let answer = hookwatch.post_form("/mutes", OPERATOR_TOKEN, sent, headers).await;
        assert_eq!(answer.status, 403, "{sent} {headers:?}");
        assert!(is_page(&answer) && answer.text.contains("form_refused"), "{}", answer.text);
    }
    assert_eq!(hookwatch.get("/v1/mutes").await.body["mutes"], json!([]));
    // One form's token is no other caller's, and a viewer may not act at all.
    let answer = hookwatch.post_form("/mutes", VIEWER, &mute, &SAME_SITE).await;
    assert_eq!(answer.status, 403);

    let answer = hookwatch.post_form("/mutes", OPERATOR_TOKEN, &mute, &SAME_SITE).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(answer.text.contains("a &lt;b&gt; holiday"), "{}", answer.text);
    let mutes = hookwatch.get("/v1/mutes").await.body;
    let id = mutes["mutes"][0]["id"].as_str().unwrap();
    assert_eq!(mutes["mutes"][0]["by"], "ann");
    let sent = format!("form_token={token}");
    let path = format!("/mutes/{id}/remove");
    let answer = hookwatch.post_form(&path, OPERATOR_TOKEN, &sent, &SAME_SITE).await;
    assert!(answer.text.contains("Nothing is muted"), "{}", answer.text);
    // The change is marked on the charts, and told in words.
    assert!(
        answer.text.contains("c-mark") && answer.text.contains("mute.removed a &lt;b&gt; holiday")
    );

    let deployed = r#"{"version": "v42 <b>", "note": "n"}"#;
    assert_eq!(hookwatch.post_json("/v1/deployments", deployed).await.status, 201);
    for wrong in ["{}", r#"{"version": ""}"#, r#"{"version": "1", "hash": "2"}"#] {
        assert_eq!(hookwatch.post_json("/v1/deployments", wrong).await.status, 400, "{wrong}");
    }
    assert!(hookwatch.get("/").await.text.contains("v42 &lt;b&gt;"));

    let bad = format!("kind=&hours=forever&reason=x&form_token={token}");
    assert_eq!(hookwatch.post_form("/mutes", OPERATOR_TOKEN, &bad, &SAME_SITE).await.status, 400);
}

#[tokio::test]
async fn what_was_deployed_and_changed_is_marked_on_every_chart() {
    let hookwatch = with_a_viewer().await;
    hookwatch.deliver(event("evt_1", "charge.succeeded").as_bytes()).await;
    hookwatch.entries("/v1/events", 1).await;
    assert_eq!(hookwatch.post_json("/v1/deployments", r#"{"version": "v42"}"#).await.status, 201);
    let changed = hookwatch
        .patch_json_as("/v1/thresholds", r#"{"error_rate_max": 0.04}"#, OPERATOR_TOKEN)
        .await;
    assert_eq!(changed.status, 200, "{changed:?}");
    for (path, charts) in
        [("/", 5), ("/?range=30d", 5), ("/security", 1), ("/v1/reports?format=html", 5)]
    {
        let page = hookwatch.get(path).await.text;
        let drawn: Vec<&str> = page.split("<svg class=\"c\"").skip(1).collect();
        assert_eq!(drawn.len(), charts, "{path}");
        for chart in drawn {
            let chart = chart.split("</svg>").next().unwrap();
            for change in ["deployment.recorded v42 by ann", "thresholds.changed error_rate_max by"]
            {
                assert!(chart.contains(change), "{path}: {change} is not on {chart}");
            }
        }
    }
}

#[tokio::test]
async fn an_operator_acts_on_an_issue_and_a_viewer_sees_no_form() {
    let hookwatch = with_a_viewer().await;
    let events: Vec<_> = (0..100)
        .map(|n| {
            let message = (n < 30).then_some("no row");
            json!({"event_id": format!("evt_{n}"), "event_type": "charge.failed", "livemode": true,
                "entity_type": "charge", "entity_id": format!("ch_{n}"),
                "success": n >= 30, "processing_time": 0.1, "error_message": message})
        })
        .collect();
    let batch = json!({"events": events}).to_string();
    assert_eq!(hookwatch.post_json("/v1/events/batch", &batch).await.status, 200);
    hookwatch.entries("/v1/events?limit=200", 100).await;
    hookwatch.run_health_check().await;
    let page = hookwatch.get("/").await;
    assert!(page.text.contains("Too many events fail in processing"), "{}", page.text);
    assert!(page.text.contains("critical") && page.text.contains("Acknowledge"), "{}", page.text);
    assert!(page.text.contains("<dt>How bad</dt><dd>30 %, limit 10 %</dd>"), "{}", page.text);
    let seen_by_a_viewer = hookwatch.get_as("/", Some("Bearer v")).await.text;
    assert!(seen_by_a_viewer.contains("Too many events fail in processing"));
    assert!(!seen_by_a_viewer.contains(r#"method="post""#), "{seen_by_a_viewer}");

    let token = form_token(&page);
    let sent = format!("back=issue&hours=4&form_token={token}");
    for (action, told) in
        [("acknowledge", "Taken on"), ("snooze", "snoozed"), ("resolve", "said by <bdi>ann</bdi>")]
    {
        let path = format!("/issues/low_success_rate/{action}");
        let answer = hookwatch.post_form(&path, OPERATOR_TOKEN, &sent, &SAME_SITE).await;
        assert_eq!(answer.status, 200, "{action}: {}", answer.text);
        assert!(answer.text.contains(told), "{action}: {}", answer.text);
    }
    let again = hookwatch
        .post_form("/issues/low_success_rate/resolve", OPERATOR_TOKEN, &sent, &SAME_SITE)
        .await;
    assert_eq!(again.status, 409);
}
