//! What is asked wrongly, of what is no longer there, and again.

use local::system::OPERATOR_TOKEN;
use serde_json::{Value, json};
use tests::hookwatch::Hookwatch;

/// What answers about a range.
const NUMBERS: [&str; 6] =
    ["metrics", "analytics", "errors", "security", "reports", "webhook-analytics"];

#[tokio::test]
async fn bad_questions_are_named() {
    let hookwatch = Hookwatch::start().await;
    let huge = format!("event_type={}", "x".repeat(5_000));
    for path in NUMBERS {
        for query in [
            "time_range_hours=0",
            "time_range_hours=-1",
            "time_range_hours=1e9",
            "time_range_hours=day",
            "time_range_hours=NaN",
            "time_range_hours=1&time_range_hours=2",
            "from=yesterday",
            "from=2020-01-01T00:00:00Z",
            "from=2020-01-01T00:00:00Z&to=2020-03-31T00:00:01Z",
            "from=2999-01-01T00:00:00Z&to=2999-02-01T00:00:00Z",
            "from=2026-01-01T00:00:00Z&time_range_hours=1",
        ] {
            let answer = hookwatch.get(&format!("/v1/{path}?{query}")).await;
            assert_eq!(
                (answer.status, answer.code()),
                (400, "invalid_parameter"),
                "{path} {query}"
            );
        }
        let unknown = hookwatch.get(&format!("/v1/{path}?hours=1")).await;
        assert_eq!((unknown.status, unknown.code()), (400, "unknown_parameter"), "{path}");
        for fine in ["", "time_range_hours=2160", "to=2026-01-01T00:00:00Z&time_range_hours=1"] {
            let answer = hookwatch.get(&format!("/v1/{path}?{fine}")).await;
            assert_eq!(answer.status, 200, "{path} {fine}: {answer:?}");
        }
        let posted = hookwatch.post_json(&format!("/v1/{path}"), "{}").await;
        assert_eq!((posted.status, posted.code()), (405, "method_not_allowed"), "{path}");
    }
    for (question, name) in [
        ("analytics?group_by=colour", "group_by"),
        ("analytics?limit=0", "limit"),
        ("analytics?limit=1001", "limit"),
        ("analytics?limit=many", "limit"),
        ("analytics?livemode=maybe", "livemode"),
        ("analytics?group_by=source_ip&event_type=a", "event_type"),
        ("analytics?group_by=hour&group_by=hour", "group_by"),
        ("errors?limit=-1", "limit"),
        ("security?limit=99999999999999999999", "limit"),
        ("reports?format=xml", "format"),
        ("reports?format=xml&table=errors", "format"),
        ("reports?format=html&table=errors", "table"),
        ("reports?table=summary", "table"),
        ("reports?format=csv&table=all", "table"),
        ("reports?include_details=2", "include_details"),
        ("webhook-analytics?include_health=yes", "include_health"),
    ] {
        let answer = hookwatch.get(&format!("/v1/{question}")).await;
        assert_eq!((answer.status, answer.code()), (400, "invalid_parameter"), "{question}");
        let message = answer.body["error"]["message"].as_str().unwrap();
        assert!(message.starts_with(name), "{question}: {message}");
    }
    let answer = hookwatch.get(&format!("/v1/errors?{huge}")).await;
    assert_eq!((answer.status, &answer.body["total_failed_events"]), (200, &json!(0)));
}

/// The range of an answer, or those within it.
fn spans(answer: &Value) -> Vec<&Value> {
    match answer.get("from") {
        Some(_) => vec![answer],
        None => ["performance_metrics", "event_analytics", "error_analytics"]
            .map(|name| &answer[name])
            .into(),
    }
}

#[tokio::test]
async fn what_is_no_longer_kept_is_answered_for_what_there_is_and_says_so() {
    let hookwatch = Hookwatch::start().await;
    for (query, from) in [
        // Nothing at all is left.
        ("to=2026-01-01T00:30:00Z&time_range_hours=1", "2025-12-31T23:00:00Z"),
        ("from=2020-01-01T00:00:00Z&to=2020-03-31T00:00:00Z", "2020-01-01T00:00:00Z"),
    ] {
        for path in NUMBERS {
            let answer = hookwatch.get(&format!("/v1/{path}?{query}")).await;
            assert_eq!(answer.status, 200, "{path}: {answer:?}");
            for span in spans(&answer.body) {
                assert_eq!(
                    (&span["incomplete"], &span["from"]),
                    (&json!(true), &json!(from)),
                    "{path}"
                );
                assert_eq!(span["from"], span["through"], "{path}");
            }
        }
        let csv = hookwatch.get(&format!("/v1/reports?format=csv&{query}")).await.text;
        assert!(csv.contains("\r\nincomplete,true\r\nlog_begins,\r\n"), "{csv}");
        let page = hookwatch.get(&format!("/v1/reports?format=html&{query}")).await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(page.text.contains("Not all of the range could be read"), "{}", page.text);
    }
    let csv = hookwatch.get("/v1/reports?format=csv").await.text;
    assert!(csv.contains("\r\nincomplete,false\r\n"), "{csv}");
}

#[tokio::test]
async fn an_answer_is_kept_for_a_short_while_and_says_how_old_it_is() {
    // Each instance keeps its own.
    let hookwatch = Hookwatch::start_with(|options| options.max_instances = 1).await;
    let path = "/v1/analytics?group_by=hour&limit=5";
    let first = hookwatch.get_with(path, &[]).await;
    assert_eq!((first.status, first.headers["age"].as_str()), (200, "0"));
    assert!(first.headers["cache-control"].starts_with("private, max-age="), "{first:?}");
    let etag = first.headers["etag"].clone();
    let again = hookwatch.get_with("/v1/analytics?limit=5&group_by=hour", &[]).await;
    assert_eq!((&again.text, &again.headers["etag"]), (&first.text, &etag), "kept");
    let same = hookwatch.get_with(path, &[("if-none-match", &etag)]).await;
    assert_eq!((same.status, same.text.as_str(), &same.headers["etag"]), (304, "", &etag));
    for path in [path, "/v1/metrics", "/v1/health"] {
        let etag = hookwatch.get_with(path, &[]).await.headers["etag"].clone();
        let head = hookwatch.send("HEAD", path, Some(OPERATOR_TOKEN)).await;
        let told = (head.status, head.text.as_str(), &head.headers["etag"]);
        assert_eq!(told, (200, "", &etag), "{path}");
    }
    let new = hookwatch.get_with(path, &[("cache-control", "no-cache")]).await;
    assert_ne!(new.body["generated_at"], first.body["generated_at"]);
    let kept = hookwatch.get_with(path, &[]).await;
    assert_eq!(kept.text, new.text, "the new one is kept");
    let entry =
        json!({"event_id": "evt_1", "event_type": "a", "success": true, "processing_time": 1});
    hookwatch.post_json("/v1/events", &entry.to_string()).await;
    let after = hookwatch.get_with(path, &[]).await;
    assert_ne!(after.text, kept.text, "what is written is seen at once");
    let other = hookwatch.get_with("/v1/analytics?group_by=hour&limit=6", &[]).await;
    assert_ne!(other.text, after.text);
    let events = hookwatch.get_with("/v1/events", &[]).await;
    assert_eq!(events.headers["cache-control"], "no-store");
    let wrong = hookwatch.get_with("/v1/analytics?limit=0", &[]).await;
    assert_eq!((wrong.status, wrong.headers["cache-control"].as_str()), (400, "no-store"));
    let stranger = hookwatch.get_as(path, None).await;
    assert_eq!(stranger.status, 401, "a kept answer is for those who may ask");
}

#[tokio::test]
async fn an_answer_about_the_past_keeps_its_tag_however_often_it_is_made() {
    let hookwatch = Hookwatch::start().await;
    hookwatch.run_health_check().await;
    let now = jiff::Timestamp::now();
    let ago = |hours| now - jiff::SignedDuration::from_hours(hours);
    for path in NUMBERS {
        let path = format!("/v1/{path}?include_health=false&from={}&to={}", ago(5), ago(2));
        let path = match path.contains("webhook") {
            true => path,
            false => path.replace("include_health=false&", ""),
        };
        // The health that a report tells is of now.
        let path = path.replace("reports?", "reports?format=csv&table=timeline&");
        let fresh = ("cache-control", "no-cache");
        let first = hookwatch.get_with(&path, &[fresh]).await;
        let etag = first.headers["etag"].clone();
        let again = hookwatch.get_with(&path, &[fresh]).await;
        assert_eq!(again.headers["etag"], etag, "{path}");
        let same = hookwatch.get_with(&path, &[fresh, ("if-none-match", &etag)]).await;
        assert_eq!((same.status, same.text.as_str()), (304, ""), "{path}");
        if path.contains("metrics") {
            assert_ne!(first.body["generated_at"], again.body["generated_at"]);
        }
    }
}
