//! Chooses the lines that the dictionary is made of.
//!
//! zstd's own trainer picks short, frequent fragments. An event that is seen as a whole template
//! costs far less: one distance serves from its first line to its last, with the ids as short
//! interruptions. So events are kept in full, except for what another event already says in the
//! same words; the longest, which say most, come last, where distances are shortest.

use std::cmp::Reverse;
use std::collections::HashSet;

use crate::randomise::neutralise;

/// So many lines in a row that occurred before are left out. Fewer lines save space, but leave
/// events in more pieces.
const REPEATED_LINES: usize = 6;
/// Longer lines are certificates: one merchant's, or one bank's.
const MAX_LINE_BYTES: usize = 300;
/// The address of a Stripe developer's own machine, which some samples of Stripe's contain.
const DEVELOPER_HOST: &str = ".dev.stripe.me";

/// At most `max_bytes` of lines, the least useful first.
pub fn content<'a>(events: impl IntoIterator<Item = &'a str>, max_bytes: usize) -> Vec<u8> {
    let events: Vec<String> = events.into_iter().map(neutralise).collect();
    let mut events: Vec<Vec<&str>> = events.iter().map(|event| useful_lines(event)).collect();
    events.sort_by_cached_key(|lines| {
        (Reverse(lines.iter().map(|line| line.len()).sum::<usize>()), lines.clone())
    });

    let mut said = HashSet::new();
    let parts: Vec<String> = events
        .iter()
        .map(|lines| {
            let new = new_lines(lines, &said);
            said.extend(lines.windows(REPEATED_LINES));
            new
        })
        .collect();
    let mut content: Vec<u8> = parts.into_iter().rev().collect::<String>().into_bytes();
    content.drain(..content.len().saturating_sub(max_bytes));
    content
}

fn useful_lines(event: &str) -> Vec<&str> {
    event
        .split_inclusive('\n')
        .filter(|line| line.len() <= MAX_LINE_BYTES && !line.contains(DEVELOPER_HOST))
        .collect()
}

/// The lines of an event that are not part of something said before.
fn new_lines(lines: &[&str], said: &HashSet<&[&str]>) -> String {
    let mut repeated = vec![false; lines.len()];
    for (start, window) in lines.windows(REPEATED_LINES).enumerate() {
        if said.contains(window) {
            repeated.iter_mut().skip(start).take(REPEATED_LINES).for_each(|line| *line = true);
        }
    }
    lines.iter().zip(repeated).filter(|(_, repeated)| !repeated).map(|(line, _)| *line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(lines: std::ops::Range<usize>) -> String {
        lines.map(|line| format!("  \"line_{line}\": null,\n")).collect()
    }

    #[test]
    fn says_nothing_twice_and_the_longest_last() {
        let (long, short) = (event(0..20), event(10..22));
        let content = String::from_utf8(content([short.as_str(), &long], 10_000)).unwrap();
        assert_eq!(content, event(20..22) + &long);
    }

    #[test]
    fn keeps_the_end_when_space_is_short() {
        assert_eq!(content([event(0..9).as_str()], 8), b": null,\n");
    }

    #[test]
    fn leaves_out_what_no_other_event_can_share() {
        let lines = format!(
            "{{\n\"certificate\": \"{}\",\n\"url\": \"https://a.dev.stripe.me\"\n}}\n",
            "x".repeat(300)
        );
        assert_eq!(content([lines.as_str()], 1000), b"{\n}\n");
    }
}
