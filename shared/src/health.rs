//! Health: what a run has observed, judged by thresholds.
//!
//! Everything here is pure: observations, thresholds and the time in, a judgement out. What a run
//! cannot know is an input too (`None`), never an error.

mod score;
mod threshold;

pub use score::{Scale, Score, Status};
pub use threshold::{BadThreshold, Thresholds};
