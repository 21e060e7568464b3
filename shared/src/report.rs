//! What operators are told, as plain data: each answer is made of what was read, and serialised by
//! whoever asks (JSON, CSV, a page). Rates are shares from 0 to 1, times are seconds; what has no value
//! is null, never 0.

mod analytics;
mod change;
mod errors;
mod security;
mod span;
mod summary;
mod table;
mod trends;

pub use analytics::{Analytics, GroupRow, Other};
pub use change::{Before, before, before_by_hour};
pub use errors::{ErrorAnalytics, PatternRow, Sample, distribution};
pub use security::{AddressCount, Authentication, Burst, Security, SecurityStep, SourceRow};
pub use span::{Read, Span};
pub use summary::{Details, HealthBrief, Report, Summary, TableName};
pub use table::{Table, Value};
pub use trends::{StepRow, TrendTest, TrendView, error_trend, performance_trend};
