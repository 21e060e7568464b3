//! One run: events come in, something is killed, and what got no answer is sent again.

use std::time::Duration;

use tokio::time::sleep;

use crate::Result;
use crate::program::Program;
use crate::stripe::{Event, Stripe};

/// How long events go on coming in after the kill.
const AFTERWARDS: Duration = Duration::from_millis(400);

/// What is killed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Victim {
    /// `local`: engine, gateway and functions at once.
    Everything,
    /// Every process of the webhook receiver.
    Receivers,
}

/// What is killed, and when.
#[derive(Clone, Copy)]
pub struct Plan {
    victim: Victim,
    /// After the first event.
    moment: Duration,
}

/// What a run came to.
pub struct Outcome {
    /// What was killed.
    pub victim: Victim,
    /// Every event of the run; all that can be are acknowledged.
    pub events: Vec<Event>,
    /// Functions that outlived their host.
    pub survivors: Vec<u32>,
}

impl Plan {
    /// Either victim, at any moment from 0.2 to 2 s.
    pub fn random(random: &mut fastrand::Rng) -> Self {
        let victim = if random.bool() { Victim::Everything } else { Victim::Receivers };
        Self { victim, moment: Duration::from_micros(random.u64(200_000..=2_000_000)) }
    }
}

/// Runs once; the system runs before and after.
pub async fn run(program: &mut Program, stripe: &Stripe, plan: Plan) -> Result<Outcome> {
    let sending = stripe.send_for(plan.moment + AFTERWARDS);
    let killing = async {
        sleep(plan.moment).await;
        kill(program, plan.victim).await
    };
    let (events, survivors) = tokio::join!(sending, killing);
    let (mut events, survivors) = (events?, survivors?);
    stripe.send_again(&mut events).await;
    Ok(Outcome { victim: plan.victim, events, survivors })
}

async fn kill(program: &mut Program, victim: Victim) -> Result<Vec<u32>> {
    match victim {
        Victim::Everything => {
            let survivors = program.kill().await?;
            program.start().await?;
            Ok(survivors)
        }
        Victim::Receivers => match program.kill_receivers().await? {
            0 => Err("there was no receiver to kill".into()),
            _ => Ok(Vec::new()),
        },
    }
}
