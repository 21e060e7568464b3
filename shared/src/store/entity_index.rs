//! The setting `WEBHOOK_ENTITY_INDEX`: whether entries are indexed by the object they are about.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::config::{ConfigError, Vars};

/// Since when entries carry the entity key. One more write unit an event while it is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntityIndex(Option<Timestamp>);

impl EntityIndex {
    /// Entries are not indexed; a search for an object reads the time index.
    pub const OFF: Self = Self(None);
    /// Every entry of the table is indexed.
    pub const ON: Self = Self(Some(Timestamp::MIN));

    /// Reads `WEBHOOK_ENTITY_INDEX`: `off` (default), `on`, or the UTC day (`YYYY-MM-DD`) from
    /// whose start every entry is indexed. A day is for a table that already holds entries: older
    /// ones are then looked for in the time index instead of being missed.
    pub fn from_vars(vars: &Vars<'_>) -> Result<Self, ConfigError> {
        const NAME: &str = "WEBHOOK_ENTITY_INDEX";
        let wrong = || ConfigError::new(NAME, "must be off, on or a day as YYYY-MM-DD");
        match vars.optional(NAME).as_deref().map(str::trim) {
            None | Some("off") => Ok(Self::OFF),
            Some("on") => Ok(Self::ON),
            Some(day) => {
                let date: Date = day.parse().map_err(|_| wrong())?;
                let start = TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).map_err(|_| wrong())?;
                Ok(Self(Some(start)))
            }
        }
    }

    /// From when on the index is complete; `None` when nothing is indexed.
    pub fn complete_since(self) -> Option<Timestamp> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn off_on_or_a_day() {
        let parse = |value: &'static str| {
            EntityIndex::from_vars(&Vars::new(&move |_| Some(value.to_owned())))
        };
        assert_eq!(parse("off"), Ok(EntityIndex::OFF));
        assert_eq!(parse(""), Ok(EntityIndex::OFF));
        assert_eq!(parse("on"), Ok(EntityIndex::ON));
        let day = parse("2026-11-24").unwrap().complete_since().unwrap();
        assert_eq!(day.to_string(), "2026-11-24T00:00:00Z");
        assert!(parse("yes").is_err() && parse("2026-13-01").is_err());
    }
}
