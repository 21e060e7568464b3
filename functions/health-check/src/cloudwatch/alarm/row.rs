//! The table of alarms: what each watches, from which limit on, whom it tells.

use shared::health::Thresholds;

use super::{AlarmId, CompositeRule, MetricRule, Rule, name};
use crate::cloudwatch::names;

/// Requests from Stripe's own addresses, refused within an hour, that cannot be chance.
const REFUSED_GENUINE: f64 = 3.0;
/// Seconds that roll-ups may be behind.
const ROLLUP_LAG: f64 = 1_800.0;
/// Score from which on a component is critical, and below which the whole is not healthy.
const CRITICAL_SCORE: f64 = 0.5;
const HEALTHY_SCORE: f64 = 0.9;
/// An alarm of the template.
const RECEIVER_FAILING: &str = "receiver-failing";

const ABOVE: &str = "GreaterThanThreshold";
const AT_LEAST: &str = "GreaterThanOrEqualToThreshold";
const BELOW: &str = "LessThanThreshold";
const AT_MOST: &str = "LessThanOrEqualToThreshold";
const MAXIMUM: &str = "Maximum";
const MINIMUM: &str = "Minimum";

/// Whom an alarm tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum To {
    Page,
    Ticket,
    /// It is part of a composite, which does.
    Nobody,
}

/// One alarm of the table.
pub(super) struct Row {
    pub(super) id: AlarmId,
    pub(super) to: To,
    pub(super) rule: Rule,
    /// The number and its limit.
    pub(super) says: String,
    /// The next step.
    pub(super) next: &'static str,
}

/// Every row, composites last.
pub(super) fn rows(stack: &str, thresholds: &Thresholds) -> Vec<Row> {
    use AlarmId::*;
    use To::{Nobody, Page, Ticket};
    let rate = thresholds.error_rate();
    let time = thresholds.processing_time();
    let p95 = thresholds.p95_processing_time().health;
    let missed = thresholds.missed_events();
    let forged = thresholds.forged_per_minute().alert;
    let wrong_tokens = thresholds.authentication_failures().alert;
    let waiting = thresholds.unprocessed().alert;
    let percent = |share: f64| plain(share * 100.0);
    let row = |id,
               to,
               (metric, statistic),
               (datapoints, periods),
               (comparison, threshold),
               says,
               next| {
        let dimension = match id {
            DatabaseCritical => Some((names::COMPONENT, names::DATABASE)),
            WarningIssues => Some((names::SEVERITY, names::WARNING)),
            _ => None,
        };
        let namespace = names::namespace(stack);
        let rule = MetricRule {
            namespace,
            metric,
            dimension,
            statistic,
            comparison,
            threshold,
            periods,
            datapoints,
        };
        Row { id, to, rule: Rule::Metric(rule), says, next }
    };
    let metric_alarms = [
        row(
            DatabaseCritical,
            Nobody,
            (names::COMPONENT_SCORE, MINIMUM),
            (2, 3),
            (AT_MOST, CRITICAL_SCORE),
            format!("The database's score is {CRITICAL_SCORE} or less."),
            "Look at the table's throttles and at AWS's status.",
        ),
        row(
            FrontDoor,
            Nobody,
            (names::FRONT_DOOR, MAXIMUM),
            (2, 3),
            (BELOW, 1.0),
            "A signed event posted to the public URL was not accepted.".to_owned(),
            "Post one yourself; look at DNS, certificate, API and the receiver's log.",
        ),
        row(
            ErrorRateCritical,
            Page,
            (names::ERROR_RATE, MAXIMUM),
            (2, 3),
            (ABOVE, rate.alert),
            format!("More than {} % of outcomes failed.", percent(rate.alert)),
            "See what they failed with, and what was deployed.",
        ),
        row(
            ProcessingTimeCritical,
            Page,
            (names::AVERAGE_PROCESSING_TIME, MAXIMUM),
            (2, 3),
            (ABOVE, time.alert),
            format!("Processing takes more than {} s on average.", plain(time.alert)),
            "Find the slow types, and what they wait for.",
        ),
        row(
            SilenceCritical,
            Nobody,
            (names::MISSED_EVENTS, MAXIMUM),
            (1, 1),
            (AT_LEAST, missed.alert),
            format!("{} events or more should have come and did not.", plain(missed.alert)),
            "Look at the endpoint in Stripe: is it enabled, what were attempts answered?",
        ),
        row(
            RefusedGenuine,
            Page,
            (names::REFUSED_GENUINE, MAXIMUM),
            (1, 1),
            (AT_LEAST, REFUSED_GENUINE),
            format!(
                "{} requests or more from Stripe's own addresses were refused in an hour.",
                plain(REFUSED_GENUINE)
            ),
            "Compare the endpoint's signing secret in Stripe with STRIPE_WEBHOOK_SECRETS; Stripe retries for three days.",
        ),
        row(
            BacklogCritical,
            Page,
            (names::OLDEST_UNPROCESSED, MAXIMUM),
            (2, 3),
            (ABOVE, waiting),
            format!("An event has waited for its outcome for more than {} s.", plain(waiting)),
            "Is the application running, and does it log what it does?",
        ),
        row(
            ErrorRate,
            Ticket,
            (names::ERROR_RATE, MAXIMUM),
            (3, 3),
            (ABOVE, rate.health),
            format!("More than {} % of outcomes failed.", percent(rate.health)),
            "See what they failed with, and what was deployed.",
        ),
        row(
            ProcessingTime,
            Ticket,
            (names::AVERAGE_PROCESSING_TIME, MAXIMUM),
            (3, 3),
            (ABOVE, time.health),
            format!("Processing takes more than {} s on average.", plain(time.health)),
            "Find the slow types, and what they wait for.",
        ),
        row(
            P95,
            Ticket,
            (names::P95_PROCESSING_TIME, MAXIMUM),
            (3, 3),
            (ABOVE, p95),
            format!("One event in twenty takes more than {} s.", plain(p95)),
            "Find the slow types, and what they wait for.",
        ),
        row(
            Silence,
            Ticket,
            (names::MISSED_EVENTS, MAXIMUM),
            (1, 1),
            (AT_LEAST, missed.health),
            format!("{} events or more should have come and did not.", plain(missed.health)),
            "Look at the endpoint in Stripe, and for a reason to expect less.",
        ),
        row(
            Forged,
            Ticket,
            (names::FORGED_PER_MINUTE, MAXIMUM),
            (3, 3),
            (ABOVE, forged),
            format!("More than {} forged requests a minute.", plain(forged)),
            "See where they come from; none was accepted.",
        ),
        row(
            Authentication,
            Ticket,
            (names::AUTHENTICATION_FAILURES, MAXIMUM),
            (3, 3),
            (ABOVE, wrong_tokens),
            format!("More than {} wrong tokens in 5 minutes.", plain(wrong_tokens)),
            "Find the caller; an old token, or somebody who tries.",
        ),
        row(
            RollupLag,
            Ticket,
            (names::ROLLUP_LAG, MAXIMUM),
            (3, 3),
            (ABOVE, ROLLUP_LAG),
            format!("Roll-ups are more than {} s behind.", plain(ROLLUP_LAG)),
            "Invoke the health check until nothing remains; see its log.",
        ),
        row(
            HealthScore,
            Ticket,
            (names::HEALTH_SCORE, MINIMUM),
            (6, 6),
            (BELOW, HEALTHY_SCORE),
            format!("The health score was below {HEALTHY_SCORE} for half an hour."),
            "The issues say why.",
        ),
        row(
            WarningIssues,
            Ticket,
            (names::ACTIVE_ISSUES, MAXIMUM),
            (3, 3),
            (AT_LEAST, 1.0),
            "There is an issue of severity warning.".to_owned(),
            "The issue says what to do; snooze it if that is known.",
        ),
    ];
    metric_alarms.into_iter().chain(composites(stack)).collect()
}

/// One page for an outage: a receiver that fails tells so itself, and silence follows from either.
fn composites(stack: &str) -> [Row; 2] {
    let alarm = |id: &str| format!("ALARM(\"{}\")", name(stack, id));
    let receiver = alarm(RECEIVER_FAILING);
    let database = alarm(AlarmId::DatabaseCritical.as_str());
    let door = alarm(AlarmId::FrontDoor.as_str());
    let silence = alarm(AlarmId::SilenceCritical.as_str());
    let row = |id, expression, suppressor, says: &str, next| Row {
        id,
        to: To::Page,
        rule: Rule::Composite(CompositeRule { expression, suppressor }),
        says: says.to_owned(),
        next,
    };
    [
        row(
            AlarmId::Outage,
            format!("({database} OR {door}) AND NOT {receiver}"),
            // When all is mended the receiver is well minutes before the others know: a second page.
            Some(name(stack, RECEIVER_FAILING)),
            "Events cannot get in: the database does not answer, or the public URL does not accept.",
            "See which of database-critical and front-door it is.",
        ),
        row(
            AlarmId::SilencePage,
            format!("{silence} AND NOT ({receiver} OR {database} OR {door})"),
            // Events come again some time after what kept them out is mended.
            Some(name(stack, AlarmId::Outage.as_str())),
            "No events come in, and nothing of ours says why.",
            "Look at the endpoint in Stripe: is it enabled, what were attempts answered?",
        ),
    ]
}

/// A number as a person writes it: without the dust of binary fractions.
fn plain(number: f64) -> String {
    ((number * 1e6).round() / 1e6).to_string()
}
