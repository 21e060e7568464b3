//! What may be tried on the front door, as bytes on a connection, and what comes of it. docs/security.md
//! tells the same to people; who tries something new adds a row here and there.

mod operations;
mod receiver;

use std::time::Duration;

use serde_json::Value;
use tests::hookwatch::Hookwatch;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Something that is tried, and what has to be seen.
struct Attack {
    name: &'static str,
    request: Vec<u8>,
    status: u16,
    /// The code of a refusal or what became of the event; empty where the front door itself refuses.
    code: &'static str,
}

/// A request as it stands on the wire. Its body is as long as it says.
fn wire(line: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let length = format!("Content-Length: {}", body.len());
    raw(line, &[headers, &[&length]].concat(), body)
}

fn raw(line: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let head = headers.iter().map(|header| format!("{header}\r\n")).collect::<String>();
    let head = format!("{line} HTTP/1.1\r\nHost: hookwatch\r\nConnection: close\r\n{head}\r\n");
    [head.as_bytes(), body].concat()
}

async fn connect(hookwatch: &Hookwatch) -> TcpStream {
    TcpStream::connect(hookwatch.system.url().trim_start_matches("http://")).await.unwrap()
}

/// The status and the body that a connection is answered with.
async fn answer(mut connection: TcpStream) -> (u16, String) {
    let mut bytes = Vec::new();
    let read = connection.read_to_end(&mut bytes);
    tokio::time::timeout(Duration::from_secs(20), read).await.expect("an answer").unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
    let (_, body) = text.split_once("\r\n\r\n").unwrap_or_default();
    (status.unwrap_or_else(|| panic!("no HTTP: {text}")), body.to_owned())
}

async fn send(hookwatch: &Hookwatch, request: &[u8]) -> (u16, String) {
    let mut connection = connect(hookwatch).await;
    connection.write_all(request).await.unwrap();
    answer(connection).await
}

fn code(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let code = body["error"]["code"].as_str().or(body["status"].as_str());
    code.unwrap_or_default().to_owned()
}

async fn check(hookwatch: &Hookwatch, attacks: &[Attack]) {
    for Attack { name, request, status, code: expected } in attacks {
        let (seen, body) = send(hookwatch, request).await;
        assert_eq!((seen, code(&body).as_str()), (*status, *expected), "{name}: {body}");
        assert!(!body.contains("whsec_") && !body.contains("panicked"), "{name}: {body}");
    }
}
