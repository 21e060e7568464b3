//! The parts of the security page. Pure.

use jiff::Timestamp;
use maud::{Markup, html};
use shared::report::Security;

use crate::pages::figures::refused;
use crate::pages::marks::Marks;
use crate::pages::numbers::Numbers;
use crate::pages::period::Scope;
use crate::pages::plot::{self, Plot};
use crate::pages::{link, text};
use crate::security::diagnoses::Diagnoses;

/// The answer to "is someone forging?" in a sentence.
pub fn verdict(security: &Security, scope: &Scope) -> Markup {
    let (genuine, others) = (security.refused_genuine, security.refused_others);
    let tone = match (genuine, others) {
        (0, 0) => "healthy",
        (0, _) => "degraded",
        _ => "critical",
    };
    html! {
        section.panel.state.(tone) {
            div {
                h1 {
                    @if genuine > 0 { "Stripe's own requests are refused" }
                    @else if others > 0 { "Somebody sends requests that are not Stripe's" }
                    @else { "Nobody was refused in " (scope.words) }
                }
                @if genuine > 0 {
                    p { (text::count(genuine)) " in " (scope.words) ". The signing secret is most probably wrong: compare it with the endpoint's in Stripe. Stripe tries again for up to 3 days." }
                }
                @if others > 0 {
                    p {
                        (text::count(others)) " in " (scope.words) " were refused; they cost nothing but a count."
                        @if let Some(most) = security.sources.first() {
                            " Most, " (text::count(most.rejected)) ", came from " (text::foreign(&most.address, 60)) "."
                        }
                    }
                }
            }
        }
    }
}

/// Refused requests over the range, with those of before behind.
pub fn course(numbers: &Numbers, before: Option<&Numbers>, marks: &Marks) -> Markup {
    let plot = Plot::bars(numbers, before, marks, "refused", refused);
    html! {
        section.card {
            h3 { "Requests refused" }
            div {
                span.big { (text::count(numbers.all.rejected)) }
                span.soft {
                    @match before {
                        Some(before) => { (text::count(before.all.rejected)) " in the period before" }
                        None => "nothing before to compare with"
                    }
                }
            }
            (plot.of(numbers))
            (plot::key(&[("k-warn", "forged"), ("k-bad", "from Stripe itself")], before.is_some(), marks))
        }
    }
}

/// What is most probably wrong, and what to do: of the newest of them.
pub fn diagnoses(diagnoses: &Diagnoses, now: Timestamp) -> Markup {
    html! {
        @if let Some(since) = diagnoses.since {
            section.panel {
                h2 { "What is most probably wrong" }
                div.scroll tabindex="0" { table.cut {
                    thead { tr { th { "diagnosis" } th.n { "requests" } th.n { "from Stripe" } th { "last" } } }
                    tbody { @for finding in &diagnoses.found { tr {
                        th {
                            (finding.diagnosis.replace('_', " "))
                            div.soft { (finding.explanation) }
                            @if let Some(skew) = finding.signature_skew {
                                div.soft { "The last one: its time " (text::skew(skew)) " ours." }
                            }
                        }
                        td.n { (text::count(finding.requests)) }
                        td.n { (text::count(finding.refused_genuine)) }
                        td { (text::when(finding.last_seen, now)) }
                    } } }
                } }
                p.soft {
                    (text::count(diagnoses.requests)) " requests since " (text::when(since, now)) ": " (diagnoses.rule) "."
                    @if diagnoses.incomplete { " Older ones are not in this table." }
                }
            }
        }
    }
}

/// Why they were refused, the most frequent cause first.
pub fn causes(security: &Security) -> Markup {
    let mut rows: Vec<_> = security.rejections_by_cause.iter().filter(|(_, n)| **n > 0).collect();
    rows.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    html! {
        section.panel {
            h2 { "Why" }
            @if rows.is_empty() { p.soft { "Nothing was refused." } }
            @else {
                div.scroll tabindex="0" { table.cut {
                    thead { tr { th { "cause" } th.n { "requests" } } }
                    tbody { @for (cause, count) in rows { tr {
                        th { (cause.replace('_', " ")) }
                        td.n { (text::count(*count)) }
                    } } }
                } }
            }
        }
    }
}

/// The addresses that most came from.
pub fn sources(security: &Security, scope: &Scope) -> Markup {
    let address = |ip| {
        let list = link::ours("/events", [("source_ip", ip), ("status", "rejected")]);
        format!("{list}&{}", scope.query)
    };
    html! {
        section.panel {
            h2 { "By whom" }
            @if security.sources.is_empty() { p.soft { "Nobody." } }
            @else {
                div.scroll tabindex="0" { table.cut {
                    thead { tr { th { "address" } th.n { "refused" } th.n { "accepted" } } }
                    tbody { @for source in &security.sources { tr {
                        th { a.id href=(address(&source.address)) { (text::foreign(&source.address, 60)) } }
                        td.n { (text::count(source.rejected)) }
                        td.n { (text::count(source.deliveries)) }
                    } } }
                } }
            }
            p { a href={ "/events?status=rejected&" (scope.query) } { "All refusals, by the minute" } }
        }
    }
}

/// Stretches with far more than usual.
pub fn bursts(security: &Security, now: Timestamp) -> Markup {
    html! {
        section.panel {
            h2 { "Bursts" }
            @if security.bursts.is_empty() { p.soft { "None." } }
            @else {
                table.cut {
                    thead { tr { th { "from" } th { "to" } th.n { "requests" } } }
                    tbody { @for burst in security.bursts.iter().take(10) { tr {
                        td { (text::when(burst.from, now)) }
                        td { (text::when(burst.to, now)) }
                        td.n { (text::count(burst.rejected)) }
                    } } }
                }
            }
            p.soft { (security.burst_rule) }
        }
    }
}

/// Wrong tokens of the operations API.
pub fn tokens(security: &Security) -> Markup {
    let tokens = &security.authentication;
    html! {
        section.panel {
            h2 { "Wrong tokens" }
            @if tokens.failures == 0 { p.soft { "Nobody came to these pages, or to the API, with a wrong token." } }
            @else {
                p { (text::count(tokens.failures)) " calls of these pages and the API." @if tokens.incomplete { " The oldest are not counted." } }
                table.cut { tbody { @for source in &tokens.sources { tr {
                    th.id { (text::foreign(&source.address, 60)) } td.n { (text::count(source.count)) }
                } } } }
                @if tokens.other_sources > 0 { p.soft { (text::count(tokens.other_sources)) " from other addresses." } }
            }
        }
    }
}
