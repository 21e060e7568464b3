//! Random histories.

use proptest::prelude::*;
use shared::rollup::Grain;

/// What happens, each after a pause in seconds.
#[derive(Debug, Clone)]
pub struct History {
    /// Entries are visible soon after they are logged.
    pub prompt: bool,
    /// It ends when every window of it is settled.
    pub settles: bool,
    /// It is asked about again when its log is no longer whole, and when it is gone.
    pub expires: bool,
    /// Its day comes to an end, and these roll-ups of it are damaged.
    pub day: Option<Vec<Item>>,
    /// Seconds after the hour at which it begins.
    pub offset: i64,
    /// What happens.
    pub steps: Vec<(i64, Step)>,
}

impl History {
    /// Whether its day and an hour of it are damaged alike: where the log begins before the next run makes the hour
    /// again, nothing tells of it.
    pub fn may_lose_an_hour(&self) -> bool {
        let damaged = self.day.as_deref().unwrap_or_default();
        let is = |grain: Grain, cells: bool| {
            damaged.iter().any(|item| item.grain == grain && item.cells == cells)
        };
        [false, true].into_iter().any(|cells| is(Grain::Day, cells) && is(Grain::Hour, cells))
    }
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub enum Step {
    Deliver(Deliver),
    Tell(Tell),
    Refuse {
        instance: u8,
        source: u8,
        cause: u8,
        genuine: bool,
        count: u64,
        behind: i64,
    },
    Run(Run),
    /// A roll-up is gone.
    Lose(Item),
    /// A roll-up is damaged.
    Damage(Item),
    Ask(Ask),
}

#[derive(Debug, Clone)]
pub struct Deliver {
    pub event: u8,
    pub facts: Facts,
    /// Seconds from creation to delivery.
    pub lag: Option<i64>,
    pub secret: u8,
    pub quarantined: bool,
    pub store_millis: Option<u64>,
    /// Microseconds by which the entry's time is behind the moment at which it is visible.
    pub behind: i64,
    /// The SDK repeats the put.
    pub again: bool,
}

#[derive(Debug, Clone)]
pub struct Tell {
    pub event: u8,
    pub attempt: u8,
    pub facts: Facts,
    /// Kind of failure, or success.
    pub failure: Option<u8>,
    pub micros: u64,
    pub retries: u32,
    /// Seconds from the end of processing to the entry.
    pub told_after: i64,
    pub behind: i64,
    /// The caller repeats the call.
    pub again: bool,
}

/// What entries are grouped by.
#[derive(Debug, Clone)]
pub struct Facts {
    pub kind: u8,
    pub livemode: Option<bool>,
    pub account: u8,
    pub version: u8,
    pub entity: u8,
}

/// A run of the health check; numbers are steps, of a request or several at once.
#[derive(Debug, Clone)]
pub enum Run {
    Whole,
    Twice,
    /// Killed.
    Killed(u32),
    /// Left hanging, to go on at some later time.
    Hanging(u32),
    /// Everything that hangs goes on.
    GoOn,
}

/// An item of a roll-up, by its number since the beginning.
#[derive(Debug, Clone)]
pub struct Item {
    pub grain: Grain,
    pub number: i64,
    pub cells: bool,
}

#[derive(Debug, Clone)]
pub struct Ask {
    pub minutes: f64,
    /// Minutes before now at which the range ends.
    pub ago: f64,
    pub kind: Option<u8>,
    pub livemode: Option<bool>,
    pub account: Option<u8>,
}

pub fn history(prompt: bool) -> impl Strategy<Value = History> {
    let pause = prop_oneof![12 => 0..60_i64, 2 => 60..400_i64, 1 => 400..2_000_i64];
    let steps = prop::collection::vec((pause, step(prompt)), 1..20);
    // Most histories end within their hour: it takes a hundred requests to make one.
    let settles = prop::bool::weighted(if prompt { 0.05 } else { 1.0 });
    let expires = prop::bool::weighted(0.3);
    let day = prop::option::weighted(0.15, prop::collection::vec(item_of_day(), 0..4));
    let rest = (0..3_600_i64, steps, settles, expires, day);
    rest.prop_map(move |(offset, steps, settles, expires, day)| History {
        prompt,
        settles,
        expires: settles && expires,
        day: day.filter(|_| settles),
        offset,
        steps,
    })
}

/// Microseconds that an entry is behind: clocks that differ by two seconds, writers that take up to
/// 25, and an index that follows at once or late.
fn behind(prompt: bool) -> BoxedStrategy<i64> {
    let usual = -2_000_000..27_000_000_i64;
    match prompt {
        true => usual.boxed(),
        false => prop_oneof![3 => usual, 1 => 27_000_000..3_000_000_000_i64].boxed(),
    }
}

fn step(prompt: bool) -> impl Strategy<Value = Step> {
    let refuse = (0..2_u8, 0..4_u8, 0..3_u8, any::<bool>(), 1..50_u64, behind(prompt));
    let refuse = refuse.prop_map(|(instance, source, cause, genuine, count, behind)| {
        Step::Refuse { instance, source, cause, genuine, count, behind }
    });
    let run = prop_oneof![
        4 => Just(Run::Whole),
        1 => Just(Run::Twice),
        2 => (0..80_u32).prop_map(Run::Killed),
        2 => (0..80_u32).prop_map(Run::Hanging),
        1 => Just(Run::GoOn),
    ];
    prop_oneof![
        6 => deliver(prompt).prop_map(Step::Deliver),
        6 => tell(prompt).prop_map(Step::Tell),
        2 => refuse,
        4 => run.prop_map(Step::Run),
        1 => item().prop_map(Step::Lose),
        1 => item().prop_map(Step::Damage),
        2 => ask().prop_map(Step::Ask),
    ]
}

fn facts() -> impl Strategy<Value = Facts> {
    (0..4_u8, any::<Option<bool>>(), 0..3_u8, 0..2_u8, 0..3_u8).prop_map(
        |(kind, livemode, account, version, entity)| Facts {
            kind,
            livemode,
            account,
            version,
            entity,
        },
    )
}

fn deliver(prompt: bool) -> impl Strategy<Value = Deliver> {
    let lag = prop_oneof![0..60_i64, 61..100_000_i64, -5..0_i64];
    let request = (0..3_u8, prop::bool::weighted(0.1), prop::option::of(0..5_000_u64));
    (0..8_u8, facts(), prop::option::weighted(0.9, lag), request, behind(prompt), any::<bool>())
        .prop_map(|(event, facts, lag, (secret, quarantined, store_millis), behind, again)| {
            Deliver {
                event,
                facts,
                lag,
                secret: secret / 2,
                quarantined,
                store_millis,
                behind,
                again,
            }
        })
}

fn tell(prompt: bool) -> impl Strategy<Value = Tell> {
    let micros =
        prop_oneof![Just(0), 1..1_000_u64, 1_000..60_000_000_u64, Just(31_536_000_000_000)];
    let told_after = prop_oneof![4 => 0..30_i64, 1 => 60..10_000_i64, 1 => Just(9_000_000_000_i64), 1 => Just(-9_000_000_000_i64)];
    let attempt = (0..8_u8, 0..4_u8, 0..4_u32);
    (attempt, facts(), prop::option::of(0..5_u8), micros, told_after, behind(prompt), any::<bool>())
        .prop_map(
            |((event, attempt, retries), facts, failure, micros, told_after, behind, again)| Tell {
                event,
                attempt,
                facts,
                failure,
                micros,
                retries,
                told_after,
                behind,
                again,
            },
        )
}

fn item() -> impl Strategy<Value = Item> {
    (any::<bool>(), 0..24_i64, any::<bool>()).prop_map(|(hour, number, cells)| Item {
        grain: if hour { Grain::Hour } else { Grain::Window },
        number: if hour { number / 8 } else { number },
        cells,
    })
}

/// Either item of the day, or an hour's cells: what the day, its hours and their windows tell together.
fn item_of_day() -> impl Strategy<Value = Item> {
    (prop::option::of(0..24_i64), any::<bool>()).prop_map(|(hour, cells)| Item {
        grain: if hour.is_some() { Grain::Hour } else { Grain::Day },
        number: hour.unwrap_or_default(),
        cells: cells || hour.is_some(),
    })
}

fn ask() -> impl Strategy<Value = Ask> {
    let minutes = prop_oneof![0.5..10.0, 10.0..300.0, Just(1_440.0)];
    let ago = prop_oneof![3 => Just(0.0), 1 => 0.0..120.0];
    (minutes, ago, prop::option::of(0..4_u8), any::<Option<bool>>(), prop::option::of(0..3_u8))
        .prop_map(|(minutes, ago, kind, livemode, account)| Ask {
            minutes,
            ago,
            kind,
            livemode,
            account,
        })
}
