//! What is kept of an event's body: the policy, the compression, the limits.
//!
//! A small body compresses badly by itself. One dictionary, trained on Stripe's events and shipped
//! with the code, makes a typical event fit into one write unit together with its log entry.
//! Dictionaries are never changed: a better one gets the next format number, and the old ones stay
//! readable.

use std::sync::{LazyLock, Mutex};

use ring::digest::{SHA256, digest};
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};
use zstd::zstd_safe::CParameter;

use crate::config::{ConfigError, Vars};

static DICTIONARY_1: &[u8] = include_bytes!("payload/stripe-1.dict");
static ENCODER_1: LazyLock<EncoderDictionary<'static>> =
    LazyLock::new(|| EncoderDictionary::copy(DICTIONARY_1, LEVEL));
static DECODER_1: LazyLock<DecoderDictionary<'static>> =
    LazyLock::new(|| DecoderDictionary::copy(DICTIONARY_1));

/// First byte of a kept payload: the bytes follow as they are.
const PLAIN: u8 = 0;
/// First byte of a kept payload: a zstd frame with dictionary 1, without what we know anyway: the
/// magic number, the content's size, the dictionary's id. No checksum: DynamoDB has its own.
const ZSTD_1: u8 = 1;
/// What every zstd frame begins with (RFC 8878, 3.1.1).
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// zstd's level. 10 to 19 save no write unit, and from 11 on preparing the dictionary takes 9 ms.
const LEVEL: i32 = 9;
/// A kept payload's limit, so that the item stays under DynamoDB's 400 KB with its other attributes.
const MAX_KEPT_BYTES: usize = 350 * 1024;
/// No body is larger: Lambda's own limit for a request is 6 MB.
const MAX_BODY_BYTES: u64 = 16 * 1024 * 1024;

/// `WEBHOOK_PAYLOAD`: how much of a body is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayloadPolicy {
    /// Byte for byte.
    Full,
    /// Nothing; Stripe serves events for 30 days.
    None,
}

impl PayloadPolicy {
    /// Reads `WEBHOOK_PAYLOAD`: `full` (default) or `none`.
    pub fn from_vars(vars: &Vars<'_>) -> Result<Self, ConfigError> {
        vars.parsed("WEBHOOK_PAYLOAD", Self::Full, "full or none")
    }
}

impl std::str::FromStr for PayloadPolicy {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "full" => Ok(Self::Full),
            "none" => Ok(Self::None),
            _ => Err(()),
        }
    }
}

/// What the policy lets through of a body.
pub fn retain(raw: &[u8], policy: PayloadPolicy) -> Option<&[u8]> {
    match policy {
        PayloadPolicy::Full => Some(raw),
        PayloadPolicy::None => None,
    }
}

/// A payload as the table holds it. No `Debug`: it is a customer's data.
#[derive(Clone, PartialEq, Eq)]
pub enum StoredPayload {
    /// A format byte and the compressed body.
    Kept(Vec<u8>),
    /// Too large even when compressed.
    Omitted {
        /// SHA-256 of the body, to compare with what Stripe serves.
        sha256: Vec<u8>,
    },
    /// The policy keeps none.
    NotKept,
}

/// Compresses payloads; made once, at start, since preparing costs more than compressing.
pub struct Codec {
    compressor: Mutex<Compressor<'static>>,
}

impl Codec {
    /// Prepares the dictionary and compresses once, so that the first webhook finds all tables
    /// made.
    pub fn new() -> std::io::Result<Self> {
        let mut compressor = Compressor::with_prepared_dictionary(&ENCODER_1)?;
        for unneeded in [
            CParameter::ContentSizeFlag(false),
            CParameter::ChecksumFlag(false),
            CParameter::DictIdFlag(false),
        ] {
            compressor.set_parameter(unneeded)?;
        }
        compressor.compress(b"{}")?;
        Ok(Self { compressor: Mutex::new(compressor) })
    }

    /// What to keep of `raw` under `policy`.
    pub fn encode(&self, raw: &[u8], policy: PayloadPolicy) -> StoredPayload {
        let Some(kept) = retain(raw, policy) else { return StoredPayload::NotKept };
        let compressed = self.compress(kept).filter(|compressed| compressed.len() <= kept.len());
        let stored = compressed.unwrap_or_else(|| [&[PLAIN], kept].concat());
        if stored.len() <= MAX_KEPT_BYTES {
            StoredPayload::Kept(stored)
        } else {
            StoredPayload::Omitted { sha256: digest(&SHA256, kept).as_ref().to_vec() }
        }
    }

    fn compress(&self, raw: &[u8]) -> Option<Vec<u8>> {
        // A poisoned lock would mean that zstd panicked; the body is then kept as it is.
        let frame = self.compressor.lock().ok()?.compress(raw).ok()?;
        Some([&[ZSTD_1], frame.strip_prefix(&MAGIC)?].concat())
    }
}

/// The body again, `body_bytes` long. `None` when the bytes are damaged or of an unknown format.
pub fn decode(stored: &[u8], body_bytes: u64) -> Option<Vec<u8>> {
    let (format, bytes) = stored.split_first()?;
    let capacity = usize::try_from(body_bytes.min(MAX_BODY_BYTES)).ok()?;
    let body = match *format {
        PLAIN => bytes.to_vec(),
        ZSTD_1 => {
            let mut decompressor = Decompressor::with_prepared_dictionary(&DECODER_1).ok()?;
            decompressor.decompress(&[&MAGIC, bytes].concat(), capacity).ok()?
        }
        _ => return None,
    };
    (body.len() == capacity).then_some(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(raw: &[u8]) -> usize {
        let codec = Codec::new().unwrap();
        let StoredPayload::Kept(stored) = codec.encode(raw, PayloadPolicy::Full) else {
            panic!("not kept")
        };
        assert_eq!(decode(&stored, raw.len() as u64).as_deref(), Some(raw));
        stored.len()
    }

    #[test]
    fn bodies_come_back_byte_for_byte() {
        let event = include_bytes!("../../../tests/fixtures/stripe_events/charge.succeeded.json");
        assert!(round_trip(event) < event.len() / 5);
        for odd in [&b""[..], b"x", b"\xff\xfe\x00", &[0; 100_000]] {
            round_trip(odd);
        }
    }

    #[test]
    fn what_stays_too_large_leaves_its_hash() {
        let mut state = 1_u64;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        })
        .take(400_000)
        .collect();
        let codec = Codec::new().unwrap();
        let kept = codec.encode(&noise, PayloadPolicy::Full);
        assert!(matches!(kept, StoredPayload::Omitted { sha256 } if sha256.len() == 32));
        assert!(codec.encode(&noise, PayloadPolicy::None) == StoredPayload::NotKept);
    }

    #[test]
    fn damage_is_a_none() {
        assert_eq!(decode(&[], 0), None);
        assert_eq!(decode(&[9, 1, 2], 2), None);
        assert_eq!(decode(&[ZSTD_1, 1, 2, 3], 100), None);
        assert_eq!(decode(&[PLAIN, 1, 2], 3), None);
    }
}
