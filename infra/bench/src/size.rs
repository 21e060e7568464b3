//! What is shipped: the size of a zip, and the stacks that a function links.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// A zip's own bytes for a file, beside its name, which it has twice.
const HEADERS: u64 = 30 + 46;
/// And at its end.
const TRAILER: u64 = 22;

/// Bytes of a zip of a file, or of a folder.
///
/// # Errors
/// When something in it cannot be read.
pub fn zipped(path: &Path) -> io::Result<u64> {
    Ok(TRAILER + members(path, path)?)
}

fn members(root: &Path, path: &Path) -> io::Result<u64> {
    if path.is_dir() {
        let entries = fs::read_dir(path)?;
        return entries.map(|entry| members(root, &entry?.path())).sum();
    }
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::default());
    deflated.write_all(&fs::read(path)?)?;
    let name = path.strip_prefix(root).unwrap_or(path).as_os_str().len().max(1) as u64;
    Ok(HEADERS + 2 * name + deflated.finish()?.len() as u64)
}

/// Stacks that a package links, by `cargo tree`: of TLS, of HTTP.
///
/// # Errors
/// When `cargo tree` fails.
pub fn stacks(workspace: &Path, package: &str) -> io::Result<(usize, usize)> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let tree = Command::new(cargo)
        .current_dir(workspace)
        .args(["tree", "--locked", "-p", package, "-e", "normal,no-proc-macro"])
        .args(["--prefix", "none", "--target", "x86_64-unknown-linux-gnu", "--format", "{p}"])
        .output()?;
    if !tree.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&tree.stderr).into_owned()));
    }
    let tree = String::from_utf8_lossy(&tree.stdout).into_owned();
    let of = |stacks: &[&str]| {
        let name = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
        let found = tree.lines().filter(|line| stacks.contains(&name(line).as_str()));
        found.map(|line| line.trim_end_matches(" (*)")).collect::<BTreeSet<_>>().len()
    };
    Ok((
        of(&["rustls", "openssl", "native-tls", "s2n-tls"]),
        of(&["hyper", "isahc", "ureq", "curl"]),
    ))
}

#[cfg(test)]
mod tests {
    use super::zipped;

    #[test]
    fn a_zip_is_what_its_files_deflate_to() {
        let folder = std::env::temp_dir().join(format!("bench-size-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("in")).unwrap();
        std::fs::write(folder.join("in/zeros"), [0; 100_000]).unwrap();
        let size = zipped(&folder).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert!((22 + 76 + 14 + 50..400).contains(&size), "{size}");
    }
}
