//! Sketches of distributions that are made to be hard: how wrong, how large, and whether order matters.

use bench::figure::Figure;
use bench::figure::Target::AtMost;
use shared::rollup::Rollup;
use shared::statistics::Sketch;

/// Parts that are merged in another order.
const PARTS: usize = 64;
const PER_MILLE: [u64; 6] = [10, 250, 500, 950, 990, 999];

/// Microseconds, each from a uniform number within [0, 1).
type Distribution = (&'static str, fn(f64) -> f64);

const DISTRIBUTIONS: [Distribution; 5] = [
    // A tail without a mean: from 1 ms to hours.
    ("heavy tail", |u| 1e3 * (1.0 - u).powf(-1.5)),
    // Nothing between what is quick and what timed out.
    ("two peaks", |u| if u < 0.951 { 2e3 * (1.0 + 0.2 * u) } else { 3e7 * (1.0 + 1e-3 * u) }),
    // As many between 1 and 2 us as between half an hour and an hour: every bin there is.
    ("every magnitude", |u| (u * 32.0).exp2()),
    // On both sides of a bin's bound.
    ("steps on bounds", |u| ((u * 700.0).floor() / 35.0).exp2()),
    // Hardly any spread.
    ("one value, nearly", |u| 250_000.0 + (u * 3.0).floor()),
];

const VALUES: u64 = 1_000_000;

/// Prints a line for each, and returns the worst of all.
pub fn measure() -> Vec<Figure> {
    println!("Percentiles of {VALUES} values, and of {PARTS} parts merged in another order");
    println!("{:<20} {:>8} {:>14} {:>13}", "", "error %", "other bytes", "bytes stored");
    let mut worst = (0.0_f64, 0_usize, 0_usize);
    for (name, distribution) in DISTRIBUTIONS {
        let random = fastrand::f64;
        fastrand::seed(20_261_124);
        let values: Vec<u64> = (0..VALUES).map(|_| distribution(random()).round() as u64).collect();
        let (forwards, backwards) = (merged(&values, false), merged(&values, true));
        let differing = usize::from(bytes(&forwards) != bytes(&backwards));
        let (error, size) = (error(&forwards, values), stored_bytes(&forwards));
        println!("{name:<20} {:>8.3} {differing:>14} {size:>13}", error * 100.0);
        worst = (worst.0.max(error), worst.1.max(differing), worst.2.max(size));
    }
    let (error, differing, size) = worst;
    vec![
        Figure::new(8, "percentiles, worst error, %", error * 100.0, AtMost(1.0)),
        Figure::new(8, "orders of merging with other bytes", differing as f64, AtMost(0.0)),
        Figure::new(8, "largest sketch stored, bytes", size as f64, AtMost(1024.0)),
    ]
}

fn merged(values: &[u64], backwards: bool) -> Sketch {
    let mut parts = vec![Sketch::default(); PARTS];
    for (number, value) in values.iter().enumerate() {
        parts[number % PARTS].add(*value);
    }
    if backwards {
        parts.reverse();
    }
    // Pairs of pairs, as windows become hours and hours days.
    while parts.len() > 1 {
        let half = parts.split_off(parts.len().div_ceil(2));
        for (left, right) in parts.iter_mut().zip(&half) {
            left.merge(right);
        }
    }
    parts.swap_remove(0)
}

/// What a roll-up is longer by where it has this sketch, compressed as it is stored.
fn stored_bytes(sketch: &Sketch) -> usize {
    let with = |store_time| Rollup { store_time, ..Rollup::default() }.encode().unwrap().len();
    with(sketch.clone()) - with(Sketch::default())
}

fn bytes(sketch: &Sketch) -> Vec<u8> {
    postcard::to_allocvec(sketch).unwrap()
}

/// The largest relative error of a percentile by nearest rank.
fn error(sketch: &Sketch, mut values: Vec<u64>) -> f64 {
    values.sort_unstable();
    let off = PER_MILLE.iter().map(|per_mille| {
        let rank = (values.len() as u64 * per_mille).div_ceil(1_000).max(1);
        let exact = values[usize::try_from(rank).unwrap() - 1] as f64;
        let found = sketch.quantile(*per_mille).unwrap();
        if exact == 0.0 { found } else { (found - exact).abs() / exact }
    });
    off.fold(0.0, f64::max)
}
