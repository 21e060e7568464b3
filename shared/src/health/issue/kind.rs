//! Kinds of issues: what each means and what to do.

use crate::log::{as_text, named};

named! {
    /// How bad it is: which tier's limit has been passed.
    Tier {
        /// The health tier: somebody should look in working hours.
        Warning = "warning",
        /// The alert tier: somebody should look now.
        Critical = "critical",
    }
}

named! {
    /// What can be wrong.
    IssueKind {
        /// Too many outcomes fail.
        LowSuccessRate = "low_success_rate",
        /// Processing takes too long on average.
        HighProcessingTime = "high_processing_time",
        /// The slowest processing takes too long.
        HighP95ProcessingTime = "high_p95_processing_time",
        /// Events do not come.
        LowEventRate = "low_event_rate",
        /// Far fewer events come than usual.
        EventRateDrop = "event_rate_drop",
        /// Far more events come than usual.
        EventRateSpike = "event_rate_spike",
        /// Events come late.
        DeliveryLag = "delivery_lag",
        /// Stripe's own requests are refused.
        RefusedGenuine = "refused_genuine",
        /// Somebody forges requests.
        ForgedTraffic = "forged_traffic",
        /// Somebody guesses tokens.
        AuthenticationFailures = "authentication_failures",
        /// Events have no outcome.
        UnprocessedEvents = "unprocessed_events",
        /// An error is new or grows.
        RecurringError = "recurring_error",
        /// The database is slow or cannot be reached.
        DatabaseUnhealthy = "database_unhealthy",
        /// The roll-up is behind.
        RollupLag = "rollup_lag",
        /// Our own probes of the public address fail.
        FrontDoorFailing = "front_door_failing",
        /// The health check itself does not run.
        HealthCheckStale = "health_check_stale",
        /// Events could not be understood.
        QuarantinedEvents = "quarantined_events",
        /// CloudWatch does not take what it is sent.
        CloudwatchFailing = "cloudwatch_failing",
        /// An item of our own is damaged.
        DamagedItem = "damaged_item",
        /// The table lacks its time index or its time to live.
        TableMisconfigured = "table_misconfigured",
        /// Stripe sends from addresses that we do not know.
        UnlistedSource = "unlisted_source",
    }
}

impl IssueKind {
    /// The guide's other name for it.
    pub fn alias(self) -> Option<&'static str> {
        (self == Self::LowSuccessRate).then_some("high_error_rate")
    }

    /// The kind of a name or an alias.
    pub fn named(name: &str) -> Option<Self> {
        let is_alias = |kind: &Self| kind.alias() == Some(name);
        name.parse().ok().or_else(|| Self::ALL.iter().copied().find(is_alias))
    }

    /// What is wrong, in one sentence.
    pub fn description(self, subject: Option<&str>) -> String {
        let of = subject.map(|subject| format!(" ({subject})")).unwrap_or_default();
        let text = match self {
            Self::LowSuccessRate => "Too many events fail in processing",
            Self::HighProcessingTime => "Processing takes too long on average",
            Self::HighP95ProcessingTime => "The slowest twentieth of events takes too long",
            Self::LowEventRate => "Events have stopped coming",
            Self::EventRateDrop => "Far fewer events come than usual",
            Self::EventRateSpike => "Far more events come than usual",
            Self::DeliveryLag => "Events reach us long after they happened",
            Self::RefusedGenuine => "Stripe's own requests are refused",
            Self::ForgedTraffic => "Somebody sends forged requests",
            Self::AuthenticationFailures => "Somebody tries wrong tokens",
            Self::UnprocessedEvents => "Events were received and never processed",
            Self::RecurringError => "An error is new, or far more frequent than it was",
            Self::DatabaseUnhealthy => "The database is slow or cannot be reached",
            Self::RollupLag => "The roll-up of the log is behind",
            Self::FrontDoorFailing => "Probes of the public address fail",
            Self::HealthCheckStale => "The health check has not run for three intervals",
            Self::QuarantinedEvents => "Events came that could not be understood",
            Self::CloudwatchFailing => "CloudWatch does not take metrics or alarms",
            Self::UnlistedSource => {
                "Genuine events come from addresses that are not in the list of Stripe's: is it stale?"
            }
            Self::DamagedItem => "A stored item of our own is damaged",
            Self::TableMisconfigured => "The table is not as the template makes it",
        };
        format!("{text}{of}.")
    }

    /// What to do next.
    pub fn recommendation(self) -> &'static str {
        match self {
            Self::LowSuccessRate => {
                "Look at the sample events and the most frequent errors; roll back what was deployed last. Stripe does not resend an event that was answered 200: reprocess the failed ones from the log."
            }
            Self::HighProcessingTime | Self::HighP95ProcessingTime => {
                "Find the slow event type: the slowest are in the overview and in GET /v1/analytics. Look at what processing waits for (a database, an API of others)."
            }
            Self::LowEventRate => {
                "Look at the endpoint in the Stripe Dashboard: is it enabled, do deliveries fail, is there a Stripe incident? If the business is closed (a holiday), mute this."
            }
            Self::EventRateDrop => {
                "Compare by event type: one type missing points to a feature or a setting, all of them to traffic. If it is expected, mute it."
            }
            Self::EventRateSpike => {
                "Compare by event type; look for a loop (our own updates causing events), a migration or an import."
            }
            Self::DeliveryLag => {
                "Late first deliveries were tried before and failed, or Stripe is behind: look at failed deliveries in the Stripe Dashboard and at the receiver's 5xx."
            }
            Self::RefusedGenuine => {
                "GET /v1/events?status=rejected tells by diagnosis which it is. In this order: the endpoint's secret was rolled in Stripe and not here; an endpoint of the other mode, of Connect or for thin events was added and its secret was not; something before us changes bodies; our clock is wrong; a rule of ours is enforced. Put the endpoint's secret in force. Stripe retries for up to 3 days, so nothing is lost yet."
            }
            Self::ForgedTraffic => {
                "Nothing is at risk: forged requests are refused. Look at their sources in GET /v1/events?status=rejected; block them at the gateway if they go on."
            }
            Self::AuthenticationFailures => {
                "Find out whose tool has an old token; if nobody's, somebody guesses: block the address, roll the tokens."
            }
            Self::UnprocessedEvents => {
                "Look whether the application runs and logs outcomes; the sample events show what waits. Nothing is lost: the events are in the log."
            }
            Self::RecurringError => {
                "Search the error's message in GET /v1/events?status=failed; look at what was deployed when it began."
            }
            Self::DatabaseUnhealthy => {
                "Look at the table's throttles and at AWS's health page. Stripe gets 500 and retries for up to 3 days, so nothing is lost yet."
            }
            Self::RollupLag => {
                "Numbers stay true and get slower. Look at the health check's last runs; invoke it once by hand."
            }
            Self::FrontDoorFailing => {
                "Send a request to the public address: look at DNS, the certificate, the gateway's throttle and the receiver's log, in this order."
            }
            Self::HealthCheckStale => {
                "Look at the schedule and at the errors of the function health-check; nothing is watched until it runs."
            }
            Self::QuarantinedEvents => {
                "They are kept: look at them with GET /v1/events?status=quarantined. A new form of Stripe's events needs a new version of this software."
            }
            Self::CloudwatchFailing => {
                "Alarms may be late or out of date. Look at the permissions and quotas of CloudWatch, and at the log of health-check."
            }
            Self::TableMisconfigured => {
                "Run the command that the evidence names, with the table's name in it; or deploy the template again. Without the time index nothing can be listed, counted or watched; without the time to live nothing is ever deleted."
            }
            Self::UnlistedSource => {
                "Nothing is lost while WEBHOOK_SOURCE_IP_RULE is monitor. Compare the list with docs.stripe.com/ips and set WEBHOOK_STRIPE_ADDRESSES; if the address is a proxy of ours, add it, or switch the rule off."
            }
            Self::DamagedItem => {
                "Defaults stand in for it. Write it anew: thresholds with PATCH /v1/thresholds; the rest is made again by itself."
            }
        }
    }

    /// Whether it keeps events out that Stripe tries again, for three days in live mode: until then
    /// nothing is lost.
    pub fn keeps_events_out(self) -> bool {
        matches!(
            self,
            Self::RefusedGenuine
                | Self::FrontDoorFailing
                | Self::DatabaseUnhealthy
                | Self::LowEventRate
        )
    }

    /// What an issue of this kind may cost at worst: some never page.
    pub fn worst(self) -> Tier {
        match self {
            Self::EventRateDrop
            | Self::EventRateSpike
            | Self::RollupLag
            | Self::RecurringError
            | Self::QuarantinedEvents
            | Self::CloudwatchFailing
            | Self::DamagedItem
            | Self::TableMisconfigured
            | Self::UnlistedSource => Tier::Warning,
            _ => Tier::Critical,
        }
    }
}

as_text!(Tier, IssueKind);
