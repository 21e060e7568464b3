//! What is kept of an event's body: the compression, the limits.
//!
//! A small body compresses badly by itself. One dictionary, trained on Stripe's events and shipped
//! with the code, makes a typical event fit into one write unit together with its log entry.
//! Dictionaries are never changed: a better one gets the next format number, and the old ones stay
//! readable.

use std::sync::{LazyLock, Mutex};

use ring::digest::{SHA256, digest};
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::DecoderDictionary;
use zstd::zstd_safe::{CParameter, ParamSwitch, Strategy};

use crate::privacy::{PayloadPolicy, redact_event};

static DICTIONARY_1: &[u8] = include_bytes!("payload/stripe-1.dict");
static DECODER_1: LazyLock<DecoderDictionary<'static>> =
    LazyLock::new(|| DecoderDictionary::copy(DICTIONARY_1));

/// First byte of a kept payload: the bytes follow as they are.
const PLAIN: u8 = 0;
/// First byte of a kept payload: a zstd frame with dictionary 1, without what we know anyway: the
/// magic number, the content's size, the dictionary's id. No checksum: DynamoDB has its own.
const ZSTD_1: u8 = 1;
/// First byte of a redacted payload: its length in four bytes, the lowest first, then as with [`ZSTD_1`].
const REDACTED_ZSTD_1: u8 = 2;
/// First byte of a redacted payload: the bytes follow as they are.
const REDACTED_PLAIN: u8 = 3;
/// What every zstd frame begins with (RFC 8878, 3.1.1).
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// zstd's level, as far as [`SEARCH`] does not say otherwise.
const LEVEL: i32 = 9;
/// How zstd looks for what the dictionary has: for 3 KB against 110 KB, which no level is made for. As small as
/// level 9 in a third of the time (ARCHITECTURE, "Why does zstd get parameters of its own?").
const SEARCH: [CParameter; 7] = [
    CParameter::Strategy(Strategy::ZSTD_greedy),
    CParameter::WindowLog(18),
    CParameter::HashLog(15),
    CParameter::ChainLog(17),
    CParameter::SearchLog(6),
    CParameter::MinMatch(6),
    CParameter::UseRowMatchFinder(ParamSwitch::Disable),
];
/// What we know anyway.
const UNNEEDED: [CParameter; 3] = [
    CParameter::ContentSizeFlag(false),
    CParameter::ChecksumFlag(false),
    CParameter::DictIdFlag(false),
];
/// A kept payload's limit, so that the item stays under DynamoDB's 400 KB with its other attributes.
const MAX_KEPT_BYTES: usize = 350 * 1024;
/// No body is larger: Lambda's own limit for a request is 6 MB.
const MAX_BODY_BYTES: u64 = 16 * 1024 * 1024;

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

/// Compresses as payloads are, with any dictionary: prepares it, and compresses once.
///
/// # Errors
/// When zstd refuses a setting.
pub fn compressor(dictionary: &[u8]) -> std::io::Result<Compressor<'static>> {
    let mut compressor = Compressor::with_dictionary(LEVEL, dictionary)?;
    for parameter in SEARCH.into_iter().chain(UNNEEDED) {
        compressor.set_parameter(parameter)?;
    }
    compressor.compress(b"{}")?;
    Ok(compressor)
}

/// Compresses payloads; made once, at start, since preparing costs more than compressing.
pub struct Codec {
    compressor: Mutex<Compressor<'static>>,
}

impl Codec {
    /// Prepares the dictionary and compresses once, so that the first webhook finds all tables
    /// made.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self { compressor: Mutex::new(compressor(DICTIONARY_1)?) })
    }

    /// What to keep of `raw` under `policy`; nobody in it can be searched for.
    pub fn encode(&self, raw: &[u8], policy: PayloadPolicy) -> StoredPayload {
        match policy {
            PayloadPolicy::None => StoredPayload::NotKept,
            PayloadPolicy::Redacted => {
                let redacted = redact_event(raw, None);
                self.encode_redacted(raw, redacted.as_ref().map(|kept| kept.json.as_str()))
            }
            PayloadPolicy::Full => {
                let compressed = self.compress(raw).filter(|frame| frame.len() < raw.len());
                let stored = match compressed {
                    Some(frame) => [&[ZSTD_1], frame.as_slice()].concat(),
                    None => [&[PLAIN], raw].concat(),
                };
                limited(stored, raw)
            }
        }
    }

    /// What to keep of `raw` where that is `redacted`; `None`: what cannot be redacted is not kept.
    pub fn encode_redacted(&self, raw: &[u8], redacted: Option<&str>) -> StoredPayload {
        let Some(kept) = redacted.map(str::as_bytes) else { return omitted(raw) };
        let length = u32::try_from(kept.len()).unwrap_or(u32::MAX).to_le_bytes();
        let compressed = self.compress(kept).filter(|frame| frame.len() + 4 < kept.len());
        let stored = match compressed {
            Some(frame) => [&[REDACTED_ZSTD_1], &length[..], &frame].concat(),
            None => [&[REDACTED_PLAIN], kept].concat(),
        };
        limited(stored, raw)
    }

    fn compress(&self, raw: &[u8]) -> Option<Vec<u8>> {
        // A poisoned lock would mean that zstd panicked; the body is then kept as it is.
        let frame = self.compressor.lock().ok()?.compress(raw).ok()?;
        Some(frame.strip_prefix(&MAGIC)?.to_vec())
    }
}

/// What is stored, or where it is too large the hash of what came.
fn limited(stored: Vec<u8>, raw: &[u8]) -> StoredPayload {
    if stored.len() <= MAX_KEPT_BYTES { StoredPayload::Kept(stored) } else { omitted(raw) }
}

fn omitted(raw: &[u8]) -> StoredPayload {
    StoredPayload::Omitted { sha256: digest(&SHA256, raw).as_ref().to_vec() }
}

/// Whether a kept payload is what the list left of the body.
pub fn is_redacted(stored: &[u8]) -> bool {
    matches!(stored.first(), Some(&(REDACTED_ZSTD_1 | REDACTED_PLAIN)))
}

/// What was kept again: the body, `body_bytes` long, or what the list left of it. `None` when the bytes are
/// damaged or of an unknown format.
pub fn decode(stored: &[u8], body_bytes: u64) -> Option<Vec<u8>> {
    let (format, bytes) = stored.split_first()?;
    let (length, body) = match *format {
        PLAIN => (body_bytes, bytes.to_vec()),
        ZSTD_1 => (body_bytes, decompress(bytes, body_bytes)?),
        REDACTED_ZSTD_1 => {
            let (length, frame) = bytes.split_first_chunk()?;
            let length = u64::from(u32::from_le_bytes(*length));
            (length, decompress(frame, length)?)
        }
        REDACTED_PLAIN => return Some(bytes.to_vec()),
        _ => return None,
    };
    (u64::try_from(body.len()) == Ok(length.min(MAX_BODY_BYTES))).then_some(body)
}

fn decompress(frame: &[u8], length: u64) -> Option<Vec<u8>> {
    let capacity = usize::try_from(length.min(MAX_BODY_BYTES)).ok()?;
    let mut decompressor = Decompressor::with_prepared_dictionary(&DECODER_1).ok()?;
    decompressor.decompress(&[&MAGIC, frame].concat(), capacity).ok()
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
    fn what_the_list_leaves_comes_back_and_fits_into_less() {
        let event = include_bytes!("../../../tests/fixtures/stripe_events/charge.succeeded.json");
        let codec = Codec::new().unwrap();
        let kept = redact_event(event, None).unwrap().json;
        let StoredPayload::Kept(stored) = codec.encode(event, PayloadPolicy::Redacted) else {
            panic!("not kept")
        };
        assert!(is_redacted(&stored) && stored.len() <= round_trip(event) + 4, "{}", stored.len());
        assert_eq!(decode(&stored, 5).unwrap(), kept.as_bytes());
        let StoredPayload::Kept(small) = codec.encode(b"{}", PayloadPolicy::Redacted) else {
            panic!("not kept")
        };
        assert_eq!((is_redacted(&small), decode(&small, 9)), (true, Some(b"{}".to_vec())));
        let none = codec.encode(b"no json", PayloadPolicy::Redacted);
        assert!(matches!(none, StoredPayload::Omitted { sha256 } if sha256.len() == 32));
        assert_eq!(decode(&[REDACTED_ZSTD_1, 1, 0], 1), None);
        assert_eq!(decode(&[REDACTED_ZSTD_1, 255, 255, 255, 255, 1], 1), None);
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
