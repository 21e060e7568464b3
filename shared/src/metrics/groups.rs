//! Entries of a range by one of the things that roll-ups tell apart.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::{Durations, Filter, Match};
use crate::log::TimeRange;
use crate::rollup::{CellKey, Grain, Label, Measure, Rollup, Status};

crate::log::named! {
    /// What entries are grouped by.
    GroupBy {
        /// Stripe's event type.
        EventType = "event_type",
        /// Kind of the object that the event is about.
        EntityType = "entity_type",
        /// The guide's category.
        Category = "category",
        /// The guide's level.
        Level = "level",
        /// Live or test mode.
        Livemode = "livemode",
        /// The connected account.
        Account = "account",
        /// API version of the event.
        ApiVersion = "api_version",
        /// The address that deliveries and refused requests came from. An outcome has none of its own.
        SourceIp = "source_ip",
        /// UTC hour in which the entry was logged.
        Hour = "hour",
        /// Event type within its hour.
        EventTypeHour = "event_type_hour",
    }
}

impl GroupBy {
    /// Whether the hour is part of a group's key.
    pub fn has_hour(self) -> bool {
        matches!(self, Self::Hour | Self::EventTypeHour)
    }

    fn label(self, key: &CellKey) -> Told<'_> {
        match self {
            Self::EventType | Self::EventTypeHour => Told::Label(&key.event_type),
            Self::EntityType => Told::Label(&key.entity_type),
            Self::Category => Told::Label(&key.category),
            Self::Level => Told::Label(&key.level),
            Self::Account => Told::Label(&key.account),
            Self::ApiVersion => Told::Label(&key.api_version),
            Self::Livemode => Told::Mode(key.livemode),
            Self::Hour | Self::SourceIp => Told::Nothing,
        }
    }
}

/// What a cell's group is known by, beside the hour.
#[derive(PartialEq)]
enum Told<'a> {
    Label(&'a Label),
    Mode(Option<bool>),
    Nothing,
}

/// What entries of a group have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct GroupKey {
    /// The value; `None` where entries have none, and where hours alone are told apart.
    pub name: Option<Arc<str>>,
    /// The start of the hour, where hours are told apart.
    pub hour: Option<Timestamp>,
}

/// What a group's entries add up to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Group {
    /// First deliveries; by address, all deliveries.
    pub deliveries: u64,
    /// Refused requests, by address.
    pub refused: u64,
    /// Outcomes that succeeded.
    pub succeeded: u64,
    /// Outcomes that failed.
    pub failed: u64,
    /// What processing took.
    pub processing_time: Durations,
}

impl Group {
    /// Outcomes.
    pub fn outcomes(&self) -> u64 {
        self.succeeded + self.failed
    }

    /// Share of the outcomes that succeeded; `None` of none.
    pub fn success_rate(&self) -> Option<f64> {
        let outcomes = self.outcomes();
        (outcomes > 0).then(|| self.succeeded as f64 / outcomes as f64)
    }

    /// Adds another group.
    pub fn merge(&mut self, other: &Self) {
        self.deliveries += other.deliveries;
        self.refused += other.refused;
        self.succeeded += other.succeeded;
        self.failed += other.failed;
        self.processing_time.merge(&other.processing_time);
    }

    fn add(&mut self, status: Status, measure: &Measure) {
        match status {
            Status::Received | Status::Quarantined => self.deliveries += measure.count,
            Status::Succeeded => self.succeeded += measure.count,
            Status::Failed => self.failed += measure.count,
            Status::Duplicate | Status::OtherEndpoint => {}
        }
        if status.is_outcome() {
            self.processing_time.add(measure);
        }
    }

    fn entries(&self) -> u64 {
        self.deliveries + self.refused + self.outcomes()
    }
}

/// Groups that are told apart over a range; the largest ones stay when there are twice as many.
const MOST: usize = 5_000;

/// The groups of a range. They and [`without_room`](Self::without_room) add up to all entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    by: GroupBy,
    groups: BTreeMap<GroupKey, Group>,
    /// Entries whose group a roll-up, or we, had no room to tell: a group may have that many more.
    pub without_room: Group,
    /// Entries that may be meant by the filter and are in no group.
    pub uncertain: u64,
    /// Entries that this version cannot read.
    pub unreadable: u64,
}

impl Groups {
    /// No group yet.
    pub fn new(by: GroupBy) -> Self {
        let (groups, without_room) = (BTreeMap::new(), Group::default());
        Self { by, groups, without_room, uncertain: 0, unreadable: 0 }
    }

    /// Adds a part of the range, which must be within an hour where hours are told apart. No filter
    /// applies to addresses: roll-ups do not tell what came from them.
    pub fn add(&mut self, range: TimeRange, part: &Rollup, filter: &Filter) {
        self.unreadable += part.unreadable;
        let hour = self.by.has_hour().then(|| Grain::Hour.bucket_of(range.from()).start);
        if self.by == GroupBy::SourceIp {
            self.add_sources(part);
        } else {
            let mut cells: Vec<(&CellKey, &Measure)> = Vec::with_capacity(part.cells.len());
            for (key, measure) in &part.cells {
                match filter.matches(
                    key.status.is_outcome(),
                    &key.event_type,
                    key.livemode,
                    &key.account,
                ) {
                    Match::Yes => cells.push((key, measure)),
                    Match::Perhaps => self.uncertain += measure.count,
                    Match::No => {}
                }
            }
            // Neighbours are mostly of one group, which then is looked for once.
            let by = self.by;
            for run in cells.chunk_by(|(a, _), (b, _)| by.label(a) == by.label(b)) {
                let Some((first, _)) = run.first() else { continue };
                let group = self.group(first, hour);
                run.iter().for_each(|(key, measure)| group.add(key.status, measure));
            }
        }
        if self.groups.len() > 2 * MOST {
            self.bound();
        }
    }

    fn add_sources(&mut self, part: &Rollup) {
        for (key, count) in part.sources.iter() {
            let name = Some(key.address.clone());
            let group = self.groups.entry(GroupKey { name, hour: None }).or_default();
            match key.refused {
                true => group.refused += count,
                false => group.deliveries += count,
            }
        }
        // Whether they were refused is not told.
        self.without_room.deliveries += part.sources.other();
    }

    fn group(&mut self, key: &CellKey, hour: Option<Timestamp>) -> &mut Group {
        let name = match self.by.label(key) {
            Told::Mode(livemode) => livemode.map(|mode| mode.to_string().into()),
            Told::Nothing | Told::Label(Label::Missing) => None,
            Told::Label(Label::Is(name)) => Some(name.clone()),
            Told::Label(Label::All | Label::Other) => return &mut self.without_room,
        };
        self.groups.entry(GroupKey { name, hour }).or_default()
    }

    fn bound(&mut self) {
        let mut ranked: Vec<_> = std::mem::take(&mut self.groups).into_iter().collect();
        ranked.sort_by_key(|(_, group)| Reverse(group.entries()));
        for (_, group) in ranked.split_off(MOST) {
            self.without_room.merge(&group);
        }
        self.groups = ranked.into_iter().collect();
    }

    /// What is told apart.
    pub fn by(&self) -> GroupBy {
        self.by
    }

    /// The groups by name, then by hour.
    pub fn iter(&self) -> impl Iterator<Item = (&GroupKey, &Group)> {
        self.groups.iter()
    }

    /// A group; `None` where nothing is told of it.
    pub fn get(&self, key: &GroupKey) -> Option<&Group> {
        self.groups.get(key)
    }

    /// All of them with what had no room.
    pub fn total(&self) -> Group {
        let mut total = self.without_room.clone();
        self.groups.values().for_each(|group| total.merge(group));
        total
    }
}
