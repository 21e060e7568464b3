//! The recorded events and the list of Stripe's event types, as they lie in `tests/fixtures`.

use std::fs;
use std::path::{Path, PathBuf};

use super::SampleError;

/// One type of event that Stripe is known to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventType {
    /// Its name: `charge.succeeded`.
    pub name: String,
    /// Its form.
    pub kind: Kind,
    /// `object` of what it is about, where that is known.
    pub object: Option<String>,
    /// Whether what it is about has an id.
    pub has_id: bool,
}

/// The form of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A snapshot event, with the object inside.
    Snapshot,
    /// A v2 notification, which only says what to fetch.
    Thin,
}

fn folder() -> PathBuf {
    crate::workspace().join("tests/fixtures")
}

fn read(path: &Path) -> Result<String, SampleError> {
    fs::read_to_string(path).map_err(|source| SampleError::Read { path: path.to_owned(), source })
}

/// Every type in the list, in its order: those of today's Stripe first.
///
/// # Errors
/// When the list cannot be read.
pub fn event_types() -> Result<Vec<EventType>, SampleError> {
    let list = read(&folder().join("stripe_event_types.txt"))?;
    Ok(list.lines().filter(|line| !line.starts_with('#')).filter_map(parse).collect())
}

/// kind, type, `data.object` type, whether it has an id; tab-separated.
fn parse(line: &str) -> Option<EventType> {
    let mut columns = line.split('\t');
    let kind = if columns.next()?.ends_with("thin") { Kind::Thin } else { Kind::Snapshot };
    let name = columns.next()?.to_owned();
    // Of several possible objects the first will do; `-` and `?` stand for none.
    let object = columns.next()?.split('|').next().filter(|object| !matches!(*object, "-" | "?"));
    let has_id = columns.next()? != "NO";
    Some(EventType { name, kind, object: object.map(str::to_owned), has_id })
}

/// The recorded event of a type, where there is one.
pub(super) fn recorded(event_type: &str) -> Result<Option<String>, SampleError> {
    // A type comes from the command line: it names a file, never a path.
    if event_type.contains(['/', '\\']) {
        return Ok(None);
    }
    for folder in folders()? {
        for name in [format!("{event_type}.json"), format!("thin.{event_type}.json")] {
            let path = folder.join(name);
            if path.is_file() {
                return read(&path).map(Some);
            }
        }
    }
    Ok(None)
}

/// Recorded events of the same family: `charge.failed` for `charge.expired`.
pub(super) fn relatives(event_type: &str) -> Result<Vec<String>, SampleError> {
    let family = event_type.rsplit_once('.').map_or(event_type, |(family, _)| family);
    let mut found = Vec::new();
    for folder in folders()? {
        found.extend(entries(&folder)?.into_iter().filter(|path| {
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            path.extension().is_some_and(|extension| extension == "json")
                && stem.rsplit_once('.').is_some_and(|(other, _)| other == family)
        }));
    }
    found.iter().map(|path| read(path)).collect()
}

/// The folder of recorded events and those in it.
fn folders() -> Result<Vec<PathBuf>, SampleError> {
    let top = folder().join("stripe_events");
    let mut folders: Vec<_> = entries(&top)?.into_iter().filter(|path| path.is_dir()).collect();
    folders.insert(0, top);
    Ok(folders)
}

/// What a folder holds, in the order of names.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, SampleError> {
    let unreadable = |source| SampleError::Read { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.sort();
    Ok(paths)
}
