//! Analytics, errors, security and reports: a small log whose every number was worked out by hand.
//!
//! Three hours of outcomes of two types, three hours before them, and a day when the log began.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use local::system::local_parameters;
use serde_json::{Value, json};
use shared::log::{
    Cause, Entity, Failure, OutcomeParticulars, ProcessingResult, Rejection, Rejections,
};
use shared::rollup::Grain;
use shared::store::{EntityIndex, EventStore, StoredPayload};
use tests::hookwatch::Hookwatch;
use tests::log::{delivery, outcome, retention};

struct Golden {
    hookwatch: Hookwatch,
    store: EventStore,
    /// Where the three hours begin.
    base: Timestamp,
}

impl Golden {
    async fn new() -> Self {
        let hookwatch = Hookwatch::start_with(|options| {
            options.parameters = local_parameters();
            options.parameters.insert("Outcomes".to_owned(), "expected".to_owned());
        })
        .await;
        let client = local::table::client(hookwatch.system.dynamodb_endpoint());
        let table = hookwatch.system.table().to_owned();
        let store = EventStore::new(client, table, EntityIndex::OFF);
        let ago = Timestamp::now() - SignedDuration::from_hours(5);
        let golden = Self { hookwatch, store, base: Grain::Hour.bucket_of(ago).start };
        golden.fill().await;
        golden
    }

    /// Minutes after the beginning.
    fn at(&self, minutes: i64) -> Timestamp {
        self.base + SignedDuration::from_mins(minutes)
    }

    async fn succeed(&self, id: &str, event_type: &str, minutes: i64, millis: u64) {
        self.put(id, event_type, minutes, millis, ProcessingResult::Succeeded).await;
    }

    async fn fail(&self, id: &str, event_type: &str, minutes: i64, error: [&str; 3]) {
        let [kind, code, message] =
            error.map(|text| Some(text.to_owned()).filter(|t| !t.is_empty()));
        let failure =
            Failure { message, error_type: kind, error_code: code, is_last_attempt: false };
        self.put(id, event_type, minutes, 4_000, ProcessingResult::Failed(failure)).await;
    }

    async fn put(&self, id: &str, kind: &str, minutes: i64, millis: u64, result: ProcessingResult) {
        let mut entry = outcome(id, self.at(minutes));
        let is_first_type = kind == "charge.failed";
        entry.event_type = kind.to_owned();
        entry.result = result;
        entry.processing_time = Duration::from_millis(millis);
        entry.account = is_first_type.then(|| "acct_1".to_owned());
        entry.livemode = Some(is_first_type);
        entry.entity = Some(Entity { entity_type: "charge".to_owned(), id: None });
        entry.api_version = Some("2026-10-28.endive".to_owned());
        let rest = OutcomeParticulars::default();
        self.store.put_outcome(&entry, &rest, b"h", retention()).await.unwrap();
    }

    async fn fill(&self) {
        let (a, b) = ("charge.failed", "invoice.paid");
        self.succeed("evt_begin", a, -1_440, 1_000).await;
        for n in 0..2 {
            self.succeed(&format!("evt_pa{n}"), a, -170, 1_000).await;
        }
        for n in 0..8 {
            self.succeed(&format!("evt_pb{n}"), b, -100, 1_000).await;
        }
        self.succeed("evt_a1", a, 3, 1_000).await;
        self.succeed("evt_a2", a, 17, 2_000).await;
        self.succeed("evt_a3", a, 61, 3_000).await;
        self.fail("evt_a4", a, 62, ["timeout", "", "no answer for ch_12 after 30 s"]).await;
        for n in 0..4 {
            self.succeed(&format!("evt_b{n}"), b, 125, 500).await;
        }
        let refused = "database_error";
        self.fail("evt_b4", b, 126, [refused, "E1", "connection to orders refused"]).await;
        self.fail("evt_b5", b, 141, [refused, "E1", "connection to invoices refused"]).await;
        for (n, minutes) in [(1, 5), (2, 66), (3, 67)] {
            let mut entry = delivery(&format!("evt_d{n}"), self.at(minutes));
            entry.event.event_type = Some(a.to_owned());
            entry.event.account = Some("acct_1".to_owned());
            self.store.put_delivery(&entry, StoredPayload::NotKept, retention()).await.unwrap();
        }
        let minute = self.at(90);
        let count = |address: &str, cause, refused_genuine, count| Rejection {
            minute,
            instance: "one".to_owned(),
            source_ip: Some(address.to_owned()),
            cause,
            refused_genuine,
            diagnosis: None,
            skew_seconds: None,
            count,
        };
        let counts = vec![
            count("203.0.113.9", Cause::SignatureMismatch, false, 40),
            count("203.0.113.9", Cause::MissingSignature, false, 2),
            count("3.18.12.63", Cause::SignatureMismatch, true, 3),
        ];
        let rejections = Rejections { minute, instance: "one".to_owned(), counts };
        self.store.put_rejections(&rejections, retention()).await.unwrap();
        let cause = Cause::TokenWrong;
        let counts =
            vec![count("203.0.113.7", cause, false, 3), count("203.0.113.9", cause, false, 1)];
        let tokens = Rejections { minute, instance: "one".to_owned(), counts };
        self.store.put_wrong_tokens(&tokens, retention()).await.unwrap();
    }

    /// The answer for the three hours.
    async fn ask(&self, path: &str) -> Value {
        let sign = if path.contains('?') { '&' } else { '?' };
        let (from, to) = (self.base, self.at(180));
        let answer = self.hookwatch.get(&format!("{path}{sign}from={from}&to={to}")).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.body
    }

    async fn csv(&self, table: &str) -> String {
        let (from, to) = (self.base, self.at(180));
        let path = format!("/v1/reports?format=csv&table={table}&from={from}&to={to}");
        let answer = self.hookwatch.get(&path).await;
        assert!(answer.headers["content-type"].starts_with("text/csv"), "{answer:?}");
        assert_eq!(
            answer.headers["content-disposition"],
            format!("attachment; filename=\"hookwatch-{table}.csv\"")
        );
        answer.text
    }
}

/// Numbers within 1 %, all else the same; what `expected` does not name may be anything.
fn check(found: &Value, expected: &Value, path: &str) {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            for (name, expected) in expected {
                let value = found.get(name).unwrap_or_else(|| panic!("no {path}.{name}"));
                check(value, expected, &format!("{path}.{name}"));
            }
        }
        (Value::Array(found), Value::Array(expected)) => {
            assert_eq!(found.len(), expected.len(), "{path}: {found:?}");
            for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
                check(found, expected, &format!("{path}[{index}]"));
            }
        }
        (Value::Number(a), Value::Number(b)) if b.is_f64() => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            assert!((a - b).abs() <= b.abs() * 0.01, "{path}: {a} instead of {b}");
        }
        (found, expected) => assert_eq!(found, expected, "{path}"),
    }
}

#[tokio::test]
async fn groups_are_what_was_worked_out_by_hand() {
    let golden = Golden::new().await;
    let of_a = json!({
        "count": 4, "share": 0.4, "deliveries": 3, "succeeded": 3, "failed": 1, "refused": null,
        "success_rate": 0.75, "avg_processing_time": 2.5, "p50_processing_time": 2.0,
        "p95_processing_time": 4.0, "p99_processing_time": 4.0, "previous_count": 2, "change": 1.0,
    });
    let of_b = json!({
        "count": 6, "share": 0.6, "deliveries": 0, "succeeded": 4, "failed": 2, "refused": null,
        "success_rate": 0.666_667, "avg_processing_time": 1.666_667, "p50_processing_time": 0.5,
        "p95_processing_time": 4.0, "p99_processing_time": 4.0, "previous_count": 8, "change": -0.25,
    });
    let named = |group: &Value, name: Value| {
        let mut group = group.clone();
        group["name"] = name;
        group
    };
    let both = |a: Value, b: Value| json!([named(&of_b, b), named(&of_a, a)]);
    for (by, groups) in [
        ("event_type", both(json!("charge.failed"), json!("invoice.paid"))),
        ("livemode", both(json!("true"), json!("false"))),
        ("account", both(json!("acct_1"), Value::Null)),
    ] {
        let expected = json!({
            "group_by": by, "source": "outcomes", "total_events": 10, "previous_total_events": 10,
            "change": 0.0, "incomplete": false, "log_begins": null, "uncertain": 0, "unreadable": 0,
            "time_range_hours": 3.0, "groups": groups,
            "before": {"from": golden.at(-180), "through": golden.base},
            "other": {"count": 0, "share": 0.0, "groups": 0, "without_room": 0},
        });
        let path = format!("/v1/analytics?group_by={by}");
        check(&golden.ask(&path).await, &expected, by);
        golden.hookwatch.run_health_check().await;
        check(&golden.ask(&path).await, &expected, by);
    }
    assert_eq!(golden.ask("/v1/analytics").await["group_by"], "event_type");
    let hour = |n: i64| golden.at(n * 60);
    for (by, groups) in [
        ("entity_type", json!([{"name": "charge", "count": 10, "change": 0.0}])),
        ("category", json!([{"name": "business", "count": 10}])),
        ("level", json!([{"name": "INFO", "count": 10}])),
        ("api_version", json!([{"name": "2026-10-28.endive", "count": 10}])),
        (
            "hour",
            json!([
                {"name": hour(2), "hour": hour(2), "count": 6, "previous_count": 0, "change": null},
                {"name": hour(0), "count": 2, "previous_count": 2, "change": 0.0},
                {"name": hour(1), "count": 2, "previous_count": 8, "change": -0.75},
            ]),
        ),
        (
            "event_type_hour",
            json!([
                {"name": "invoice.paid", "hour": hour(2), "count": 6, "failed": 2},
                {"name": "charge.failed", "hour": hour(0), "count": 2, "previous_count": 2},
                {"name": "charge.failed", "hour": hour(1), "count": 2, "previous_count": 0},
            ]),
        ),
        (
            "source_ip",
            json!([
                {"name": "203.0.113.9", "count": 42, "deliveries": 0, "refused": 42, "succeeded": null},
                {"name": "3.18.12.63", "count": 6, "deliveries": 3, "refused": 3, "failed": null},
            ]),
        ),
    ] {
        let answer = golden.ask(&format!("/v1/analytics?group_by={by}")).await;
        check(&answer["groups"], &groups, by);
    }
    let limited = golden.ask("/v1/analytics?limit=1").await;
    let other = json!({"count": 4, "share": 0.4, "groups": 1, "without_room": 0});
    check(&limited["other"], &other, "other");
    let filtered = golden.ask("/v1/analytics?group_by=hour&livemode=true&account=acct_1").await;
    check(&filtered, &json!({"total_events": 4, "livemode": true, "change": 1.0}), "filtered");
    let none = golden.ask("/v1/analytics?event_type=unheard.of").await;
    check(&none, &json!({"total_events": 0, "groups": [], "change": null}), "none");
}

#[tokio::test]
async fn errors_are_what_was_worked_out_by_hand() {
    let golden = Golden::new().await;
    let refused = "connection to <*> refused";
    let expected = json!({
        "total_failed_events": 3, "total_outcomes": 10, "error_rate": 0.3, "retries": 0,
        "error_distribution": {"database_error": 2, "timeout": 1},
        "code_distribution": {"E1": 2, "unknown": 1},
        "top_errors": [
            ["connection to invoices refused", 1],
            ["connection to orders refused", 1],
            ["no answer for <id> after <n> s", 1],
        ],
        "error_patterns": {refused: 2, "no answer for <id> after <n> s": 1},
        "patterns": [
            {
                "pattern": refused, "count": 2, "share": 0.666_667, "event_types": ["invoice.paid"],
                "first_seen": golden.at(125), "last_seen": golden.at(145),
                "messages": ["connection to invoices refused", "connection to orders refused"],
                "sample_event_ids": ["evt_b5", "evt_b4"],
            },
            {
                "pattern": "no answer for <id> after <n> s", "count": 1,
                "event_types": ["charge.failed"], "first_seen": golden.at(60),
                "last_seen": golden.at(65),
            },
        ],
        "other_errors": 0,
        "error_trends": {
            "trend_direction": "stable", "trend": 0.0, "step": "5 minutes",
            "unit": "failures per hour, per hour",
            "test": {"significance": 0.05, "steps": 36, "minimum_steps": 10},
        },
        "performance_trends": {
            "trend_direction": null, "trend": null, "test": {"steps": 5, "score": null},
        },
    });
    check(&golden.ask("/v1/errors").await, &expected, "errors");
    golden.hookwatch.run_health_check().await;
    let answer = golden.ask("/v1/errors").await;
    check(&answer, &expected, "errors");
    let steps = answer["error_trends"]["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 36);
    let step = json!({
        "from": golden.at(125), "to": golden.at(130), "received": 0, "outcomes": 5, "failed": 1,
        "error_rate": 0.2, "average_processing_time": 1.2, "p95_processing_time": 4.0,
        "median_lag": null, "rejected": 0,
    });
    check(&steps[25], &step, "step");
    let one = golden.ask("/v1/errors?event_type=charge.failed&limit=1").await;
    check(&one, &json!({"total_failed_events": 1, "error_rate": 0.25, "other_errors": 0}), "one");
}

#[tokio::test]
async fn refusals_are_what_was_worked_out_by_hand() {
    let golden = Golden::new().await;
    let expected = json!({
        "total_rejected": 45, "refused_genuine": 3, "refused_others": 42, "received": 3,
        "rejection_rate": 0.9375,
        "rejections_by_cause": {"signature_mismatch": 43, "missing_signature": 2},
        "sources": [
            {"address": "203.0.113.9", "rejected": 42, "deliveries": 0},
            {"address": "3.18.12.63", "rejected": 3, "deliveries": 3},
        ],
        "other_sources": 0, "step": "5 minutes",
        "authentication": {
            "failures": 4, "sources": [["203.0.113.7", 3], ["203.0.113.9", 1]], "other_sources": 0,
            "incomplete": false,
        },
        "bursts": [{"from": golden.at(90), "to": golden.at(95), "rejected": 45, "peak": 45}],
    });
    check(&golden.ask("/v1/security").await, &expected, "security");
    golden.hookwatch.run_health_check().await;
    let answer = golden.ask("/v1/security").await;
    check(&answer, &expected, "security");
    let timeline = answer["timeline"].as_array().unwrap();
    let step = json!({"from": golden.at(90), "rejected": 45, "refused_genuine": 3,
        "authentication_failures": 4,
        "by_cause": {"signature_mismatch": 43, "missing_signature": 2}});
    check(&timeline[18], &step, "step");
    let one = golden.ask("/v1/security?limit=1").await;
    check(&one, &json!({"other_sources": 6}), "one");
}

#[tokio::test]
async fn reports_are_what_was_worked_out_by_hand() {
    let golden = Golden::new().await;
    golden.hookwatch.run_health_check().await;
    let summary = json!({
        "source": "outcomes", "total_events": 10, "change": 0.0, "success_rate": 0.7,
        "error_rate": 0.3, "failed_events": 3, "average_processing_time": 2.0,
        "p95_processing_time": 4.0, "received": 3, "duplicates": 0, "rejected": 45,
    });
    let report = golden.ask("/v1/reports").await;
    check(&report["summary"], &summary, "summary");
    assert!(report["summary"]["health_status"].is_string(), "{report}");
    let details = json!({
        "event_types": [{"name": "invoice.paid", "count": 6}, {"name": "charge.failed", "count": 4}],
        "error_distribution": {"database_error": 2, "timeout": 1},
        "rejections_by_cause": {"signature_mismatch": 43, "missing_signature": 2},
        "rejection_sources": [{"address": "203.0.113.9"}, {"address": "3.18.12.63"}],
    });
    check(&report["details"], &details, "details");
    let short = golden.ask("/v1/reports?include_details=false").await;
    assert!(short["details"].is_null(), "{short}");

    let all = golden.ask("/v1/webhook-analytics").await;
    let expected = json!({
        "performance_metrics": {"total_events": 10, "failed_events": 3, "success_rate": 0.7},
        "event_analytics": {"total_events": 10, "group_by": "event_type"},
        "error_analytics": {"total_failed_events": 3},
    });
    check(&all, &expected, "all");
    assert!(all["health_status"]["overall_status"].is_string(), "{all}");
    let without = golden.ask("/v1/webhook-analytics?include_health=false").await;
    assert!(without["health_status"].is_null());

    let lines = async |table: &str| {
        let text = golden.csv(table).await;
        text.split_terminator("\r\n").map(str::to_owned).collect::<Vec<_>>()
    };
    let summary = lines("summary").await;
    assert_eq!(summary[0], "name,value");
    assert!(summary.contains(&"success_rate,0.7".to_owned()), "{summary:?}");
    let types = lines("event_types").await;
    assert_eq!(
        types[0],
        "event_type,count,share,failed,success_rate,avg_processing_time,p95_processing_time,change"
    );
    assert!(types[2].starts_with("charge.failed,4,0.4,1,0.75,2.5,"), "{types:?}");
    assert_eq!(lines("timeline").await.len(), 37);
    assert_eq!(
        lines("rejections").await,
        ["cause,rejected", "missing_signature,2", "signature_mismatch,43"]
    );
    assert_eq!(
        lines("sources").await,
        ["address,rejected,deliveries", "203.0.113.9,42,0", "3.18.12.63,3,3"]
    );
    let errors = lines("errors").await;
    assert!(errors[1].starts_with("connection to <*> refused,2,"), "{errors:?}");
    assert!(lines("issues").await[0].starts_with("type,severity,state"));
}

#[tokio::test]
async fn hostile_contents_come_back_harmless() {
    let golden = Golden::new().await;
    let script = "<script>alert(1)</script> of \u{202e}evil";
    golden.fail("evt_x1", "=HYPERLINK(\"http://evil\")", 30, ["@SUM(A1)", "", script]).await;
    golden.fail("evt_x2", "charge.failed", 31, ["-2+3", "", &"long ".repeat(2_000)]).await;
    golden.fail("evt_x3", "charge.failed", 32, ["a,\"b\"", "", "=1+1"]).await;
    let types = golden.csv("event_types").await;
    assert!(types.contains("\"'=HYPERLINK(\"\"http://evil\"\")\",1,"), "{types}");
    let errors = golden.csv("errors").await;
    assert!(errors.contains("\r\n'=") && !errors.contains('\u{202e}'), "{errors}");
    assert!(errors.lines().all(|line| line.len() < 1_000), "{errors}");
    let answer = golden.ask("/v1/errors").await;
    assert_eq!(answer["total_failed_events"], 6);
    let longest = answer["patterns"].as_array().unwrap().iter();
    let longest = longest.map(|row| row["pattern"].as_str().unwrap().chars().count()).max();
    assert!(longest.unwrap() <= 120);
}

#[tokio::test]
async fn bad_questions_are_named() {
    let hookwatch = Hookwatch::start().await;
    let huge = format!("event_type={}", "x".repeat(5_000));
    for path in ["analytics", "errors", "security", "reports", "webhook-analytics"] {
        for query in [
            "time_range_hours=0",
            "time_range_hours=-1",
            "time_range_hours=1e9",
            "time_range_hours=day",
            "time_range_hours=NaN",
            "time_range_hours=1&time_range_hours=2",
            "from=yesterday",
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
