//! The one reading of the clock that a request gets.

use jiff::Timestamp;

/// When a request came, for everything that is done for it.
#[derive(Clone, Copy)]
pub struct Now(pub Timestamp);
