use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const SECRET: &str = "0123456789abcdef";

fn read(url: &str, secret: &str) -> Result<Option<FrontDoor>, ConfigError> {
    let lookup = |name: &str| match name {
        URL => Some(url.to_owned()),
        "WEBHOOK_PROBE_SECRET" => Some(secret.to_owned()),
        _ => None,
    };
    // A secret in a variable is there at once.
    FrontDoor::from_vars(&Vars::new(&lookup)).now_or_never().unwrap()
}

#[test]
fn both_are_set_or_neither() {
    assert!(read("", "").unwrap().is_none());
    assert!(read("https://example.com/webhooks/stripe", SECRET).unwrap().is_some());
    for (url, secret, name) in [
        ("https://example.com", "", "WEBHOOK_PROBE_SECRET"),
        ("https://example.com", "short", "WEBHOOK_PROBE_SECRET"),
        ("", SECRET, "WEBHOOK_PUBLIC_URL"),
        ("example.com", SECRET, "WEBHOOK_PUBLIC_URL"),
        ("https://example.com/ x", SECRET, "WEBHOOK_PUBLIC_URL"),
    ] {
        assert_eq!(read(url, secret).err().unwrap().name, name, "{url} {secret}");
    }
}

/// Probes a door that answers once, with whatever it makes of the probe's id.
async fn probed(answer: impl FnOnce(&str) -> String) -> (Result<(), String>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/webhooks/stripe?key=secret", listener.local_addr().unwrap());
    let door = read(&url, SECRET).unwrap().unwrap();
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = String::new();
        while !request.ends_with("\"hookwatch.probe\"}") {
            let mut part = [0; 4_096];
            let read = stream.read(&mut part).await.unwrap();
            assert_ne!(read, 0, "{request}");
            request += std::str::from_utf8(&part[..read]).unwrap();
        }
        let body = request.split_once("\r\n\r\n").unwrap().1;
        let event: serde_json::Value = serde_json::from_str(body).unwrap();
        stream.write_all(answer(event["id"].as_str().unwrap()).as_bytes()).await.unwrap();
        request
    };
    tokio::join!(door.probe(), serve)
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn the_door_is_open_where_the_receiver_has_stored_this_probe() {
    let stored = |id: &str, status: &str| {
        ok(&json!({"received": true, "event_id": id, "status": status}).to_string())
    };
    let (result, request) = probed(|id| stored(id, "probe")).await;
    assert_eq!(result, Ok(()), "{request}");
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /webhooks/stripe?key=secret HTTP/1.1\r\n"), "{head}");
    let signature =
        head.lines().find_map(|line| line.strip_prefix("stripe-signature: t=")).unwrap();
    let (time, code) = signature.split_once(",v1=").unwrap();
    let expected = SigningSecret::new("p", SECRET).mac(time, body.as_bytes());
    assert_eq!(code, data_encoding::HEXLOWER.encode(expected.as_ref()));

    let others = [ok("<html>This domain is for sale</html>"), stored("probe_1", "probe")];
    for answer in others.into_iter().chain([ok(&"x".repeat(10_000))]) {
        let (result, _) = probed(|_| answer).await;
        assert_eq!(result, Err("an answer that is not the receiver's".to_owned()));
    }
    let (result, _) = probed(|id| stored(id, "stored")).await;
    assert!(result.is_err(), "an ordinary event was made of it");
}

#[tokio::test]
async fn what_is_wrong_is_said_without_the_url() {
    for (status, said) in
        [("403 Forbidden", "status 403"), ("500 Oh", "status 500"), ("301 Go", "status 301")]
    {
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        assert_eq!(probed(|_| answer).await.0, Err(said.to_owned()));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/?key=secret", listener.local_addr().unwrap());
    drop(listener);
    let door = read(&url, SECRET).unwrap().unwrap();
    assert_eq!(door.probe().await, Err("the connection failed".to_owned()));
    assert!(!door.is_open().await);
}
