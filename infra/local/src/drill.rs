//! Drills: what can go wrong is made to, and what is seen of it is compared with what ought to be.
//!
//! A drill is a row of [`DRILLS`]: a fault and what is expected of it. [`Rehearsal`] breaks and mends a
//! running system and looks at it as a person on call would, through its API and by what its alarms
//! tell; [`play`] gives a drill a system of its own. The expectations are HEALTH's promises: an issue
//! within five minutes, a page within ten, and nobody woken for nothing.

mod expected;
mod fault;
mod past;
mod play;
mod rehearsal;
mod sightings;
mod stage;

pub use expected::{Expected, Report, Seen, Sighting, Told};
pub use fault::Fault;
pub use play::{Phase, play};
pub use rehearsal::Rehearsal;
pub use stage::Stage;

/// One thing that can go wrong, and what ought to come of it.
#[derive(Clone, Copy, Debug)]
pub struct Drill {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What goes wrong, in a few words.
    pub what: &'static str,
    /// How it is made to.
    pub fault: Fault,
    /// What ought to come of it.
    pub expected: Expected,
}

/// Why a drill could not be played.
#[derive(Debug, thiserror::Error)]
pub enum DrillError {
    /// The system did not start.
    #[error(transparent)]
    System(#[from] crate::system::SystemError),
    /// What a drill needs could not be put into the log.
    #[error("the log does not take what the drill needs")]
    Store(#[from] shared::store::StoreError),
    /// It would not show what it is to show; nothing was changed.
    #[error("{0}")]
    NotNow(&'static str),
    /// The retention is wrong.
    #[error("the log does not take what the drill needs: {0}")]
    Config(#[from] shared::config::ConfigError),
    /// A request had no answer.
    #[error("a request failed")]
    Request(#[from] reqwest::Error),
    /// A request had another answer than it should.
    #[error("{what} was answered with {status}")]
    Answer {
        /// The request.
        what: String,
        /// The answer's status.
        status: u16,
    },
    /// There is no such event.
    #[error(transparent)]
    Sample(#[from] crate::stripe::SampleError),
    /// The function did not run.
    #[error(transparent)]
    Function(#[from] crate::runtime_api::InvokeError),
    /// The system cannot be broken in this way.
    #[error("{0}")]
    Impossible(&'static str),
    /// Health did not settle before anything was broken.
    #[error("the system was not well before the drill: {0}")]
    NotWell(String),
}

const TICKET: f64 = 20.0;
const PAGE: f64 = 10.0;

/// Every drill.
pub const DRILLS: [Drill; 12] = [
    Drill {
        name: "failures-6",
        what: "6 % of outcomes fail",
        fault: Fault::Failures(0.06),
        expected: Expected::ticket("low_success_rate", &["error-rate"], TICKET),
    },
    Drill {
        name: "failures-12",
        what: "12 % of outcomes fail",
        fault: Fault::Failures(0.12),
        expected: Expected::page("low_success_rate", &["error-rate-critical"], PAGE),
    },
    Drill {
        name: "slow",
        what: "processing takes 16 s on average",
        fault: Fault::Slow,
        expected: Expected::page("high_processing_time", &["processing-time-critical"], PAGE),
    },
    Drill {
        name: "slow-tail",
        what: "one event in twelve takes 11 s",
        fault: Fault::SlowTail,
        expected: Expected::ticket("high_p95_processing_time", &["p95"], TICKET),
    },
    Drill {
        name: "database-stopped",
        what: "the database is stopped while events come",
        fault: Fault::DatabaseStopped,
        // No issue: there is nowhere to put one.
        expected: Expected::page_without_issue(&["receiver-failing", "outage"], PAGE),
    },
    Drill {
        name: "wrong-secret",
        what: "Stripe signs with a secret that we do not have",
        fault: Fault::WrongSecret,
        // The alarm counts the requests of an hour, and so outlives what it tells of.
        expected: Expected::page("refused_genuine", &["refused-genuine"], PAGE)
            .lasting(&["refused-genuine"]),
    },
    Drill {
        name: "forged-flood",
        what: "800 forged requests come in a minute",
        fault: Fault::ForgedFlood,
        expected: Expected::ticket("forged_traffic", &["forged"], TICKET),
    },
    Drill {
        name: "noon-silence",
        what: "nothing comes for 25 minutes of a busy hour",
        fault: Fault::Silence,
        expected: Expected::page("low_event_rate", &["silence-page"], PAGE),
    },
    Drill {
        name: "quiet-night",
        what: "nothing comes for 25 minutes of a quiet hour",
        fault: Fault::QuietNight,
        expected: Expected::nothing(),
    },
    Drill {
        name: "application-dead",
        what: "events are received and never processed",
        fault: Fault::ApplicationDead,
        expected: Expected::page("unprocessed_events", &["backlog-critical"], PAGE),
    },
    Drill {
        name: "health-check-dead",
        what: "the health check does not run",
        fault: Fault::HealthCheckDead,
        // Told at read time after three intervals. The alarm wants three periods without a heartbeat, and
        // CloudWatch looks two further back before it calls anything missing.
        expected: Expected::page("health_check_stale", &["dead-man"], 30.0).issue_within(20.0),
    },
    Drill {
        name: "test-mode-failures",
        what: "60 % of test mode's outcomes fail beside live traffic",
        fault: Fault::TestModeFailures,
        expected: Expected::nothing(),
    },
];

/// The drill of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Drill> {
    DRILLS.iter().find(|drill| drill.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{DRILLS, find};

    #[test]
    fn drills_are_told_apart_by_their_names() {
        let names: BTreeSet<&str> = DRILLS.iter().map(|drill| drill.name).collect();
        assert_eq!(names.len(), DRILLS.len());
        assert_eq!(find("slow").map(|drill| drill.name), Some("slow"));
        assert!(find("fast").is_none());
    }
}
