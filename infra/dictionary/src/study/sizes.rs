//! Sizes of stored events, and what DynamoDB charges for them.

use std::fmt;

/// What a delivery's item holds beside its payload, on average: keys, log entry, format byte. From
/// the write-budget benchmark, which measures the real items.
const ITEM_BYTES: usize = 339;
/// DynamoDB's write unit.
const UNIT_BYTES: usize = 1024;

/// A collection of sizes in bytes.
#[derive(Debug, Default, Clone)]
pub struct Sizes(Vec<usize>);

impl Sizes {
    /// The mean size.
    pub fn mean(&self) -> f64 {
        mean(self.0.iter().sum(), self.0.len())
    }

    /// The size that `percent` of 100 events do not exceed (nearest rank).
    pub fn percentile(&self, percent: usize) -> usize {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
        sorted.get(rank).copied().unwrap_or(0)
    }

    /// Mean write units of the base item; its entry in the time index costs exactly 1 more.
    pub fn units(&self) -> f64 {
        let units = self.0.iter().map(|size| (ITEM_BYTES + size).div_ceil(UNIT_BYTES)).sum();
        mean(units, self.0.len())
    }
}

impl Extend<usize> for Sizes {
    fn extend<T: IntoIterator<Item = usize>>(&mut self, sizes: T) {
        self.0.extend(sizes);
    }
}

/// `mean  p50  p95  units`, as in the study's table.
impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50, p95] = [50, 95].map(|percent| self.percentile(percent));
        write!(f, "{:6.0}{p50:6}{p95:6}{:7.3}", self.mean(), self.units())
    }
}

#[expect(clippy::cast_precision_loss, reason = "sums of a few megabytes")]
fn mean(sum: usize, count: usize) -> f64 {
    if count == 0 { 0.0 } else { sum as f64 / count as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_and_units() {
        let mut sizes = Sizes::default();
        sizes.extend(1..=100);
        assert_eq!((sizes.percentile(50), sizes.percentile(95)), (50, 95));
        assert!((sizes.mean() - 50.5).abs() < 1e-9);
        assert!((sizes.units() - 1.0).abs() < 1e-9);
        sizes.extend([UNIT_BYTES - ITEM_BYTES + 1; 100]);
        assert!((sizes.units() - 1.5).abs() < 1e-9);
        assert_eq!(Sizes::default().percentile(95), 0);
    }
}
