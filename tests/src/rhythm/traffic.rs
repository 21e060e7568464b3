//! Traffic by windows of 5 minutes.
//!
//! Day and week have their shape, noise is log-normal and autocorrelated, what comes is Poisson. Traffic
//! grows by a quarter; invoices come in a batch every morning; clocks change in the played fortnight; an
//! outage of 6 hours is in the history.

use fastrand::Rng;

/// Days of history, and days in all.
pub const HISTORY: i64 = 28;
const DAYS: i64 = 42;
/// Windows of a day.
pub const WINDOWS: i64 = 288;
/// Shares of the event types. The fifth one comes in the morning.
pub const TYPES: [f64; 13] =
    [0.22, 0.18, 0.14, 0.10, 0.08, 0.07, 0.05, 0.045, 0.035, 0.03, 0.02, 0.018, 0.012];
const MORNING: usize = 4;
/// An hour's noise: spread of its logarithm, and how much of it is the hour's before.
const NOISE: (f64, f64) = (0.15, 0.7);

/// What happens in the played fortnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// Nothing.
    Faultless,
    /// Nothing comes for 3 hours from noon on.
    NoonSilence,
    /// 30 % come for 6 hours from 11 on.
    Drop,
    /// 40 % come for a day.
    Holiday,
    /// Four times as much comes for 4 hours from noon on.
    Promotion,
    /// The most frequent type does not come for a day.
    SilentType,
}

impl Scenario {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Faultless,
        Self::NoonSilence,
        Self::Drop,
        Self::Holiday,
        Self::Promotion,
        Self::SilentType,
    ];

    /// First and last hour of the day on which it happens.
    fn hours(self) -> Option<(i64, i64)> {
        match self {
            Self::Faultless => None,
            Self::NoonSilence => Some((12, 15)),
            Self::Drop => Some((11, 17)),
            Self::Holiday => Some((0, 24)),
            Self::Promotion => Some((12, 16)),
            Self::SilentType => Some((8, 32)),
        }
    }

    fn factor(self, event_type: usize) -> f64 {
        match self {
            Self::Faultless => 1.0,
            Self::NoonSilence => 0.0,
            Self::Drop => 0.3,
            Self::Holiday => 0.4,
            Self::Promotion => 4.0,
            Self::SilentType => f64::from(u8::from(event_type != 0)),
        }
    }
}

/// A shop.
#[derive(Debug, Clone, Copy)]
pub struct Shop {
    /// First deliveries a day at first.
    pub a_day: u32,
    /// What its chance comes from.
    pub seed: u64,
    /// What happens to it.
    pub scenario: Scenario,
}

impl Shop {
    /// Windows in which something happens; none where nothing does.
    pub fn fault(self) -> std::ops::Range<i64> {
        // A working day of the second half of the first week, or of the second week.
        let day = HISTORY + [2, 3, 8, 9, 10][(self.seed % 5) as usize];
        let of = |hour: i64| day * WINDOWS + hour * 12;
        self.scenario.hours().map_or(0..0, |(from, to)| of(from)..of(to))
    }

    /// Events by window and type.
    pub fn traffic(self) -> Vec<[u64; 13]> {
        let mut rng = Rng::with_seed(self.seed.wrapping_mul(1_000_003) + u64::from(self.a_day));
        let fault = self.fault();
        let norm: f64 = (0..168).map(|hour| shape(hour as f64)).sum::<f64>() / 7.0 * 12.0;
        let mut noise = 0.0;
        let (spread, kept) = NOISE;
        let mut morning = 1.0;
        let mut windows = Vec::new();
        for window in 0..DAYS * WINDOWS {
            if window % 12 == 0 {
                noise = kept * noise + spread * (1.0 - kept * kept).sqrt() * normal(&mut rng);
            }
            if window % WINDOWS == 0 {
                morning = (spread * normal(&mut rng)).exp();
            }
            let local = window as f64 / 12.0 + clock(window);
            let growth = 1.0 + 0.25 * window as f64 / (DAYS * WINDOWS) as f64;
            let all = f64::from(self.a_day) * growth * shape(local) / norm * f64::exp(noise);
            let of_type = |(event_type, share): (usize, &f64)| {
                let mean = if event_type == MORNING {
                    // Half an hour from 6 on.
                    let is_time = (6.0..6.5).contains(&local.rem_euclid(24.0));
                    let a_window = f64::from(self.a_day) * growth * share / 6.0 * morning;
                    f64::from(u8::from(is_time)) * a_window
                } else {
                    all * share
                };
                let is_out = (17 * WINDOWS + 108..17 * WINDOWS + 180).contains(&window);
                let history = if is_out { 0.0 } else { 1.0 };
                let factor = if fault.contains(&window) {
                    self.scenario.factor(event_type)
                } else {
                    history
                };
                poisson(&mut rng, mean * factor)
            };
            let counts: Vec<u64> = TYPES.iter().enumerate().map(of_type).collect();
            windows.push(counts.try_into().unwrap());
        }
        windows
    }
}

/// What an hour of the week brings, of 1 at best; hour 0 is Monday's first.
fn shape(local: f64) -> f64 {
    let day = (local / 24.0).rem_euclid(7.0);
    let hour = local.rem_euclid(24.0);
    let of_week = if day >= 6.0 {
        0.65
    } else if day >= 5.0 {
        0.75
    } else {
        1.0
    };
    let of_day = (std::f64::consts::PI * (hour - 5.0) / 19.0).sin().max(0.0).powf(1.3);
    of_week * (0.08 + of_day)
}

/// By how many hours local clocks are ahead: an hour less from the first played Sunday on.
fn clock(window: i64) -> f64 {
    if window < (HISTORY + 6) * WINDOWS + 12 { 0.0 } else { -1.0 }
}

fn normal(rng: &mut Rng) -> f64 {
    let (a, b) = (1.0 - rng.f64(), rng.f64());
    (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
}

fn poisson(rng: &mut Rng, mean: f64) -> u64 {
    if mean > 50.0 {
        return (mean + mean.sqrt() * normal(rng)).round().max(0.0) as u64;
    }
    let (limit, mut product, mut count) = ((-mean).exp(), 1.0 - rng.f64(), 0);
    while product > limit {
        product *= 1.0 - rng.f64();
        count += 1;
    }
    count
}
