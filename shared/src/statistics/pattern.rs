//! Folding what varies out of a message, so that the same error counts as one.
//!
//! Stateless: a message folds to the same text wherever and whenever it is folded, so folds can be
//! counted apart and added up. Folds are stored; a better rule needs a new version of the rollups.

/// Longest fold, in characters.
const LONGEST: usize = 120;

/// Stands for a number.
const NUMBER: &str = "<n>";
/// Stands for an id, an address, a hash, a time: any word with a digit or an @ in it.
const ID: &str = "<id>";
/// Stands for what was in quotes.
const VALUE: &str = "<value>";

/// The message with quoted values, numbers and ids folded out, white space as single spaces, at most
/// 120 characters long.
pub fn fold_message(message: &str) -> String {
    let mut folded = String::new();
    let mut rest = message.trim_start();
    while let Some(first) = rest.chars().next() {
        if folded.chars().count() >= LONGEST {
            break;
        }
        if let Some(length) = quoted(rest, folded.chars().next_back()) {
            folded.push_str(VALUE);
            rest = rest.get(length..).unwrap_or_default();
        } else if is_of_word(first) {
            let length = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(length);
            // What ends a sentence is no part of its last word.
            let bare = word.trim_end_matches(['.', ':', '-', '/']);
            folded.push_str(fold_word(bare));
            folded.push_str(word.get(bare.len()..).unwrap_or_default());
            rest = after;
        } else if first.is_whitespace() || first.is_control() {
            folded.push(' ');
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c.is_control());
        } else {
            folded.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    folded.trim_end().chars().take(LONGEST).collect()
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '@' | '/' | '+' | '%')
}

fn fold_word(word: &str) -> &str {
    let is_number = word.chars().any(|c| c.is_ascii_digit())
        && word.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | '%' | ':'));
    if is_number {
        NUMBER
    } else if word.chars().any(|c| c.is_numeric() || c == '@') {
        ID
    } else {
        word
    }
}

/// Bytes of the quotation that a text begins with; an apostrophe within a word begins none.
fn quoted(text: &str, before: Option<char>) -> Option<usize> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    if before.is_some_and(char::is_alphanumeric) {
        return None;
    }
    let end = text.get(1..)?.find(quote)? + 2;
    let after = text.get(end..)?.chars().next();
    (!after.is_some_and(char::is_alphanumeric)).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_varies_is_folded_out() {
        for (message, folded) in [
            ("", ""),
            ("No such customer: 'cus_123'; retry", "No such customer: <value>; retry"),
            ("No such customer cus_9s8. Sorry.", "No such customer <id>. Sorry."),
            ("timeout after 3000 ms (30.5 %)", "timeout after <n> ms (<n> %)"),
            ("can't reach 10.0.0.1:5432", "can't reach <n>"),
            ("mail to a@b.example  failed\n\tagain", "mail to <id> failed again"),
            ("key \"a\" of deadbeef01", "key <value> of <id>"),
            ("it's 'open", "it's 'open"),
            ("naïve café déjà", "naïve café déjà"),
        ] {
            assert_eq!(fold_message(message), folded);
        }
        assert_eq!(fold_message(&"long ".repeat(1_000)).chars().count(), 119);
        assert!(fold_message(&"x".repeat(9_999)).chars().count() <= LONGEST);
    }
}
