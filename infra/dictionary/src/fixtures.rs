//! The events that the dictionary is trained from.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// An event of the fixtures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixture {
    /// The file's name without `.json`: the event's type.
    pub name: String,
    /// The event as Stripe sends it.
    pub json: String,
}

/// All `*.json` below `folder`, sorted by path.
///
/// # Errors
/// When the folder or a file cannot be read, is not UTF-8, or when there is none.
pub fn load(folder: &Path) -> io::Result<Vec<Fixture>> {
    let mut paths = Vec::new();
    collect(folder, &mut paths)?;
    paths.sort();
    if paths.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            format!("no *.json below {}", folder.display()),
        ));
    }
    paths.iter().map(|path| read(path)).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder).map_err(|error| named(folder, &error))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "json") {
            paths.push(path);
        }
    }
    Ok(())
}

fn read(path: &Path) -> io::Result<Fixture> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let json = fs::read_to_string(path).map_err(|error| named(path, &error))?;
    Ok(Fixture { name, json })
}

/// The error with the path that it is about.
fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_folder_is_named() {
        let error = load(Path::new("no/such/folder")).unwrap_err();
        assert!(error.to_string().starts_with("no/such/folder: "), "{error}");
    }
}
