//! Means and ranks.

/// The mean of whole numbers.
pub fn mean(values: impl IntoIterator<Item = usize>) -> f64 {
    let (sum, count) = values.into_iter().fold((0, 0), |(sum, n), value| (sum + value, n + 1));
    sum as f64 / f64::from(count.max(1))
}

/// The value that `percent` of 100 do not exceed (nearest rank).
pub fn percentile(values: &[usize], percent: usize) -> usize {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted[(sorted.len() * percent).div_ceil(100).saturating_sub(1)]
}
