//! When messages were first seen, to five minutes: an hour that answers as a whole is read again by its windows.

use std::cmp::Reverse;

use shared::log::TimeRange;
use shared::metrics::{Failures, Filter};
use shared::rollup::Grain;
use shared::store::Reading;

use crate::config::Config;

/// Hours that are read again, the latest: what began lately is what somebody asks about.
const MOST_HOURS: usize = 2;

/// Sharpens the first of so many patterns, as far as the log reaches back. Days stay days, and what cannot be read
/// again stays as it is: the answer is true without.
pub async fn sharpen(
    config: &Config,
    reading: &Reading,
    filter: &Filter,
    failures: &mut Failures,
    patterns: usize,
) {
    for range in hours(failures, patterns) {
        let mut finer = Failures::default();
        let reading = Reading { range, ..*reading };
        let add = |range, part: &_| finer.add(range, part, filter);
        match config.store.read_by(Grain::Window, &reading, add).await {
            Ok(_) => failures.sharpen(&finer),
            Err(error) => {
                tracing::warn!(%error, "first seen is told to the hour");
                return;
            }
        }
    }
}

fn hours(failures: &Failures, patterns: usize) -> Vec<TimeRange> {
    let patterns = failures.patterns().into_iter().take(patterns);
    let mut hours: Vec<TimeRange> = patterns.map(|pattern| pattern.fold.first).collect();
    hours.retain(|first| {
        let length = first.to().duration_since(first.from());
        Grain::Window.length() < length && length <= Grain::Hour.length()
    });
    hours.sort_by_key(|hour| Reverse(hour.from()));
    hours.dedup();
    hours.truncate(MOST_HOURS);
    hours
}
