//! What each hour of the week usually brings, and how far it strays.

use super::HourlyCounts;

/// Hours of a week.
const WEEK: usize = 168;
/// Hours of a day.
const DAY: i64 = 24;
/// Same hours of the week that a slot's usual count is made from.
const WEEKS: usize = 4;
/// Same hours of the day that it is made from in a young history.
const DAYS: usize = 7;
/// Known hours that a verdict takes: 3 days.
const FEWEST_HOURS: usize = 72;
/// Known hours from which on weeks are compared: 14 days.
const GROWN_HOURS: usize = 336;
/// A slot that brings so many is compared by its logarithm.
const BUSY: f64 = 20.0;
/// Busy hours that the spread of logarithms takes.
const FEWEST_BUSY: usize = 24;
/// Share of the hours that stray furthest, which were outages and promotions, not noise.
const TRIMMED: f64 = 0.02;
/// Hours that the level is taken from, and hours before now at which they end.
const LEVEL: (i64, i64) = (72, 6);
/// What the level is clipped to.
const LEVELS: (f64, f64) = (0.5, 1.5);

/// The usual traffic of a week.
///
/// - `lambda[s]`, events an hour: the median of the last four same hours of the week, which of four is
///   the mean of the two middle ones. One bad hour in four moves it little.
/// - `lo[s]` and `hi[s]`: the least and the most of `lambda` in the slot and both its neighbours. Clocks
///   change, and a batch fills a few minutes of its hour.
/// - `phi`: variance by mean of an hour's count, `sum (n - lambda)^2 / sum lambda` over all hours but the
///   2 % that stray furthest; at least 1, which is Poisson's.
/// - `sd`: `1.4826 x MAD` of `ln((n + 1) / (lambda + 1))` over all hours with `lambda >= 20`, pooled: a
///   slot alone has four points, and often no spread at all. `None` with fewer than 24 such hours.
/// - `level`: `sum n / sum lambda` over the 72 hours that ended 6 hours ago, from 0.5 to 1.5.
///
/// A history of less than 14 days is young: a slot's usual count is the median of the last 7 same hours
/// of the day, and every limit is doubled. One of less than 3 days is no history.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    pub(super) lambda: [f64; WEEK],
    pub(super) lo: [f64; WEEK],
    pub(super) hi: [f64; WEEK],
    /// Variance by mean of an hour's count.
    pub phi: f64,
    /// Spread of an hour's logarithm.
    pub sd: Option<f64>,
    /// Present traffic by usual traffic.
    pub level: f64,
    /// Limits are doubled.
    pub is_young: bool,
}

impl Baseline {
    /// The baseline of counts, for a verdict in an hour.
    ///
    /// # Errors
    /// With less than three days of counts: how many hours there are.
    pub fn of(counts: &HourlyCounts, now: i64) -> Result<Self, usize> {
        let known = counts.known();
        if known < FEWEST_HOURS {
            return Err(known);
        }
        let is_young = known < GROWN_HOURS;
        let (period, most) = if is_young { (DAY, DAYS) } else { (WEEK as i64, WEEKS) };
        let usual = usual(counts, period, most);
        let (lo, hi) = (of_neighbours(&usual, f64::min), of_neighbours(&usual, f64::max));
        let mut baseline = Self { lambda: usual, lo, hi, phi: 1.0, sd: None, level: 1.0, is_young };
        baseline.phi = baseline.dispersion(counts);
        baseline.sd = baseline.spread(counts);
        baseline.level = baseline.level_of(counts, now);
        Ok(baseline)
    }

    /// Events that an hour usually brings.
    pub fn lambda(&self, hour: i64) -> f64 {
        self.lambda.get(slot(hour)).copied().unwrap_or(0.0)
    }

    /// The least of what it and its neighbours usually bring.
    pub fn lo(&self, hour: i64) -> f64 {
        self.lo.get(slot(hour)).copied().unwrap_or(0.0)
    }

    /// The most of them.
    pub fn hi(&self, hour: i64) -> f64 {
        self.hi.get(slot(hour)).copied().unwrap_or(0.0)
    }

    fn dispersion(&self, counts: &HourlyCounts) -> f64 {
        let squared = |(hour, count): (i64, u64)| {
            let lambda = self.lambda(hour);
            ((count as f64 - lambda).powi(2), lambda)
        };
        let mut residuals: Vec<(f64, f64)> = counts.newest_first().map(squared).collect();
        residuals.sort_by(|a, b| b.0.total_cmp(&a.0));
        let trimmed = (residuals.len() as f64 * TRIMMED).ceil() as usize;
        let kept = residuals.iter().skip(trimmed);
        let (squares, means) = kept.fold((0.0, 0.0), |(a, b), (c, d)| (a + c, b + d));
        if means > 0.0 { (squares / means).max(1.0) } else { 1.0 }
    }

    fn spread(&self, counts: &HourlyCounts) -> Option<f64> {
        let busy = counts.newest_first().filter(|(hour, _)| self.lambda(*hour) >= BUSY);
        let ratio = |(hour, count): (i64, u64)| log_ratio(count, self.lambda(hour));
        let mut ratios: Vec<f64> = busy.map(ratio).collect();
        if ratios.len() < FEWEST_BUSY {
            return None;
        }
        let middle = median(&mut ratios)?;
        let mut strays: Vec<f64> = ratios.iter().map(|ratio| (ratio - middle).abs()).collect();
        median(&mut strays).map(|mad| 1.4826 * mad)
    }

    fn level_of(&self, counts: &HourlyCounts, now: i64) -> f64 {
        let (length, ago) = LEVEL;
        let to = now.saturating_sub(ago);
        let hours =
            (to.saturating_sub(length)..to).filter_map(|hour| Some((hour, counts.get(hour)?)));
        let (came, usual) = hours.fold((0.0, 0.0), |(came, usual), (hour, count)| {
            (came + count as f64, usual + self.lambda(hour))
        });
        if usual > 0.0 { (came / usual).clamp(LEVELS.0, LEVELS.1) } else { 1.0 }
    }
}

/// `ln((n + 1) / (m + 1))`: how far a count is from what is expected, 0 where it is the same.
pub fn log_ratio(count: u64, expected: f64) -> f64 {
    ((count as f64 + 1.0) / (expected + 1.0)).ln()
}

fn slot(hour: i64) -> usize {
    usize::try_from(hour.rem_euclid(WEEK as i64)).unwrap_or(0)
}

/// The median of the last same hours, by slot; 0 where there are none.
fn usual(counts: &HourlyCounts, period: i64, most: usize) -> [f64; WEEK] {
    let mut same = vec![Vec::new(); WEEK];
    for (hour, count) in counts.newest_first() {
        let place = usize::try_from(hour.rem_euclid(period)).unwrap_or(0);
        if let Some(of_slot) =
            same.get_mut(place).filter(|of_slot: &&mut Vec<f64>| of_slot.len() < most)
        {
            of_slot.push(count as f64);
        }
    }
    let mut usual = [0.0; WEEK];
    for (hour, lambda) in (0..).zip(&mut usual) {
        let place = usize::try_from(hour % period).unwrap_or(0);
        *lambda = same.get_mut(place).and_then(|of_slot| median(of_slot)).unwrap_or(0.0);
    }
    usual
}

/// The extreme of each slot and both its neighbours.
fn of_neighbours(lambda: &[f64; WEEK], extreme: impl Fn(f64, f64) -> f64) -> [f64; WEEK] {
    let mut extremes = [0.0; WEEK];
    let of = |hour: i64| lambda.get(slot(hour)).copied().unwrap_or(0.0);
    for (hour, of_three) in (0..).zip(&mut extremes) {
        *of_three = extreme(extreme(of(hour - 1), of(hour)), of(hour + 1));
    }
    extremes
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    match values.len() % 2 {
        0 => values.get(middle - 1).map(|lower| (lower + upper) / 2.0),
        _ => Some(upper),
    }
}
