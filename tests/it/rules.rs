//! Rules that no compiler checks: what a function may link.

use std::process::Command;

/// What `cargo tree` shows of a function, as it is built for Lambda.
fn tree(package: &str) -> String {
    let output = Command::new(env!("CARGO"))
        .current_dir(local::workspace())
        .args(["tree", "--locked", "-p", package, "-e", "normal,no-proc-macro", "--prefix", "none"])
        .args(["--target", "x86_64-unknown-linux-gnu", "--format", "{p} [{f}]"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn whoever_writes_to_the_log_is_done_before_its_window_is_read() {
    use std::collections::BTreeMap;
    let template = local::workspace().join("template.yaml");
    let template = local::template::Template::read(&template).unwrap();
    let parameters = local::system::local_parameters();
    let functions: BTreeMap<String, std::time::Duration> = template
        .functions(&parameters, "events")
        .unwrap()
        .into_iter()
        .map(|function| (function.package, function.timeout))
        .collect();
    // Clocks that differ, and the index that follows the table.
    let skew_and_lag = std::time::Duration::from_secs(10);
    for writer in ["webhook-receiver", "ops-api"] {
        assert!(
            functions[writer] + skew_and_lag < shared::rollup::GRACE.unsigned_abs(),
            "{writer}"
        );
    }
}

/// Crates that would be a second TLS or HTTP stack, a slow start, or somebody else's credentials.
fn unwanted(line: &str) -> bool {
    let Some((name, version)) = line.split_once(" v") else { return false };
    let legacy =
        |of: &str, prefixes: &[&str]| name == of && prefixes.iter().any(|p| version.starts_with(p));
    let foreign = [
        "aws-lc-rs",
        "aws-lc-sys",
        "openssl",
        "openssl-sys",
        "native-tls",
        "aws-config",
        "reqwest",
    ];
    foreign.contains(&name)
        || name.starts_with("aws-sdk-sso")
        || name == "aws-sdk-sts"
        || legacy("hyper", &["0."])
        || legacy("rustls", &["0.1", "0.20", "0.21", "0.22"])
        || legacy("http", &["0."])
        || legacy("h2", &["0.3"])
}

#[test]
fn a_function_has_one_tls_stack_and_one_http_stack() {
    for package in ["webhook-receiver", "health-check", "ops-api"] {
        let tree = tree(package);
        for needed in ["rustls v0.23", "ring v0.17", "hyper v1"] {
            assert!(tree.contains(needed), "{package} has no {needed}:\n{tree}");
        }
        // CloudWatch's client brings the types of http 0.2, and nothing that speaks it.
        let types_only = |line: &&str| package == "health-check" && line.starts_with("http v0.2.");
        let found: Vec<&str> =
            tree.lines().filter(|line| unwanted(line) && !types_only(line)).collect();
        assert!(found.is_empty(), "{package} links {found:?}");
        let mut services: Vec<&str> = tree
            .lines()
            .filter_map(|line| line.split(' ').next()?.strip_prefix("aws-sdk-"))
            .collect();
        services.sort_unstable();
        services.dedup();
        let expected: &[&str] = match package {
            "health-check" => &["cloudwatch", "dynamodb", "secretsmanager"],
            _ => &["dynamodb", "secretsmanager"],
        };
        assert_eq!(services, expected, "{package}");
    }
}

#[test]
fn the_check_would_notice() {
    for line in [
        "hyper v0.14.32 []",
        "rustls v0.21.12 []",
        "aws-lc-sys v0.30.0 []",
        "http v0.2.12 []",
        "aws-config v1.8.0 []",
    ] {
        assert!(unwanted(line), "{line}");
    }
    for line in ["hyper v1.12.0 []", "rustls v0.23.46 []", "http v1.5.0 []", "h2 v0.4.20 []"] {
        assert!(!unwanted(line), "{line}");
    }
}

/// The Rust files of a folder and all below it.
fn sources(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found = Vec::new();
    for path in entries {
        match path.is_dir() {
            true => found.extend(sources(&path)),
            false if path.extension().is_some_and(|extension| extension == "rs") => {
                found.push(path);
            }
            false => {}
        }
    }
    found
}

#[test]
fn nothing_is_updated_or_deleted_and_an_audit_entry_is_put_in_one_place() {
    let mut makers = Vec::new();
    for folder in ["shared/src", "functions"] {
        for path in sources(&local::workspace().join(folder)) {
            let text = std::fs::read_to_string(&path).unwrap();
            for call in ["update_item(", "delete_item(", "batch_write_item(", "execute_statement("]
            {
                assert!(!text.contains(call), "{} has {call}", path.display());
            }
            for (at, _) in text.match_indices("keys::audit(") {
                makers.push(text[at..].lines().next().unwrap().to_owned());
            }
        }
    }
    assert_eq!(makers.len(), 1, "{makers:?}");
    assert!(makers[0].contains("Only::IfAbsent"), "{makers:?}");
    let template = std::fs::read_to_string(local::workspace().join("template.yaml")).unwrap();
    for action in ["UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQL", "dynamodb:*"] {
        assert!(!template.contains(action), "the template allows {action}");
    }
}
