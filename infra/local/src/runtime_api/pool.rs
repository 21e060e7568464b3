//! The instances of one function and the work that waits for them. Every decision is taken under one
//! short lock: who gets a job, whether to start an instance, whom a failure concerns.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};

use super::instance;
use super::output::LogSink;
use super::{FunctionSpec, InvokeError};

/// An invocation's answer.
pub(super) type Reply = Result<Vec<u8>, InvokeError>;

/// One invocation.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) event: Vec<u8>,
    pub(super) reply: oneshot::Sender<Reply>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) spec: FunctionSpec,
    pub(super) log: LogSink,
    threads: Handle,
    state: Mutex<State>,
    /// Told whenever an instance is gone.
    gone: Notify,
}

#[derive(Debug, Default)]
struct State {
    stopped: bool,
    /// Jobs that no instance has taken yet.
    queue: VecDeque<Job>,
    /// Instances that wait for a job, the last to become idle on top.
    idle: Vec<oneshot::Sender<Job>>,
    /// Who wants to know when the first instance is ready.
    warming: Vec<oneshot::Sender<Result<(), InvokeError>>>,
    instances: BTreeMap<u64, Instance>,
    started: u64,
    /// Variables that were set since the start.
    set: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Instance {
    process: Option<u32>,
    /// Whether it has asked for work.
    ready: bool,
    kill: Arc<Notify>,
}

impl Pool {
    pub(super) fn new(spec: FunctionSpec, log: LogSink, threads: Handle) -> Self {
        Self { spec, log, threads, state: Mutex::default(), gone: Notify::new() }
    }

    /// Sets a variable of the instances to come, or takes back what was set.
    pub(super) fn set_variable(&self, name: &str, value: Option<&str>) {
        let set = &mut self.state().set;
        match value {
            Some(value) => drop(set.insert(name.to_owned(), value.to_owned())),
            None => drop(set.remove(name)),
        }
    }

    pub(super) fn set_variables(&self) -> BTreeMap<String, String> {
        self.state().set.clone()
    }

    pub(super) fn name(&self) -> String {
        self.spec.name.clone()
    }

    /// A panic under the lock leaves no half-made state behind: each section is a few moves.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a job to an idle instance, or lets it wait and sees to it that there will be one.
    pub(super) fn submit(self: &Arc<Self>, mut job: Job) {
        let mut state = self.state();
        if state.stopped {
            return;
        }
        while let Some(idle) = state.idle.pop() {
            match idle.send(job) {
                Ok(()) => return,
                // That instance is gone.
                Err(returned) => job = returned,
            }
        }
        state.queue.push_back(job);
        self.staff(&mut state);
    }

    pub(super) fn warm(self: &Arc<Self>) -> oneshot::Receiver<Result<(), InvokeError>> {
        let (ready, answer) = oneshot::channel();
        let mut state = self.state();
        if state.instances.values().any(|instance| instance.ready) {
            // The receiver is in our hands still.
            drop(ready.send(Ok(())));
        } else if !state.stopped {
            state.warming.push(ready);
            self.staff(&mut state);
        }
        answer
    }

    /// Starts as many instances as the waiting work asks for and the limit allows.
    fn staff(self: &Arc<Self>, state: &mut State) {
        let wanted = state.queue.len().max(usize::from(!state.warming.is_empty()));
        let limit = self.spec.max_instances.max(1);
        let mut starting = state.instances.values().filter(|instance| !instance.ready).count();
        while !state.stopped && starting < wanted && state.instances.len() < limit {
            starting += 1;
            state.started += 1;
            let (id, kill) = (state.started, Arc::new(Notify::new()));
            state
                .instances
                .insert(id, Instance { process: None, ready: false, kill: Arc::clone(&kill) });
            self.threads.spawn(instance::run(Arc::clone(self), id, kill));
        }
    }

    pub(super) fn born(&self, id: u64, process: Option<u32>) {
        if let Some(instance) = self.state().instances.get_mut(&id) {
            instance.process = process;
        }
    }

    /// An instance asks for work: a waiting job, or a place among the idle.
    pub(super) fn next(&self, id: u64) -> oneshot::Receiver<Job> {
        let (sender, receiver) = oneshot::channel();
        let mut state = self.state();
        if let Some(instance) = state.instances.get_mut(&id) {
            instance.ready = true;
        }
        for warming in state.warming.drain(..) {
            // Whoever asked may have gone.
            drop(warming.send(Ok(())));
        }
        match state.queue.pop_front() {
            // The receiver is in our hands still.
            Some(job) => drop(sender.send(job)),
            None => state.idle.push(sender),
        }
        receiver
    }

    /// An instance is gone. Where its init failed and none is ready, the waiting work fails with it:
    /// the next one would fail alike.
    pub(super) fn lost(self: &Arc<Self>, id: u64, init_failure: Option<InvokeError>) {
        let mut state = self.state();
        state.instances.remove(&id);
        if let Some(error) = init_failure
            && !state.instances.values().any(|instance| instance.ready)
        {
            for job in state.queue.drain(..) {
                drop(job.reply.send(Err(error.clone())));
            }
            for warming in state.warming.drain(..) {
                drop(warming.send(Err(error.clone())));
            }
        }
        self.staff(&mut state);
        drop(state);
        self.gone.notify_waiters();
    }

    pub(super) fn processes(&self) -> Vec<u32> {
        self.state().instances.values().filter_map(|instance| instance.process).collect()
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.state().stopped
    }

    /// Why a caller was dropped without an answer.
    pub(super) fn abandoned(&self) -> InvokeError {
        let function = self.name();
        if self.is_stopped() {
            return InvokeError::Stopped(function);
        }
        InvokeError::Crashed { function, status: "it ended before it took the event".to_owned() }
    }

    /// No new instance; what waits is dropped, which tells its callers, and what runs is killed.
    pub(super) fn stop(&self) {
        let mut state = self.state();
        state.stopped = true;
        state.queue.clear();
        state.warming.clear();
        state.idle.clear();
        for instance in state.instances.values() {
            instance.kill.notify_one();
        }
    }

    /// Kills the instances of this moment and waits until they are gone.
    pub(super) async fn kill_all(&self) {
        let doomed: Vec<u64> = {
            let state = self.state();
            for instance in state.instances.values() {
                instance.kill.notify_one();
            }
            state.instances.keys().copied().collect()
        };
        loop {
            let gone = self.gone.notified();
            tokio::pin!(gone);
            // Registered before the look, so that no farewell is missed between the two.
            gone.as_mut().enable();
            if !self.state().instances.keys().any(|id| doomed.contains(id)) {
                return;
            }
            gone.await;
        }
    }
}
