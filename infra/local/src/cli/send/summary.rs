//! What became of many deliveries: how they were answered and how fast.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use super::delivery::Answer;

/// See the module.
#[derive(Default)]
pub(super) struct Summary {
    /// From the first delivery to the last answer.
    pub(super) took: Duration,
    /// Answers that should have been others.
    pub(super) unexpected: usize,
    statuses: BTreeMap<u16, usize>,
    times: Vec<Duration>,
}

impl Summary {
    pub(super) fn add(&mut self, answer: &Answer) {
        *self.statuses.entry(answer.status).or_default() += 1;
        self.unexpected += usize::from(!answer.is_expected);
        self.times.push(answer.took);
    }

    /// p50, p95 and the maximum, in milliseconds.
    fn latencies(&self) -> [f64; 3] {
        let mut sorted = self.times.clone();
        sorted.sort();
        [50, 95, 100].map(|percent| nearest_rank(&sorted, percent).as_secs_f64() * 1000.0)
    }

    fn per_second(&self) -> f64 {
        f64::from(u32::try_from(self.times.len()).unwrap_or(u32::MAX))
            / self.took.as_secs_f64().max(1e-9)
    }

    pub(super) fn text(&self) -> String {
        let statuses: Vec<String> =
            self.statuses.iter().map(|(status, count)| format!("{count} x {status}")).collect();
        let [p50, p95, max] = self.latencies();
        format!(
            "{} deliveries in {:.1} s ({:.0}/s): {}\nlatency  p50 {p50:.1} ms  p95 {p95:.1} ms  max {max:.1} ms",
            self.times.len(),
            self.took.as_secs_f64(),
            self.per_second(),
            statuses.join(", "),
        )
    }

    pub(super) fn json(&self) -> String {
        let [p50, p95, max] = self.latencies();
        json!({
            "deliveries": self.times.len(),
            "unexpected": self.unexpected,
            "statuses": self.statuses.iter().map(|(s, n)| (s.to_string(), n)).collect::<BTreeMap<_, _>>(),
            "seconds": self.took.as_secs_f64(),
            "per_second": self.per_second(),
            "ms": {"p50": p50, "p95": p95, "max": max},
        })
        .to_string()
    }
}

/// The smallest value that at least so many percent of all do not exceed; zero of nothing.
fn nearest_rank(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::nearest_rank;

    #[test]
    fn ranks() {
        let times: Vec<_> = (1..=20).map(Duration::from_millis).collect();
        for (percent, expected) in [(50, 10), (95, 19), (100, 20)] {
            assert_eq!(nearest_rank(&times, percent), Duration::from_millis(expected));
        }
        assert_eq!(nearest_rank(&times[..1], 50), Duration::from_millis(1));
        assert_eq!(nearest_rank(&[], 95), Duration::ZERO);
    }
}
