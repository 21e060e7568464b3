//! The study's tables.

use std::fmt::Write as _;
use std::hint::black_box;
use std::io;
use std::time::Instant;

use zstd::bulk::Compressor;

use super::{Sizes, Trainer, measure, study};
use crate::compress::{Search, compressor, stored_bytes};
use crate::fixtures::Fixture;
use crate::randomise::randomise;
use crate::train::{MAX_BYTES, samples, train};

/// Levels worth comparing.
const LEVELS: [i32; 8] = [3, 6, 8, 9, 10, 12, 15, 19];
/// The size of event that times are given for.
const TYPICAL_BYTES: std::ops::Range<usize> = 2500..3500;

/// Dictionaries compared, with zstd looking as the store has it look.
///
/// # Errors
/// When zstd refuses to train or to compress.
pub fn dictionaries(fixtures: &[Fixture]) -> io::Result<String> {
    let mut table = format!(
        "{:<28}{:>8}   {:<25}   {:<25}   {:<25}\n{:<28}{:>8}",
        "dictionary", "bytes", "seen", "unseen types", "foreign families", "", ""
    );
    table.push_str(&"     mean   p50   p95  units".repeat(3));
    let trained = |fixtures: &[Fixture]| zstd::dict::from_samples(&samples(fixtures), MAX_BYTES);
    let sized = [16, 32, 64, 110].map(|kilobytes| {
        (format!("lines, {kilobytes} KB"), move |fixtures: &[Fixture]| {
            train(fixtures, kilobytes * 1024)
        })
    });
    let mut rows: Vec<(&str, Trainer<'_>)> =
        vec![("none", &|_| Ok(Vec::new())), ("zstd's trainer, 110 KB", &trained)];
    rows.extend(sized.iter().map(|(name, train)| (name.as_str(), train as Trainer<'_>)));
    for (name, trainer) in rows {
        let row = study(fixtures, trainer, Search::Store)?;
        let (seen, unseen, foreign) = (row.seen, row.unseen, row.foreign);
        let bytes = row.dictionary_bytes;
        write!(table, "\n{name:<28}{bytes:>8}   {seen}   {unseen}   {foreign}")
            .map_err(io::Error::other)?;
    }
    Ok(table)
}

/// What zstd does at its levels compared with what the store has it do, with the store's dictionary.
///
/// # Errors
/// When zstd refuses to train or to compress.
pub fn levels(fixtures: &[Fixture]) -> io::Result<String> {
    let dictionary = train(fixtures, MAX_BYTES)?;
    let mut table = format!("{:<8}{:<25}   us/3 KB event   ms/prepare\n", "search", "seen");
    table.push_str("          mean   p50   p95  units");
    let levels = LEVELS.map(|level| (level.to_string(), Search::Level(level)));
    for (name, search) in [("store".to_owned(), Search::Store)].into_iter().chain(levels) {
        let mut seen = Sizes::default();
        seen.extend(measure(fixtures, &dictionary, search)?);
        let start = Instant::now();
        let mut compressor = compressor(&dictionary, search)?;
        let prepare = start.elapsed().as_secs_f64() * 1e3;
        let each = microseconds(fixtures, &mut compressor)?;
        write!(table, "\n{name:<8}{seen}   {each:13.1}   {prepare:10.2}")
            .map_err(io::Error::other)?;
    }
    Ok(table)
}

/// Mean time to compress an event of typical size.
fn microseconds(fixtures: &[Fixture], compressor: &mut Compressor<'_>) -> io::Result<f64> {
    let typical = fixtures.iter().filter(|fixture| TYPICAL_BYTES.contains(&fixture.json.len()));
    let events: Vec<String> = typical.map(|fixture| randomise(&fixture.json, 0)).collect();
    let mut count = 0_u32;
    let start = Instant::now();
    while start.elapsed().as_millis() < 300 {
        for event in &events {
            black_box(stored_bytes(compressor, event)?);
            count += 1;
        }
    }
    Ok(start.elapsed().as_secs_f64() * 1e6 / f64::from(count.max(1)))
}
