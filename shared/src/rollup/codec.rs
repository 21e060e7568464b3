//! A rollup as bytes: a version, then the content, compressed and with a checksum.
//!
//! Every text is stored once, in a table, and meant by its number. The bytes of a version are read
//! for ever; what changes gets the next version.

mod names;
mod stored;

use std::io::Read;

use super::Rollup;
use stored::Stored;

/// First byte of a stored rollup: a zstd frame with checksum, of [`Stored`] in postcard's format.
const VERSION_1: u8 = 1;
/// zstd's level: what is stored is small, and written once or twice.
const LEVEL: i32 = 3;
/// No rollup is larger; bytes that claim to be are damaged.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// Bytes that are no rollup of a version that is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the rollup is damaged or of an unknown version")]
pub struct Damaged;

impl Rollup {
    /// The rollup as bytes; equal rollups are equal bytes. `None` where compressing fails, which
    /// takes a machine without memory.
    pub fn encode(&self) -> Option<Vec<u8>> {
        let plain = postcard::to_allocvec(&Stored::from(self)).ok()?;
        let mut encoder = zstd::Encoder::new(vec![VERSION_1], LEVEL).ok()?;
        encoder.include_checksum(true).ok()?;
        std::io::copy(&mut plain.as_slice(), &mut encoder).ok()?;
        encoder.finish().ok()
    }

    /// The rollup again.
    ///
    /// # Errors
    /// When the bytes are damaged, or of a version that this one does not know.
    pub fn decode(bytes: &[u8]) -> Result<Self, Damaged> {
        let (&VERSION_1, frame) = bytes.split_first().ok_or(Damaged)? else { return Err(Damaged) };
        let mut plain = Vec::new();
        let decoder = zstd::Decoder::with_buffer(frame).map_err(|_| Damaged)?;
        decoder.single_frame().take(MOST_BYTES).read_to_end(&mut plain).map_err(|_| Damaged)?;
        let stored: Stored = postcard::from_bytes(&plain).map_err(|_| Damaged)?;
        Self::try_from(stored)
    }
}

#[cfg(test)]
mod tests;
