//! Which parts of a string value are individual.

use super::draw::{BASE62, CAPITALS, DIGITS, Draw, HEX};
use super::scan::split;

/// Shorter segments are words, versions, error codes.
const OPAQUE_LENGTH: usize = 8;
/// What follows the prefix of a current id: `ch_` and 24 characters.
const ID_LENGTH: usize = 24;
/// Prefixes of ids of that length. Recorded events may have shorter, older ones. Customers,
/// products and requests (14) and accounts (16) are as long as they were.
const LONG_IDS: [&str; 31] = [
    "ba", "card", "ch", "dp", "evt", "file", "iauth", "ic", "ich", "ii", "il", "in", "link",
    "mandate", "pi", "plink", "pm", "po", "price", "promo", "py", "qt", "re", "sched", "setatt",
    "seti", "src", "sub", "tr", "tu", "txn",
];

/// The string value `text` with its individual parts replaced.
pub fn rewrite(text: &str, draw: &Draw) -> String {
    // "2000" is an amount in `unit_amount_decimal`, and must stay the one in `unit_amount`.
    if is_all(text, DIGITS) && text.len() < OPAQUE_LENGTH {
        return draw.number(text);
    }
    text.split_inclusive(' ').map(|word| rewrite_word(word, draw)).collect()
}

fn rewrite_word(word: &str, draw: &Draw) -> String {
    if is_time(word) {
        return draw.time(word);
    }
    if is_uuid(word) {
        return word
            .split('-')
            .map(|part| draw.opaque("uuid", part, part.len(), HEX))
            .collect::<Vec<_>>()
            .join("-");
    }
    if is_ip(word) {
        let octets = word.split('.').map(|octet| draw.octet(octet));
        return octets.collect::<Vec<_>>().join(".");
    }
    let is_address = word.contains('@');
    let mut rest = word;
    let mut written = String::with_capacity(word.len());
    while let Some((name, after)) = next_name(rest, &mut written) {
        // All of an address but its top-level domain.
        if is_address && after.contains(['@', '.']) {
            written.push_str(&draw.letters(name));
        } else {
            written.push_str(&rewrite_name(name, draw));
        }
        rest = after;
    }
    written
}

/// The next run of letters, digits and underscores. What comes before it goes to `written`.
fn next_name<'a>(text: &'a str, written: &mut String) -> Option<(&'a str, &'a str)> {
    let mut rest = text;
    loop {
        let (between, from_name) = split(rest, |c| c == '\\' || is_name(c));
        written.push_str(between);
        // An escape that is cut off is passed on as far as it goes.
        let escape = from_name.starts_with('\\').then(|| {
            let length = if from_name.starts_with("\\u") { 6 } else { 2 };
            from_name.split_at_checked(length).unwrap_or((from_name, ""))
        });
        let Some((escape, after)) = escape else {
            let (name, after) = split(from_name, |c| !is_name(c));
            return (!name.is_empty()).then_some((name, after));
        };
        written.push_str(escape);
        rest = after;
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// `ch_1a2B...`, `pi_..._secret_...`, a fingerprint, or a plain word.
fn rewrite_name(name: &str, draw: &Draw) -> String {
    let mut prefix = "";
    let mut segments = Vec::new();
    for segment in name.split('_') {
        segments.push(match alphabet(segment, prefix) {
            Some(alphabet) => draw.opaque(prefix, segment, id_length(segment, prefix), alphabet),
            None => segment.to_owned(),
        });
        prefix = segment;
    }
    segments.join("_")
}

fn id_length(segment: &str, prefix: &str) -> usize {
    if LONG_IDS.contains(&prefix) { segment.len().max(ID_LENGTH) } else { segment.len() }
}

/// What an opaque segment is made of; `None` for a word.
fn alphabet(segment: &str, prefix: &str) -> Option<&'static str> {
    let has = |wanted: fn(&char) -> bool| segment.chars().any(|c| wanted(&c));
    let digits = has(char::is_ascii_digit);
    let mixed = has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase);
    if segment.len() < OPAQUE_LENGTH || !(digits || mixed && !prefix.is_empty()) {
        return None;
    }
    let unprefixed = [DIGITS, HEX, CAPITALS].into_iter().filter(|_| prefix.is_empty());
    Some(unprefixed.into_iter().find(|alphabet| is_all(segment, alphabet)).unwrap_or(BASE62))
}

fn is_all(text: &str, alphabet: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| alphabet.contains(c))
}

fn is_uuid(word: &str) -> bool {
    word.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && word.split('-').all(|part| is_all(part, HEX))
}

fn is_ip(word: &str) -> bool {
    word.split('.').count() == 4 && word.split('.').all(|octet| octet.parse::<u8>().is_ok())
}

fn is_time(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let layout = word.char_indices().filter(|(_, c)| !c.is_ascii_digit());
    digits >= 14
        && word.ends_with('Z')
        && layout.take(5).eq([(4, '-'), (7, '-'), (10, 'T'), (13, ':'), (16, ':')])
}
