//! Which alarms there are.

macro_rules! ids {
    ($($(#[$meta:meta])* $variant:ident = $text:literal),+ $(,)?) => {
        /// An alarm that the health check keeps; its name is the anchor of its section in the runbook.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum AlarmId { $($(#[$meta])* $variant),+ }

        impl AlarmId {
            /// Every one, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// What follows the stack in an alarm's name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

ids! {
    /// Child of the outage.
    DatabaseCritical = "database-critical",
    /// Child of the outage.
    FrontDoor = "front-door",
    /// Page.
    ErrorRateCritical = "error-rate-critical",
    /// Page.
    ProcessingTimeCritical = "processing-time-critical",
    /// Child of the silence that pages.
    SilenceCritical = "silence-critical",
    /// Page.
    RefusedGenuine = "refused-genuine",
    /// Page.
    BacklogCritical = "backlog-critical",
    /// Ticket.
    ErrorRate = "error-rate",
    /// Ticket.
    ProcessingTime = "processing-time",
    /// Ticket.
    P95 = "p95",
    /// Ticket.
    Silence = "silence",
    /// Ticket.
    Forged = "forged",
    /// Ticket.
    Authentication = "authentication",
    /// Ticket.
    RollupLag = "rollup-lag",
    /// Ticket.
    HealthScore = "health-score",
    /// Ticket.
    WarningIssues = "warning-issues",
    /// Composite: page.
    Outage = "outage",
    /// Composite: page.
    SilencePage = "silence-page",
}

impl std::fmt::Display for AlarmId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for AlarmId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|id| id.as_str() == text).ok_or(())
    }
}
