//! Charts as inline SVG: bars or lines, what was before behind them, and marks. Pure.
//!
//! The drawing is stretched to the width there is, so words stand around it, never in it. Colours are
//! the style sheet's classes; nothing here is a colour.

use maud::{Markup, html};

/// A chart. Everything on the x axis is a share of the range, from 0 to 1.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Chart {
    /// The whole in words, for who cannot see it.
    pub summary: String,
    /// Bars, beside each other.
    pub bars: Vec<Bar>,
    /// Lines, over the bars.
    pub lines: Vec<Line>,
    /// What happened at a time.
    pub marks: Vec<Mark>,
    /// The value at the bottom.
    pub bottom: f64,
    /// The value at the top; where it is not above `bottom`, there is nothing to draw.
    pub top: f64,
}

/// A bar: values on top of each other, each with its class.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// Its sides.
    pub x: (f64, f64),
    /// From the bottom up.
    pub values: Vec<(&'static str, f64)>,
    /// What a pointer is told.
    pub title: String,
}

/// A line; `None` is a gap.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Its class.
    pub class: &'static str,
    /// Its points, from left to right.
    pub points: Vec<(f64, Option<f64>)>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// When.
    pub x: f64,
    /// What.
    pub title: String,
}

const WIDTH: f64 = 1_000.0;
const HEIGHT: f64 = 100.0;

/// The smallest of 1, 2, 2.5 and 5 times a power of ten that is not below a value; 1 for nothing.
pub fn ceiling(value: f64) -> f64 {
    if !(value > 0.0 && value.is_finite()) {
        return 1.0;
    }
    let power = 10f64.powf(value.log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0];
    let fits = steps.into_iter().map(|step| step * power).find(|step| *step >= value * 0.999_999);
    fits.unwrap_or(10.0 * power)
}

impl Chart {
    /// The drawing.
    pub fn svg(&self) -> Markup {
        html! {
            svg.c viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" aria-label=(self.summary) {
                line.c-grid x1="0" x2="1000" y1="50" y2="50" {}
                @if self.top > self.bottom {
                    @for bar in &self.bars { (self.bar(bar)) }
                    @for line in &self.lines {
                        @for path in self.paths(line) { path.{ "c-line " (line.class) } d=(path) {} }
                    }
                }
                @for mark in &self.marks {
                    @let x = tenths(mark.x * WIDTH);
                    line.c-mark x1=(x) x2=(x) y1="0" y2="100" { title { (mark.title) } }
                }
            }
        }
    }

    fn bar(&self, bar: &Bar) -> Markup {
        let (left, right) = (bar.x.0 * WIDTH, bar.x.1 * WIDTH);
        // A gap between neighbours, which a thin bar does without.
        let gap = ((right - left) * 0.12).min(3.0);
        let mut below = 0.0;
        html! {
            g {
                title { (bar.title) }
                rect.c-hit x=(tenths(left)) y="0" width=(tenths(right - left)) height="100" {}
                @for (class, value) in &bar.values {
                    @let (low, high) = (self.y(below), self.y(below + value));
                    ({ below += value; "" })
                    @if *value > 0.0 {
                        rect.(class) x=(tenths(left + gap / 2.0)) y=(tenths(high.min(low - 0.6).max(0.0)))
                            width=(tenths((right - left - gap).max(0.5)))
                            height=(tenths((low - high).max(0.6))) {}
                    }
                }
            }
        }
    }

    /// A line as paths: one for each run of points without a gap.
    fn paths(&self, line: &Line) -> Vec<String> {
        let mut paths = Vec::new();
        let mut path = String::new();
        for (x, value) in &line.points {
            match value {
                Some(value) => {
                    let command = if path.is_empty() { 'M' } else { 'L' };
                    path.push_str(&format!(
                        "{command}{} {}",
                        tenths(x * WIDTH),
                        tenths(self.y(*value))
                    ));
                }
                None => paths.extend(finished(&mut path)),
            }
        }
        paths.extend(finished(&mut path));
        paths
    }

    fn y(&self, value: f64) -> f64 {
        let share = (value - self.bottom) / (self.top - self.bottom);
        HEIGHT - share.clamp(0.0, 1.0) * HEIGHT
    }
}

/// A path that ends; one of a single point is drawn as a dot.
fn finished(path: &mut String) -> Option<String> {
    let mut path = std::mem::take(path);
    if path.is_empty() {
        return None;
    }
    if !path.contains('L') {
        path.push_str("h1");
    }
    Some(path)
}

/// A coordinate to a tenth: the eye sees no more, and the page stays small.
fn tenths(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    format!("{}", if rounded == 0.0 { 0.0 } else { rounded })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_on_round_numbers() {
        for (value, top) in [
            (0.0, 1.0),
            (f64::NAN, 1.0),
            (0.3, 0.5),
            (1.0, 1.0),
            (1.1, 2.0),
            (2.2, 2.5),
            (51.0, 100.0),
        ] {
            assert!((ceiling(value) - top).abs() < 1e-9, "{value}: {}", ceiling(value));
        }
    }

    #[test]
    fn bars_stand_on_each_other_and_never_leave_the_drawing() {
        let bar = Bar { x: (0.0, 0.5), values: vec![("a", 4.0), ("b", 40.0)], title: "<t>".into() };
        let chart = Chart { top: 10.0, bars: vec![bar], ..Chart::default() };
        let svg = chart.svg().into_string();
        assert!(svg.contains("<title>&lt;t&gt;</title>"), "{svg}");
        assert!(svg.contains(r#"class="a" x="1.5" y="60" width="497" height="40""#), "{svg}");
        assert!(svg.contains(r#"class="b" x="1.5" y="0" width="497" height="60""#), "{svg}");
    }

    #[test]
    fn a_line_has_gaps_where_nothing_is_known() {
        let point = |x, y| (x, y);
        let points = vec![point(0.0, Some(1.0)), point(0.5, None), point(0.6, Some(0.5))];
        let line = Line { class: "p", points: [points, vec![(1.0, Some(0.0))]].concat() };
        let chart = Chart { top: 1.0, lines: vec![line.clone()], ..Chart::default() };
        assert_eq!(chart.paths(&line), ["M0 0h1", "M600 50L1000 100"]);
        let empty = Chart { lines: vec![line], ..Chart::default() };
        assert!(!empty.svg().into_string().contains("path"), "nothing to draw");
    }
}
