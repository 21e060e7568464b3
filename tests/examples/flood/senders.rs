//! A forger, and a Stripe that delivers ten events a second meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use local::stripe::sign;
use local::system::SIGNING_SECRET;
use tests::hookwatch::event;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// Between two genuine events.
const PAUSE: Duration = Duration::from_millis(100);
/// Between two handfuls of forgeries.
const TICK: Duration = Duration::from_millis(10);
/// Forgeries on their way at a time: a forger has no endless sockets either.
const AT_ONCE: usize = 64;

/// What was sent and answered.
pub struct Sent {
    pub forged: u64,
    pub refused: u64,
    /// Forgeries that were answered otherwise than 400.
    pub odd: u64,
    pub genuine: u64,
    /// Ids of events that were answered 200.
    pub stored: Vec<String>,
    /// What their answers took, in order.
    times: Vec<Duration>,
}

impl Sent {
    /// Milliseconds within which so many of a hundred answers came.
    pub fn percentile(&self, percent: usize) -> u128 {
        let rank = (self.times.len() * percent).div_ceil(100).saturating_sub(1);
        self.times.get(rank).map_or(0, Duration::as_millis)
    }
}

/// Sends forgeries at a rate, and genuine events beside.
pub async fn send(url: &str, rate: u64, time: Duration, name: &str) -> Sent {
    let until = Instant::now() + time;
    let forger = tokio::spawn(forge(url.to_owned(), rate, until));
    let mut sent = deliver(url, until, name).await;
    let [forged, refused, odd] = forger.await.unwrap();
    (sent.forged, sent.refused, sent.odd) = (forged, refused, odd);
    sent.times.sort();
    sent
}

async fn forge(url: String, rate: u64, until: Instant) -> [u64; 3] {
    let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
    let body = event("evt_forged", "charge.succeeded");
    let header = sign("whsec_guessed", Timestamp::now().as_second(), body.as_bytes());
    let counts: Arc<[AtomicU64; 3]> = Arc::default();
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let begun = Instant::now();
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut running = JoinSet::new();
    while Instant::now() < until {
        ticks.tick().await;
        let due = (begun.elapsed().as_secs_f64() * rate as f64) as u64;
        while counts[0].load(Ordering::SeqCst) < due && Instant::now() < until {
            let place = Arc::clone(&room).acquire_owned().await.unwrap();
            counts[0].fetch_add(1, Ordering::SeqCst);
            let request = http.post(&url).header("stripe-signature", &header).body(body.clone());
            let counts = Arc::clone(&counts);
            running.spawn(async move {
                let status = request.send().await.map(|answer| answer.status().as_u16());
                let place_of_answer = if status.is_ok_and(|status| status == 400) { 1 } else { 2 };
                counts[place_of_answer].fetch_add(1, Ordering::SeqCst);
                drop(place);
            });
            while running.try_join_next().is_some() {}
        }
    }
    running.join_all().await;
    [0, 1, 2].map(|n| counts[n].load(Ordering::SeqCst))
}

async fn deliver(url: &str, until: Instant, name: &str) -> Sent {
    let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
    let mut sent =
        Sent { forged: 0, refused: 0, odd: 0, genuine: 0, stored: Vec::new(), times: Vec::new() };
    let mut ticks = interval(PAUSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    while Instant::now() < until {
        ticks.tick().await;
        let id = format!("evt_{name}_{}", sent.genuine);
        let body = event(&id, "charge.succeeded");
        let header = sign(SIGNING_SECRET, Timestamp::now().as_second(), body.as_bytes());
        let begun = Instant::now();
        sent.genuine += 1;
        let request = http.post(url).header("stripe-signature", header).body(body);
        if request.send().await.is_ok_and(|answer| answer.status() == 200) {
            sent.stored.push(id);
            sent.times.push(begun.elapsed());
        }
    }
    sent
}
