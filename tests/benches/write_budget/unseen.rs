//! The same items as if their types of event were missing from the dictionary.
//!
//! A dictionary is trained on a random half of the fixtures; events made from the other half are
//! unknown to it, and their payload is as long as it makes them. Several halves, so that no lucky
//! one decides.

use aws_sdk_dynamodb::types::AttributeValue;
use dictionary::compress::{Search, compressor, stored_bytes};
use dictionary::fixtures::Fixture;
use dictionary::random::Random;
use dictionary::train::{MAX_BYTES, train};

use crate::bill::Item;
use crate::traffic::Event;

const SPLITS: u64 = 6;
const PAYLOAD: &str = "p";

/// The items of events whose type was in the half that a dictionary was not trained on.
pub fn items(fixtures: &[Fixture], events: &[Event], items: &[Item]) -> Vec<Item> {
    assert_shipped_dictionary(fixtures, events, items);
    (0..SPLITS).flat_map(|split| of_split(fixtures, events, items, split)).collect()
}

fn of_split(fixtures: &[Fixture], events: &[Event], items: &[Item], split: u64) -> Vec<Item> {
    let shuffled = Random::new(split, "write budget", "").shuffled(0..fixtures.len());
    let (known, unknown) = shuffled.split_at(fixtures.len() / 2);
    let known: Vec<Fixture> = known.iter().map(|place| fixtures[*place].clone()).collect();
    let is_unknown = |event: &Event| unknown.contains(&event.fixture);
    let lengths = stored_lengths(&train(&known, MAX_BYTES).unwrap(), events);
    let all = events.iter().zip(items).zip(lengths);
    all.filter(|((event, _), _)| is_unknown(event))
        .map(|((_, item), length)| {
            let payload = AttributeValue::B(vec![0; length].into());
            item.clone().into_iter().chain([(PAYLOAD.to_owned(), payload)]).collect()
        })
        .collect()
}

/// The lengths computed here are the store's: shown on the dictionary that it ships.
fn assert_shipped_dictionary(fixtures: &[Fixture], events: &[Event], items: &[Item]) {
    let lengths = stored_lengths(&train(fixtures, MAX_BYTES).unwrap(), events);
    for ((event, item), length) in events.iter().zip(items).zip(lengths) {
        let kept = item[PAYLOAD].as_b().unwrap().as_ref().len();
        assert_eq!(length, kept, "{}", fixtures[event.fixture].name);
    }
}

/// How long the store's payload is, format byte included; a body that does not shrink is kept as
/// it is.
fn stored_lengths(dictionary: &[u8], events: &[Event]) -> Vec<usize> {
    let mut compressor = compressor(dictionary, Search::Store).unwrap();
    let mut length = |json: &str| stored_bytes(&mut compressor, json).unwrap().min(json.len());
    events.iter().map(|event| 1 + length(&event.json)).collect()
}
