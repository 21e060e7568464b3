//! How good a dictionary is: on events it knows, with other ids, and on events it has never seen.
//!
//! `seen`: trained on all fixtures, tried on all. `unseen`: trained on a random half of the types,
//! tried on the other half. `foreign`: the same with halves of whole families, so that nothing of
//! the kind (no `invoice.*` at all) was ever seen.

pub mod report;
mod sizes;

use std::io;

pub use sizes::Sizes;

use crate::compress::{Search, compressor, stored_bytes};
use crate::fixtures::Fixture;
use crate::random::Random;
use crate::randomise::randomise;

/// Random halves per question.
const SPLITS: u64 = 6;
/// Seeds that training does not use.
const TRIALS: std::ops::Range<u64> = 1000..1003;

/// Makes a dictionary from fixtures.
pub type Trainer<'a> = &'a dyn Fn(&[Fixture]) -> io::Result<Vec<u8>>;

/// Sizes by how well the dictionary knows the events.
#[derive(Debug, Default)]
pub struct Study {
    /// Bytes of the dictionary trained on everything.
    pub dictionary_bytes: usize,
    /// Known types, other ids.
    pub seen: Sizes,
    /// Unknown types.
    pub unseen: Sizes,
    /// Unknown families of types.
    pub foreign: Sizes,
}

/// Studies what `train` makes of the fixtures.
///
/// # Errors
/// When zstd refuses to train or to compress.
pub fn study(fixtures: &[Fixture], train: Trainer<'_>, search: Search) -> io::Result<Study> {
    let dictionary = train(fixtures)?;
    let mut study = Study { dictionary_bytes: dictionary.len(), ..Study::default() };
    study.seen.extend(measure(fixtures, &dictionary, search)?);
    for split in 0..SPLITS {
        let (known, unknown) = halves(fixtures, split, |name| name);
        study.unseen.extend(measure(&unknown, &train(&known)?, search)?);
        let (known, unknown) = halves(fixtures, split, family);
        study.foreign.extend(measure(&unknown, &train(&known)?, search)?);
    }
    Ok(study)
}

/// The stored size of each event, with fresh ids.
///
/// # Errors
/// When zstd fails.
pub fn measure(events: &[Fixture], dictionary: &[u8], search: Search) -> io::Result<Vec<usize>> {
    let mut compressor = compressor(dictionary, search)?;
    events
        .iter()
        .flat_map(|event| TRIALS.map(|seed| randomise(&event.json, seed)))
        .map(|json| stored_bytes(&mut compressor, &json))
        .collect()
}

/// Two halves of the fixtures; those with the same group stay together.
fn halves(
    fixtures: &[Fixture],
    split: u64,
    group: fn(&str) -> &str,
) -> (Vec<Fixture>, Vec<Fixture>) {
    let mut groups: Vec<&str> = fixtures.iter().map(|fixture| group(&fixture.name)).collect();
    groups.dedup();
    let mut known = Vec::new();
    let mut unknown = Vec::new();
    for group_name in Random::new(split, "split", "").shuffled(groups) {
        let half = if known.len() < fixtures.len() / 2 { &mut known } else { &mut unknown };
        half.extend(fixtures.iter().filter(|fixture| group(&fixture.name) == group_name).cloned());
    }
    (known, unknown)
}

fn family(name: &str) -> &str {
    name.split_once('.').map_or(name, |(family, _)| family)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_keep_families_together_and_lose_nothing() {
        let names = ["a.1", "a.2", "b.1", "b.2", "c.1", "c.2", "d.1", "d.2"];
        let fixtures = names.map(|name| Fixture { name: name.to_owned(), json: String::new() });
        let (known, unknown) = halves(&fixtures, 1, family);
        assert_eq!((known.len(), unknown.len()), (4, 4));
        assert!(known.iter().all(|k| unknown.iter().all(|u| family(&k.name) != family(&u.name))));
    }
}
