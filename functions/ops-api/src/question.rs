//! What numbers are asked for: a range and a filter.

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use jiff::Timestamp;
use shared::log::TimeRange;
use shared::metrics::Filter;
use shared::store::{Detail, Reading};

use crate::config::Config;
use crate::error::ApiError;
use crate::parameters::{Asked, Parameters};

/// The pairs of a query, or why there are none.
pub type Pairs = Result<Query<Vec<(String, String)>>, QueryRejection>;

const RANGE: [&str; 3] = ["time_range_hours", "from", "to"];
const FILTER: [&str; 3] = ["event_type", "livemode", "account"];
const LIMIT: &str = "a whole number from 1 to 1000";

/// A question about numbers.
pub struct Question {
    /// All that was given.
    pub given: Parameters,
    /// The range, up to now at most.
    pub asked: TimeRange,
    /// Which entries are meant.
    pub filter: Filter,
    /// When it was asked.
    pub now: Timestamp,
}

impl Question {
    /// Reads a range, and parameters of the endpoint's own.
    pub fn of_range(pairs: Pairs, own: &[&str], now: Timestamp) -> Result<Self, ApiError> {
        Self::new(pairs, &[&RANGE[..], own].concat(), now)
    }

    /// Reads a range, a filter, and parameters of the endpoint's own.
    pub fn with_filter(pairs: Pairs, own: &[&str], now: Timestamp) -> Result<Self, ApiError> {
        Self::new(pairs, &[&RANGE[..], &FILTER, own].concat(), now)
    }

    fn new(pairs: Pairs, known: &[&str], now: Timestamp) -> Result<Self, ApiError> {
        let Query(pairs) = pairs.map_err(|_| ApiError::InvalidRequest)?;
        let given = Parameters::new(pairs, known)?;
        let text = |name| given.text(name).map(str::to_owned);
        let filter = Filter {
            event_type: text("event_type"),
            livemode: given.value("livemode", "true or false")?,
            account: text("account"),
            ..Filter::default()
        };
        let asked = given.range(Asked::Numbers, now)?;
        Ok(Self { given, asked, filter, now })
    }

    /// `limit`, from 1 to 1000.
    pub fn limit(&self, default: usize) -> Result<usize, ApiError> {
        let limit = self.given.value("limit", LIMIT)?.unwrap_or(default);
        match limit {
            1..=1_000 => Ok(limit),
            _ => Err(ApiError::InvalidParameter("limit".to_owned(), LIMIT)),
        }
    }

    /// What is to be read of a range.
    pub fn reading(&self, config: &Config, range: TimeRange, detail: Detail) -> Reading {
        Reading {
            range,
            detail,
            log_since: config.retention.log_since(self.now),
            rollups_since: config.retention.rollups_since(self.now),
            now: self.now,
        }
    }
}
