//! A network before the database that counts puts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};

/// What names a put in a request's head.
const PUT: &[u8] = b"DynamoDB_20120810.PutItem";

pub struct Counter {
    /// Where it listens.
    pub endpoint: String,
    puts: Arc<AtomicU64>,
}

impl Counter {
    /// Starts in front of `target` (`http://host:port`).
    pub async fn before(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let target = target.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let puts = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&puts);
        tokio::spawn(async move {
            while let Ok((peer, _)) = listener.accept().await {
                tokio::spawn(serve(peer, target.clone(), Arc::clone(&counted)));
            }
        });
        Self { endpoint, puts }
    }

    /// Puts so far.
    pub fn puts(&self) -> u64 {
        self.puts.load(Ordering::SeqCst)
    }
}

async fn serve(peer: TcpStream, target: String, puts: Arc<AtomicU64>) {
    let Ok(server) = TcpStream::connect(&target).await else { return };
    let (mut from_peer, mut to_peer) = peer.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let answers = tokio::spawn(async move { copy(&mut from_server, &mut to_peer).await });
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from_peer.read(&mut bytes).await {
        // A head is sent in one piece, and a body does not hold the name.
        let sent = &bytes[..count];
        let found = sent.windows(PUT.len()).filter(|window| window.eq_ignore_ascii_case(PUT));
        puts.fetch_add(found.count() as u64, Ordering::SeqCst);
        if to_server.write_all(sent).await.is_err() {
            break;
        }
    }
    answers.abort();
}
