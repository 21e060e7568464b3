//! created → received → stored → processed, with everything that came between.

use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use shared::log::{Delivery, Verdict};
use shared::store::{StoredEvent, StoredOutcome};

use crate::pages::text;

/// Entries that are shown.
const MOST: usize = 100;
/// Characters of a message.
const MESSAGE: usize = 400;

struct Step {
    at: Timestamp,
    tone: &'static str,
    name: String,
    more: Markup,
}

/// The steps in the order of their times.
pub fn timeline(event: &StoredEvent, now: Timestamp) -> Markup {
    let mut steps = Vec::new();
    for stored in &event.deliveries {
        steps.extend(of_delivery(&stored.delivery));
    }
    steps.extend(event.outcomes.iter().map(of_outcome));
    steps.sort_by_key(|step| step.at);
    let more = steps.len().saturating_sub(MOST);
    steps.truncate(MOST);
    let befores = std::iter::once(None).chain(steps.iter().map(|step| Some(step.at)));
    html! {
        ol.time {
            @for (step, before) in steps.iter().zip(befores) {
                li.(step.tone) {
                    b { (step.name) } " " (text::when(step.at, now))
                    @if let Some(before) = before { span.soft { ", " (later(step.at.duration_since(before))) } }
                    div { (step.more) }
                }
            }
            @if event.outcomes.is_empty() {
                li.wait { b { "Processed?" } div.soft { "Nobody has told what became of it." } }
            }
        }
        @if more > 0 { p.soft { (more) " further entries are in the API's answer." } }
    }
}

fn later(after: SignedDuration) -> String {
    format!("{} later", text::seconds(after.as_secs_f64()))
}

fn of_delivery(delivery: &Delivery) -> Vec<Step> {
    let request = &delivery.request;
    let verify = SignedDuration::try_from(delivery.verify_time).unwrap_or_default();
    let whence = html! {
        span.soft {
            "from " (text::foreign(request.source_ip.as_deref().unwrap_or("an unknown address"), 60))
            ", request " span.id { (text::foreign(&request.request_id, 80)) }
            ", " (text::bytes(delivery.body_bytes))
        }
    };
    if delivery.verdict != Verdict::Accepted {
        let name = match delivery.verdict {
            Verdict::OtherEndpoint => "Came for another endpoint too",
            _ => "Delivered again",
        };
        let more = html! { "Answered 200 and not stored again. " (whence) };
        return vec![Step { at: delivery.received_at, tone: "", name: name.to_owned(), more }];
    }
    let created = delivery.event.created.map(|at| Step {
        at,
        tone: "",
        name: "Created".to_owned(),
        more: html! { span.soft { "by Stripe's clock, which tells seconds" } },
    });
    let received = Step {
        at: delivery.received_at,
        tone: if delivery.is_late() { "bad-dot" } else { "" },
        name: "Received".to_owned(),
        more: html! {
            @if delivery.is_late() { span.warning { "Late: an earlier delivery must have failed. " } }
            (whence)
        },
    };
    let stored = Step {
        at: delivery.received_at.saturating_add(verify).unwrap_or(delivery.received_at),
        tone: "good-dot",
        name: "Stored".to_owned(),
        more: html! {
            "Answered 200. " span.soft { "Verified in " (text::seconds(delivery.verify_time.as_secs_f64())) ", then put. " }
            @if let Some(reason) = delivery.quarantine {
                span.warning { "It was not understood: " (reason.as_str().replace('_', " ")) "." }
            }
        },
    };
    created.into_iter().chain([received, stored]).collect()
}

fn of_outcome(stored: &StoredOutcome) -> Step {
    let outcome = &stored.outcome;
    let failure = outcome.failure();
    let message = stored.particulars.message.as_ref();
    let message = message.or(failure.and_then(|failure| failure.message.as_ref()));
    let details = [
        ("Details of the error", &stored.particulars.error_details),
        ("Metadata", &stored.particulars.metadata),
    ];
    Step {
        at: outcome.ended_at,
        tone: if failure.is_some() { "bad-dot" } else { "good-dot" },
        name: if failure.is_some() { "Failed" } else { "Processed" }.to_owned(),
        more: html! {
            "Took " (text::seconds(outcome.processing_time.as_secs_f64()))
            @if outcome.retry_attempts > 0 { ", attempt " (outcome.retry_attempts.saturating_add(1)) }
            span.soft {
                ", told by the application as " span.id { (text::foreign(&outcome.request_id, 80)) }
                @if outcome.is_late() { ", late" }
            }
            @if let Some(failure) = failure {
                p.bad {
                    @for kind in [&failure.error_type, &failure.error_code].into_iter().flatten() {
                        b { (text::foreign(kind, 80)) } " "
                    }
                    @if let Some(message) = message { (text::foreign(message, MESSAGE)) }
                }
            }
            @for (name, json) in details {
                @if let Some(json) = json {
                    details { summary { (name) } pre { (text::foreign(json, 4_000)) } }
                }
            }
        },
    }
}
