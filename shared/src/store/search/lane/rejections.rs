//! The lane of rejections: a partition a day, an item a minute and instance, an entry for each of
//! its counts. Their place in the log is the start of their minute.

use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::try_join_all;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::{Batch, or_left_out};
use crate::log::{LogEntry, Rejection};
use crate::store::item::{self, Item};
use crate::store::search::Position;
use crate::store::{EventStore, StoreError, keys};

/// Items of a page; each may hold a hundred counts, 7 KB.
const PAGE: i32 = 16;
/// Days read at once: most days have nothing.
const DAYS_AT_ONCE: usize = 8;

/// Where reading goes on.
pub struct Rest {
    day: Date,
    start: Option<Item>,
}

impl Rest {
    /// From the newest minute below a position.
    pub fn new(high: &Position) -> Self {
        Self { day: keys::day_of(high.time()), start: None }
    }
}

/// Reads some days, or a page of one, between the bounds, `low` included and `high` not.
pub async fn read(
    rest: Rest,
    store: &EventStore,
    bounds: (&Position, &Position),
    now: Timestamp,
) -> Result<Batch, StoreError> {
    let (low, high) = bounds;
    let first_day = keys::day_of(low.time());
    // A day that is not finished is not finished by one page either: the others would be in vain.
    let at_once = if rest.start.is_some() { 1 } else { DAYS_AT_ONCE };
    let days = || {
        std::iter::successors(Some(rest.day), |day| day.checked_sub(1.day()).ok())
            .take_while(|day| *day >= first_day)
            .take(at_once)
    };
    let mut start = rest.start;
    let pages = try_join_all(days().map(|day| query(store, day, bounds, start.take()))).await?;
    let mut batch = Batch { entries: Vec::new(), unreadable: 0, high: high.clone(), rest: None };
    for (day, page) in days().zip(pages) {
        for item in page.items() {
            // A page may begin above the bound, in the same minute: the bound only ever falls.
            if let Some(at) = position_of_item(item).filter(|at| *at < batch.high) {
                batch.high = at;
            }
            if !item::is_expired(item, now) {
                let counts = or_left_out(item::rejections_of(item), &mut batch.unreadable);
                batch.entries.extend(counts.into_iter().flat_map(|all| placed(all.counts, bounds)));
            }
        }
        if page.last_evaluated_key.is_some() {
            // What was read of older days lies below the rest of this one; it is read again.
            let rest = Rest { day, start: page.last_evaluated_key };
            batch.rest = Some(super::Rest::Rejections(rest));
            return Ok(batch);
        }
        batch.high = Position(format!("{day}T00:00:00.000000Z"));
        let before = day.checked_sub(1.day()).ok().filter(|before| *before >= first_day);
        batch.rest = before.map(|day| super::Rest::Rejections(Rest { day, start: None }));
    }
    Ok(batch)
}

async fn query(
    store: &EventStore,
    day: Date,
    (low, high): (&Position, &Position),
    start: Option<Item>,
) -> Result<QueryOutput, StoreError> {
    let last_instance = instance_of(high);
    let (first, last) = keys::rejections_sk_bounds(day, low.time(), (high.time(), last_instance));
    store
        .client
        .query()
        .table_name(&store.table)
        .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
        .expression_attribute_values(":pk", AttributeValue::S(keys::rejections_pk(day)))
        .expression_attribute_values(":first", AttributeValue::S(first))
        .expression_attribute_values(":last", AttributeValue::S(last))
        .scan_index_forward(false)
        .limit(PAGE)
        .set_exclusive_start_key(start)
        .send()
        .await
        .map_err(|error| StoreError::request("Query", &error))
}

/// An item's counts at their places, newest first.
fn placed(
    counts: Vec<Rejection>,
    (low, high): (&Position, &Position),
) -> Vec<(Position, LogEntry)> {
    let mut placed: Vec<_> = counts
        .into_iter()
        .map(|rejection| (position_of(&rejection), LogEntry::Rejection(rejection)))
        .filter(|(position, _)| low <= position && position < high)
        .collect();
    placed.sort_by(|(a, _), (b, _)| b.cmp(a));
    placed
}

/// Its minute, then what makes it unique within.
fn position_of(rejection: &Rejection) -> Position {
    let Rejection { minute, instance, cause, refused_genuine, source_ip, .. } = rejection;
    let diagnosis = rejection.most_probably();
    let source = source_ip.as_deref().unwrap_or("other");
    let Position(item) = item_position(*minute, instance);
    Position(format!("{item}#{cause}#{refused_genuine}#{diagnosis}#{source}"))
}

/// What tells a rejection's position from a delivery's: no event id holds it.
const MARK: &str = "~rejected";

/// Below all positions of an item, and above those of every older one.
fn item_position(minute: Timestamp, instance: &str) -> Position {
    Position(format!("{}#{MARK}#{instance}", keys::time(minute)))
}

/// The instance of a rejection's position; `None` for any other position.
fn instance_of(position: &Position) -> Option<&str> {
    let mut parts = position.as_str().split('#').skip(1);
    parts.next().filter(|part| *part == MARK).and(parts.next())
}

fn position_of_item(item: &Item) -> Option<Position> {
    let (pk, sk) = (item::key(item, keys::PK).ok()?, item::key(item, keys::SK).ok()?);
    let (minute, instance) = keys::rejections_of(pk, sk)?;
    Some(item_position(minute, &instance))
}
