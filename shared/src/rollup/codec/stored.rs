//! A rollup in the form that is stored: version 1. The order of members is the format.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::names::{Names, Texts};
use crate::rollup::{
    CellKey, Damaged, ErrorKey, Label, Measure, MinuteKey, RejectionKey, Rollup, SourceKey,
};
use crate::statistics::{BoundedCounts, Counts, Sketch};

type Mode = Option<bool>;

/// All that is counted in a rollup together, at most: 16,000 rollups of that many fit 64 bits.
const MOST_COUNTED: u128 = 1 << 50;

/// See the module. Names are numbers of [`Names`].
#[derive(Serialize, Deserialize)]
pub struct Stored {
    names: Vec<String>,
    cells: Vec<Cell>,
    minutes: Vec<Minutes>,
    errors: Vec<Error>,
    other_errors: u64,
    rejections: Vec<Rejections>,
    sources: Vec<(bool, u32, u64)>,
    other_sources: u64,
    store_time: Sketch,
    unreadable: u64,
}

#[derive(Serialize, Deserialize)]
struct Cell {
    status: u32,
    /// Event type, entity type, category, level, API version, account.
    labels: [u32; 6],
    livemode: Mode,
    count: u64,
    retries: u64,
    late: u64,
    micros: u128,
    times: Sketch,
}

#[derive(Serialize, Deserialize)]
struct Minutes {
    of_outcomes: bool,
    /// Event type, account.
    labels: [u32; 2],
    livemode: Mode,
    counts: Counts,
}

#[derive(Serialize, Deserialize)]
struct Error {
    /// Error type, code, message, event type, account.
    labels: [u32; 5],
    livemode: Mode,
    count: u64,
}

#[derive(Serialize, Deserialize)]
struct Rejections {
    cause: u32,
    refused_genuine: bool,
    count: u64,
}

impl From<&Rollup> for Stored {
    fn from(rollup: &Rollup) -> Self {
        let names = names(rollup);
        let cells = rollup.cells.iter().map(|(key, measure)| Cell {
            status: names.number_of(key.status.as_str()),
            labels: cell_labels(key).map(|label| names.number(label)),
            livemode: key.livemode,
            count: measure.count,
            retries: measure.retries,
            late: measure.late,
            micros: measure.micros,
            times: measure.times.clone(),
        });
        let minutes = rollup.minutes.iter().map(|(key, counts)| Minutes {
            of_outcomes: key.of_outcomes,
            labels: [&key.event_type, &key.account].map(|label| names.number(label)),
            livemode: key.livemode,
            counts: counts.clone(),
        });
        let errors = rollup.errors.iter().map(|(key, count)| Error {
            labels: error_labels(key).map(|label| names.number(label)),
            livemode: key.livemode,
            count,
        });
        let rejections = rollup.rejections.iter().map(|(key, count)| Rejections {
            cause: names.number_of(key.cause.as_str()),
            refused_genuine: key.refused_genuine,
            count: *count,
        });
        let sources = rollup.sources.iter();
        let sources = sources.map(|(key, n)| (key.refused, names.number_of(&key.address), n));
        Self {
            cells: cells.collect(),
            minutes: minutes.collect(),
            errors: errors.collect(),
            other_errors: rollup.errors.other(),
            rejections: rejections.collect(),
            sources: sources.collect(),
            other_sources: rollup.sources.other(),
            store_time: rollup.store_time.clone(),
            unreadable: rollup.unreadable,
            names: names.into_texts(),
        }
    }
}

impl TryFrom<Stored> for Rollup {
    type Error = Damaged;

    fn try_from(stored: Stored) -> Result<Self, Damaged> {
        if !stored.can_be_added_up() || !stored.sketches().all(Sketch::is_of_durations) {
            return Err(Damaged);
        }
        let texts = Texts::from(stored.names);
        let cells = stored.cells.into_iter().map(|cell| cell.read(&texts));
        let minutes = stored.minutes.into_iter().map(|minutes| minutes.read(&texts));
        let errors = stored.errors.iter().map(|error| error.read(&texts));
        let rejections = stored.rejections.iter().map(|rejections| rejections.read(&texts));
        let sources = stored.sources.iter().map(|(refused, address, count)| {
            Ok((SourceKey { refused: *refused, address: texts.text(*address)? }, *count))
        });
        let sources = sources.collect::<Result<_, Damaged>>()?;
        Ok(Self {
            cells: cells.collect::<Result<_, _>>()?,
            minutes: minutes.collect::<Result<_, _>>()?,
            errors: BoundedCounts::new(errors.collect::<Result<_, _>>()?, stored.other_errors),
            rejections: rejections.collect::<Result<_, _>>()?,
            sources: BoundedCounts::new(sources, stored.other_sources),
            store_time: stored.store_time,
            unreadable: stored.unreadable,
        })
    }
}

impl Stored {
    fn sketches(&self) -> impl Iterator<Item = &Sketch> {
        self.cells.iter().map(|cell| &cell.times).chain([&self.store_time])
    }

    /// Whether its counts are some that a log has. Those of many rollups are added up, so one's are held far
    /// from where that ends. Retries and times are what callers say, and stop there by themselves.
    fn can_be_added_up(&self) -> bool {
        let cells = self
            .cells
            .iter()
            .map(|cell| u128::from(cell.count) + u128::from(cell.late) + cell.times.total());
        let minutes = self.minutes.iter().flat_map(|minutes| minutes.counts.iter());
        let minutes = minutes.map(|(_, count)| count);
        let errors = self.errors.iter().map(|error| error.count);
        let rejections = self.rejections.iter().map(|rejections| rejections.count);
        let sources = self.sources.iter().map(|(_, _, count)| *count);
        let others = [self.other_errors, self.other_sources, self.unreadable];
        let counts = errors.chain(rejections).chain(sources).chain(minutes).chain(others);
        let total = cells.chain(counts.map(u128::from)).sum::<u128>();
        total + self.store_time.total() <= MOST_COUNTED
    }
}

impl Cell {
    fn read(self, texts: &Texts) -> Result<(CellKey, Measure), Damaged> {
        let [event_type, entity_type, category, level, api_version, account] = self.labels;
        let key = CellKey {
            status: texts.text(self.status)?.parse().map_err(|()| Damaged)?,
            event_type: texts.label(event_type)?,
            entity_type: texts.label(entity_type)?,
            category: texts.label(category)?,
            level: texts.label(level)?,
            livemode: self.livemode,
            api_version: texts.label(api_version)?,
            account: texts.label(account)?,
        };
        let measure = Measure {
            count: self.count,
            retries: self.retries,
            late: self.late,
            micros: self.micros,
            times: self.times,
        };
        Ok((key, measure))
    }
}

impl Minutes {
    fn read(self, texts: &Texts) -> Result<(MinuteKey, Counts), Damaged> {
        let [event_type, account] = self.labels;
        let key = MinuteKey {
            of_outcomes: self.of_outcomes,
            event_type: texts.label(event_type)?,
            livemode: self.livemode,
            account: texts.label(account)?,
        };
        Ok((key, self.counts))
    }
}

impl Error {
    fn read(&self, texts: &Texts) -> Result<(ErrorKey, u64), Damaged> {
        let [error_type, error_code, message, event_type, account] = self.labels;
        let key = ErrorKey {
            error_type: texts.label(error_type)?,
            error_code: texts.label(error_code)?,
            message: texts.label(message)?,
            event_type: texts.label(event_type)?,
            livemode: self.livemode,
            account: texts.label(account)?,
        };
        Ok((key, self.count))
    }
}

impl Rejections {
    fn read(&self, texts: &Texts) -> Result<(RejectionKey, u64), Damaged> {
        let cause = texts.text(self.cause)?.parse().map_err(|()| Damaged)?;
        Ok((RejectionKey { cause, refused_genuine: self.refused_genuine }, self.count))
    }
}

fn cell_labels(key: &CellKey) -> [&Label; 6] {
    [&key.event_type, &key.entity_type, &key.category, &key.level, &key.api_version, &key.account]
}

fn error_labels(key: &ErrorKey) -> [&Label; 5] {
    [&key.error_type, &key.error_code, &key.message, &key.event_type, &key.account]
}

/// Every text of a rollup.
fn names(rollup: &Rollup) -> Names {
    let mut texts: Vec<Arc<str>> = Vec::new();
    let mut labels: Vec<&Label> = Vec::new();
    for key in rollup.cells.keys() {
        texts.push(key.status.as_str().into());
        labels.extend(cell_labels(key));
    }
    for key in rollup.minutes.keys() {
        labels.extend([&key.event_type, &key.account]);
    }
    rollup.errors.iter().for_each(|(key, _)| labels.extend(error_labels(key)));
    texts.extend(rollup.rejections.keys().map(|key| Arc::from(key.cause.as_str())));
    texts.extend(rollup.sources.iter().map(|(key, _)| key.address.clone()));
    let of_labels = labels.into_iter().filter_map(|label| match label {
        Label::Is(text) => Some(text.clone()),
        Label::All | Label::Missing | Label::Other => None,
    });
    texts.extend(of_labels);
    Names::of(texts)
}
