//! Which rollups and which stretches of the log answer for a range.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{Bucket, Grain};
use crate::log::TimeRange;

/// A part of a range and what answers for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// A rollup.
    Rollup(Bucket),
    /// The log's own entries.
    Log(TimeRange),
    /// Nothing: no rollup is there, and the log does not reach back so far.
    Lost(TimeRange),
}

/// A range and its pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cover {
    /// The range that is covered: it begins on a boundary, at or before the one asked for.
    pub range: TimeRange,
    /// In order; together they hold every instant of the range exactly once. Neighbours that the log
    /// answers for are one piece.
    pub pieces: Vec<Piece>,
}

/// Where an answer for a range begins: at the start of its window, or, where windows are no longer
/// kept, of its hour.
pub fn first_instant(from: Timestamp, log_since: Timestamp) -> Timestamp {
    let window = Grain::Window.bucket_of(from).start;
    if window >= log_since { window } else { Grain::Hour.bucket_of(from).start }
}

/// Covers a range with as few pieces as there are: days, hours, windows, then the log. `rollups` are
/// those that there are; the log has its entries since `log_since`.
pub fn cover(asked: TimeRange, log_since: Timestamp, rollups: &BTreeSet<Bucket>) -> Cover {
    let from = first_instant(asked.from(), log_since);
    let range = TimeRange::new(from, asked.to()).unwrap_or(asked);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut at = range.from();
    while at < range.to() {
        let fits = |grain: Grain| {
            let bucket = grain.bucket_of(at);
            let whole = bucket.start == at && bucket.end() <= range.to();
            (whole && rollups.contains(&bucket)).then_some(bucket)
        };
        if let Some(bucket) = Grain::LONGEST_FIRST.into_iter().find_map(fits) {
            pieces.push(Piece::Rollup(bucket));
            at = bucket.end();
        } else {
            let end = Grain::Window.bucket_of(at).end().min(range.to());
            let Some(gap) = TimeRange::new(at, end) else { break };
            add_gap(&mut pieces, gap, at >= log_since);
            at = end;
        }
    }
    Cover { range, pieces }
}

/// Adds a stretch without a rollup, joined with one before it that is answered in the same way.
fn add_gap(pieces: &mut Vec<Piece>, gap: TimeRange, in_log: bool) {
    let joined = |before: &TimeRange| TimeRange::new(before.from(), gap.to()).unwrap_or(gap);
    match (pieces.last_mut(), in_log) {
        (Some(Piece::Log(before)), true) => *before = joined(before),
        (Some(Piece::Lost(before)), false) => *before = joined(before),
        (_, true) => pieces.push(Piece::Log(gap)),
        (_, false) => pieces.push(Piece::Lost(gap)),
    }
}

/// The instant from which on the log still has every entry: they are kept for `days`, and one spare
/// day more.
pub fn log_since(now: Timestamp, days: u32) -> Timestamp {
    let kept = SignedDuration::from_hours(24 * i64::from(days));
    let since = now.saturating_sub(kept).unwrap_or(Timestamp::MIN);
    Grain::Window.bucket_of(since).start
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_006_400 + second).unwrap()
    }

    fn bucket(grain: Grain, second: i64) -> Bucket {
        grain.bucket_of(at(second))
    }

    #[test]
    fn the_longest_that_fit_then_the_log() {
        let rollups = BTreeSet::from([
            bucket(Grain::Window, 3_300),
            bucket(Grain::Hour, 3_600),
            bucket(Grain::Window, 3_600),
            bucket(Grain::Window, 7_200),
            bucket(Grain::Window, 7_800),
        ]);
        let asked = TimeRange::new(at(3_333), at(8_333)).unwrap();
        let covered = cover(asked, at(0), &rollups);
        let log = |from, to| Piece::Log(TimeRange::new(at(from), at(to)).unwrap());
        assert_eq!(covered.range, TimeRange::new(at(3_300), at(8_333)).unwrap());
        assert_eq!(
            covered.pieces,
            [
                Piece::Rollup(bucket(Grain::Window, 3_300)),
                Piece::Rollup(bucket(Grain::Hour, 3_600)),
                Piece::Rollup(bucket(Grain::Window, 7_200)),
                log(7_500, 7_800),
                Piece::Rollup(bucket(Grain::Window, 7_800)),
                log(8_100, 8_333),
            ]
        );
    }

    #[test]
    fn beyond_the_log_there_are_hours_or_nothing() {
        let rollups = BTreeSet::from([bucket(Grain::Hour, 7_200)]);
        let asked = TimeRange::new(at(5_000), at(11_400)).unwrap();
        let covered = cover(asked, at(10_500), &rollups);
        assert_eq!(
            covered.pieces,
            [
                Piece::Lost(TimeRange::new(at(3_600), at(7_200)).unwrap()),
                Piece::Rollup(bucket(Grain::Hour, 7_200)),
                Piece::Log(TimeRange::new(at(10_800), at(11_400)).unwrap()),
            ]
        );
    }

    proptest! {
        #[test]
        fn every_instant_of_the_range_is_in_exactly_one_piece(
            from in 0..100_000_000_i64,
            length in 1..200_000_000_000_i64,
            log_since in 0..20_000_i64,
            hours in prop::collection::btree_set(0..20_i64, 0..20),
            windows in prop::collection::btree_set(0..240_i64, 0..240),
            days in prop::collection::btree_set(0..2_i64, 0..2),
        ) {
            let micros = |n: i64| at(0) + SignedDuration::from_micros(n);
            let asked = TimeRange::new(micros(from), micros(from + length)).unwrap();
            let rollups: BTreeSet<Bucket> = hours
                .into_iter()
                .map(|n| bucket(Grain::Hour, n * 3_600))
                .chain(windows.into_iter().map(|n| bucket(Grain::Window, n * 300)))
                .chain(days.into_iter().map(|n| bucket(Grain::Day, n * 86_400)))
                .collect();
            let Cover { range, pieces } = cover(asked, at(log_since), &rollups);
            prop_assert!(range.from() <= asked.from() && range.to() == asked.to());
            prop_assert!(asked.from().duration_since(range.from()).as_secs() < 3_600);
            let mut next = range.from();
            for (number, piece) in pieces.iter().enumerate() {
                let (from, to) = match piece {
                    Piece::Rollup(bucket) => {
                        prop_assert!(rollups.contains(bucket));
                        (bucket.start, bucket.end())
                    }
                    Piece::Log(range) | Piece::Lost(range) => (range.from(), range.to()),
                };
                prop_assert_eq!(from, next);
                prop_assert!(from < to);
                next = to;
                if let (Piece::Log(_), Some(Piece::Log(_))) = (piece, pieces.get(number + 1)) {
                    prop_assert!(false, "two neighbours of the log");
                }
            }
            prop_assert_eq!(next, range.to());
        }
    }
}
