//! Verdicts on the present: a silence, a drop, a rise, a floor.

use super::Baseline;
use super::baseline::log_ratio;

/// Minutes that a silence takes at least.
const SHORTEST_SILENCE: i64 = 10;
/// Minutes that a drop, a rise and the floor are judged over.
const LAST_HOUR: i64 = 60;
/// Hours of a silence that are added up: longer than counts are kept.
const LONGEST_SILENCE: i64 = 60 * 24;
/// Events that must be expected in the last hour for a drop.
const EXPECTED: f64 = 20.0;
/// So many times less, or more, than usual.
const TIMES: f64 = 2.0;
/// Spreads that a drop or a rise takes.
const SPREADS: f64 = 3.0;
/// The floor counts where so many times as much is expected.
const ABOVE_FLOOR: f64 = 3.0;

/// What a silence says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Missed {
    /// Events that should have come in it, at least.
    pub expected: f64,
    /// How unlikely that is: minus the logarithm of its probability, which of a Poisson rhythm is the
    /// number expected. Half of it in a young history, whose limits are doubled.
    pub missed: f64,
}

/// A last hour that is far from the usual.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// What is expected of it.
    pub expected: f64,
    /// How far it is from that, in spreads; negative below.
    pub spreads: f64,
}

impl Baseline {
    /// Limits are multiplied by it.
    fn strictness(&self) -> f64 {
        if self.is_young { 2.0 } else { 1.0 }
    }

    /// Events that should come between two minutes, at least: `sum lo x min(level, 1)`.
    pub fn at_least(&self, from: i64, to: i64) -> f64 {
        over(from, to, |hour| self.lo(hour)) * self.level.min(1.0)
    }

    /// Events that may come between two minutes, at most: `sum hi x level`.
    pub fn at_most(&self, from: i64, to: i64) -> f64 {
        over(from, to, |hour| self.hi(hour)) * self.level
    }

    /// What it says that nothing came between two minutes: `E ln(phi) / (phi - 1)`.
    ///
    /// A count of mean `E` and variance `phi E` is negative binomial of size `E / (phi - 1)`. It is 0 with
    /// probability `phi ^ -size`, of which this is minus the logarithm; `E` for `phi = 1`. 14 are one in
    /// 1.2 million. Silences of less than 10 minutes miss nothing.
    pub fn missed(&self, last: i64, now: i64) -> Missed {
        if now.saturating_sub(last) < SHORTEST_SILENCE {
            return Missed { expected: 0.0, missed: 0.0 };
        }
        let expected = self.at_least(last, now);
        let excess = self.phi - 1.0;
        // Where phi is next to 1 the quotient is lost in rounding, and ln(1 + x) / x is 1.
        let factor = if excess < 1e-6 { 1.0 } else { excess.ln_1p() / excess };
        Missed { expected, missed: expected * factor / self.strictness() }
    }

    /// Whether the last hour's count dropped: it is under half of what is expected at least, which is 20
    /// or more, and more than 3 spreads below.
    pub fn dropped(&self, count: u64, now: i64) -> Option<Change> {
        let (sd, strictness) = (self.sd?, self.strictness());
        let expected = self.at_least(now.saturating_sub(LAST_HOUR), now);
        let change = Change { expected, spreads: spreads(log_ratio(count, expected), sd) };
        let dropped = expected >= EXPECTED * strictness
            && (count as f64) * TIMES * strictness < expected
            && change.spreads < -SPREADS * strictness;
        dropped.then_some(change)
    }

    /// Whether the last hour's count rose: it is above twice what is expected at most, and more than 3
    /// spreads above that, a spread being at least Poisson's `1 / sqrt(m + 1)`.
    pub fn risen(&self, count: u64, now: i64) -> Option<Change> {
        let (sd, strictness) = (self.sd?, self.strictness());
        let from = now.saturating_sub(LAST_HOUR);
        let expected = self.at_most(from, now);
        let sd = sd.max((expected + 1.0).sqrt().recip());
        let change = Change { expected, spreads: spreads(log_ratio(count, expected), sd) };
        let risen =
            (count as f64) > expected * TIMES * strictness && change.spreads > SPREADS * strictness;
        risen.then_some(change)
    }

    /// Whether the last hour brought fewer events than a floor, a number a minute, where at least three
    /// times as many are expected: how many are.
    pub fn below_floor(&self, count: u64, now: i64, floor: f64) -> Option<f64> {
        let expected = self.at_least(now.saturating_sub(LAST_HOUR), now);
        let least = floor * LAST_HOUR as f64;
        let applies = expected >= ABOVE_FLOOR * least * self.strictness();
        (applies && (count as f64) < least).then_some(expected)
    }
}

/// A spread of 0 is a rhythm without noise: whatever differs is infinitely far.
fn spreads(ratio: f64, sd: f64) -> f64 {
    if ratio == 0.0 { 0.0 } else { ratio / sd }
}

/// Adds up what hours bring between two minutes, in proportion.
fn over(from: i64, to: i64, an_hour: impl Fn(i64) -> f64) -> f64 {
    let from = from.max(to.saturating_sub(LONGEST_SILENCE * 60));
    let mut sum = 0.0;
    let mut at = from;
    while at < to {
        let hour = at.div_euclid(60);
        let end = hour.saturating_add(1).saturating_mul(60).min(to);
        if end <= at {
            break;
        }
        sum += an_hour(hour) * (end - at) as f64 / 60.0;
        at = end;
    }
    sum
}

#[cfg(test)]
mod tests;
