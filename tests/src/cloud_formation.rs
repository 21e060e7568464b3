//! A CloudFormation that waits for the answers of the stack's custom resource.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// Where answers go, and what came.
pub struct CloudFormation {
    url: String,
    answers: mpsc::UnboundedReceiver<Value>,
}

impl CloudFormation {
    /// Listens until the test ends.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/signed", listener.local_addr().unwrap());
        let (sender, answers) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((peer, _)) = listener.accept().await {
                sender.send(take(peer).await).unwrap();
            }
        });
        Self { url, answers }
    }

    /// An event of the resource, with what the template gives it as properties.
    pub fn event(&self, request: &str, id: &str, properties: &Value) -> Value {
        json!({
            "RequestType": request,
            "ResponseURL": self.url,
            "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/hookwatch-local/1",
            "RequestId": "1",
            "LogicalResourceId": "Alarms",
            "PhysicalResourceId": id,
            "ResourceType": "Custom::Alarms",
            "ResourceProperties": properties,
        })
    }

    /// The next answer.
    pub async fn answer(&mut self) -> Value {
        self.answers.recv().await.unwrap()
    }
}

async fn take(mut peer: TcpStream) -> Value {
    let mut request = String::new();
    // The body ends with the JSON object's brace.
    while !request.ends_with('}') {
        let mut part = [0; 4096];
        let count = peer.read(&mut part).await.unwrap();
        assert_ne!(count, 0, "{request}");
        request.push_str(std::str::from_utf8(&part[..count]).unwrap());
    }
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    peer.write_all(answer).await.unwrap();
    assert!(request.starts_with("PUT /signed HTTP/1.1\r\n"), "{request}");
    serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()
}
