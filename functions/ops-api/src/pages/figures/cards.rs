//! A card: a number, what it was before, and its course.

use maud::{Markup, html};
use shared::metrics::{Durations, Performance, Point, Slot};

use crate::pages::chart::{Chart, Line, ceiling};
use crate::pages::marks::Marks;
use crate::pages::numbers::Compared;
use crate::pages::period::Scope;
use crate::pages::plot::{self, Plot};
use crate::pages::text;

/// All cards, the one that is looked at first first.
pub fn cards(scope: &Scope, numbers: &Compared, marks: &Marks) -> Vec<Markup> {
    let processing = OfPart {
        title: "Processing time, p95",
        of_all: |all| &all.outcomes.processing_time,
        of_point: |point| &point.processing_time,
        with_p99: true,
    };
    let lag = OfPart {
        title: "From Stripe's event to us, p95",
        of_all: |all| &all.deliveries.lag,
        of_point: |point| &point.lag,
        with_p99: false,
    };
    let late = numbers.now.all.deliveries.late;
    vec![
        volume(numbers, marks),
        success(scope, numbers, marks),
        durations(&processing, numbers, marks, html! {}),
        durations(
            &lag,
            numbers,
            marks,
            html! {
                p { (text::count(late)) " came more than 60 s after they happened" }
            },
        ),
        rejections(numbers, marks),
        counts(scope, numbers),
    ]
}

fn card(title: &str, big: &str, beside: Markup, plot: Markup) -> Markup {
    html! {
        article.card {
            div.head {
                h3 { (title) }
                div { span.big { (big) } span.soft { (beside) } }
            }
            (plot)
        }
    }
}

/// What it was before, and by what share that is more or less.
fn against(now: u64, before: Option<u64>) -> Markup {
    html! {
        @match before {
            None => "nothing before to compare with",
            Some(before) => {
                (text::count(before)) " before"
                @if let Some(change) = plot::change(now as f64, before as f64) { " (" (change) ")" }
            }
        }
    }
}

fn volume(numbers: &Compared, marks: &Marks) -> Markup {
    let of = |all: &Performance| all.deliveries.received;
    let now = of(&numbers.now.all);
    let bars = |slot: &Slot| vec![("c-ok", slot.point.received)];
    let plot = Plot::bars(&numbers.now, numbers.before.as_ref(), marks, "received", bars);
    card(
        "Events received",
        &text::count(now),
        against(now, numbers.past(of)),
        html! {
            (plot.of(&numbers.now))
            (plot::key(&[("k-ok", "received")], numbers.before.is_some(), marks))
        },
    )
}

/// Refused requests, Stripe's own at the bottom.
pub fn refused(slot: &Slot) -> Vec<(&'static str, u64)> {
    let (genuine, all) = (slot.point.refused_genuine, slot.point.rejections());
    vec![("c-bad", genuine), ("c-warn", all.saturating_sub(genuine))]
}

fn rejections(numbers: &Compared, marks: &Marks) -> Markup {
    let of = |all: &Performance| all.rejected;
    let (now, genuine) = (of(&numbers.now.all), numbers.now.all.refused_genuine);
    let plot = Plot::bars(&numbers.now, numbers.before.as_ref(), marks, "refused", refused);
    card(
        "Requests refused",
        &text::count(now),
        against(now, numbers.past(of)),
        html! {
            (plot.of(&numbers.now))
            (plot::key(&[("k-warn", "forged"), ("k-bad", "from Stripe itself")], numbers.before.is_some(), marks))
            p {
                @if genuine > 0 {
                    b.bad { (text::count(genuine)) " came from Stripe's own addresses: is the secret right?" } " "
                }
                a href="/security" { "By whom and why" }
            }
        },
    )
}

fn success_rate(slot: &Slot) -> Option<f64> {
    slot.point.error_rate().map(|rate| 1.0 - rate)
}

fn success(scope: &Scope, numbers: &Compared, marks: &Marks) -> Markup {
    let outcomes = &numbers.now.all.outcomes;
    let big = outcomes.success_rate().map_or(text::NONE.to_owned(), text::share);
    let beside = html! {
        @match (outcomes.total(), numbers.past(|all| all.outcomes.success_rate()).flatten()) {
            (0, _) => "no outcome was logged",
            (_, None) => { (text::count(outcomes.failed)) " failed" }
            (_, Some(before)) => { (text::share(before)) " before, " (text::count(outcomes.failed)) " failed" }
        }
    };
    let now = plot::points(&numbers.now, success_rate);
    let before = numbers.before.as_ref().map(|before| plot::points(before, success_rate));
    let before = before.unwrap_or_default();
    let lowest = now.iter().chain(&before).filter_map(|(_, rate)| *rate).fold(1.0, f64::min);
    let bottom = [0.99, 0.95, 0.9, 0.8, 0.5].into_iter().find(|bottom| lowest >= *bottom);
    let bottom = bottom.unwrap_or(0.0);
    let chart = Chart {
        summary: format!("{big} processed with success, by {}.", numbers.now.chart_step),
        lines: vec![
            Line { class: "c-past", points: before },
            Line { class: "c-good", points: now },
        ],
        marks: marks.of_chart(),
        bars: plot::told(&numbers.now, |slot| match success_rate(slot) {
            Some(rate) => {
                format!("{}, {} failed", text::share(rate), text::count(slot.point.failed))
            }
            None => "no outcome".to_owned(),
        }),
        bottom,
        top: 1.0,
    };
    let plot = Plot { chart, top: "100 %".to_owned(), low: text::share(bottom) };
    card(
        "Processed with success",
        &big,
        beside,
        html! {
            (plot.of(&numbers.now))
            (plot::key(&[("k-good", "success")], numbers.before.is_some(), marks))
            @if outcomes.failed > 0 {
                p { a href={ "/events?status=failed&" (scope.query) } { "The failed ones" } }
            }
        },
    )
}

/// The durations that a card is about.
struct OfPart {
    title: &'static str,
    of_all: fn(&Performance) -> &Durations,
    of_point: fn(&Point) -> &Durations,
    with_p99: bool,
}

fn durations(part: &OfPart, numbers: &Compared, marks: &Marks, note: Markup) -> Markup {
    let of_all = |per_mille| (part.of_all)(&numbers.now.all).quantile(per_mille);
    let big = of_all(950).map_or(text::NONE.to_owned(), text::seconds);
    let past = numbers.past(|all| (part.of_all)(all).quantile(950)).flatten();
    let beside = html! {
        @match (of_all(500), past) {
            (None, _) => "nothing was measured",
            (Some(median), None) => { "median " (text::seconds(median)) }
            (Some(median), Some(past)) => { (text::seconds(past)) " before, median " (text::seconds(median)) }
        }
    };
    let of_slot = |slot: &Slot, per_mille| (part.of_point)(&slot.point).quantile(per_mille);
    let line = |class, per_mille| Line {
        class,
        points: plot::points(&numbers.now, |slot| of_slot(slot, per_mille)),
    };
    let past =
        numbers.before.as_ref().map(|before| plot::points(before, |slot| of_slot(slot, 950)));
    let mut lines = vec![Line { class: "c-past", points: past.unwrap_or_default() }];
    if part.with_p99 {
        lines.push(line("c-p99", 990));
    }
    lines.extend([line("c-p95", 950), line("c-p50", 500)]);
    let values = lines.iter().flat_map(|line| &line.points).filter_map(|(_, value)| *value);
    let top = ceiling(values.fold(0.0, f64::max));
    let told = |slot: &Slot| {
        let one = |per_mille| of_slot(slot, per_mille).map_or(text::NONE.to_owned(), text::seconds);
        format!("p50 {}, p95 {}, p99 {}", one(500), one(950), one(990))
    };
    let chart = Chart {
        summary: format!("{}: {big}, by {}.", part.title, numbers.now.chart_step),
        lines,
        marks: marks.of_chart(),
        bars: plot::told(&numbers.now, told),
        bottom: 0.0,
        top,
    };
    let all = [("k-p50", "p50"), ("k-p95", "p95"), ("k-p99", "p99")];
    let keys = if part.with_p99 { all.as_slice() } else { all.get(..2).unwrap_or_default() };
    let plot = Plot { chart, top: text::seconds(top), low: "0".to_owned() };
    card(
        part.title,
        &big,
        beside,
        html! {
            (plot.of(&numbers.now))
            (plot::key(keys, numbers.before.is_some(), marks))
            (note)
        },
    )
}

/// A row: its name, the list that shows what is counted, and the count.
type Row = (&'static str, &'static str, fn(&Performance) -> u64);

/// The other numbers, beside those of before.
fn counts(scope: &Scope, numbers: &Compared) -> Markup {
    let rows: [Row; 7] = [
        ("Duplicates", "status=duplicate", |all| all.deliveries.duplicates),
        ("Of another endpoint", "status=other_endpoint", |all| all.deliveries.other_endpoint),
        ("Not understood", "status=quarantined", |all| all.deliveries.quarantined),
        ("Late deliveries", "", |all| all.deliveries.late),
        ("Outcomes", "kind=outcome", |all| all.outcomes.total()),
        ("Retries", "", |all| all.outcomes.retries),
        ("Most in a minute", "", |all| all.deliveries.peak_per_minute),
    ];
    html! {
        article.card {
            h3 { "Besides" }
            table {
                thead { tr { th { "count" } th.n { "now" } th.n { "before" } } }
                tbody { @for (name, query, of) in rows {
                    @let now = of(&numbers.now.all);
                    tr {
                        th {
                            @if query.is_empty() || now == 0 { (name) }
                            @else { a href={ "/events?" (query) "&" (scope.query) } { (name) } }
                        }
                        td.n { (text::count(now)) }
                        td.n.soft { (numbers.past(of).map_or(text::NONE.to_owned(), text::count)) }
                    }
                } }
            }
        }
    }
}
