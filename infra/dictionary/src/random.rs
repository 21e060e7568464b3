//! A seeded stream of numbers (SplitMix64 on an FNV-1a hash).
//!
//! Ours, and not a crate's: the dictionary must come out the same for years, and a crate may change
//! its stream in a minor release.

/// Numbers that depend on nothing but the seed and the names given to [`Random::new`].
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The stream of `seed` for `kind` and `name`: equal arguments give equal streams.
    pub fn new(seed: u64, kind: &str, name: &str) -> Self {
        let bytes =
            seed.to_le_bytes().into_iter().chain(kind.bytes()).chain([0]).chain(name.bytes());
        Self(bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        }))
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number in `0..end`; 0 for an `end` of 0. The bias of the remainder does not matter here.
    pub fn below(&mut self, end: u64) -> u64 {
        self.number().checked_rem(end).unwrap_or(0)
    }

    /// `length` characters of `alphabet`.
    pub fn text(&mut self, length: usize, alphabet: &str) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..length).filter_map(|_| self.pick(&letters).copied()).collect()
    }

    /// The values in a random order.
    pub fn shuffled<T>(&mut self, values: impl IntoIterator<Item = T>) -> Vec<T> {
        let mut drawn: Vec<(u64, T)> =
            values.into_iter().map(|value| (self.number(), value)).collect();
        drawn.sort_by_key(|(order, _)| *order);
        drawn.into_iter().map(|(_, value)| value).collect()
    }

    fn pick<'a, T>(&mut self, values: &'a [T]) -> Option<&'a T> {
        let end = u64::try_from(values.len()).ok()?;
        values.get(usize::try_from(self.below(end)).ok()?)
    }
}
