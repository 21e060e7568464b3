//! Whether numbers go up or down over time: Mann and Kendall's test, and Theil and Sen's slope.
//!
//! Both look at pairs, so one wild bucket moves neither. Mann: "Nonparametric Tests Against Trend",
//! Econometrica 13(3), 1945; Kendall: "Rank Correlation Methods", 1975 (the variance with ties); Sen:
//! "Estimates of the Regression Coefficient Based on Kendall's Tau", JASA 63(324), 1968.

use std::cmp::Ordering;

/// Numbers below which nothing is decided: the test's normal approximation is good from 10 on.
pub const FEWEST: usize = 10;

/// The probability, two-sided, with which numbers without a trend are said to have one.
pub const SIGNIFICANCE: f64 = 0.05;

/// The quantile of the normal distribution that belongs to [`SIGNIFICANCE`].
const CRITICAL: f64 = 1.959_963_985;

/// Where numbers go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Up.
    Increasing,
    /// Down.
    Decreasing,
    /// Neither, as far as the test can tell.
    Stable,
}

impl Direction {
    /// The guide's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Increasing => "increasing",
            Self::Decreasing => "decreasing",
            Self::Stable => "stable",
        }
    }
}

/// What numbers over time tell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    /// By the test of Mann and Kendall; `Stable` too where the slope does not go the same way.
    pub direction: Direction,
    /// The slope of Theil and Sen: the median of the slopes between any two points, in units of the
    /// numbers for one unit of time.
    pub slope: f64,
    /// The test's standard score, corrected for ties and continuity.
    pub score: f64,
}

/// The trend of points (time, number), each time once; `None` of fewer than [`FEWEST`], or where one
/// is not finite.
pub fn trend(points: &[(f64, f64)]) -> Option<Trend> {
    let finite = points.iter().all(|(time, number)| time.is_finite() && number.is_finite());
    if points.len() < FEWEST || !finite {
        return None;
    }
    let mut points = points.to_vec();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut s = 0_i64;
    let mut slopes = Vec::new();
    for (index, (earlier, before)) in points.iter().enumerate() {
        for (later, after) in points.iter().skip(index + 1) {
            s += match after.partial_cmp(before) {
                Some(Ordering::Greater) => 1,
                Some(Ordering::Less) => -1,
                _ => 0,
            };
            slopes.push((after - before) / (later - earlier));
        }
    }
    let (score, slope) = (score(s, &points), median(slopes)?);
    // Where half of the pairs are level, nothing moves that could be told of, however the others rank.
    let direction = match score {
        score if score > CRITICAL && slope > 0.0 => Direction::Increasing,
        score if score < -CRITICAL && slope < 0.0 => Direction::Decreasing,
        _ => Direction::Stable,
    };
    Some(Trend { direction, slope, score })
}

fn score(s: i64, points: &[(f64, f64)]) -> f64 {
    let term = |n: f64| n * (n - 1.0) * (2.0 * n + 5.0);
    let mut numbers: Vec<f64> = points.iter().map(|(_, number)| *number).collect();
    numbers.sort_by(f64::total_cmp);
    let ties: f64 = numbers.chunk_by(|a, b| a == b).map(|tied| term(tied.len() as f64)).sum();
    let variance = (term(points.len() as f64) - ties) / 18.0;
    // All the same: no pair differs.
    if variance <= 0.0 {
        return 0.0;
    }
    (s - s.signum()) as f64 / variance.sqrt()
}

/// The median; of an even number, the mean of the two in the middle.
pub fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    let upper = *numbers.get(numbers.len() / 2)?;
    match numbers.len() % 2 {
        0 => Some((upper + numbers.get(numbers.len() / 2 - 1)?) / 2.0),
        _ => Some(upper),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numbers: &[f64]) -> Option<Trend> {
        let points = numbers.iter().enumerate().map(|(time, number)| (time as f64, *number));
        trend(&points.collect::<Vec<_>>())
    }

    #[test]
    fn directions() {
        use Direction::{Decreasing, Increasing, Stable};
        for (numbers, direction, slope) in [
            ([1., 2., 3., 4., 5., 6., 7., 8., 9., 10.], Increasing, 1.0),
            ([20., 18., 16., 14., 12., 10., 8., 6., 4., 2.], Decreasing, -2.0),
            ([5.; 10], Stable, 0.0),
            ([0., 0., 0., 0., 0., 0., 0., 0., 0., 900.], Stable, 0.0),
            // One wild number does not hide a trend.
            ([1., 2., 3., 4., 900., 6., 7., 8., 9., 10.], Increasing, 1.0),
            ([3., 1., 2., 3., 1., 2., 3., 1., 2., 3.], Stable, 0.0),
            // Significant by rank (2.28, and -2.28), and as good as level.
            ([0., 0., 0., 0., 0., 0., 0., 1., 1., 1.], Stable, 0.0),
            ([1., 1., 1., 0., 0., 0., 0., 0., 0., 0.], Stable, 0.0),
        ] {
            let found = of(&numbers).unwrap();
            assert_eq!((found.direction, found.slope), (direction, slope), "{numbers:?}");
        }
        assert_eq!(of(&[1., 2., 3., 4., 5., 6., 7., 8., 9.]), None);
        assert_eq!(of(&[1., 2., 3., 4., 5., 6., 7., 8., 9., f64::NAN]), None);
    }

    #[test]
    fn the_score_is_that_of_the_formula() {
        // S = 45, Var = 10 * 9 * 25 / 18 = 125: (45 - 1) / sqrt(125).
        let found = of(&[1., 2., 3., 4., 5., 6., 7., 8., 9., 10.]).unwrap();
        assert!((found.score - 3.935_479).abs() < 1e-6, "{}", found.score);
        // Two values, five of each: S = 25, Var = (2250 - 2 * 5 * 4 * 15) / 18 = 91.67.
        let tied = of(&[0., 0., 0., 0., 0., 1., 1., 1., 1., 1.]).unwrap();
        assert!((tied.score - 24.0 / (1_650.0_f64 / 18.0).sqrt()).abs() < 1e-9, "{}", tied.score);
        assert_eq!(tied.direction, Direction::Increasing);
    }
}
