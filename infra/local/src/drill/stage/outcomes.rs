//! Outcomes: telling them as an application does, and what health sees of them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{EVENT_TYPE, Stage, accepted, new_id};
use crate::drill::DrillError;

/// Outcomes of one call.
const BATCH: u64 = 500;

/// Outcomes of the shortest horizon that health looks at.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::drill) struct Outcomes {
    pub(in crate::drill) total: u64,
    pub(in crate::drill) failed: u64,
    /// Mean processing time, in seconds.
    pub(in crate::drill) mean: Option<f64>,
}

impl Stage<'_> {
    /// Tells of live outcomes that succeeded, each after so many seconds, and of some that failed.
    pub(in crate::drill) async fn tell(
        &self,
        succeeded: u64,
        failed: u64,
        seconds: f64,
    ) -> Result<(), DrillError> {
        self.tell_outcomes(true, succeeded, failed, seconds).await
    }

    /// The same of test mode.
    pub(in crate::drill) async fn tell_of_test_mode(
        &self,
        succeeded: u64,
        failed: u64,
    ) -> Result<(), DrillError> {
        self.tell_outcomes(false, succeeded, failed, 0.1).await
    }

    async fn tell_outcomes(
        &self,
        livemode: bool,
        succeeded: u64,
        failed: u64,
        seconds: f64,
    ) -> Result<(), DrillError> {
        let all = succeeded + failed;
        let outcome = |number: u64| {
            // Failures are spread, since the last of all outcomes may count more than the others.
            let fails = (number + 1) * failed / all.max(1) > number * failed / all.max(1);
            outcome(&new_id(), livemode, fails, seconds)
        };
        let mut outcomes: Vec<Value> = (0..all).map(outcome).collect();
        while !outcomes.is_empty() {
            let rest = outcomes.split_off(outcomes.len().min(BATCH as usize));
            self.tell_batch(&std::mem::replace(&mut outcomes, rest)).await?;
        }
        Ok(())
    }

    /// Tells that events were processed.
    pub(in crate::drill) async fn tell_of(&self, events: &[String]) -> Result<(), DrillError> {
        let outcomes: Vec<Value> = events.iter().map(|id| outcome(id, true, false, 0.1)).collect();
        self.tell_batch(&outcomes).await
    }

    async fn tell_batch(&self, outcomes: &[Value]) -> Result<(), DrillError> {
        let request = self.ask(self.http.post(self.url("/v1/events/batch")));
        accepted("a batch", request.body(json!({"events": outcomes}).to_string()), 200)
            .await
            .map(drop)
    }

    /// Live outcomes of the shortest horizon, topped up with good ones to a number.
    pub(in crate::drill) async fn at_least(&self, count: u64) -> Result<Outcomes, DrillError> {
        let there = self.outcomes().await?.total;
        self.tell(count.saturating_sub(there), 0, 0.1).await?;
        self.outcomes().await
    }

    /// Live outcomes of the shortest horizon: of the window five minutes ago and since.
    pub(in crate::drill) async fn outcomes(&self) -> Result<Outcomes, DrillError> {
        let ago = Timestamp::now().as_second() - 300;
        let from = Timestamp::from_second(ago - ago.rem_euclid(300)).unwrap_or_default();
        let url = self.url(&format!("/v1/metrics?livemode=true&from={from}"));
        let answer = accepted("metrics", self.ask(self.http.get(url)), 200).await?;
        let of = |name: &str| answer.pointer(&format!("/outcomes/{name}")).cloned();
        let number = |name| of(name).and_then(|value| value.as_u64()).unwrap_or_default();
        let mean = of("average_processing_time").and_then(|value| value.as_f64());
        Ok(Outcomes { total: number("total"), failed: number("failed"), mean })
    }
}

fn outcome(event_id: &str, livemode: bool, fails: bool, seconds: f64) -> Value {
    json!({
        "event_id": event_id,
        "event_type": EVENT_TYPE,
        "livemode": livemode,
        "success": !fails,
        "error_message": fails.then_some("drill: the application fails"),
        "processing_time": seconds,
    })
}
