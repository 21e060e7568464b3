//! Compression as the store does it, with any dictionary.
//!
//! Frames leave out all that the store knows without them: checksum, content size, dictionary id,
//! and the four bytes that mark a zstd frame.

use std::io;

use zstd::bulk::Compressor;

/// zstd's level. From 11 on preparing the dictionary takes twenty times as long, at every start.
pub const LEVEL: i32 = 9;
/// What marks a zstd frame; not stored.
pub const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// How zstd looks for what a dictionary has.
#[derive(Debug, Clone, Copy)]
pub enum Search {
    /// As the store has it look.
    Store,
    /// As one of its levels does.
    Level(i32),
}

/// A compressor that has prepared a dictionary.
///
/// # Errors
/// When zstd refuses a setting.
pub fn compressor(dictionary: &[u8], search: Search) -> io::Result<Compressor<'static>> {
    let level = match search {
        Search::Store => return shared::store::compressor(dictionary),
        Search::Level(level) => level,
    };
    let mut compressor = Compressor::with_dictionary(level, dictionary)?;
    compressor.include_checksum(false)?;
    compressor.include_contentsize(false)?;
    compressor.include_dictid(false)?;
    compressor.compress(b"{}")?;
    Ok(compressor)
}

/// How many bytes of `json` the store keeps.
///
/// # Errors
/// When zstd fails, which it does not with the buffer it asked for.
pub fn stored_bytes(compressor: &mut Compressor<'_>, json: &str) -> io::Result<usize> {
    Ok(compressor.compress(json.as_bytes())?.len().saturating_sub(MAGIC.len()))
}
