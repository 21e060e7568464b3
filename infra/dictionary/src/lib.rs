//! Trains the zstd dictionary that the store compresses payloads with.
//!
//! A single event is too small for zstd to learn from. The dictionary holds the lines that Stripe's
//! events are made of, and statistics of what is left between them: ids, amounts, times. It is
//! trained from the fixtures, byte for byte reproducibly, and shipped inside the functions; nothing
//! here is. The write-budget benchmark and the tests use [`randomise`] too.

pub mod compress;
pub mod content;
pub mod finalise;
pub mod fixtures;
pub mod random;
pub mod randomise;
pub mod study;
pub mod train;
