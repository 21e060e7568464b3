//! What was found, how late, and what was found that was not there. The unit is an episode.

use shared::health::IssueKind;

use super::play::windows;
use super::{Episode, Scenario, Shop, play};

/// What came of some shops.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Score {
    /// Shops.
    pub shops: usize,
    /// Shops whose fault was found while it lasted.
    pub found: usize,
    /// Minutes from the fault's beginning until then, in order.
    pub delays: Vec<i64>,
    /// Pages of a silence, and of a drop that left gaps as long as one: events were missing.
    pub true_pages: usize,
    /// Pages of anything else: somebody was woken for nothing.
    pub false_pages: usize,
    /// Tickets of a fault, two hours after it included.
    pub true_tickets: usize,
    /// Tickets of no fault.
    pub false_tickets: usize,
    /// Days that were played.
    pub days: f64,
    /// The false ones: when, in windows after the history, and what.
    pub false_ones: Vec<String>,
}

/// Plays a scenario with so many seeds, from `first` on.
pub fn score(scenario: Scenario, a_day: u32, first: u64, seeds: u64) -> Score {
    let mut score = Score::default();
    for seed in first..first + seeds {
        score.add(Shop { a_day, seed, scenario });
    }
    score.delays.sort_unstable();
    score
}

impl Score {
    fn add(&mut self, shop: Shop) {
        let fault = shop.fault();
        let played = windows(shop);
        self.shops += 1;
        self.days += (played.end - played.start) as f64 / 288.0;
        let episodes = play(shop, played);
        let is_meant = |at: i64| fault.start < at && at <= fault.end;
        let found = episodes.iter().filter_map(|episode| expected(shop.scenario, episode));
        if let Some(at) = found.filter(|at| is_meant(*at)).min() {
            self.found += 1;
            self.delays.push((at - fault.start) * 5 + 1);
        }
        for episode in episodes {
            let is_true = fault.start < episode.opened && episode.opened <= fault.end + 24;
            match (is_true, episode.paged) {
                (true, Some(_)) if is_missing_events(shop.scenario) => self.true_pages += 1,
                (_, Some(_)) => self.false_pages += 1,
                (true, None) => self.true_tickets += 1,
                (false, None) => self.false_tickets += 1,
            }
            if !is_true {
                self.false_ones.push(format!("{} {shop:?}: {episode:?}", episode.opened - 8_064));
            }
        }
    }

    /// Pages for which there was a reason by all pages; 1 without any.
    pub fn page_precision(&self) -> f64 {
        match self.true_pages + self.false_pages {
            0 => 1.0,
            all => self.true_pages as f64 / all as f64,
        }
    }

    /// False tickets in 14 days.
    pub fn false_tickets_a_fortnight(&self) -> f64 {
        self.false_tickets as f64 / self.days * 14.0
    }
}

fn is_missing_events(scenario: Scenario) -> bool {
    matches!(scenario, Scenario::NoonSilence | Scenario::Drop)
}

/// The run in which an episode tells of the scenario: pages of a silence, tickets of the others.
fn expected(scenario: Scenario, episode: &Episode) -> Option<i64> {
    let is = |kind: IssueKind| (episode.kind == kind).then_some(episode.opened);
    match scenario {
        Scenario::Faultless => None,
        Scenario::NoonSilence => episode.paged.filter(|_| episode.subject.is_none()),
        Scenario::Drop | Scenario::Holiday => is(IssueKind::EventRateDrop),
        Scenario::Promotion => is(IssueKind::EventRateSpike),
        Scenario::SilentType => {
            is(IssueKind::LowEventRate).filter(|_| episode.subject.as_deref() == Some("type.0"))
        }
    }
}
