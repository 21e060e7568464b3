//! What every listing is asked for: of when, how much, and where to go on.

use jiff::Timestamp;
use shared::log::TimeRange;
use shared::store::Position;

use crate::cursor::Cursor;
use crate::error::ApiError;
use crate::parameters::{Asked, Parameters};

/// The parameters.
pub const NAMES: [&str; 5] = ["time_range_hours", "from", "to", "limit", "cursor"];
const DEFAULT_LIMIT: usize = 50;
const MOST: usize = 200;
const LIMIT: &str = "a whole number from 1 to 200";

/// A page that is asked for.
pub struct Paging {
    /// The range that is listed: the cursor's, where there is one.
    pub range: TimeRange,
    /// Most entries of the page.
    pub limit: usize,
    position: Option<Position>,
    question: String,
}

impl Paging {
    /// Reads it. `listing` tells cursors of one listing from those of another that takes the same
    /// parameters.
    ///
    /// # Errors
    /// When a parameter cannot be used, or the cursor is of another question.
    pub fn read(given: &Parameters, listing: &str, now: Timestamp) -> Result<Self, ApiError> {
        let limit = given.value("limit", LIMIT)?.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MOST).contains(&limit) {
            return Err(ApiError::InvalidParameter("limit".to_owned(), LIMIT));
        }
        let asked = given.range(Asked::Entries, now)?;
        let question = format!("{listing}{}", given.without(&["cursor", "limit"]));
        let Some(text) = given.text("cursor") else {
            return Ok(Self { range: asked, limit, position: None, question });
        };
        let cursor = Cursor::decode(text, &question, now).ok_or(ApiError::InvalidCursor)?;
        Ok(Self { range: cursor.range, limit, position: Some(cursor.position), question })
    }

    /// The last entry of the page before.
    pub fn before(&self) -> Option<&Position> {
        self.position.as_ref()
    }

    /// Where the next page goes on, where there is one.
    pub fn cursor(&self, next: Option<Position>) -> Option<String> {
        let cursor = |position| Cursor { range: self.range, position }.encode(&self.question);
        next.map(cursor)
    }
}
