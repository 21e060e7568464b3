//! What the log answers for itself, from new to old: its open end, and where rollups are missing.

use jiff::Timestamp;
use tokio::time::Instant;

use crate::log::TimeRange;
use crate::rollup::{Bucket, Cover, Grain, Piece, Rollup};
use crate::store::{EventStore, ScanLimits, StoreError};

/// Entries that are read of the log's open end, after the last rollup.
const MOST_OF_TAIL: u64 = 20_000;
/// Entries that are read in place of missing rollups.
const MOST_OF_GAPS: u64 = 200_000;

/// What was read of the log, and the range that can be answered with it.
pub struct Gaps {
    /// Each gap, or its parts, with what the entries add up to.
    pub parts: Vec<(TimeRange, Rollup)>,
    /// Entries read.
    pub entries: u64,
    /// Where what can be answered begins.
    pub from: Timestamp,
    /// Where it ends.
    pub through: Timestamp,
    /// It is less than was to be covered.
    pub cut: bool,
}

impl EventStore {
    /// Reads the gaps of a cover; with it comes how much was logged in the newest of its rollups. What is too much to
    /// be read cuts the range: the open end is cut off, and a gap further back cuts off what is older, since newer
    /// numbers are worth more. A gap is one part, or several that are each within one bucket of a grain.
    pub(super) async fn read_gaps(
        &self,
        (cover, newest): (&Cover, Option<(Bucket, u64)>),
        now: Timestamp,
        until: Instant,
        within: Option<Grain>,
    ) -> Result<Gaps, StoreError> {
        let range = cover.range;
        let mut gaps = Gaps {
            parts: Vec::new(),
            entries: 0,
            from: range.from(),
            through: range.to(),
            cut: false,
        };
        let only_the_log = !cover.pieces.iter().any(|piece| matches!(piece, Piece::Rollup(_)));
        for piece in cover.pieces.iter().rev() {
            match piece {
                Piece::Rollup(_) => {}
                Piece::Log(gap) => {
                    let is_tail = gap.to() == range.to() && !only_the_log;
                    if is_tail && newest.is_some_and(|newest| is_hopeless(*gap, newest)) {
                        gaps.through = gap.from();
                        gaps.cut = true;
                        continue;
                    }
                    let left = MOST_OF_GAPS.saturating_sub(gaps.entries);
                    let entries = if is_tail { MOST_OF_TAIL } else { left };
                    let limits = ScanLimits { entries, until: Some(until) };
                    // What began lately is told to the window.
                    let within = within.map(|grain| if is_tail { Grain::Window } else { grain });
                    let (parts, scanned) = self.fold_by(within, *gap, now, limits).await?;
                    gaps.entries += scanned.entries;
                    if scanned.complete {
                        gaps.parts.extend(parts);
                    } else if is_tail {
                        gaps.through = gap.from();
                        gaps.cut = true;
                    } else {
                        gaps.from = gap.to();
                        gaps.cut = true;
                        break;
                    }
                }
                // What follows the last rollup by the hour and is no longer in the log.
                Piece::Lost(lost) if lost.to() == range.to() => {
                    gaps.through = lost.from();
                    gaps.cut = true;
                }
                // Whether there was anything is for the caller to find out.
                Piece::Lost(lost) if lost.from() == range.from() => {}
                Piece::Lost(lost) => {
                    gaps.from = lost.to();
                    gaps.cut = true;
                    break;
                }
            }
        }
        Ok(gaps)
    }
}

/// Whether the open end would be read in vain: at the pace of the rollup before it, it has more than twice as
/// many entries as are read.
fn is_hopeless(end: TimeRange, (before, logged): (Bucket, u64)) -> bool {
    let seconds = end.to().duration_since(end.from()).as_secs_f64();
    let expected = logged as f64 * seconds / before.grain.seconds() as f64;
    before.end() == end.from() && expected > 2.0 * MOST_OF_TAIL as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_end_that_is_far_too_long_is_not_begun() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let end = |from, to| TimeRange::new(at(from), at(to)).unwrap();
        let window = |start| Bucket { grain: Grain::Window, start: at(start) };
        let hour = Bucket { grain: Grain::Hour, start: at(0) };
        for (gap, newest, expected) in [
            (end(3_600, 4_200), (window(3_300), 20_000), false),
            (end(3_600, 4_200), (window(3_300), 20_001), true),
            (end(3_600, 3_660), (window(3_300), 200_000), false),
            (end(3_600, 4_200), (hour, 240_000), false),
            (end(3_600, 4_200), (hour, 240_010), true),
            // There is something between: its pace says nothing of now.
            (end(3_600, 4_200), (window(3_000), 900_000), false),
        ] {
            assert_eq!(is_hopeless(gap, newest), expected, "{gap:?} {newest:?}");
        }
    }
}
