//! What stands in for a value that is replaced.

use crate::random::Random;

/// Digits.
pub const DIGITS: &str = "0123456789";
/// Hexadecimal digits as Stripe writes them.
pub const HEX: &str = "0123456789abcdef";
/// What numbers of invoices and receipts are made of.
pub const CAPITALS: &str = "0123456789ABCDEF";
/// Lower-case letters.
pub const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";
/// What ids are made of.
pub const BASE62: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Timestamps move by up to 460 days either way, all of an event by the same.
const SHIFT_SECONDS: u64 = 40_000_000;
/// Numbers in here are unix timestamps (2001 to 2039); an amount this high would be ten million dollars.
const TIMESTAMPS: std::ops::Range<u64> = 1_000_000_000..2_200_000_000;

/// Draws replacements: at random from a seed, or zeros.
#[derive(Debug)]
pub struct Draw {
    seed: Option<u64>,
}

impl Draw {
    /// Values that depend on `seed` and on the old value.
    pub fn random(seed: u64) -> Self {
        Self { seed: Some(seed) }
    }

    /// Zeros for what cannot be known, and everything else left alone.
    pub fn zeros() -> Self {
        Self { seed: None }
    }

    /// For `old`, an id's or a secret's part of this `kind`: `length` characters of `alphabet`.
    pub fn opaque(&self, kind: &str, old: &str, length: usize, alphabet: &str) -> String {
        match self.seed {
            Some(seed) => Random::new(seed, kind, old).text(length, alphabet),
            None => "0".repeat(length),
        }
    }

    /// For a part of an e-mail address.
    pub fn letters(&self, old: &str) -> String {
        let Some(seed) = self.seed else { return old.to_owned() };
        Random::new(seed, "letters", old).text(old.len(), LETTERS)
    }

    /// For a part of an IPv4 address.
    pub fn octet(&self, old: &str) -> String {
        let Some(seed) = self.seed else { return "0".repeat(old.len()) };
        Random::new(seed, "octet", old).below(256).to_string()
    }

    /// For a JSON number: timestamps stay near, short numbers stay, others keep their length.
    pub fn number(&self, old: &str) -> String {
        let (Some(seed), Ok(value)) = (self.seed, old.parse::<u64>()) else {
            return old.to_owned();
        };
        if old.len() < 3 {
            old.to_owned()
        } else if TIMESTAMPS.contains(&value) {
            let shift = Random::new(seed, "shift", "").below(2 * SHIFT_SECONDS);
            value.saturating_sub(SHIFT_SECONDS).saturating_add(shift).to_string()
        } else {
            digits(&mut Random::new(seed, "digits", old), old.len())
        }
    }

    /// For an ISO 8601 time, `2026-07-30T08:26:40.123Z`: the year stays, and so does its layout.
    pub fn time(&self, old: &str) -> String {
        let Some(seed) = self.seed else { return old.to_owned() };
        let mut random = Random::new(seed, "time", old);
        let (year, _) = old.split_at_checked(4).unwrap_or((old, ""));
        let [month, day] = [12, 28].map(|end| random.below(end) + 1);
        let [hour, minute, second] = [24, 60, 60].map(|end| random.below(end));
        let fraction = match old.split_once('.') {
            Some((_, digits)) => {
                format!(".{}", random.text(digits.trim_end_matches('Z').len(), DIGITS))
            }
            None => String::new(),
        };
        format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
    }
}

/// `length` digits that JSON takes for a number: no leading zero.
fn digits(random: &mut Random, length: usize) -> String {
    random.text(1, "123456789") + &random.text(length.saturating_sub(1), DIGITS)
}
