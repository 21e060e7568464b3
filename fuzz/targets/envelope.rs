//! A genuine body: it always has an id that can be a key, and a reason where it was not understood.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::log::EventId;
use webhook_receiver::envelope;

fuzz_target!(|data: &[u8]| {
    let read = envelope::read(data);
    assert_eq!(EventId::parse(read.event_id.as_str()), Some(read.event_id.clone()));
    assert_eq!(read.quarantine.is_none(), {
        let is_own = !read.event_id.as_str().starts_with("quarantined_");
        is_own && read.facts.event_type.is_some() && read.quarantine.is_none()
    });
});
