//! The log's own entries of a range, streamed page by page, all shards at once.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::try_join_all;
use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::item::{self, Item};
use super::{EventStore, StoreError, keys};
use crate::log::{Found, LogEntry, Rejections, TimeRange};
use crate::rollup::{Bucket, Grain, Rollup};

const QUERY: &str = "Query";

/// Entries of a page: few enough that eight pages are a small part of a function's memory.
const PAGE: i32 = 1_000;

/// How far a scan may go.
#[derive(Debug, Clone, Copy)]
pub struct ScanLimits {
    /// Entries, refused requests by the item.
    pub entries: u64,
    /// When to begin no further page.
    pub until: Option<Instant>,
}

impl ScanLimits {
    /// As far as the range goes.
    pub const NONE: Self = Self { entries: u64::MAX, until: None };
}

/// What a scan came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scanned {
    /// Entries handed over, refused requests by the item.
    pub entries: u64,
    /// Entries that this version cannot read; each is named in the function's log.
    pub unreadable: u64,
    /// The range has been read to its end.
    pub complete: bool,
}

/// What a scan found, as far as numbers are made of it. Of an entry only those facts are read ([`Rollup::add`]); what
/// is not read would be told for what it is not (without a user agent, an entry has Stripe's), so it is not to be had.
#[derive(Debug)]
pub struct Counted(Found);

impl Counted {
    /// When it was logged.
    pub fn logged_at(&self) -> Timestamp {
        self.0.logged_at()
    }

    /// Adds it to what others have added up to.
    pub fn add_to(&self, rollup: &mut Rollup) {
        rollup.add_found(&self.0);
    }

    /// Of an outcome, the mode where it is known, and whether processing failed.
    pub fn outcome(&self) -> Option<(Option<bool>, bool)> {
        match &self.0 {
            Found::Entry(LogEntry::Outcome(outcome)) => {
                Some((outcome.livemode, outcome.failure().is_some()))
            }
            _ => None,
        }
    }
}

/// What is read from old to new: a shard of the time index, or a day's rejections.
pub(super) struct Lane {
    index: Option<&'static str>,
    condition: &'static str,
    pk: String,
    bounds: (String, String),
    only_counted: bool,
}

impl EventStore {
    /// Hands over every entry that was logged in a range, in no order: those of one shard or day from
    /// old to new, as far as numbers are made of it. Refused requests are logged in the minute that they are counted
    /// in. An entry that is damaged in a fact that no number needs is one like any other here, if not in a list.
    ///
    /// Memory does not grow with the range: a page of each lane is held at a time.
    pub async fn scan(
        &self,
        range: TimeRange,
        now: Timestamp,
        limits: ScanLimits,
        mut take: impl FnMut(Counted),
    ) -> Result<Scanned, StoreError> {
        let mut scanned = Scanned::default();
        let lanes = lanes(range).into_iter().map(|lane| self.pages(lane).boxed());
        let mut pages = stream::select_all(lanes);
        while let Some(page) = pages.try_next().await? {
            for mut item in page {
                if item::is_expired(&item, now) {
                    continue;
                }
                scanned.entries += 1;
                match item::entries_of(&mut item) {
                    Ok(entries) => {
                        let found = entries.into_iter().map(Found::Entry);
                        found.map(Counted).for_each(&mut take);
                    }
                    Err(error) => {
                        tracing::error!(%error, "entry left out");
                        scanned.unreadable += 1;
                        if let Some(logged_at) = item::logged_at(&item) {
                            take(Counted(Found::Unreadable { logged_at }));
                        }
                    }
                }
            }
            let overdue = limits.until.is_some_and(|until| Instant::now() > until);
            if scanned.entries > limits.entries || overdue {
                return Ok(scanned);
            }
        }
        Ok(Scanned { complete: true, ..scanned })
    }

    /// What the entries of a range add up to, as far as the limits let it be read.
    pub async fn fold(
        &self,
        range: TimeRange,
        now: Timestamp,
        limits: ScanLimits,
    ) -> Result<(Rollup, Scanned), StoreError> {
        let mut rollup = Rollup::default();
        let scanned = self.scan(range, now, limits, |counted| counted.add_to(&mut rollup)).await?;
        Ok((rollup, scanned))
    }

    /// The same in parts that are each within one bucket of a grain; those without an entry are left out.
    pub(super) async fn fold_by(
        &self,
        within: Option<Grain>,
        range: TimeRange,
        now: Timestamp,
        limits: ScanLimits,
    ) -> Result<(Vec<(TimeRange, Rollup)>, Scanned), StoreError> {
        let Some(grain) = within else {
            let (rollup, scanned) = self.fold(range, now, limits).await?;
            return Ok((vec![(range, rollup)], scanned));
        };
        let mut parts: BTreeMap<Bucket, Rollup> = BTreeMap::new();
        let take = |counted: Counted| {
            counted.add_to(parts.entry(grain.bucket_of(counted.logged_at())).or_default());
        };
        let scanned = self.scan(range, now, limits, take).await?;
        let cut = |(bucket, rollup): (Bucket, Rollup)| {
            let (from, to) = (bucket.start.max(range.from()), bucket.end().min(range.to()));
            Some((TimeRange::new(from, to)?, rollup))
        };
        Ok((parts.into_iter().filter_map(cut).collect(), scanned))
    }

    /// When the oldest entry of a range was logged, as near as one look at each shard and day tells;
    /// `None` where there is none. Expired ones count for as long as they are there.
    pub async fn oldest_entry(&self, range: TimeRange) -> Result<Option<Timestamp>, StoreError> {
        let firsts = try_join_all(lanes(range).into_iter().map(async |lane| {
            let page = self.query(&lane).limit(1).send().await;
            page.map_err(|error| StoreError::request(QUERY, &error))
        }));
        let firsts = firsts.await?;
        Ok(firsts.iter().flat_map(|page| page.items()).filter_map(item::logged_at).min())
    }

    /// A lane's pages from old to new, each read when the one before is done with.
    pub(super) fn pages(&self, lane: Lane) -> impl Stream<Item = Result<Vec<Item>, StoreError>> {
        stream::try_unfold((lane, Some(None)), async |(lane, start)| {
            let Some(start) = start else { return Ok(None) };
            let page = self.query(&lane).limit(PAGE).set_exclusive_start_key(start).send().await;
            let page = page.map_err(|error| StoreError::request(QUERY, &error))?;
            let next = page.last_evaluated_key.map(Some);
            Ok(Some((page.items.unwrap_or_default(), (lane, next))))
        })
    }

    pub(super) fn query(&self, lane: &Lane) -> QueryFluentBuilder {
        let value = |text: &String| AttributeValue::S(text.clone());
        let (only, names) = lane.only_counted.then(item::counted_members).unzip();
        self.client
            .query()
            .set_projection_expression(only)
            .set_expression_attribute_names(names)
            .table_name(&self.table)
            .set_index_name(lane.index.map(str::to_owned))
            .key_condition_expression(lane.condition)
            .expression_attribute_values(":pk", value(&lane.pk))
            .expression_attribute_values(":first", value(&lane.bounds.0))
            .expression_attribute_values(":last", value(&lane.bounds.1))
    }
}

impl Lane {
    /// The shards of the time index, as far as a range goes.
    pub(super) fn shards(range: TimeRange) -> impl Iterator<Item = Self> {
        (0..keys::SHARDS).map(move |number| Self::shard(number, range))
    }

    /// A shard of the time index, as far as a range goes.
    pub(super) fn shard(number: u8, range: TimeRange) -> Self {
        // No sort key is a time alone, so BETWEEN excludes what was logged at the end itself.
        let bounds = (keys::time(range.from()), keys::time(range.to()));
        Self {
            index: Some(keys::TIME_INDEX),
            condition: "gsi1pk = :pk AND gsi1sk BETWEEN :first AND :last",
            pk: keys::log_shard(number),
            bounds,
            only_counted: false,
        }
    }

    /// Of each entry only what numbers are made of.
    fn counted(self) -> Self {
        Self { only_counted: true, ..self }
    }

    fn rejections(day: Date, range: TimeRange) -> Self {
        // The last minute that begins within the range.
        let last = Rejections::minute_of(range.to() - SignedDuration::from_micros(1));
        Self {
            index: None,
            condition: "pk = :pk AND sk BETWEEN :first AND :last",
            pk: keys::rejections_pk(day),
            bounds: keys::rejections_sk_bounds(day, range.from(), (last, None)),
            only_counted: false,
        }
    }
}

/// Everything that is logged in a range. It begins on a minute, so every minute of rejections is in it
/// or not.
fn lanes(range: TimeRange) -> Vec<Lane> {
    let last_day = keys::day_of(range.to() - SignedDuration::from_micros(1));
    let days = std::iter::successors(Some(keys::day_of(range.from())), |day| day.tomorrow().ok())
        .take_while(|day| *day <= last_day);
    Lane::shards(range)
        .map(Lane::counted)
        .chain(days.map(|day| Lane::rejections(day, range)))
        .collect()
}
