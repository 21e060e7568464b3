//! The numbers of a range, and of the one before it, read for a page.

use jiff::Timestamp;
use shared::log::TimeRange;
use shared::metrics::{
    Failures, Filter, Group, GroupBy, GroupKey, Groups, Performance, Series, Slot, Step,
};
use shared::report::before;
use shared::rollup::first_instant;
use shared::store::{Answered, Detail, Reading};

use super::period::Scope;
use crate::config::Config;
use crate::error::ApiError;
use crate::first_seen::sharpen;

/// Days of a range up to which the one before it is told by event type too; of a longer one, that would
/// take as long again as the range itself.
const TYPES_BEFORE: i64 = 8;
/// Patterns of errors that are told.
pub const PATTERNS: usize = 8;

/// Everything that the pages tell of a range.
pub struct Numbers {
    /// The sums.
    pub all: Performance,
    /// The same by step of the range, from old to new.
    pub slots: Vec<Slot>,
    /// How long a step is.
    pub step: Step,
    /// The same in so few steps that a chart can show them.
    pub chart: Vec<Slot>,
    /// How long a step of the chart is, in words.
    pub chart_step: String,
    /// By Stripe's event type.
    pub types: Groups,
    /// By connected account.
    pub accounts: Groups,
    /// By the address that requests came from.
    pub sources: Groups,
    /// What failed outcomes failed with.
    pub failures: Failures,
    /// The range that the numbers are of.
    pub answered: Answered,
}

impl Numbers {
    /// Reads a range.
    pub async fn load(
        config: &Config,
        range: TimeRange,
        detail: Detail,
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        let reading = reading(config, range, detail, now);
        let everything = Filter::default();
        let step = Step::of(range, reading.log_since);
        let (mut all, mut series) = (Performance::default(), Series::new(step));
        let (mut types, mut accounts) =
            (Groups::new(GroupBy::EventType), Groups::new(GroupBy::Account));
        let (mut sources, mut failures) = (Groups::new(GroupBy::SourceIp), Failures::default());
        let read = config.store.read_by(step.grain(), &reading, |range, part| {
            all.add(part, &everything);
            series.add(range, part, &everything);
            failures.add(range, part, &everything);
            for groups in [&mut types, &mut accounts, &mut sources] {
                groups.add(range, part, &everything);
            }
        });
        let answered = read.await?;
        let slots = series.slots(answered.from, answered.through);
        let (chart, chart_step) = for_chart(&slots, step);
        let numbers = Self {
            all,
            slots,
            step,
            chart,
            chart_step,
            types,
            accounts,
            sources,
            failures,
            answered,
        };
        Ok(numbers)
    }

    /// The range that charts are of.
    pub fn range(&self) -> Option<TimeRange> {
        TimeRange::new(self.answered.from, self.answered.through)
    }
}

/// As many of the slots as one as keep a chart readable: a week is told by 3 hours.
fn for_chart(slots: &[Slot], step: Step) -> (Vec<Slot>, String) {
    const MOST: usize = 60;
    let many = slots.len().div_ceil(MOST).max(1);
    if many == 1 {
        return (slots.to_vec(), step.to_string());
    }
    // Steps begin where they do on a clock.
    let unit =
        slots.get(1).map_or(1, |slot| slot.range.to().duration_since(slot.range.from()).as_secs());
    let length = unit.max(1).saturating_mul(i64::try_from(many).unwrap_or(1));
    let mut chart: Vec<Slot> = Vec::new();
    for slot in slots {
        let number = |slot: &Slot| slot.range.from().as_second().div_euclid(length);
        match chart.last_mut().filter(|last| number(last) == number(slot)) {
            Some(last) => merge(last, slot),
            None => chart.push(slot.clone()),
        }
    }
    for slot in &mut chart {
        let whole = slot.range.to().duration_since(slot.range.from()).as_secs();
        slot.is_whole = whole == length;
    }
    (chart, in_words(length))
}

fn in_words(seconds: i64) -> String {
    match seconds {
        ..3_600 => format!("{} minutes", seconds / 60),
        3_600..86_400 => format!("{} hours", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// Adds the slot that follows.
fn merge(slot: &mut Slot, next: &Slot) {
    slot.range = TimeRange::new(slot.range.from(), next.range.to()).unwrap_or(slot.range);
    let (point, more) = (&mut slot.point, &next.point);
    point.received += more.received;
    point.succeeded += more.succeeded;
    point.failed += more.failed;
    point.processing_time.merge(&more.processing_time);
    point.lag.merge(&more.lag);
    for (cause, count) in &more.rejected {
        *point.rejected.entry(*cause).or_default() += count;
    }
    point.refused_genuine += more.refused_genuine;
}

fn reading(config: &Config, range: TimeRange, detail: Detail, now: Timestamp) -> Reading {
    let log_since = config.retention.log_since(now);
    let rollups_since = config.retention.rollups_since(now);
    Reading { range, detail, log_since, rollups_since, now }
}

/// The numbers of a range and of the one before it.
pub struct Compared {
    /// The range itself.
    pub now: Numbers,
    /// The one before it; `None` where nothing is known of it: the log may be younger.
    pub before: Option<Numbers>,
}

impl Compared {
    /// Reads both, at once.
    pub async fn load(config: &Config, scope: &Scope, now: Timestamp) -> Result<Self, ApiError> {
        let range = scope.range;
        let is_short = range.to().duration_since(range.from()).as_hours() <= 24 * TYPES_BEFORE;
        let detail = if is_short { Detail::Cells } else { Detail::Totals };
        let mut numbers = Self::load_with(config, range, detail, now).await?;
        let reading = reading(config, range, Detail::Cells, now);
        let (everything, failures) = (Filter::default(), &mut numbers.now.failures);
        sharpen(config, &reading, &everything, failures, PATTERNS).await;
        Ok(numbers)
    }

    /// The same, with another detail of the period before.
    pub async fn load_with(
        config: &Config,
        range: TimeRange,
        detail_before: Detail,
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        let log_since = config.retention.log_since(now);
        let rollups_since = config.retention.rollups_since(now);
        let stretch = TimeRange::new(first_instant(range.from(), log_since), range.to());
        let earlier = before(stretch.unwrap_or(range), log_since);
        let earlier = earlier.filter(|before| before.is_kept(rollups_since));
        let before = async {
            match earlier.and_then(|before| before.range()) {
                Some(range) => Numbers::load(config, range, detail_before, now).await.map(Some),
                None => Ok(None),
            }
        };
        let itself = Numbers::load(config, range, Detail::Cells, now);
        let (itself, before) = futures_util::future::try_join(itself, before).await?;
        // A log that begins within the range has nothing before it.
        let is_known = |before: &Numbers| {
            itself.answered.log_begins.is_none()
                && earlier.and_then(|earlier| earlier.known(&before.answered)).is_some()
        };
        let before = before.filter(is_known);
        Ok(Self { now: itself, before })
    }

    /// A sum of before, where there is one.
    pub fn past<T>(&self, of: impl Fn(&Performance) -> T) -> Option<T> {
        self.before.as_ref().map(|before| of(&before.all))
    }
}

/// The first `most` groups by a rank, the highest first; those of rank `None`, and of no name, are left
/// out.
pub fn top<R: PartialOrd>(
    groups: &Groups,
    most: usize,
    rank: impl Fn(&Group) -> Option<R>,
) -> Vec<(&str, &Group)> {
    let ranked = groups.iter().filter_map(|(key, group)| {
        let name = key.name.as_deref()?;
        Some((rank(group)?, name, group))
    });
    let mut ranked: Vec<_> = ranked.collect();
    ranked.sort_by(|(a, ..), (b, ..)| b.partial_cmp(a).unwrap_or(std::cmp::Ordering::Equal));
    ranked.into_iter().take(most).map(|(_, name, group)| (name, group)).collect()
}

/// The group of a name.
pub fn named<'a>(groups: &'a Groups, name: &str) -> Option<&'a Group> {
    groups.get(&GroupKey { name: Some(name.into()), hour: None })
}

/// A range's place in another, each side from 0 to 1.
pub fn place(range: TimeRange, within: TimeRange) -> (f64, f64) {
    let whole = within.to().duration_since(within.from()).as_secs_f64();
    let at = |time: Timestamp| time.duration_since(within.from()).as_secs_f64() / whole;
    (at(range.from()), at(range.to()))
}

#[cfg(test)]
mod tests {
    use shared::metrics::Point;
    use shared::rollup::{CellKey, Label, Measure, Rollup, Status};

    use super::*;

    #[test]
    fn a_week_is_told_by_three_hours_and_adds_up() {
        let hour = |n: i64| Timestamp::from_second(3_600 * n).unwrap();
        let slots: Vec<Slot> = (1..169)
            .map(|n| {
                let point = Point { received: 1, ..Point::default() };
                Slot { range: TimeRange::new(hour(n), hour(n + 1)).unwrap(), is_whole: true, point }
            })
            .collect();
        let (chart, step) = for_chart(&slots, Step::Hour);
        assert_eq!((chart.len(), step.as_str()), (57, "3 hours"));
        assert_eq!(chart.iter().map(|slot| slot.point.received).sum::<u64>(), 168);
        let ends: Vec<(u64, bool)> =
            [0, 1, 56].map(|n: usize| (chart[n].point.received, chart[n].is_whole)).to_vec();
        assert_eq!(ends, [(2, false), (3, true), (1, false)]);
        assert_eq!(for_chart(&slots[..24], Step::Hour).0, slots[..24]);
    }

    #[test]
    fn the_first_are_those_of_the_highest_rank() {
        let mut part = Rollup::default();
        for (name, count) in [("a", 1), ("b", 3), ("c", 2)] {
            let key = CellKey {
                status: Status::Received,
                event_type: Label::of(Some(name)),
                entity_type: Label::Missing,
                category: Label::Missing,
                level: Label::Missing,
                livemode: None,
                api_version: Label::Missing,
                account: Label::Missing,
            };
            part.cells.insert(key, Measure { count, ..Measure::default() });
        }
        let day = ["2026-11-24T10:00:00Z", "2026-11-24T11:00:00Z"].map(|at| at.parse().unwrap());
        let mut groups = Groups::new(GroupBy::EventType);
        groups.add(TimeRange::new(day[0], day[1]).unwrap(), &part, &Filter::default());
        let names = |most, least| {
            let rank = |group: &Group| Some(group.deliveries).filter(|count| *count > least);
            top(&groups, most, rank).into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(names(9, 0), ["b", "c", "a"]);
        assert_eq!(names(9, 1), ["b", "c"]);
        assert_eq!(names(1, 0), ["b"]);
        assert_eq!(named(&groups, "c").unwrap().deliveries, 2);
    }
}
