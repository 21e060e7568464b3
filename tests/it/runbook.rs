//! The runbook's commands ask for what there is, and no section and no message is without one.

use std::collections::BTreeSet;
use std::path::Path;

use health_check::cloudwatch::alarm::{Links, Rule, Topics, desired};
use local::template::Template;
use serde_json::Value;
use shared::health::Thresholds;

fn file(name: &str) -> String {
    std::fs::read_to_string(local::workspace().join(name)).unwrap()
}

/// A chapter of the runbook, without its heading.
fn chapter(name: &str) -> String {
    let text = file("infra/README.md");
    let mut chapters = text.split("\n## ");
    let found = chapters.find_map(|text| text.strip_prefix(name)?.strip_prefix('\n'));
    found.unwrap_or_else(|| panic!("the runbook has no chapter {name}")).to_owned()
}

/// The lines of the blocks of commands in a text; one that is continued is one.
fn commands(text: &str) -> Vec<String> {
    let mut is_command = false;
    let mut lines: Vec<String> = Vec::new();
    let mut is_continued = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with("```") {
            is_command = !is_command;
        } else if is_command {
            let part = line.trim_end_matches('\\');
            match lines.last_mut() {
                Some(last) if is_continued => last.push_str(part),
                _ => lines.push(part.to_owned()),
            }
            is_continued = line.ends_with('\\');
        }
    }
    lines
}

/// Whoever is woken copies a line, and does not make one up.
#[test]
fn every_alarm_and_every_issue_has_a_command_to_look_with() {
    for name in ["Alarms", "Issues"] {
        let text = chapter(name);
        let sections: Vec<&str> = text.split("\n### ").skip(1).collect();
        assert!(sections.len() > 20, "{name}: {} sections", sections.len());
        for section in sections {
            let (id, text) = section.split_once('\n').unwrap();
            let is_one = |line: &String| {
                ["curl ", "aws ", "logs ", "metric "].iter().any(|word| line.starts_with(word))
            };
            assert!(commands(text).iter().any(is_one), "{id} has no command of a first look");
        }
    }
}

/// What stands between a beginning and the first of some ends, at every place of a text.
fn between<'a>(text: &'a str, beginning: &str, ends: &[char]) -> BTreeSet<&'a str> {
    let rests = text.split(beginning).skip(1);
    rests.map(|rest| rest.split(ends).next().unwrap()).filter(|name| !name.is_empty()).collect()
}

#[test]
fn commands_name_outputs_resources_and_log_groups_that_there_are() {
    let text = [file("infra/README.md"), file("infra/deploy.md")].concat();
    let yaml = file("template.yaml");
    let template = Template::parse(&yaml).unwrap();
    let outputs = yaml.split("\nOutputs:\n").nth(1).unwrap();
    let named = between(&text, "$(output ", &[')']);
    assert!(named.len() > 5, "{named:?}");
    for output in named {
        assert!(outputs.contains(&format!("  {output}:\n")), "the stack has no output {output}");
    }
    let resources: BTreeSet<&str> = &between(&text, "$(resource ", &[')'])
        | &between(&text, "--logical-resource-id ", &[' ', '\n', ')']);
    for resource in resources.into_iter().filter(|name| !name.starts_with('"')) {
        assert!(template.resource(resource).is_some(), "the template has no resource {resource}");
    }
    for group in between(&text, "--log-group-name \"/", &['"']) {
        let name =
            format!("LogGroupName: !Sub \"/{}\"", group.replace("$STACK", "${AWS::StackName}"));
        assert!(yaml.contains(&name), "the template has no log group /{group}");
    }
    let commands = commands(&text);
    let asked: BTreeSet<&str> =
        commands.iter().filter_map(|line| line.strip_prefix("logs ")?.split(' ').next()).collect();
    assert_eq!(asked.len(), 4, "{asked:?}");
    for function in asked.into_iter().filter(|group| *group != "access") {
        assert!(yaml.contains(&format!("CodeUri: functions/{function}\n")), "{function}");
    }
}

#[test]
fn commands_ask_the_operations_api_for_routes_that_there_are() {
    let text = file("infra/README.md");
    let template = Template::parse(&file("template.yaml")).unwrap();
    let function = template.resource("OpsApiFunction").unwrap();
    let events = function["Properties"]["Events"].as_object().unwrap().clone();
    let routes: Vec<Vec<String>> = events
        .values()
        .map(|event| event["Properties"]["Path"].as_str().unwrap())
        .map(|path| path.split('/').map(str::to_owned).collect())
        .collect();
    let asked = between(&text, "$U", &['"', '?', ' ', '`', '\n', ')']);
    assert!(asked.len() > 8, "{asked:?}");
    for path in asked {
        let parts: Vec<&str> = path.split('/').collect();
        let is_it = |route: &&Vec<String>| {
            let same = |(one, other): (&String, &&str)| one.starts_with('{') || one == other;
            route.len() == parts.len() && route.iter().zip(&parts).all(same)
        };
        assert!(routes.iter().any(|route| is_it(&route)), "there is no route {path}");
    }
}

/// A namespace, a metric, and the names of its dimensions.
type Metric = (String, String, Vec<String>);

fn metric(namespace: &str, name: &str, dimensions: impl IntoIterator<Item = String>) -> Metric {
    (namespace.to_owned(), name.to_owned(), dimensions.into_iter().collect())
}

/// What alarms and the dashboard watch, and what AWS documents besides.
fn watched() -> BTreeSet<Metric> {
    let template = Template::parse(&file("template.yaml")).unwrap();
    let ours = "\"Hookwatch/$STACK\"";
    let own = |namespace: &str| match namespace.starts_with("Hookwatch/") {
        true => ours.to_owned(),
        false => namespace.to_owned(),
    };
    let mut watched: BTreeSet<Metric> = template
        .alarms(&Default::default(), "events")
        .unwrap()
        .into_iter()
        .map(|alarm| {
            let dimensions = alarm.dimensions.into_iter().map(|d| d.name);
            metric(&own(&alarm.namespace), &alarm.metric_name, dimensions)
        })
        .collect();
    let dashboard = template.resource("Dashboard").unwrap();
    let body = dashboard["Properties"]["DashboardBody"]["Fn::Sub"].as_str().unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    for widget in body["widgets"].as_array().unwrap() {
        for line in widget["properties"]["metrics"].as_array().unwrap() {
            let parts: Vec<&str> =
                line.as_array().unwrap().iter().filter_map(Value::as_str).collect();
            let dimensions = parts[2..].chunks(2).map(|d| d[0].to_owned());
            watched.insert(metric(&own(parts[0]), parts[1], dimensions));
        }
    }
    let topics = Topics { page: String::new(), ticket: String::new() };
    let links = Links { runbook: String::new(), issues: None };
    let kept = desired("x", &Thresholds::default(), &topics, &links, &BTreeSet::new());
    for alarm in kept {
        if let Rule::Metric(rule) = alarm.rule {
            let dimension = rule.dimension.map(|(name, _)| name.to_owned());
            watched.insert(metric(ours, rule.metric, dimension));
        }
    }
    let by_operation = ["TableName", "Operation"].map(str::to_owned);
    watched.insert(metric("AWS/DynamoDB", "SuccessfulRequestLatency", by_operation));
    watched.insert(metric("AWS/Lambda", "ConcurrentExecutions", []));
    let by_function = ["FunctionName".to_owned()];
    watched.insert(metric("AWS/Lambda", "ConcurrentExecutions", by_function));
    watched
}

#[test]
fn commands_ask_cloudwatch_for_metrics_that_there_are() {
    let text = file("infra/README.md");
    let watched = watched();
    let commands = commands(&text);
    let lines: Vec<&str> =
        commands.iter().filter_map(|line| line.strip_prefix("metric ")).collect();
    assert!(lines.len() > 10, "{lines:?}");
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        let dimensions = words.iter().filter_map(|word| word.strip_prefix("Name="));
        let dimensions = dimensions.map(|d| d.split(',').next().unwrap().to_owned());
        let asked = metric(words[0], words[1], dimensions);
        assert!(watched.contains(&asked), "nobody publishes {asked:?}");
        assert!(
            ["Sum", "Maximum", "Minimum", "Average", "SampleCount"].contains(&words[2]),
            "{line}"
        );
    }
}

/// The Rust files below a folder that are no tests, one after the other.
fn sources(folder: &Path, into: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && !["tests", "target"].contains(&name) {
            sources(&path, into);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            into.push(std::fs::read_to_string(path).unwrap());
        }
    }
}

/// The messages of warnings and errors, up to what varies in them: the last text of each call.
fn messages(source: &str) -> BTreeSet<String> {
    let calls = ["tracing::warn!(", "tracing::error!("];
    let rests = calls.iter().flat_map(|call| source.split(call).skip(1));
    rests
        .map(|rest| {
            let (mut depth, mut is_text, mut texts) = (1, false, vec![String::new()]);
            for letter in rest.chars() {
                match (letter, is_text) {
                    ('"', false) => texts.push(String::new()),
                    ('(', false) => depth += 1,
                    (')', false) => depth -= 1,
                    ('"', true) => {}
                    (letter, true) => texts.last_mut().unwrap().push(letter),
                    _ => {}
                }
                is_text ^= letter == '"';
                if depth == 0 {
                    break;
                }
            }
            texts.pop().unwrap().split('{').next().unwrap().trim().to_owned()
        })
        .collect()
}

#[test]
fn every_warning_and_error_is_in_the_runbook_and_every_message_there_is_one_of_ours() {
    let source = r#"tracing::warn!(a = f("x)"), "one of {b}"); Err(_) => tracing::error!("two"),"#;
    assert_eq!(messages(source), BTreeSet::from(["one of".to_owned(), "two".to_owned()]));
    let chapter = chapter("Log messages");
    let mut all = Vec::new();
    for folder in ["functions", "shared/src"] {
        sources(&local::workspace().join(folder), &mut all);
    }
    let written: BTreeSet<String> = all.iter().flat_map(|source| messages(source)).collect();
    assert!(written.len() > 30, "{written:?}");
    for message in written {
        let is_there = [format!("`{message}`"), format!("`{message} ...`")]
            .iter()
            .any(|m| chapter.contains(m));
        assert!(is_there, "the runbook does not explain: {message}");
    }
    let all = all.concat();
    let rows = chapter.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    for message in rows.flat_map(|cell| cell.split('`')).filter(|text| text.len() > 2) {
        let message = message.trim_end_matches(" ...");
        assert!(all.contains(&format!("\"{message}")), "nobody writes: {message}");
    }
}
