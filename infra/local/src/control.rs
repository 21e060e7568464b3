//! The control of a running system: another process breaks and mends it. It listens on loopback alone,
//! on a port of its own that no gateway leads to, and takes only requests with a header that no web page
//! can send without asking first.

use std::io;

use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use crate::drill::{DrillError, Rehearsal, Report, Stage, find};
use crate::server::{self, Answer};

/// The header that every request must have, and its value.
pub const HEADER: (&str, &str) = ("x-hookwatch-control", "1");

/// The port of the control of a system whose gateway has this port.
#[must_use]
pub fn port_of(gateway: u16) -> u16 {
    gateway.checked_add(1).unwrap_or(gateway - 1)
}

/// A listening control.
#[derive(Debug)]
pub struct Control(TcpListener);

/// How a drill stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Standing {
    /// What was expected and seen so far.
    pub report: Report,
    /// Whether there is nothing to wait for, before it is mended or after.
    pub is_decided: bool,
}

#[derive(Debug)]
enum Order {
    Break(String),
    Mend(Option<String>),
    Tell,
}

type Reply = oneshot::Sender<Result<Standing, (StatusCode, String)>>;

impl Control {
    /// Listens on a port of this machine.
    ///
    /// # Errors
    /// When it is taken.
    pub async fn bind(port: u16) -> io::Result<Self> {
        TcpListener::bind(("127.0.0.1", port)).await.map(Self)
    }

    /// Does what is asked, for ever; what goes wrong without an order is told.
    pub async fn serve(self, stage: &Stage<'_>, tell: impl Fn(String)) {
        let (orders, mut ordered) = mpsc::channel::<(Order, Reply)>(1);
        let _server = server::serve(self.0, move |request, _| {
            let orders = orders.clone();
            async move { answer(request, orders).await }
        });
        let mut current: Option<Rehearsal<'_>> = None;
        loop {
            tokio::select! {
                order = ordered.recv() => {
                    let Some((order, reply)) = order else { return };
                    // Whoever asked may have gone.
                    drop(reply.send(obey(order, stage, &mut current).await));
                }
                () = stage.ticked() => {
                    if let Some(rehearsal) = current.as_mut().filter(|current| !current.is_cleared()) {
                        rehearsal.look().await;
                        if rehearsal.is_mended()
                            && rehearsal.is_decided()
                            && let Err(error) = rehearsal.clear().await
                        {
                            let drill = rehearsal.drill().name;
                            tell(format!("what {drill} put into the log is still there: {error}"));
                        }
                    }
                }
            }
        }
    }
}

async fn obey<'a>(
    order: Order,
    stage: &'a Stage<'a>,
    current: &mut Option<Rehearsal<'a>>,
) -> Result<Standing, (StatusCode, String)> {
    let refused = |why: String| (StatusCode::CONFLICT, why);
    let failed =
        |error: DrillError| (StatusCode::INTERNAL_SERVER_ERROR, shared::causes(&error).to_string());
    match order {
        Order::Break(name) => {
            let drill = find(&name).ok_or_else(|| refused(format!("there is no drill {name}")))?;
            if let Some(broken) = current.as_ref().filter(|current| !current.is_mended()) {
                let name = broken.drill().name;
                return Err(refused(format!("{name} is broken: `cargo run -- mend` first")));
            }
            // What the one before has left would be this one's.
            if let Some(before) = current.as_mut().filter(|before| !before.is_cleared()) {
                before.clear().await.map_err(failed)?;
            }
            *current = None;
            *current = Some(Rehearsal::begin_used(stage, drill).await.map_err(failed)?);
        }
        Order::Mend(name) => {
            let Some(rehearsal) = current.as_mut().filter(|current| !current.is_mended()) else {
                return Err(refused("nothing is broken".to_owned()));
            };
            let broken = rehearsal.drill().name;
            if name.is_some_and(|name| name != broken) {
                return Err(refused(format!("it is {broken} that is broken")));
            }
            rehearsal.mend().await.map_err(failed)?;
        }
        Order::Tell => {}
    }
    match current {
        Some(rehearsal) => {
            Ok(Standing { report: rehearsal.report(), is_decided: rehearsal.is_decided() })
        }
        None => Err(refused("nothing is broken".to_owned())),
    }
}

async fn answer(request: Request<Incoming>, orders: mpsc::Sender<(Order, Reply)>) -> Answer {
    let is_ours = request.headers().get(HEADER.0).is_some_and(|value| value == HEADER.1);
    let outcome = match order(request.method(), request.uri().path()).filter(|_| is_ours) {
        None => Err((StatusCode::NOT_FOUND, "there is nothing here".to_owned())),
        Some(order) => {
            let (reply, answer) = oneshot::channel();
            let stopping = || (StatusCode::SERVICE_UNAVAILABLE, "the system stops".to_owned());
            match orders.send((order, reply)).await {
                Ok(()) => answer.await.unwrap_or_else(|_| Err(stopping())),
                Err(_) => Err(stopping()),
            }
        }
    };
    match outcome {
        Ok(standing) => server::json(StatusCode::OK, json!(standing).to_string()),
        Err((status, why)) => server::json(status, json!({"error": why}).to_string()),
    }
}

fn order(method: &Method, path: &str) -> Option<Order> {
    match (method, path.split('/').skip(1).collect::<Vec<_>>().as_slice()) {
        (&Method::POST, ["break", name]) => Some(Order::Break((*name).to_owned())),
        (&Method::POST, ["mend"]) => Some(Order::Mend(None)),
        (&Method::POST, ["mend", name]) => Some(Order::Mend(Some((*name).to_owned()))),
        (&Method::GET, [""]) => Some(Order::Tell),
        _ => None,
    }
}
