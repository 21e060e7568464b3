//! Cuts a JSON text into the pieces that may be rewritten and those that may not.
//!
//! A lexer, not a parser: the pieces put together again are the text, whatever it is.

/// A piece of a JSON text.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// An object's key, without its quotes.
    Key(&'a str),
    /// A string value, without its quotes; escapes as they are written.
    Text(&'a str),
    /// A number.
    Number(&'a str),
    /// Brackets, commas, white space, `true`, `false`, `null`.
    Other(&'a str),
}

/// The pieces of `json`, in order.
pub fn pieces(json: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = json;
    std::iter::from_fn(move || {
        let (piece, after) = next(rest)?;
        rest = after;
        Some(piece)
    })
}

fn next(text: &str) -> Option<(Piece<'_>, &str)> {
    let first = text.chars().next()?;
    if let Some((string, after)) = text.strip_prefix('"').and_then(string) {
        let is_key = after.trim_start().starts_with(':');
        return Some((if is_key { Piece::Key(string) } else { Piece::Text(string) }, after));
    }
    if starts_number(first) {
        let (number, after) =
            split(text, |c| !(starts_number(c) || matches!(c, '.' | '+' | 'e' | 'E')));
        return Some((Piece::Number(number), after));
    }
    // A quote that never closes is passed on like any other character.
    let (other, after) = match text.strip_prefix('"') {
        Some(_) => text.split_at_checked(1)?,
        None => split(text, |c| c == '"' || starts_number(c)),
    };
    Some((Piece::Other(other), after))
}

fn starts_number(c: char) -> bool {
    c.is_ascii_digit() || c == '-'
}

/// The string up to its closing quote, and what follows the quote.
fn string(text: &str) -> Option<(&str, &str)> {
    let mut escaped = false;
    let (end, _) = text.char_indices().find(|(_, c)| {
        let closes = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        closes
    })?;
    let (string, quoted) = text.split_at_checked(end)?;
    Some((string, quoted.strip_prefix('"')?))
}

/// `text` cut before the first character that `ends`.
pub fn split(text: &str, ends: impl Fn(char) -> bool) -> (&str, &str) {
    text.find(ends).and_then(|end| text.split_at_checked(end)).unwrap_or((text, ""))
}
