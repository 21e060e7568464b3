//! Every name that CloudWatch knows of ours: metrics, dimensions and their values, tags.

/// The namespace of a stack's metrics.
pub fn namespace(stack: &str) -> String {
    format!("Hookwatch/{stack}")
}

/// The overall score, 0 to 1.
pub const HEALTH_SCORE: &str = "HealthScore";
/// A component's score, 0 to 1, by [`COMPONENT`].
pub const COMPONENT_SCORE: &str = "ComponentScore";
/// Share of outcomes that failed, 0 to 1.
pub const ERROR_RATE: &str = "ErrorRate";
/// Mean processing time, in seconds.
pub const AVERAGE_PROCESSING_TIME: &str = "AverageProcessingTime";
/// 95th percentile of processing times, in seconds.
pub const P95_PROCESSING_TIME: &str = "P95ProcessingTime";
/// Age of the oldest event without an outcome, in seconds.
pub const OLDEST_UNPROCESSED: &str = "OldestUnprocessed";
/// How far the roll-ups are behind, in seconds.
pub const ROLLUP_LAG: &str = "RollupLag";
/// Events that should have come and did not.
pub const MISSED_EVENTS: &str = "MissedEvents";
/// Requests from Stripe's own addresses that were refused, where that is an issue.
pub const REFUSED_GENUINE: &str = "RefusedGenuine";
/// Forged requests a minute.
pub const FORGED_PER_MINUTE: &str = "ForgedPerMinute";
/// Wrong tokens.
pub const AUTHENTICATION_FAILURES: &str = "AuthenticationFailures";
/// 1 where the last probe came in by the front door, else 0.
pub const FRONT_DOOR: &str = "FrontDoor";
/// Issues that are open and neither muted nor snoozed, by [`SEVERITY`].
pub const ACTIVE_ISSUES: &str = "ActiveIssues";
/// One for every run that came to its end, and one for a new stack.
pub const HEARTBEAT: &str = "Heartbeat";

/// Log entries of a window, by [`OUTCOME`].
pub const EVENTS: &str = "Events";
/// Processing times of a window, in seconds.
pub const PROCESSING_TIME: &str = "ProcessingTime";
/// From an event's creation to its first delivery, in seconds.
pub const DELIVERY_LAG: &str = "DeliveryLag";
/// What putting a delivery took, in milliseconds.
pub const STORE_TIME: &str = "StoreTime";

/// Dimension of [`COMPONENT_SCORE`].
pub const COMPONENT: &str = "Component";
/// The component of the first alarm of an outage.
pub const DATABASE: &str = "Database";
/// A component.
pub const PROCESSING: &str = "Processing";
/// A component.
pub const PERFORMANCE: &str = "Performance";
/// A component.
pub const SECURITY: &str = "Security";

/// Dimension of [`ACTIVE_ISSUES`].
pub const SEVERITY: &str = "Severity";
/// Health tier.
pub const WARNING: &str = "warning";
/// Alert tier.
pub const CRITICAL: &str = "critical";

/// Dimension of [`EVENTS`].
pub const OUTCOME: &str = "Outcome";
/// First deliveries, quarantined ones among them.
pub const RECEIVED: &str = "received";
/// Outcomes: processed.
pub const SUCCEEDED: &str = "succeeded";
/// Outcomes: not processed.
pub const FAILED: &str = "failed";
/// Deliveries of what had been delivered, to the same endpoint or another.
pub const DUPLICATE: &str = "duplicate";
/// Refused requests.
pub const REJECTED: &str = "rejected";

/// Further dimension of a window's metrics, of types that are asked for.
pub const EVENT_TYPE: &str = "EventType";

/// Tag of every alarm of ours: the stack's name.
pub const STACK_TAG: &str = "hookwatch-stack";
/// Tag of every alarm of ours: who keeps it.
pub const OWNER_TAG: &str = "hookwatch-owner";
/// Value of [`OWNER_TAG`]: the health check makes, changes and deletes it.
pub const OWNER: &str = "health-check";
/// Value of [`OWNER_TAG`]: it is in the template.
pub const TEMPLATE_OWNER: &str = "template";
