//! Opaque cursors: where a listing goes on, bound to the question it belongs to.
//!
//! A cursor fixes the range too, so that the pages of "the last 24 hours" are of one listing however
//! much later they are asked for. It holds nothing secret and grants nothing: one that was tampered
//! with reads what its holder may read anyway.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use jiff::{SignedDuration, Timestamp};
use ring::digest::{SHA256, digest};
use shared::log::TimeRange;
use shared::store::Position;

use crate::parameters::{Asked, within_reach};

/// Where a listing stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor {
    /// The range that is listed.
    pub range: TimeRange,
    /// The last entry shown.
    pub position: Position,
}

impl Cursor {
    /// The cursor as text. `question` is everything about the listing but its range and size.
    pub fn encode(&self, question: &str) -> String {
        let (from, to) = (self.range.from().as_microsecond(), self.range.to().as_microsecond());
        let text = format!("1 {} {from} {to} {}", fingerprint(question), self.position.as_str());
        BASE64URL_NOPAD.encode(text.as_bytes())
    }

    /// Reads a cursor of the same question; `None` for anything else. Its range is held to what a
    /// question's own is.
    pub fn decode(text: &str, question: &str, now: Timestamp) -> Option<Self> {
        let text = String::from_utf8(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?).ok()?;
        let mut parts = text.splitn(5, ' ');
        let ours = parts.next()? == "1" && parts.next()? == fingerprint(question);
        let mut time = || {
            let at = Timestamp::from_microsecond(parts.next()?.parse().ok()?).ok()?;
            Some(within_reach(at, now))
        };
        let range = TimeRange::new(time()?, time()?)?;
        let fits = range.length() <= Asked::Entries.longest();
        let position = Position::parse(parts.next()?)?;
        // Rejections stand at the start of their minute, which may lie before the range.
        let first = range.from().checked_sub(SignedDuration::from_mins(1)).ok()?;
        let inside = (first..=range.to()).contains(&position.time());
        (ours && fits && inside).then_some(Self { range, position })
    }
}

fn fingerprint(question: &str) -> String {
    let hash = digest(&SHA256, question.as_bytes());
    HEXLOWER.encode(hash.as_ref().get(..8).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_outside_of_the_range_is_no_position() {
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let range = TimeRange::hours_before(now, 1.0).unwrap();
        for (position, fits) in [
            ("2023-11-14T22:13:20.000000Z", true),
            ("2023-11-14T21:13:00.000000Z#~rejected#a", true),
            ("2023-11-14T22:13:20.000001Z", false),
            ("2023-11-14T21:12:19.999999Z#evt_1#DELIVERY", false),
            ("2023-11-14T22:00:00Z#evt_1#DELIVERY", false),
            ("2023-11-14 23:00:00.000000+01:00#evt_1", false),
        ] {
            let text = format!(
                "1 {} {} {} {position}",
                fingerprint("q"),
                range.from().as_microsecond(),
                range.to().as_microsecond()
            );
            let cursor = Cursor::decode(&BASE64URL_NOPAD.encode(text.as_bytes()), "q", now);
            assert_eq!(cursor.is_some(), fits, "{position}");
        }
    }

    #[test]
    fn a_range_is_no_longer_than_a_questions_own() {
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        for (hours, is_one) in [(8_784.0, true), (8_784.1, false)] {
            let range = TimeRange::hours_before(now, hours).unwrap();
            let position = Position::parse("2023-11-14T22:13:20.000000Z").unwrap();
            let text = Cursor { range, position }.encode("q");
            assert_eq!(Cursor::decode(&text, "q", now).is_some(), is_one, "{hours}");
        }
    }

    #[test]
    fn a_cursor_reads_back_for_its_own_question_only() {
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let cursor = Cursor {
            range: TimeRange::hours_before(now, 24.0).unwrap(),
            position: Position::parse("2023-11-14T22:13:20.000000Z#evt_1#DELIVERY").unwrap(),
        };
        let text = cursor.encode("type=a");
        assert_eq!(Cursor::decode(&text, "type=a", now), Some(cursor));
        assert_eq!(Cursor::decode(&text, "type=b", now), None);
        for broken in ["", "x", "%", &text[1..], &text[..text.len() - 30], "MSAxIDEgMSAx"] {
            assert_eq!(Cursor::decode(broken, "type=a", now), None, "{broken}");
        }
    }
}
