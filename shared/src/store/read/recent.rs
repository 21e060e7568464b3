//! The last day of the log, in parts: what health is judged by.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::successors;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::Reading;
use crate::health::{LastOutcomes, Recent};
use crate::log::TimeRange;
use crate::metrics::Filter;
use crate::rollup::{Bucket, Grain, Piece, Rollup, cover};
use crate::store::{Counted, Detail, EventStore, ScanLimits, StoreError};

/// Hours of which windows are told apart.
const BY_WINDOWS: SignedDuration = SignedDuration::from_hours(6);
/// Hours before now that are read.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Time after which no further page of the log is read.
const MOST_TIME: Duration = Duration::from_secs(8);
/// Entries that are looked through for the last outcomes.
const MOST_OUTCOMES: u64 = 2_000;

/// Up to when there is a window for every instant since the first one.
fn without_a_gap(windows: &BTreeSet<Bucket>) -> Option<Timestamp> {
    let each = successors(windows.first().copied(), |window| Some(window.next()));
    each.take_while(|window| windows.contains(window)).last().map(Bucket::end)
}

impl EventStore {
    /// The last day of the log in parts. What is not rolled up is read from the log itself, as
    /// [`read`](Self::read) does.
    pub async fn recent(&self, now: Timestamp, log_since: Timestamp) -> Result<Recent, StoreError> {
        let hour = |before: SignedDuration| Grain::Hour.bucket_of(now - before).start;
        let windows_from = hour(BY_WINDOWS);
        let mut recent = Recent::default();
        if let Some(range) = TimeRange::new(windows_from, now) {
            self.recent_windows(range, log_since, now, &mut recent).await?;
        }
        let is_cut = recent.parts.first().is_none_or(|(range, _)| range.from() > windows_from);
        if let Some(range) = TimeRange::new(hour(DAY), windows_from).filter(|_| !is_cut) {
            let reading =
                Reading { range, detail: Detail::Totals, log_since, rollups_since: log_since, now };
            let mut has_hours = false;
            let take = |range: TimeRange, part: &Rollup| {
                has_hours |= !part.cells.is_empty();
                recent.parts.push((range, part.clone()));
            };
            let answered = self.read(&reading, take).await?;
            // A log that began after these hours does not begin within them.
            recent.is_young = answered.log_begins.is_some() || !has_hours;
            // Windows were made once, and are no longer.
            if recent.rolled_through.is_none() && answered.rollups > 0 {
                recent.rolled_through = Some(windows_from);
            }
        }
        recent.parts.sort_by_key(|(range, _)| range.from());
        Ok(recent)
    }

    async fn recent_windows(
        &self,
        range: TimeRange,
        log_since: Timestamp,
        now: Timestamp,
        recent: &mut Recent,
    ) -> Result<(), StoreError> {
        let mut windows: BTreeMap<Bucket, Rollup> = BTreeMap::new();
        self.rollups(Grain::Window, range, Detail::Totals, now, |found| {
            if let Ok(stored) = found {
                windows.insert(stored.bucket, stored.rollup);
            }
        })
        .await?;
        let cover = cover(range, log_since, &windows.keys().copied().collect());
        let newest = windows.last_key_value().map(|(window, rollup)| (*window, rollup.logged()));
        let until = Instant::now() + MOST_TIME;
        let gaps = self.read_gaps((&cover, newest), now, until, None).await?;
        recent.rolled_through = without_a_gap(&windows.keys().copied().collect());
        for piece in &cover.pieces {
            let Piece::Rollup(window) = piece else { continue };
            if let (Some(part), Some(range)) = (windows.remove(window), window.range())
                && range.from() >= gaps.from
                && range.to() <= gaps.through
            {
                recent.parts.push((range, part));
            }
        }
        recent.parts.extend(gaps.parts);
        recent.parts.sort_by_key(|(range, _)| range.from());
        Ok(())
    }

    /// Whether the last five outcomes all failed; what does not fit into 2,000 entries did not.
    pub async fn last_five_failed(
        &self,
        recent: &Recent,
        filter: &Filter,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (range, needed) = match recent.last_outcomes(filter) {
            LastOutcomes::AllFailed => return Ok(true),
            LastOutcomes::NotAllFailed => return Ok(false),
            LastOutcomes::Unclear(range, needed) => (range, needed),
        };
        let limits = ScanLimits { entries: MOST_OUTCOMES, until: None };
        let mut outcomes: Vec<(Timestamp, bool)> = Vec::new();
        let take = |counted: Counted| {
            if let Some((livemode, failed)) = counted.outcome()
                && filter.means_mode(true, livemode)
            {
                outcomes.push((counted.logged_at(), failed));
            }
        };
        let scanned = self.scan(range, now, limits, take).await?;
        outcomes.sort_unstable();
        let newest = outcomes.iter().rev().take(usize::try_from(needed).unwrap_or(usize::MAX));
        Ok(scanned.complete
            && newest.clone().count() as u64 == needed
            && newest.into_iter().all(|(_, failed)| *failed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_behind_a_gap_are_not_rolled_through() {
        let at = |minutes: i64| Timestamp::from_second(1_700_006_400 + minutes * 60).unwrap();
        for (starts, expected) in [
            (&[][..], None),
            (&[0], Some(at(5))),
            (&[0, 5, 10], Some(at(15))),
            (&[0, 5, 15, 20], Some(at(10))),
        ] {
            let windows = starts.iter().map(|start| Grain::Window.bucket_of(at(*start)));
            assert_eq!(without_a_gap(&windows.collect()), expected, "{starts:?}");
        }
    }
}
