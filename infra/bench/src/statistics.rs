//! Medians and quartiles of a few rounds.

use serde::Serialize;

/// Rounds of one figure: the middle and the middle half.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Median.
    pub median: f64,
    /// First quartile.
    pub lower: f64,
    /// Third quartile.
    pub upper: f64,
}

/// Of at least one finite value; `None` of none.
#[must_use]
pub fn spread(values: &[f64]) -> Option<Spread> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = share * (sorted.len().checked_sub(1)? as f64);
        let (low, high) = (sorted.get(place.floor() as usize)?, sorted.get(place.ceil() as usize)?);
        Some(low + (high - low) * place.fract())
    };
    Some(Spread { median: at(0.5)?, lower: at(0.25)?, upper: at(0.75)? })
}

/// The ratio of two figures, round by round, so that a machine that slows down for a while slows both.
#[must_use]
pub fn ratio(over: &[f64], under: &[f64]) -> Option<Spread> {
    let ratios: Vec<f64> = over.iter().zip(under).map(|(over, under)| over / under).collect();
    spread(&ratios)
}

/// The exponent of `y ~ x^e` by least squares over the logarithms; `None` of fewer than two points.
#[must_use]
pub fn exponent(points: &[(f64, f64)]) -> Option<f64> {
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    let count = logs.len() as f64;
    let mean_x = logs.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = logs.iter().map(|(_, y)| y).sum::<f64>() / count;
    let together: f64 = logs.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let alone: f64 = logs.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    Some(together / alone).filter(|exponent| exponent.is_finite())
}

#[cfg(test)]
mod tests {
    use super::{Spread, exponent, ratio, spread};

    #[test]
    fn the_middle_and_the_middle_half() {
        let of = |median, lower, upper| Some(Spread { median, lower, upper });
        for (values, expected) in [
            (&[][..], None),
            (&[3.0], of(3.0, 3.0, 3.0)),
            (&[5.0, 1.0, 2.0, 4.0, 3.0], of(3.0, 2.0, 4.0)),
            (&[1.0, 2.0], of(1.5, 1.25, 1.75)),
            (&[f64::INFINITY, 7.0], of(7.0, 7.0, 7.0)),
        ] {
            assert_eq!(spread(values), expected, "{values:?}");
        }
    }

    #[test]
    fn a_ratio_is_taken_round_by_round() {
        assert_eq!(ratio(&[10.0, 40.0, 30.0], &[1.0, 4.0, 1.0]).unwrap().median, 10.0);
    }

    #[test]
    fn an_exponent_is_the_slope_of_logarithms() {
        let squares: Vec<_> = [10.0, 100.0, 1000.0].map(|x: f64| (x, 3.0 * x * x)).into();
        assert!((exponent(&squares).unwrap() - 2.0).abs() < 1e-9);
        assert_eq!(exponent(&[(10.0, 1.0)]), None);
    }
}
