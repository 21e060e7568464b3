//! The files under `tests/fixtures`.

use std::path::{Path, PathBuf};

/// The folder of a kind of fixture.
pub fn folder(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(kind)
}

/// Every JSON file of a kind, folders below included, by name.
pub fn json_files(kind: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![folder(kind)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                let name = path.strip_prefix(self::folder(kind)).unwrap().display().to_string();
                files.push((name, std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    files.sort();
    files
}
