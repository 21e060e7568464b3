//! An event as another customer would have sent it: new ids, times, amounts and secrets, and
//! everything else as it was.
//!
//! Recorded events have zeros for ids, which would flatter any compression. Replaced is whatever
//! differs between two events of one type: ids (`ch_...`), fingerprints, secrets, keys, UUIDs,
//! timestamps, amounts and other numbers of three digits or more, e-mail and IP addresses.
//! What is drawn depends on the seed and the old value alone: an id that occurs twice is the same
//! id afterwards. Keys, layout and number of values stay, so valid JSON stays valid.

mod draw;
mod scan;
mod words;

use draw::Draw;
use scan::Piece;

/// `json` with everything individual in it drawn anew.
pub fn randomise(json: &str, seed: u64) -> String {
    rewrite(json, &Draw::random(seed))
}

/// `json` with zeros for ids and secrets, as long as real ones: they would only fill a dictionary,
/// while their length lets zstd go on with the same distance after an id.
pub fn neutralise(json: &str) -> String {
    rewrite(json, &Draw::zeros())
}

fn rewrite(json: &str, draw: &Draw) -> String {
    let mut key = "";
    let mut written = String::with_capacity(json.len() + json.len() / 8);
    for piece in scan::pieces(json) {
        match piece {
            Piece::Other(text) => written.push_str(text),
            Piece::Key(text) => {
                key = text;
                written.extend(["\"", text, "\""]);
            }
            Piece::Text(text) => written.extend(["\"", &words::rewrite(text, draw), "\""]),
            Piece::Number(text) if is_calendar(key) => written.push_str(text),
            Piece::Number(text) => written.push_str(&draw.number(text)),
        }
    }
    written
}

/// Keys of numbers that say a date: they repeat between customers.
fn is_calendar(key: &str) -> bool {
    matches!(key, "exp_year" | "year")
}

#[cfg(test)]
mod tests;
