//! One run.

use jiff::Timestamp;
use shared::store::StoreError;

use crate::config::Config;
use crate::roll_up;
use crate::summary::Summary;

/// All that outlives a run.
pub struct App {
    pub(crate) config: Config,
}

impl App {
    /// Over a log.
    pub fn new(config: Config) -> Self {
        Self { config }
    }
}

/// Does what is due. Ends with one line in the log that tells what was done, or returns the error, so
/// that the platform counts it.
pub async fn handle(app: &App) -> Result<Summary, StoreError> {
    let Config { store, retention, .. } = &app.config;
    let summary = Box::pin(roll_up::run(store, *retention, Timestamp::now())).await?;
    summary.log();
    Ok(summary)
}
