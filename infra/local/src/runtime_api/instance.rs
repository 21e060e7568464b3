//! The life of one instance: start, serve it the Runtime API, watch its clock, settle what it leaves.

use std::process::ExitStatus;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::output::{LogSource, Output};
use super::pool::{Pool, Reply};
use super::{InvokeError, api, not_started, process};
use crate::server;

/// How long an instance may take to ask for its first event. AWS gives ten seconds; a busy machine
/// that compiles beside us gets more.
const INIT_LIMIT: Duration = Duration::from_secs(30);

/// What the API and the watch over one instance share.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) id: u64,
    pub(super) pool: Arc<Pool>,
    /// When the instance must be done with what it does; `None` while it waits for work.
    pub(super) deadline: watch::Sender<Option<Instant>>,
    desk: Mutex<Desk>,
}

#[derive(Debug, Default)]
struct Desk {
    /// The invocation in hand.
    work: Option<Work>,
    ready: bool,
    /// What the function said about its own init.
    init_error: Option<String>,
}

/// An invocation in hand.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) request_id: String,
    pub(super) reply: tokio::sync::oneshot::Sender<Reply>,
}

/// Why the watch ended.
enum End {
    Exited(Option<ExitStatus>),
    Overdue,
    Killed,
}

/// Runs one instance to its end and tells the pool.
pub(super) async fn run(pool: Arc<Pool>, id: u64, kill: Arc<Notify>) {
    let function = pool.name();
    let failure = match live(Arc::clone(&pool), id, &kill).await {
        Ok(failure) => failure,
        Err(error) => Some(not_started(&function, &error)),
    };
    pool.lost(id, failure);
}

async fn live(pool: Arc<Pool>, id: u64, kill: &Notify) -> std::io::Result<Option<InvokeError>> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let mut child = process::spawn(&pool.spec, &pool.set_variables(), address, id)?;
    let mut output = Output::collect(&mut child, &pool.spec.name, &pool.log);
    pool.born(id, child.id());

    let (deadline, mut clock) = watch::channel(Some(Instant::now() + INIT_LIMIT));
    let instance =
        Arc::new(Instance { id, pool: Arc::clone(&pool), deadline, desk: Mutex::default() });
    let server = {
        let instance = Arc::clone(&instance);
        server::serve(listener, move |request, _| api::answer(Arc::clone(&instance), request))
    };

    let end = loop {
        let due = *clock.borrow_and_update();
        tokio::select! {
            exit = child.wait() => break End::Exited(exit.ok()),
            () = until(due) => break End::Overdue,
            () = kill.notified() => break End::Killed,
            Ok(()) = clock.changed() => {}
        }
    };
    drop(server);
    // Gone already, when it exited by itself.
    drop(child.kill().await);
    output.finish().await;
    Ok(settle(&instance, &end, &output))
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// Fails the work in hand, or says that an idle instance ended; returns the failure of an init.
fn settle(instance: &Instance, end: &End, output: &Output) -> Option<InvokeError> {
    let pool = &instance.pool;
    let function = pool.name();
    let (work, ready, init_error) = {
        let mut desk = instance.desk();
        (desk.work.take(), desk.ready, desk.init_error.take())
    };
    let status = match end {
        End::Exited(Some(status)) => status.to_string(),
        End::Exited(None) => "it ended".to_owned(),
        End::Overdue => "it overran its time".to_owned(),
        End::Killed => "it was killed".to_owned(),
    };
    if !ready {
        if matches!(end, End::Killed) {
            return None;
        }
        let reason = match (init_error, end) {
            (Some(reported), _) => reported,
            (None, End::Overdue) => format!("it did not ask for work within {INIT_LIMIT:?}"),
            (None, _) => status,
        };
        let reason = format!("{reason}{}", output.tail());
        return Some(InvokeError::Init { function, reason });
    }
    let Some(work) = work else {
        if !pool.is_stopped() && !matches!(end, End::Killed) {
            let note = format!("the instance ended while it waited for work ({status})");
            pool.log.write(&function, LogSource::Host, &note);
        }
        return None;
    };
    let error = match end {
        End::Overdue => InvokeError::Timeout { function, after: pool.spec.timeout },
        _ => InvokeError::Crashed { function, status },
    };
    // Whoever asked may have gone.
    drop(work.reply.send(Err(error)));
    None
}

impl Instance {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The function is up and asks for work.
    pub(super) fn is_ready(&self) {
        self.desk().ready = true;
        self.deadline.send_replace(None);
    }

    /// The function takes an invocation; its clock runs from here.
    pub(super) fn take(&self, work: Work) {
        self.desk().work = Some(work);
        self.deadline.send_replace(Some(Instant::now() + self.pool.spec.timeout));
    }

    /// The function answers; `false` when that is not the invocation in hand.
    pub(super) fn put(&self, request_id: &str, reply: Reply) -> bool {
        let work = self.desk().work.take_if(|work| work.request_id == request_id);
        let Some(work) = work else {
            return false;
        };
        self.deadline.send_replace(None);
        // Whoever asked may have gone.
        drop(work.reply.send(reply));
        true
    }

    /// The function cannot start, in its own words.
    pub(super) fn init_failed(&self, reason: String) {
        self.desk().init_error = Some(reason);
    }
}
