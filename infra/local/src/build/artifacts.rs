//! What cargo says it made: paths are learnt, not guessed, whatever the target folder.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

/// One line of `--message-format=json`, as far as it concerns binaries.
#[derive(Deserialize)]
struct Message {
    reason: String,
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// The binaries in cargo's messages: name -> path. Other lines are skipped.
pub(super) fn executables(messages: &str) -> BTreeMap<String, PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter(|message| message.reason == "compiler-artifact")
        .filter_map(|message| {
            let target =
                message.target.filter(|target| target.kind.iter().any(|kind| kind == "bin"))?;
            Some((target.name, message.executable?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::executables;

    #[test]
    fn only_binaries_count() {
        let messages = r#"
            {"reason":"compiler-artifact","target":{"name":"shared","kind":["lib"]},"executable":null}
            {"reason":"compiler-artifact","target":{"name":"ops-api","kind":["bin"]},"executable":"/t/ops-api"}
            {"reason":"build-script-executed"}
            {"reason":"build-finished","success":true}
            not json"#;
        let found = executables(messages);
        assert_eq!(found.len(), 1);
        assert_eq!(found["ops-api"].to_str(), Some("/t/ops-api"));
    }
}
