//! Compression as the store does it, with any dictionary.
//!
//! Frames leave out all that the store knows without them: checksum, content size, dictionary id,
//! and the four bytes that mark a zstd frame.

use std::io;

use zstd::bulk::Compressor;
use zstd::dict::EncoderDictionary;

/// zstd's level. From 11 on preparing the dictionary takes twenty times as long, at every start.
pub const LEVEL: i32 = 9;
/// What marks a zstd frame; not stored.
pub const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A compressor with a prepared dictionary. One thread at a time; the dictionary can be shared.
///
/// # Errors
/// When zstd refuses a setting.
pub fn compressor<'a>(dictionary: &'a EncoderDictionary<'_>) -> io::Result<Compressor<'a>> {
    let mut compressor = Compressor::with_prepared_dictionary(dictionary)?;
    compressor.include_checksum(false)?;
    compressor.include_contentsize(false)?;
    compressor.include_dictid(false)?;
    Ok(compressor)
}

/// How many bytes of `json` the store keeps.
///
/// # Errors
/// When zstd fails, which it does not with the buffer it asked for.
pub fn stored_bytes(compressor: &mut Compressor<'_>, json: &str) -> io::Result<usize> {
    Ok(compressor.compress(json.as_bytes())?.len().saturating_sub(MAGIC.len()))
}
