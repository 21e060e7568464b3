//! A way to a database that remembers what was asked of it, in the words of a role.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One thing that was asked: an action, and the partition key or index that it was about.
pub type Access = (String, String);

/// A recorder before a database.
pub struct Recorder {
    /// Where it listens.
    pub endpoint: String,
    seen: Arc<Mutex<BTreeSet<Access>>>,
}

impl Recorder {
    /// Starts in front of `target` (`http://host:port`).
    pub async fn before(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let target = target.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let seen = Arc::<Mutex<BTreeSet<Access>>>::default();
        let recorder = Self { endpoint, seen: seen.clone() };
        tokio::spawn(async move {
            while let Ok((peer, _)) = listener.accept().await {
                tokio::spawn(serve(peer, target.clone(), seen.clone()));
            }
        });
        recorder
    }

    /// What was asked so far.
    pub fn seen(&self) -> BTreeSet<Access> {
        self.seen.lock().unwrap().clone()
    }
}

async fn serve(peer: TcpStream, target: String, seen: Arc<Mutex<BTreeSet<Access>>>) {
    let Ok(server) = TcpStream::connect(&target).await else { return };
    let ((mut from_peer, mut to_peer), (mut from_server, mut to_server)) =
        (peer.into_split(), server.into_split());
    tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_peer).await.ok() });
    let (mut buffer, mut waiting) = (vec![0; 64 * 1024], Vec::new());
    while let Ok(count @ 1..) = from_peer.read(&mut buffer).await {
        waiting.extend_from_slice(&buffer[..count]);
        while let Some((accesses, length)) = first_request(&waiting) {
            seen.lock().unwrap().extend(accesses);
            waiting.drain(..length);
        }
        if to_server.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}

/// What the first whole request asks, and its length; `None` until it is whole.
fn first_request(bytes: &[u8]) -> Option<(Vec<Access>, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let header = |wanted: &str| {
        head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
        })
    };
    let length = end + header("content-length")?.parse::<usize>().ok()?;
    let body: Value = serde_json::from_slice(bytes.get(end..length)?).ok()?;
    let operation = header("x-amz-target")?.rsplit('.').next()?.to_owned();
    Some((accesses(&operation, &body), length))
}

fn accesses(operation: &str, body: &Value) -> Vec<Access> {
    let put = |item: &Value| ("dynamodb:PutItem".to_owned(), text(&item["pk"]["S"]));
    match operation {
        "PutItem" => vec![put(&body["Item"])],
        // A transaction needs the permissions of its parts.
        "TransactWriteItems" => {
            let parts = body["TransactItems"].as_array().into_iter().flatten();
            parts.map(|part| put(&part["Put"]["Item"])).collect()
        }
        "Query" if body["IndexName"].is_string() => {
            vec![("dynamodb:Query".to_owned(), format!("index/{}", text(&body["IndexName"])))]
        }
        "Query" => {
            let key = text(&body["ExpressionAttributeValues"][":pk"]["S"]);
            vec![("dynamodb:Query".to_owned(), key)]
        }
        "DescribeTable" | "DescribeTimeToLive" => {
            vec![(format!("dynamodb:{operation}"), "EventsTable".to_owned())]
        }
        other => vec![(format!("dynamodb:{other}"), body.to_string())],
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or("?").to_owned()
}
