//! Over how long a rate is computed: as short as its sample allows.

use crate::log::TimeRange;
use crate::metrics::Performance;

/// Lengths of horizons, in minutes.
pub const HORIZONS: [u32; 5] = [5, 15, 60, 360, 1_440];

/// What the log adds up to over a stretch that ends now.
#[derive(Debug, Clone, PartialEq)]
pub struct Horizon {
    /// Its nominal length, one of [`HORIZONS`].
    pub minutes: u32,
    /// The range that was counted: it begins with a window, so it is up to 5 minutes longer.
    pub range: TimeRange,
    /// What was logged in it.
    pub performance: Performance,
}

impl Horizon {
    /// How it is called in a sentence.
    pub fn name(&self) -> String {
        match self.minutes {
            minutes @ ..=60 => format!("the last {minutes} minutes"),
            minutes => format!("the last {} hours", minutes / 60),
        }
    }
}

/// The shortest horizon with a sample of at least `needed`; with none, the longest one's sample.
pub fn shortest(
    horizons: &[Horizon],
    needed: u64,
    sample: impl Fn(&Performance) -> u64,
) -> Result<&Horizon, u64> {
    let long_enough = horizons.iter().find(|horizon| sample(&horizon.performance) >= needed);
    let longest = || horizons.last().map_or(0, |horizon| sample(&horizon.performance));
    long_enough.ok_or_else(longest)
}
