//! Puts zstd's header before the chosen content.
//!
//! The header holds the statistics of literals, lengths and distances. Without them every frame
//! would carry its own.
#![expect(unsafe_code, reason = "the zstd crate has no safe call for ZDICT_finalizeDictionary")]

use std::io::{Error, ErrorKind, Result};

use zstd::zstd_safe::{get_error_name, zstd_sys};

/// No header is longer.
pub const MAX_HEADER_BYTES: usize = 256;

/// The dictionary `id` of `content`, with the statistics of compressing `samples` at `level`.
///
/// # Errors
/// When zstd refuses: too few samples, or samples without anything to count.
pub fn finalise(content: &[u8], samples: &[String], level: i32, id: u32) -> Result<Vec<u8>> {
    let sizes: Vec<usize> = samples.iter().map(String::len).collect();
    let samples = samples.concat();
    let count = u32::try_from(sizes.len()).map_err(Error::other)?;
    let mut dictionary = vec![0; content.len() + MAX_HEADER_BYTES];
    let parameters =
        zstd_sys::ZDICT_params_t { compressionLevel: level, notificationLevel: 0, dictID: id };
    // SAFETY: each pointer is to a live buffer of the length passed with it (`count` sizes, whose
    // sum is the length of `samples`), only `dictionary` is written to, and no pointer is kept.
    let written = unsafe {
        zstd_sys::ZDICT_finalizeDictionary(
            dictionary.as_mut_ptr().cast(),
            dictionary.len(),
            content.as_ptr().cast(),
            content.len(),
            samples.as_ptr().cast(),
            sizes.as_ptr(),
            count,
            parameters,
        )
    };
    // An error is a number above any length.
    if written > dictionary.len() {
        return Err(Error::new(ErrorKind::InvalidInput, get_error_name(written)));
    }
    dictionary.truncate(written);
    Ok(dictionary)
}
