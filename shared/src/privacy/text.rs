//! Error messages without what may be about a person: words of the trade are kept, all others are not.

use std::collections::BTreeSet;
use std::sync::LazyLock;

static WORDS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    let lines = include_str!("words.txt").lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(str::split_ascii_whitespace).collect()
});

/// Stands for words that are not on the list, however many follow each other.
const HIDDEN: &str = "*";

/// A message with `*` for everything but words on the list and what separates them.
pub fn redact_text(message: &str) -> String {
    let mut kept = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(first) = rest.chars().next() {
        let is_word = is_of_word(first);
        let length = rest.find(|c| is_of_word(c) != is_word).unwrap_or(rest.len());
        let (part, after) = rest.split_at(length);
        match is_word {
            true if is_known(part) => kept.push_str(part),
            true if kept.trim_end().ends_with(HIDDEN) => kept.truncate(kept.trim_end().len()),
            true => kept.push_str(HIDDEN),
            false => kept.extend(part.chars().filter(|c| c.is_ascii() && !c.is_control())),
        }
        rest = after;
    }
    kept
}

/// What a word, an address, a number or an id is made of.
fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || "'_@.+-/\\%$#&~".contains(c)
}

/// A word on the list, or several joined by `_`, with what ends a sentence.
fn is_known(word: &str) -> bool {
    let word = word.trim_end_matches('.');
    let mut parts = word.split('_');
    parts.all(|part| WORDS.contains(part.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_trade_are_kept() {
        for (message, expected) in [
            ("connection timed out", "connection timed out"),
            ("No row for 'ch_1'", "No row for *"),
            ("no row for Ada Lovelace", "no row for *"),
            ("user ada@example.com not found.", "user * not found."),
            ("card 4242 4242 4242 4242 declined", "card * declined"),
            (
                "database_error: key (email)=(a@b.c) already exists",
                "database_error: key (email)=(*) already exists",
            ),
            ("Müller, +49 30 1234", "*, *"),
            ("", ""),
            ("Timeout\nAda", "Timeout*"),
        ] {
            assert_eq!(redact_text(message), expected, "{message}");
        }
    }

    #[test]
    fn nothing_hidden_shows_by_its_length() {
        assert_eq!(redact_text("Ada"), redact_text("Augusta Ada King Noel"));
    }
}
