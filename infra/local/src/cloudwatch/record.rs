//! Every request to CloudWatch as it came, before anything here has read it: what reads the file is to
//! share no misreading with this stand-in.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use data_encoding::BASE64;
use hyper::http::request::Parts;
use jiff::Timestamp;
use serde_json::json;

/// A file of requests, a line each: `{"at", "method", "path", "headers", "body"}`, the time in seconds
/// since 1970, the body in base64, and of the headers those that say how to read it.
#[derive(Debug)]
pub(super) struct Record(File);

/// What says how to read a body. Never `authorization`.
const HEADERS: [&str; 3] = ["content-type", "content-encoding", "smithy-protocol"];

impl Record {
    /// Opens the file, or makes it; several systems, and processes, may write to one.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        File::options().append(true).create(true).open(path).map(Self)
    }

    /// Appends a request.
    pub(super) fn append(&self, request: &Parts, body: &[u8]) -> io::Result<()> {
        let headers = HEADERS.into_iter().filter_map(|name| {
            let value = request.headers.get(name)?.to_str().ok()?;
            Some((name, value))
        });
        let line = json!({
            "at": Timestamp::now().as_second(),
            "method": request.method.as_str(),
            "path": request.uri.path(),
            "headers": headers.collect::<std::collections::BTreeMap<_, _>>(),
            "body": BASE64.encode(body),
        });
        // One write, so that lines of several writers do not mix.
        (&self.0).write_all(format!("{line}\n").as_bytes())
    }
}
