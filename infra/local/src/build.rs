//! The functions' binaries: built by the cargo that runs us, in the profile that we were built in, or
//! taken from where `sam build` left them.

mod artifacts;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::sync::Mutex;

use crate::template::FunctionDefinition;

/// Where binaries come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binaries {
    /// Cargo builds the packages of the workspace.
    Cargo,
    /// A folder as `sam build` fills it: `<logical id>/bootstrap`. What lies there is run as it is,
    /// however old.
    Sam(PathBuf),
}

/// Where cargo's own progress goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// To our standard error, as if cargo had been called by hand.
    Shown,
    /// Nowhere, unless the build fails.
    Quiet,
}

/// Why there are no binaries.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// No cargo.
    #[error("cargo is not at {0}: install Rust from https://rustup.rs")]
    Missing(PathBuf),
    /// Cargo could not be run.
    #[error("cargo cannot be run")]
    Run(#[from] std::io::Error),
    /// The functions do not compile; cargo's messages, where they have not been shown.
    #[error("the functions do not build: correct what cargo reports{0}")]
    Failed(String),
    /// `sam build` has not run, or not for this function.
    #[error("there is no {0}: run `sam build` first")]
    NoBootstrap(PathBuf),
    /// A package has no binary of its own name.
    #[error(
        "the package {0} has no binary of its own name: the template's CodeUri must name one that has"
    )]
    NoBinary(String),
}

static BUILT: Mutex<BTreeMap<Vec<String>, BTreeMap<String, PathBuf>>> =
    Mutex::const_new(BTreeMap::new());

/// Finds or builds the functions' binaries: package -> its binary.
///
/// # Errors
/// When a binary is not where it should be; when cargo is missing, fails, or makes none for a package.
pub async fn binaries(
    source: &Binaries,
    functions: &[FunctionDefinition],
    progress: Progress,
) -> Result<BTreeMap<String, PathBuf>, BuildError> {
    match source {
        Binaries::Cargo => {
            let packages: Vec<String> =
                functions.iter().map(|function| function.package.clone()).collect();
            built(&packages, progress).await
        }
        Binaries::Sam(folder) => {
            // Functions are started from wherever the caller is.
            let folder = std::path::absolute(folder)?;
            functions.iter().map(|function| bootstrap(&folder, function)).collect()
        }
    }
}

fn bootstrap(
    folder: &Path,
    function: &FunctionDefinition,
) -> Result<(String, PathBuf), BuildError> {
    let path = folder.join(&function.logical_id).join("bootstrap");
    match path.is_file() {
        true => Ok((function.package.clone(), path)),
        false => Err(BuildError::NoBootstrap(path)),
    }
}

/// Builds the packages, at most once per process.
async fn built(
    packages: &[String],
    progress: Progress,
) -> Result<BTreeMap<String, PathBuf>, BuildError> {
    let mut built = BUILT.lock().await;
    if let Some(binaries) = built.get(packages) {
        return Ok(binaries.clone());
    }
    let binaries = run(packages, progress).await?;
    built.insert(packages.to_vec(), binaries.clone());
    Ok(binaries)
}

async fn run(
    packages: &[String],
    progress: Progress,
) -> Result<BTreeMap<String, PathBuf>, BuildError> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
    let mut command = Command::new(&cargo);
    command
        .current_dir(crate::workspace())
        .args(["build", "--message-format=json-render-diagnostics"])
        .args(packages.iter().flat_map(|package| ["-p", package]))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    for (name, _) in std::env::vars_os().filter(|(name, _)| set_by_cargo(name)) {
        command.env_remove(name);
    }
    match std::env::current_exe().ok().as_deref().and_then(profile) {
        Some(profile) => command.args(["--profile", &profile]),
        None => command.args(["--profile", "dev"]),
    };
    match progress {
        Progress::Shown => command.stderr(Stdio::inherit()),
        Progress::Quiet => command.stderr(Stdio::piped()),
    };

    let mut child = command.spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => BuildError::Missing(PathBuf::from(&cargo)),
        _ => BuildError::Run(error),
    })?;
    let (mut messages, mut complaints) = (String::new(), String::new());
    let (mut stdout, mut stderr) = (child.stdout.take(), child.stderr.take());
    let reading = async {
        if let Some(stdout) = &mut stdout {
            stdout.read_to_string(&mut messages).await?;
        }
        Ok(())
    };
    let complaining = async {
        if let Some(stderr) = &mut stderr {
            stderr.read_to_string(&mut complaints).await?;
        }
        Ok(())
    };
    let (status, ..) = tokio::try_join!(child.wait(), reading, complaining)?;
    if !status.success() {
        let shown = if complaints.is_empty() { String::new() } else { format!("\n{complaints}") };
        return Err(BuildError::Failed(shown));
    }
    let mut binaries = artifacts::executables(&messages);
    packages
        .iter()
        .map(|package| match binaries.remove(package) {
            Some(path) => Ok((package.clone(), path)),
            None => Err(BuildError::NoBinary(package.clone())),
        })
        .collect()
}

/// Variables that cargo gave us about our own package. Left in place they would reach the inner
/// cargo, and build scripts that watch them (ring's does) would run again at every change of hands.
fn set_by_cargo(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// The cargo profile of an executable, by the folder that it lies in; `None` for an unknown place.
fn profile(executable: &Path) -> Option<String> {
    let folder = folder(executable)?.file_name()?.to_str()?;
    Some(match folder {
        "debug" => "dev".to_owned(),
        other => other.to_owned(),
    })
}

/// The folder of a build, `target/debug` say; tests and examples lie in folders of their own below.
fn folder(executable: &Path) -> Option<&Path> {
    let folder = executable.parent()?;
    let below = folder.ends_with("deps") || folder.ends_with("examples");
    if below { folder.parent() } else { Some(folder) }
}

/// The target folder that this process was started from, where it lies in one.
#[must_use]
pub fn target_folder() -> PathBuf {
    let executable = std::env::current_exe().unwrap_or_default();
    match folder(&executable).and_then(Path::parent) {
        Some(target) if !target.as_os_str().is_empty() => target.to_owned(),
        _ => crate::workspace().join("target"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{Binaries, Progress, binaries, profile};
    use crate::template::Template;

    #[tokio::test]
    async fn a_function_that_sam_did_not_build_is_named() {
        let template = Template::read(&crate::workspace().join("template.yaml")).unwrap();
        let parameters = crate::system::local_parameters();
        let functions = template.functions(&parameters, "events").unwrap();
        let nowhere = Binaries::Sam(PathBuf::from("/no/such/folder"));
        let error = binaries(&nowhere, &functions, Progress::Quiet).await.unwrap_err().to_string();
        assert!(error.starts_with("there is no /no/such/folder/"), "{error}");
        assert!(error.ends_with("/bootstrap: run `sam build` first"), "{error}");
    }

    #[test]
    fn a_profile_is_known_by_its_folder() {
        for (path, expected) in [
            ("/w/target/debug/local", "dev"),
            ("/w/target/debug/deps/it-0123", "dev"),
            ("/w/target/debug/examples/kill", "dev"),
            ("/w/target/release/local", "release"),
            ("/w/target/x86_64-unknown-linux-gnu/small/local", "small"),
        ] {
            assert_eq!(profile(Path::new(path)).as_deref(), Some(expected), "{path}");
        }
    }
}
