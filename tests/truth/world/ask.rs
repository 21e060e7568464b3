//! What is asked of a world, and must be what was counted.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use shared::log::TimeRange;
use shared::metrics::{Filter, Performance};
use shared::rollup::{Grain, Rollup};
use shared::store::{Answered, Detail, EventStore, Reading};

use super::names::{account_name, event_type};
use super::{Lived, World};
use crate::compare;
use crate::history::Ask;

impl World<'_> {
    pub(super) async fn ask(&self, ask: &Ask) -> Lived {
        let span = |minutes: f64| SignedDuration::from_secs_f64(minutes * 60.0);
        let to = self.now - span(ask.ago);
        let range = TimeRange::new(to - span(ask.minutes), to).unwrap();
        let filter = Filter {
            event_type: ask.kind.and_then(event_type),
            livemode: ask.livemode,
            account: ask.account.and_then(account_name),
            ..Filter::default()
        };
        let detail = if filter.needs_cells() { Detail::Cells } else { Detail::Totals };
        let answer = self.answer(range, detail, &filter).await;
        let from = answer.whole_of(range)?;
        compare::same(&answer.performance, &self.entries.count(from, to, &filter))
    }

    /// All numbers, by totals and by cells.
    async fn ask_all(&self) -> Lived {
        let all = Filter::default();
        for detail in [Detail::Totals, Detail::Cells] {
            let range = self.whole();
            let answer = self.answer(range, detail, &all).await;
            let (from, to) = (answer.whole_of(range)?, range.to());
            compare::same(&answer.performance, &self.entries.count(from, to, &all))?;
            if detail == Detail::Cells {
                let whole = compare::same_bytes_in_any_order(&answer.parts)?;
                let groups = self.entries.groups(from, to);
                compare::same_groups(&whole, &groups, &self.entries.sources(from, to))?;
            }
        }
        Ok(())
    }

    /// All numbers, and those of one type.
    pub(super) async fn ask_everything(&self) -> Lived {
        self.ask_all().await?;
        let kind = u8::try_from(self.calls % 4).unwrap_or_default();
        let filter = Filter { event_type: event_type(kind), ..Filter::default() };
        let range = self.whole();
        let answer = self.answer(range, Detail::Cells, &filter).await;
        let from = answer.whole_of(range)?;
        compare::same(&answer.performance, &self.entries.count(from, range.to(), &filter))
    }

    fn whole(&self) -> TimeRange {
        TimeRange::new(self.begin - SignedDuration::from_hours(2), self.now).unwrap()
    }

    async fn answer(&self, range: TimeRange, detail: Detail, filter: &Filter) -> Answer {
        let log_since = self.retention.log_since(self.now);
        let rollups_since = self.retention.rollups_since(self.now);
        let reading = Reading { range, detail, log_since, rollups_since, now: self.now };
        let (mut performance, mut parts) = (Performance::default(), Vec::new());
        let store: &EventStore = &self.log.store;
        let take = |_, part: &Rollup| {
            performance.add(part, filter);
            parts.push(part.clone());
        };
        let answered = store.read(&reading, take).await.unwrap();
        let Answered { from, through, incomplete, .. } = answered;
        Answer { performance, parts, from, through, incomplete }
    }

    /// All numbers up to some time after the last hour, when nothing is left but hours.
    pub(super) async fn ask_rolled_up(
        &self,
        last: Timestamp,
        after: SignedDuration,
        may_lose_an_hour: bool,
    ) -> Lived {
        let range = TimeRange::new(self.whole().from(), last + after).unwrap();
        for detail in [Detail::Totals, Detail::Cells] {
            let all = Filter::default();
            let answer = self.answer(range, detail, &all).await;
            let (in_log, rest) = (self.retention.log_since(self.now), range.to());
            let through = if rest <= last || in_log <= last { rest } else { last };
            prop_assert_eq!(answer.through, through, "hours reach so far");
            // What is lost is said: the answer begins after it.
            let is_cut = may_lose_an_hour && answer.incomplete;
            let from = if is_cut { answer.from } else { self.whole().from() };
            let counted = self.entries.count(from, through, &all);
            compare::same(&answer.performance, &counted)?;
        }
        Ok(())
    }
}

/// An answer, its parts, and what it says of itself.
struct Answer {
    performance: Performance,
    parts: Vec<Rollup>,
    from: Timestamp,
    through: Timestamp,
    incomplete: bool,
}

impl Answer {
    /// Where the answer begins, which must be for all of a range: from the start of its first window,
    /// or hour.
    fn whole_of(&self, range: TimeRange) -> Result<Timestamp, TestCaseError> {
        prop_assert!(!self.incomplete && self.through == range.to(), "nothing is left out");
        let starts = [Grain::Window, Grain::Hour].map(|grain| grain.bucket_of(range.from()).start);
        prop_assert!(starts.contains(&self.from), "{} instead of {:?}", self.from, starts);
        Ok(self.from)
    }
}
