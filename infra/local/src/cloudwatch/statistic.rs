//! Statistics of raw values.

/// The values of one sample.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Values {
    /// Values with how often each occurred.
    Counted(Vec<(f64, f64)>),
    /// What somebody else made of values.
    Set {
        /// How many there were.
        count: f64,
        /// Their sum.
        sum: f64,
        /// The least.
        minimum: f64,
        /// The greatest.
        maximum: f64,
    },
}

/// What can be asked of values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Statistic {
    Sum,
    Average,
    Minimum,
    Maximum,
    SampleCount,
    /// 0 to 100.
    Percentile(f64),
}

/// All values of a stretch of time.
#[derive(Clone, Debug, Default)]
pub(super) struct Summary {
    count: f64,
    sum: f64,
    /// Least and greatest.
    bounds: Option<(f64, f64)>,
    counted: Vec<(f64, f64)>,
    /// Whether a part is known by its statistics alone.
    opaque: bool,
}

impl Statistic {
    /// Reads `Sum` and the like, or a percentile: `p95`, `p99.9`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "Sum" => Self::Sum,
            "Average" => Self::Average,
            "Minimum" => Self::Minimum,
            "Maximum" => Self::Maximum,
            "SampleCount" => Self::SampleCount,
            other => {
                let digits = other.strip_prefix('p').filter(|text| {
                    text.len() <= 14 && text.chars().all(|c| c.is_ascii_digit() || c == '.')
                })?;
                let percent = digits.parse().ok().filter(|p| (0.0..=100.0).contains(p))?;
                Self::Percentile(percent)
            }
        })
    }
}

impl Summary {
    pub(super) fn add(&mut self, values: &Values) {
        match values {
            Values::Counted(values) => {
                for (value, count) in values {
                    self.widen(*value, *value, *count, value * count);
                }
                self.counted.extend(values);
            }
            Values::Set { count, sum, minimum, maximum } => {
                self.widen(*minimum, *maximum, *count, *sum);
                // One value, however often, is known whole.
                if minimum == maximum {
                    self.counted.push((*minimum, *count));
                } else {
                    self.opaque = true;
                }
            }
        }
    }

    fn widen(&mut self, minimum: f64, maximum: f64, count: f64, sum: f64) {
        self.count += count;
        self.sum += sum;
        let (least, greatest) = self.bounds.unwrap_or((minimum, maximum));
        self.bounds = Some((least.min(minimum), greatest.max(maximum)));
    }

    /// How many values there are.
    pub(super) fn count(&self) -> f64 {
        self.count
    }

    /// A statistic; `None` without values, and for percentiles of what is known by its statistics
    /// alone or has a negative value.
    pub(super) fn get(&self, statistic: Statistic) -> Option<f64> {
        let (minimum, maximum) = self.bounds?;
        match statistic {
            Statistic::Sum => Some(self.sum),
            Statistic::Average => Some(self.sum / self.count).filter(|mean| mean.is_finite()),
            Statistic::Minimum => Some(minimum),
            Statistic::Maximum => Some(maximum),
            Statistic::SampleCount => Some(self.count),
            Statistic::Percentile(_) if self.opaque || minimum < 0.0 => None,
            Statistic::Percentile(percent) => Some(self.percentile(percent)),
        }
    }

    /// The least value that `percent` of all values do not exceed (nearest rank).
    fn percentile(&self, percent: f64) -> f64 {
        let mut values = self.counted.clone();
        values.sort_unstable_by(|(a, _), (b, _)| a.total_cmp(b));
        let rank = self.count * percent / 100.0;
        let mut below = 0.0;
        let reached = values.iter().find(|(_, count)| {
            below += count;
            // A rank such as 0.95 x 20 must not fail by a rounding error.
            below >= rank * (1.0 - 1e-12)
        });
        reached.or(values.last()).map_or(0.0, |(value, _)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::{Statistic, Summary, Values};

    fn summary(values: &[Values]) -> Summary {
        let mut summary = Summary::default();
        values.iter().for_each(|values| summary.add(values));
        summary
    }

    #[test]
    fn statistics_of_values_and_counts() {
        let values = summary(&[
            Values::Counted(vec![(1.0, 18.0), (9.0, 1.0)]),
            Values::Counted(vec![(4.0, 1.0)]),
        ]);
        for (text, expected) in [
            ("Sum", 31.0),
            ("Average", 1.55),
            ("Minimum", 1.0),
            ("Maximum", 9.0),
            ("SampleCount", 20.0),
            ("p0", 1.0),
            ("p90", 1.0),
            ("p90.1", 4.0),
            ("p95", 4.0),
            ("p95.1", 9.0),
            ("p100", 9.0),
        ] {
            let statistic = Statistic::parse(text).unwrap();
            assert_eq!(values.get(statistic), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_statistic_is_refused() {
        for text in ["", "sum", "p", "p101", "p-1", "p1e1", "pNaN", "tm90", "P95"] {
            assert_eq!(Statistic::parse(text), None, "{text}");
        }
    }

    #[test]
    fn percentiles_need_raw_values_that_are_not_negative() {
        let set = |minimum, maximum| Values::Set { count: 2.0, sum: 6.0, minimum, maximum };
        let p95 = Statistic::parse("p95").unwrap();
        for (values, expected) in [
            (vec![], None),
            (vec![set(2.0, 4.0)], None),
            (vec![set(3.0, 3.0)], Some(3.0)),
            (vec![Values::Counted(vec![(3.0, 1.0)]), set(2.0, 4.0)], None),
            (vec![Values::Counted(vec![(-1.0, 1.0), (3.0, 9.0)])], None),
        ] {
            assert_eq!(summary(&values).get(p95), expected, "{values:?}");
        }
        assert_eq!(summary(&[set(2.0, 4.0)]).get(Statistic::Average), Some(3.0));
    }
}
