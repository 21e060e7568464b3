//! Health: what a run has observed, judged by thresholds.
//!
//! Everything here is pure: observations, thresholds and the time in, a judgement out. What a run
//! cannot know is an input too (`None`), never an error.

mod evaluate;
mod horizon;
mod issue;
mod memory;
mod observation;
mod recent;
mod rhythm;
mod score;
mod signal;
mod status;
mod threshold;

pub use evaluate::{Health, evaluate};
pub use horizon::{HORIZONS, Horizon};
pub use issue::{
    BlastRadius, Change, Finding, Issue, IssueKind, Mark, Most, Resolved, Snooze, State, Step,
    Tier, Transition, Unit, acknowledge, findings, fingerprint, mends_itself, resolve, snooze,
    step,
};
pub use memory::{ErrorSeen, Memory, TypeSeen, Waiting};
pub use observation::{
    Departure, LogSeen, Observation, OwnTrouble, RecurringError, Rhythm, SilentType, TableFault,
    Unprocessed,
};
pub use recent::{LastOutcomes, Recent};
pub use rhythm::{
    Baselines, CountedHour, History, Present, Progress, judge, listen, listen_between_runs,
};
pub use score::{Scale, Score, Status};
pub use signal::{Component, ComponentName, Signal, SignalName};
pub use status::{HealthStatus, recommendations};
pub use threshold::{BadThreshold, Thresholds};
