use super::*;

fn topics() -> Topics {
    Topics { page: "arn:page".to_owned(), ticket: "arn:ticket".to_owned() }
}

fn links() -> Links {
    Links { runbook: "infra/README.md".to_owned(), issues: Some("https://ops.example/".to_owned()) }
}

fn of(thresholds: &Thresholds) -> Vec<Alarm> {
    desired("shop", thresholds, &topics(), &links(), &BTreeSet::new())
}

fn found(alarms: &[Alarm], id: &str) -> Alarm {
    let id: AlarmId = id.parse().unwrap();
    alarms.iter().find(|alarm| alarm.id == id).unwrap().clone()
}

#[test]
fn the_table_is_the_documented_one() {
    let alarms = of(&Thresholds::default());
    let lines: Vec<String> = alarms
        .iter()
        .map(|alarm| {
            let to = alarm.actions.first().map_or("-", |topic| topic.trim_start_matches("arn:"));
            let rule = match &alarm.rule {
                Rule::Composite(rule) => match &rule.suppressor {
                    Some(suppressor) => format!("{}, unless {suppressor}", rule.expression),
                    None => rule.expression.clone(),
                },
                Rule::Metric(rule) => {
                    let dimension =
                        rule.dimension.map(|(name, value)| format!("{{{name}={value}}}"));
                    format!(
                        "{}{} {} {}/{} {} {}",
                        rule.metric,
                        dimension.unwrap_or_default(),
                        rule.statistic,
                        rule.datapoints,
                        rule.periods,
                        rule.comparison.trim_end_matches("Threshold"),
                        rule.threshold
                    )
                }
            };
            format!("{} | {rule} | {to}", alarm.name)
        })
        .collect();
    let expected = [
        "shop:database-critical | ComponentScore{Component=Database} Minimum 2/3 LessThanOrEqualTo 0.5 | -",
        "shop:front-door | FrontDoor Maximum 2/3 LessThan 1 | -",
        "shop:error-rate-critical | ErrorRate Maximum 2/3 GreaterThan 0.1 | page",
        "shop:processing-time-critical | AverageProcessingTime Maximum 2/3 GreaterThan 15 | page",
        "shop:silence-critical | MissedEvents Maximum 1/1 GreaterThanOrEqualTo 14 | -",
        "shop:refused-genuine | RefusedGenuine Maximum 1/1 GreaterThanOrEqualTo 3 | page",
        "shop:backlog-critical | OldestUnprocessed Maximum 2/3 GreaterThan 3600 | page",
        "shop:error-rate | ErrorRate Maximum 3/3 GreaterThan 0.05 | ticket",
        "shop:processing-time | AverageProcessingTime Maximum 3/3 GreaterThan 5 | ticket",
        "shop:p95 | P95ProcessingTime Maximum 3/3 GreaterThan 10 | ticket",
        "shop:silence | MissedEvents Maximum 1/1 GreaterThanOrEqualTo 9 | ticket",
        "shop:forged | ForgedPerMinute Maximum 3/3 GreaterThan 600 | ticket",
        "shop:authentication | AuthenticationFailures Maximum 3/3 GreaterThan 100 | ticket",
        "shop:rollup-lag | RollupLag Maximum 3/3 GreaterThan 1800 | ticket",
        "shop:health-score | HealthScore Minimum 6/6 LessThan 0.9 | ticket",
        "shop:warning-issues | ActiveIssues{Severity=warning} Maximum 3/3 GreaterThanOrEqualTo 1 | ticket",
        "shop:outage | (ALARM(\"shop:database-critical\") OR ALARM(\"shop:front-door\")) \
         AND NOT ALARM(\"shop:receiver-failing\"), unless shop:receiver-failing | page",
        "shop:silence-page | ALARM(\"shop:silence-critical\") AND NOT (ALARM(\"shop:receiver-failing\") \
         OR ALARM(\"shop:database-critical\") OR ALARM(\"shop:front-door\")), unless shop:outage | page",
    ];
    assert_eq!(lines, expected);
    assert_eq!(alarms.len(), AlarmId::ALL.len());
    assert!(alarms.iter().all(|alarm| alarm.actions_enabled));
}

#[test]
fn limits_follow_the_thresholds() {
    let threshold = |change: (&str, f64), id: &str| {
        let alarms = of(&Thresholds::default().with([change]).unwrap());
        match found(&alarms, id).rule {
            Rule::Metric(rule) => rule.threshold,
            Rule::Composite(rule) => panic!("{rule:?}"),
        }
    };
    for (change, id, expected) in [
        (("critical_error_rate", 0.2), "error-rate-critical", 0.1),
        (("critical_error_rate", 0.07), "error-rate-critical", 0.07),
        (("low_success_rate", 0.93), "error-rate-critical", 0.07),
        (("error_rate_max", 0.02), "error-rate", 0.02),
        (("success_rate_min", 0.99), "error-rate", 0.01),
        (("high_processing_time", 20.0), "processing-time-critical", 20.0),
        (("avg_processing_time_max", 2.0), "processing-time", 2.0),
        (("p95_processing_time_max", 4.0), "p95", 4.0),
        (("missed_events_critical", 20.0), "silence-critical", 20.0),
        (("missed_events_max", 10.0), "silence", 10.0),
        (("unprocessed_after", 600.0), "backlog-critical", 2_400.0),
        (("forged_per_minute_max", 6.0), "forged", 60.0),
        (("authentication_failures_max", 5.0), "authentication", 50.0),
    ] {
        assert_eq!(threshold(change, id), expected, "{change:?}");
    }
}

#[test]
fn a_text_carries_limit_next_step_and_where_to_read_on() {
    let alarm = found(&of(&Thresholds::default()), "error-rate-critical");
    assert_eq!(
        alarm.description,
        "More than 10 % of outcomes failed. See what they failed with, and what was deployed. \
         Runbook: infra/README.md#error-rate-critical Issues: https://ops.example/v1/issues"
    );
    let long = Links { issues: Some("x".repeat(2_000)), ..links() };
    for alarm in desired("shop", &Thresholds::default(), &topics(), &long, &BTreeSet::new()) {
        assert_eq!(alarm.description.chars().count(), 1_024);
        assert!(alarm.description.contains(&format!("Runbook: infra/README.md#{}", alarm.id)));
    }
}

#[test]
fn a_silenced_alarm_tells_nobody_and_stays() {
    let silenced = BTreeSet::from([AlarmId::Outage, AlarmId::ErrorRate]);
    let alarms = desired("shop", &Thresholds::default(), &topics(), &links(), &silenced);
    for alarm in alarms {
        assert_eq!(alarm.actions_enabled, !silenced.contains(&alarm.id), "{}", alarm.id);
    }
}

#[test]
fn the_hash_changes_with_anything_that_is_said() {
    let base = of(&Thresholds::default());
    assert_eq!(hash(&base), hash(&of(&Thresholds::default())));
    assert_eq!(hash(&base).len(), 64);
    let silenced = BTreeSet::from([AlarmId::P95]);
    let other_links = Links { issues: None, ..links() };
    let other_topics = Topics { page: "arn:other".to_owned(), ..topics() };
    let stricter = Thresholds::default().with([("missed_events_max", 8.0)]).unwrap();
    let (same, none) = (Thresholds::default(), BTreeSet::new());
    let others = [
        of(&stricter),
        desired("shop", &same, &topics(), &links(), &silenced),
        desired("shop", &same, &topics(), &other_links, &none),
        desired("shop", &same, &other_topics, &links(), &none),
        desired("shops", &same, &topics(), &links(), &none),
        Vec::new(),
    ];
    let hashes: BTreeSet<String> = others.iter().chain([&base]).map(|set| hash(set)).collect();
    assert_eq!(hashes.len(), others.len() + 1);
}

/// The repository's file of that name.
fn file(name: &str) -> String {
    std::fs::read_to_string(format!("{}/../../{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn every_alarm_has_its_section_in_the_runbook() {
    let (runbook, template) = (file("infra/README.md"), file("template.yaml"));
    let names = template.lines().filter_map(|line| line.trim().strip_prefix("AlarmName: "));
    let of_template: Vec<&str> = names
        .map(|name| name.trim_start_matches("!Sub \"${AWS::StackName}:").trim_end_matches('"'))
        .collect();
    assert_eq!(of_template.len(), 16);
    for id in &of_template {
        assert!(template.contains(&format!("${{RunbookUrl}}#{id}\n")), "{id} has no anchor");
        assert!(id.parse::<AlarmId>().is_err(), "{id} has two owners");
    }
    assert!(of_template.contains(&"receiver-failing"), "composites refer to it");
    for id in of_template.into_iter().chain(AlarmId::ALL.iter().map(|id| id.as_str())) {
        assert!(runbook.contains(&format!("\n### {id}\n")), "{id} has no section");
    }
}
