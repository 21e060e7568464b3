//! Numbers, times and foreign words as people read them.

use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};

/// Stands for what has no value.
pub const NONE: &str = "–";

/// A whole number with its thousands apart: `12,345`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share from 0 to 1 as a percentage. What is not all is never told as all.
pub fn share(share: f64) -> String {
    let percent = share * 100.0;
    let text = match percent {
        99.99..100.0 => "> 99.99".to_owned(),
        99.0..99.99 | 0.0..1.0 if percent > 0.0 => format!("{percent:.2}"),
        _ => format!("{percent:.1}"),
    };
    format!("{} %", text.strip_suffix(".0").unwrap_or(&text))
}

/// Seconds in the unit that fits.
pub fn seconds(seconds: f64) -> String {
    let size = seconds.abs();
    match size {
        _ if size == 0.0 => "0 s".to_owned(),
        _ if size < 0.001 => format!("{:.0} µs", seconds * 1e6),
        _ if size < 0.01 => format!("{:.1} ms", seconds * 1e3),
        _ if size < 1.0 => format!("{:.0} ms", seconds * 1e3),
        _ if size < 10.0 => format!("{seconds:.2} s"),
        _ if size < 120.0 => format!("{seconds:.0} s"),
        _ if size < 7_200.0 => format!("{:.0} min", seconds / 60.0),
        _ if size < 172_800.0 => format!("{:.0} h", seconds / 3_600.0),
        _ => format!("{:.0} d", seconds / 86_400.0),
    }
}

/// How far a signature's time lies from ours.
pub fn skew(seconds: i64) -> String {
    let side = if seconds < 0 { "before" } else { "after" };
    format!("{} {side}", self::seconds(seconds.unsigned_abs() as f64))
}

/// A number that is no count: as many digits as matter.
pub fn number(number: f64) -> String {
    match number.abs() {
        size if size >= 100.0 || size.fract() == 0.0 => format!("{number:.0}"),
        size if size >= 10.0 => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

/// Bytes in the unit that fits.
pub fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// How long ago something was, or how far off it is.
pub fn age(at: Timestamp, now: Timestamp) -> String {
    let since = now.duration_since(at);
    let text = match since.abs().as_secs() {
        whole @ ..120 => format!("{whole} s"),
        whole => seconds(whole as f64),
    };
    match since >= SignedDuration::ZERO {
        true => format!("{text} ago"),
        false => format!("in {text}"),
    }
}

/// A time in UTC with its age beside it.
pub fn when(at: Timestamp, now: Timestamp) -> Markup {
    let clock = match now.duration_since(at).abs() < SignedDuration::from_hours(12) {
        true => at.strftime("%H:%M:%S").to_string(),
        false => at.strftime("%b %d %H:%M").to_string(),
    };
    html! {
        time datetime=(at) title=(at) { (clock) }
        " "
        span.age { (age(at, now)) }
    }
}

/// What somebody else wrote: escaped, kept from turning the text around it, and cut.
pub fn foreign(text: &str, most: usize) -> Markup {
    let length = text.chars().count();
    let shown: String = text.chars().take(most).collect();
    html! {
        bdi { (shown) @if length > most { "…" } }
        @if length > most { span.age { " (" (count(length as u64)) " characters)" } }
    }
}

/// What somebody else wrote where no element can be around it: without what turns or breaks the text, and cut.
pub fn plain(text: &str, most: usize) -> String {
    let turns = |c: &char| matches!(c, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut shown = text.chars().filter(|c| !c.is_control() && !turns(c));
    let mut plain: String = shown.by_ref().take(most).collect();
    plain.extend(shown.next().map(|_| '…'));
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(count(number), text);
        }
        for (value, text) in [
            (1.0, "100 %"),
            (0.99999, "> 99.99 %"),
            (0.9987, "99.87 %"),
            (0.5, "50 %"),
            (0.0312, "3.1 %"),
            (0.0004, "0.04 %"),
            (0.0, "0 %"),
        ] {
            assert_eq!(share(value), text, "{value}");
        }
        for (value, text) in [
            (0.0, "0 s"),
            (0.000_06, "60 µs"),
            (0.0042, "4.2 ms"),
            (0.18, "180 ms"),
            (1.5, "1.50 s"),
            (90.0, "90 s"),
            (600.0, "10 min"),
            (7_200.0, "2 h"),
            (1e6, "12 d"),
        ] {
            assert_eq!(seconds(value), text, "{value}");
        }
    }

    #[test]
    fn ages_go_both_ways() {
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        assert_eq!(age(now - SignedDuration::from_secs(240), now), "4 min ago");
        assert_eq!(age(now + SignedDuration::from_hours(3), now), "in 3 h");
        assert_eq!(age(now - SignedDuration::from_millis(9_900), now), "9 s ago");
    }

    #[test]
    fn what_others_wrote_is_escaped_isolated_and_cut() {
        let hostile = "<script>alert('x')</script>\u{202e}&\"";
        let html = foreign(hostile, 100).into_string();
        assert!(html.starts_with("<bdi>&lt;script&gt;") && html.ends_with("&amp;&quot;</bdi>"));
        let long = foreign(&"ä".repeat(10_000), 80).into_string();
        assert!(long.contains("…</bdi>") && long.contains("(10,000 characters)"), "{long}");
        assert!(long.len() < 300);
    }

    #[test]
    fn what_has_no_element_around_it_turns_nothing() {
        assert_eq!(plain("v42 \u{202e}\u{2067}<b>\n", 80), "v42 <b>");
        assert_eq!(plain("abc", 3), "abc");
        assert_eq!(plain("abcd\u{200f}", 3), "abc…");
    }
}
