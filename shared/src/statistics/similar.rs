//! Messages that differ in a word or two as one pattern: the idea of Drain, made once over few
//! messages instead of over a stream.
//!
//! He, Zhu, Zheng, Lyu: "Drain: An Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017. A
//! message is compared with patterns of as many words and the same first word; it joins the most
//! similar one, and the words that differ become `<*>`.

use std::collections::BTreeMap;

/// Stands for words that differ.
const ANY: &str = "<*>";

/// Words, of ten, that must agree.
const ALIKE: usize = 6;

/// Messages as a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// The words that all of them have, and `<*>` for those that differ.
    pub text: String,
    /// Where the messages are among those given.
    pub members: Vec<usize>,
}

/// The patterns of messages, in the order of their first members. The same messages in the same order
/// give the same patterns. Takes time with the square of their number.
pub fn patterns(messages: &[&str]) -> Vec<Pattern> {
    let mut found: Vec<(Vec<&str>, Vec<usize>)> = Vec::new();
    let mut alike: BTreeMap<(usize, &str), Vec<usize>> = BTreeMap::new();
    for (index, message) in messages.iter().enumerate() {
        let words: Vec<&str> = message.split_whitespace().collect();
        let leaf = alike.entry((words.len(), words.first().copied().unwrap_or_default()));
        let leaf = leaf.or_default();
        let mut best: Option<(usize, usize)> = None;
        for place in leaf.iter() {
            let Some((pattern, _)) = found.get(*place) else { continue };
            let same = pattern.iter().zip(&words).filter(|(a, b)| a == b).count();
            if same * 10 >= words.len() * ALIKE && best.is_none_or(|(most, _)| same > most) {
                best = Some((same, *place));
            }
        }
        match best.and_then(|(_, place)| found.get_mut(place)) {
            Some((pattern, members)) => {
                for (ours, word) in pattern.iter_mut().zip(&words) {
                    if ours != word {
                        *ours = ANY;
                    }
                }
                members.push(index);
            }
            None => {
                leaf.push(found.len());
                found.push((words, vec![index]));
            }
        }
    }
    let told =
        |(words, members): (Vec<&str>, Vec<usize>)| Pattern { text: words.join(" "), members };
    found.into_iter().map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_in_a_word_is_one_pattern() {
        let found = patterns(&[
            "connection to orders refused",
            "card declined",
            "connection to invoices refused",
            "card expired",
            "connection to orders timed out",
            "connection to customers refused",
            "",
            "",
        ]);
        let told: Vec<_> = found.iter().map(|p| (p.text.as_str(), p.members.as_slice())).collect();
        assert_eq!(
            told,
            [
                ("connection to <*> refused", &[0, 2, 5][..]),
                ("card declined", &[1]),
                ("card expired", &[3]),
                ("connection to orders timed out", &[4]),
                ("", &[6, 7]),
            ]
        );
    }

    #[test]
    fn a_pattern_does_not_swallow_what_is_not_alike() {
        let found = patterns(&["no row for a", "no row for b", "no luck at all", "no row for c"]);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].text, "no row for <*>");
    }
}
