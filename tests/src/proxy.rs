//! A network between a function and its database that fails on demand.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What happens to requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Mode {
    /// They arrive.
    Pass,
    /// Connections are closed at once.
    Refuse,
    /// They are accepted and never answered.
    Hang,
    /// They arrive half a second late.
    Slow,
    /// Each is answered that there is no throughput left.
    Throttle,
    /// The same of those that ask for issues; the others arrive.
    ThrottleIssues,
    /// The same of those that ask whether an event has an outcome.
    ThrottleLookUps,
    /// The same of those that set an alarm's state.
    ThrottleStates,
    /// They arrive; the next answer is lost on its way, then everything passes.
    LoseOneAnswer,
}

/// A proxy before a database.
pub struct Proxy {
    /// Where it listens.
    pub endpoint: String,
    mode: Arc<AtomicU8>,
    connections: Arc<AtomicUsize>,
}

impl Proxy {
    /// Starts in front of `target` (`http://host:port`).
    pub async fn before(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let target = target.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let (mode, connections) =
            (Arc::new(AtomicU8::new(Mode::Pass as u8)), Arc::<AtomicUsize>::default());
        let proxy = Self { endpoint, mode: mode.clone(), connections: connections.clone() };
        tokio::spawn(async move {
            while let Ok((peer, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(peer, target.clone(), mode.clone()));
            }
        });
        proxy
    }

    /// Changes what happens from the next request on.
    pub fn set(&self, mode: Mode) {
        self.mode.store(mode as u8, Ordering::SeqCst);
    }

    /// Connections that were opened so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn serve(mut peer: TcpStream, target: String, mode: Arc<AtomicU8>) {
    let is = |wanted: Mode| mode.load(Ordering::SeqCst) == wanted as u8;
    let Ok(mut server) = TcpStream::connect(&target).await else { return };
    let (mut sent, mut answered) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        tokio::select! {
            count = peer.read(&mut sent) => {
                let Ok(count @ 1..) = count else { return };
                let says = |text: &str| String::from_utf8_lossy(&sent[..count]).contains(text);
                if is(Mode::Refuse) {
                    return;
                } else if is(Mode::Hang) {
                    std::future::pending::<()>().await;
                } else if is(Mode::Throttle)
                    || is(Mode::ThrottleIssues) && says(r#"{"S":"ISSUE"}"#)
                    || is(Mode::ThrottleLookUps) && says("begins_with(sk, :outcome)")
                    || is(Mode::ThrottleStates) && says("/operation/SetAlarmState")
                {
                    peer.write_all(THROTTLED.as_bytes()).await.ok();
                    return;
                }
                if is(Mode::Slow) {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
                server.write_all(&sent[..count]).await.unwrap();
            }
            count = server.read(&mut answered) => {
                let Ok(count @ 1..) = count else { return };
                if is(Mode::LoseOneAnswer) {
                    mode.store(Mode::Pass as u8, Ordering::SeqCst);
                    return;
                }
                if peer.write_all(&answered[..count]).await.is_err() {
                    return;
                }
            }
        }
    }
}

const THROTTLED: &str = concat!(
    "HTTP/1.1 400 Bad Request\r\n",
    "content-type: application/x-amz-json-1.0\r\n",
    "connection: close\r\n",
    "content-length: 87\r\n\r\n",
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}   "#
);
