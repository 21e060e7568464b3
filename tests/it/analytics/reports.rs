//! `GET /v1/reports` and `GET /v1/webhook-analytics`.

use serde_json::{Value, json};

use super::failures::{self, top_errors};
use super::golden::{ANY, Golden, check, with};
use super::groups::{self, of_a, of_b};
use super::refusals::{bursts, by_cause, sources};

/// The flat members of the guide's metrics, and both blocks.
fn metrics(golden: &Golden) -> Value {
    let times = json!({
        "average_processing_time": 2.0, "median_processing_time": 1.0, "p95_processing_time": 4.0,
        "p99_processing_time": 4.0, "success_rate": 0.7, "error_rate": 0.3,
    });
    let outcomes = json!({
        "total": 10, "succeeded": 7, "failed": 3, "retries": 0, "late": 0, "peak_per_minute": 4,
    });
    let expected = json!({
        "source": "outcomes", "total_events": 10, "successful_events": 7, "failed_events": 3,
        "events_per_minute": 0.055_556, "events_per_hour": 3.333_333, "peak_events_per_minute": 4,
        "error_distribution": {"database_error": 2, "timeout": 1}, "top_errors": top_errors(),
        "other_errors": 0, "notices": [],
        "deliveries": {
            "received": 3, "duplicates": 0, "other_endpoint": 0, "late": 0, "quarantined": 0,
            "rejected": 45, "refused_genuine": 3, "peak_per_minute": 1, "average_lag": 0.0,
            "median_lag": 0.0, "p95_lag": 0.0, "p99_lag": 0.0,
        },
        "outcomes": with(&outcomes, &times),
    });
    with(&with(&golden.filtered(), &times), &expected)
}

#[tokio::test]
async fn reports_are_what_was_worked_out_by_hand() {
    let golden = Golden::new().await;
    golden.hookwatch.run_health_check().await;
    let nothing = json!({"count": 0, "share": 0.0, "groups": 0, "without_room": 0, "failed": 0});
    let errors = failures::answer(&golden);
    let expected = json!({
        "summary": {
            "source": "outcomes", "total_events": 10, "change": 0.0, "success_rate": 0.7,
            "error_rate": 0.3, "failed_events": 3, "average_processing_time": 2.0,
            "p95_processing_time": 4.0, "received": 3, "duplicates": 0, "rejected": 45,
            "health_status": ANY, "health_score": ANY,
        },
        "details": {
            "top_errors": top_errors(), "active_issues": ANY, "recommendations": ANY,
            "event_types": [of_b(json!("invoice.paid")), of_a(json!("charge.failed"))],
            "other_event_types": nothing,
            "error_distribution": errors["error_distribution"],
            "error_patterns": errors["patterns"],
            "error_trends": errors["error_trends"],
            "performance_trends": errors["performance_trends"],
            "rejections_by_cause": by_cause(), "rejection_sources": sources(),
            "rejection_bursts": bursts(&golden), "authentication_failures": 4,
        },
    });
    let expected = with(&golden.span(), &expected);
    let report = golden.ask("/v1/reports").await;
    check(&report, &expected, "report");
    let health = golden.hookwatch.get("/v1/health").await.body;
    assert_eq!(report["summary"]["health_status"], health["overall_status"]);
    assert_eq!(report["details"]["recommendations"], health["recommendations"]);
    let issues = |issues: &Value| issues.as_array().unwrap().len();
    assert_eq!(issues(&report["details"]["active_issues"]), issues(&health["active_issues"]));
    let short = golden.ask("/v1/reports?include_details=false").await;
    check(&short, &with(&expected, &json!({"details": null})), "short");
}

#[tokio::test]
async fn everything_at_once_is_the_same_as_each_by_itself() {
    let golden = Golden::new().await;
    golden.hookwatch.run_health_check().await;
    let types = json!([of_b(json!("invoice.paid")), of_a(json!("charge.failed"))]);
    let expected = json!({
        "performance_metrics": metrics(&golden),
        "event_analytics": groups::answer(&golden, "event_type", types),
        "error_analytics": failures::answer(&golden),
        "health_status": ANY,
    });
    let all = golden.ask("/v1/webhook-analytics").await;
    check(&all, &expected, "all");
    assert!(all["health_status"]["overall_status"].is_string(), "{all}");
    let without = golden.ask("/v1/webhook-analytics?include_health=false").await;
    check(&without, &with(&expected, &json!({"health_status": null})), "without health");
    check(&golden.ask("/v1/metrics").await, &metrics(&golden), "metrics");
}

#[tokio::test]
async fn every_table_is_there_as_csv() {
    let golden = Golden::new().await;
    golden.hookwatch.run_health_check().await;
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
async fn the_report_for_people_says_what_is_older_and_what_is_of_no_account() {
    let golden = Golden::new().await;
    let timeout = ["timeout", "", "no answer for ch_11 after 30 s"];
    golden.fail("evt_past", "charge.failed", -60, timeout).await;
    golden.fail("evt_new", "payout.failed", 130, ["missing", "", "no such payout"]).await;
    let (from, to) = (golden.base, golden.at(180));
    let page = golden.hookwatch.get(&format!("/v1/reports?format=html&from={from}&to={to}")).await;
    let row = |text: &str| {
        let mut rows = page.text.split("<tr>");
        rows.find(|row| row.contains(text)).unwrap_or_else(|| panic!("no {text}: {}", page.text))
    };
    let old = row("no answer for");
    assert!(old.contains("<td class=\"lesser\">earlier</td>") && !old.contains("<time"), "{old}");
    // The one at 12:06 of a range from 10:00 on is of the five minutes from 12:05 on.
    let new = row("connection to");
    assert!(new.contains(&format!("datetime=\"{}\"", golden.at(125))), "{new}");
    let cells = |text: &str| -> Vec<&str> {
        let (_, cells) = row(text).split_once("</th>").unwrap();
        cells.split("</td>").filter_map(|cell| Some(cell.rsplit_once('>')?.1)).collect()
    };
    let untold = cells("not told");
    assert_eq!(untold[..4], ["0", "3", "0", "57.1 %"], "received, failed, before, success");
    let new = cells("event_type=payout.failed&amp;status=failed");
    assert_eq!(new[..3], ["1", "0", "0 %"], "a type that did not come before");
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
