//! A switch between the functions and the engine: off, the database is gone for them, while their
//! connections to it and the engine itself stay where they are.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

/// A running switch; dropping it ends every connection through it.
#[derive(Debug)]
pub struct Switch {
    endpoint: String,
    on: watch::Sender<bool>,
    accepting: AbortHandle,
}

impl Switch {
    /// A switch, on, before the server at `target`. Call it inside a tokio runtime that lives as long.
    ///
    /// # Errors
    /// When the machine has no port to give.
    pub(crate) async fn before(target: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let (on, state) = watch::channel(true);
        let accepting = tokio::spawn(accept(listener, target, state)).abort_handle();
        Ok(Self { endpoint, on, accepting })
    }

    /// Its address, to be used instead of the server's.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Switches off: every connection breaks, and new ones are closed at once.
    pub fn off(&self) {
        self.on.send_replace(false);
    }

    /// Switches on again.
    pub fn on(&self) {
        self.on.send_replace(true);
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, state: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((near, _)) = listener.accept().await else {
            // Out of file handles, most likely: some will come back.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let mut state = state.clone();
        if *state.borrow() {
            connections.spawn(async move {
                tokio::select! {
                    // A connection that breaks is seen by both its ends.
                    copied = pass(near, target) => drop(copied),
                    _ = state.wait_for(|is_on| !is_on) => {}
                }
            });
        }
    }
}

async fn pass(mut near: TcpStream, target: SocketAddr) -> io::Result<()> {
    let mut far = TcpStream::connect(target).await?;
    // Without it, small requests wait for delayed acknowledgements.
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    copy_bidirectional(&mut near, &mut far).await.map(drop)
}

impl Drop for Switch {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::Switch;

    /// A server that says back what it hears.
    async fn echo() -> std::net::SocketAddr {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    drop(tokio::io::copy(&mut from, &mut to).await);
                });
            }
        });
        address
    }

    async fn connect(switch: &Switch) -> TcpStream {
        let address = switch.endpoint().strip_prefix("http://").unwrap().to_owned();
        TcpStream::connect(address).await.unwrap()
    }

    /// Whether what is said comes back.
    async fn answers(stream: &mut TcpStream) -> bool {
        let mut heard = [0; 4];
        stream.write_all(b"ping").await.is_ok() && stream.read_exact(&mut heard).await.is_ok()
    }

    #[tokio::test]
    async fn off_breaks_connections_and_refuses_new_ones_until_it_is_on() {
        let switch = Switch::before(echo().await).await.unwrap();
        let mut old = connect(&switch).await;
        assert!(answers(&mut old).await);
        switch.off();
        assert!(!answers(&mut old).await);
        assert!(!answers(&mut connect(&switch).await).await);
        switch.on();
        assert!(answers(&mut connect(&switch).await).await);
    }
}
