//! What stands around a chart: its scale, its range, its key; and how slots become bars and lines.

use maud::{Markup, html};
use shared::log::TimeRange;
use shared::metrics::Slot;

use super::chart::{Bar, Chart, ceiling};
use super::marks::Marks;
use super::numbers::{Numbers, place};
use super::text;

/// A chart with the words of its scale.
pub struct Plot {
    /// The chart.
    pub chart: Chart,
    /// What its top is.
    pub top: String,
    /// What its bottom is.
    pub low: String,
}

impl Plot {
    /// The chart over the range of these numbers.
    pub fn of(&self, numbers: &Numbers) -> Markup {
        let Some(range) = numbers.range() else { return html! {} };
        let middle = range.from() + (range.to().duration_since(range.from()) / 2);
        let hours = range.to().duration_since(range.from()).as_hours();
        let form = if hours < 48 { "%b %d %H:%M" } else { "%b %d" };
        html! {
            div.plot {
                (self.chart.svg())
                span.top { (self.top) }
                @if self.low != "0" { span.low { (self.low) } }
            }
            div.x {
                @for at in [range.from(), middle, range.to()] { span { (at.strftime(form).to_string()) } }
            }
        }
    }

    /// Bars by slot, and what was before as steps behind them. Each is a pace: a slot that is cut short
    /// is as high as a whole one that goes on like it.
    pub fn bars(
        numbers: &Numbers,
        before: Option<&Numbers>,
        marks: &Marks,
        what: &str,
        of: impl Fn(&Slot) -> Vec<(&'static str, u64)>,
    ) -> Self {
        let whole = longest(numbers);
        let total = |slot: &Slot| of(slot).iter().map(|(_, count)| count).sum::<u64>();
        let bar = |slot: &Slot, within: TimeRange| {
            let pace = pace(slot, whole);
            Bar {
                x: place(slot.range, within),
                values: of(slot).into_iter().map(|(class, n)| (class, n as f64 * pace)).collect(),
                title: format!("{}: {} {what}", span(slot.range), text::count(total(slot))),
            }
        };
        let bars: Vec<Bar> = numbers
            .range()
            .map(|range| numbers.chart.iter().map(|slot| bar(slot, range)).collect())
            .unwrap_or_default();
        let steps = |before: &Numbers| {
            let range = before.range()?;
            let step = |slot: &Slot| {
                let (from, to) = place(slot.range, range);
                let height = Some(total(slot) as f64 * pace(slot, longest(before)));
                [(from, height), (to, height)]
            };
            Some(before.chart.iter().flat_map(step).collect::<Vec<_>>())
        };
        let past = before.and_then(steps).unwrap_or_default();
        let height = |bar: &Bar| bar.values.iter().map(|(_, value)| value).sum::<f64>();
        let heights = bars.iter().map(height).chain(past.iter().filter_map(|(_, v)| *v));
        let top = ceiling(heights.fold(0.0, f64::max));
        let sum: u64 = numbers.chart.iter().map(total).sum();
        let chart = Chart {
            summary: format!("{} {what}, by {}.", text::count(sum), numbers.chart_step),
            bars,
            lines: vec![super::chart::Line { class: "c-past", points: past }],
            marks: marks.of_chart(),
            bottom: 0.0,
            top,
        };
        let top = format!("{} in {}", text::number(top), numbers.chart_step);
        Self { chart, top, low: "0".to_owned() }
    }
}

fn longest(numbers: &Numbers) -> f64 {
    numbers.chart.iter().map(seconds).fold(0.0, f64::max)
}

fn seconds(slot: &Slot) -> f64 {
    slot.range.to().duration_since(slot.range.from()).as_secs_f64()
}

/// By what a slot's count is multiplied; less than half of one says too little to be blown up.
fn pace(slot: &Slot, whole: f64) -> f64 {
    let is_long = 2.0 * seconds(slot) >= whole;
    if is_long && !slot.is_whole { (whole / seconds(slot)).max(1.0) } else { 1.0 }
}

/// A line's points, in the middle of their slots.
pub fn points(numbers: &Numbers, of: impl Fn(&Slot) -> Option<f64>) -> Vec<(f64, Option<f64>)> {
    let Some(range) = numbers.range() else { return Vec::new() };
    let middle = |slot: &Slot| {
        let (from, to) = place(slot.range, range);
        (from + to) / 2.0
    };
    numbers.chart.iter().map(|slot| (middle(slot), of(slot))).collect()
}

/// Bars without values: what a pointer is told of a line.
pub fn told(numbers: &Numbers, of: impl Fn(&Slot) -> String) -> Vec<Bar> {
    let Some(range) = numbers.range() else { return Vec::new() };
    let bar = |slot: &Slot| Bar {
        x: place(slot.range, range),
        values: Vec::new(),
        title: format!("{}: {}", span(slot.range), of(slot)),
    };
    numbers.chart.iter().map(bar).collect()
}

/// A slot's time in words.
fn span(range: TimeRange) -> String {
    let (from, to) = (range.from(), range.to());
    let same_day = from.strftime("%d").to_string() == to.strftime("%d").to_string();
    let end = if same_day { "%H:%M" } else { "%b %d %H:%M" };
    format!("{} to {}", from.strftime("%b %d %H:%M"), to.strftime(end))
}

/// What the colours mean.
pub fn key(keys: &[(&str, &str)], has_before: bool, marks: &Marks) -> Markup {
    html! {
        div.key {
            @for (class, words) in keys { span { i.(class) {} (words) } }
            @if has_before { span { i.k-past {} "the period before" } }
            @if !marks.is_empty() { span { i.k-mark {} "a change" } }
        }
    }
}

/// By what share a number has grown, where it matters; `None` of nothing.
pub fn change(now: f64, before: f64) -> Option<String> {
    if before <= 0.0 {
        return None;
    }
    let percent = (now / before - 1.0) * 100.0;
    Some(match percent {
        _ if percent.abs() < 0.5 => "as before".to_owned(),
        _ if percent >= 1_000.0 => format!("{:.0} times as many", now / before),
        _ => format!("{}{:.0} %", if percent > 0.0 { "+" } else { "−" }, percent.abs()),
    })
}

#[cfg(test)]
mod tests {
    use shared::metrics::Point;

    use super::*;

    #[test]
    fn changes() {
        for (now, before, expected) in [
            (110.0, 100.0, Some("+10 %")),
            (50.0, 100.0, Some("−50 %")),
            (100.0, 100.0, Some("as before")),
            (5_000.0, 100.0, Some("50 times as many")),
            (5.0, 0.0, None),
        ] {
            assert_eq!(change(now, before).as_deref(), expected);
        }
    }

    #[test]
    fn a_slot_that_is_cut_short_is_drawn_at_its_pace_within_reason() {
        let slot = |minutes: i64, is_whole| {
            let from = jiff::Timestamp::UNIX_EPOCH;
            let to = from + jiff::SignedDuration::from_mins(minutes);
            let range = TimeRange::new(from, to).unwrap();
            Slot { range, is_whole, point: Point::default() }
        };
        for (minutes, is_whole, expected) in
            [(60, true, 1.0), (30, false, 2.0), (29, false, 1.0), (60, false, 1.0)]
        {
            assert_eq!(pace(&slot(minutes, is_whole), 3_600.0), expected, "{minutes}");
        }
    }
}
