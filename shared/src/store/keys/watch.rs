//! Keys of what health keeps and people set.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{day_of, time};
use crate::store::documents::Place;

fn place(pk: impl Into<String>, sk: impl Into<String>) -> Place {
    Place { pk: pk.into(), sk: sk.into() }
}

/// The newest snapshot.
pub fn latest_snapshot() -> Place {
    place("HEALTH", "LATEST")
}

/// What the database's probe writes.
pub fn database_probe() -> Place {
    place("PROBE", "DATABASE")
}

/// What the front door's probe writes: one item, whatever probes there are.
pub fn front_door_probe() -> Place {
    place("PROBE", "PROBE")
}

/// A snapshot in the history.
pub fn snapshot(at: Timestamp) -> Place {
    place(snapshots_pk(at), time(at))
}

/// The partition of a day's snapshots.
pub fn snapshots_pk(at: Timestamp) -> String {
    format!("HEALTH#{}", day_of(at))
}

/// The partition of issues.
pub const ISSUES: &str = "ISSUE";

/// An issue.
pub fn issue(fingerprint: &str) -> Place {
    place(ISSUES, fingerprint)
}

/// The partition of a month's alerts.
pub fn alerts_pk(day: Date) -> String {
    format!("ALERT#{}", day.strftime("%Y-%m"))
}

/// An alert.
pub fn alert(at: Timestamp, id: &str) -> Place {
    place(alerts_pk(day_of(at)), format!("{}#{id}", time(at)))
}

/// The partition of a month's audit entries.
pub fn audit_pk(at: Timestamp) -> String {
    format!("AUDIT#{}", at.strftime("%Y-%m"))
}

/// An audit entry.
pub fn audit(at: Timestamp, id: &str) -> Place {
    place(audit_pk(at), format!("{}#{id}", time(at)))
}

/// Sort keys of a range's audit entries.
pub fn audit_between(from: Timestamp, to: Timestamp) -> (String, String) {
    (time(from), time(to))
}

/// The partitions of a range's audit entries, from old to new.
pub fn audit_pks(from: Timestamp, to: Timestamp) -> Vec<String> {
    // No month is shorter than a step.
    let step = jiff::SignedDuration::from_hours(28 * 24);
    let next = |at: &Timestamp| at.checked_add(step).ok().filter(|next| *next < to);
    let steps = std::iter::successors(Some(from), next).chain([to]);
    let mut pks: Vec<String> = steps.map(audit_pk).collect();
    pks.dedup();
    pks
}

/// The partition of addresses that are not in the list of Stripe's.
pub const UNLISTED_SOURCES: &str = "UNLISTED_SOURCE";

/// Such an address.
pub fn unlisted_source(address: &str) -> Place {
    place(UNLISTED_SOURCES, address)
}

/// The partition of settings.
pub const SETTINGS: &str = "SETTINGS";
/// Sort key of the thresholds.
pub const THRESHOLDS: &str = "THRESHOLDS";
/// Sort key of the mutes.
pub const MUTES: &str = "MUTES";

/// A setting.
pub fn setting(name: &str) -> Place {
    place(SETTINGS, name)
}

/// What says that a window's data was sent.
pub fn published(window: Timestamp) -> Place {
    place("PUBLISHED", time(window))
}

/// The partition of baselines.
pub const BASELINES: &str = "BASELINE";
/// The scope of all events.
pub const ALL: &str = "all";
/// What the scope of a type begins with.
const TYPE: &str = "type#";

/// A scope's baseline.
pub fn baseline(scope: &str) -> Place {
    place(BASELINES, scope)
}

/// The scope of an event type.
pub fn scope_of_type(event_type: &str) -> String {
    format!("{TYPE}{event_type}")
}

/// The event type of a baseline's sort key; `None`: all events.
pub fn type_of_baseline(sk: &str) -> Option<&str> {
    sk.strip_prefix(TYPE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_month_of_a_range_has_its_partition() {
        let at = |day: &str| format!("{day}T12:00:00Z").parse().unwrap();
        for (from, to, expected) in [
            ("2026-11-01", "2026-11-30", vec!["AUDIT#2026-11"]),
            ("2026-10-31", "2026-11-01", vec!["AUDIT#2026-10", "AUDIT#2026-11"]),
            ("2026-01-31", "2026-03-01", vec!["AUDIT#2026-01", "AUDIT#2026-02", "AUDIT#2026-03"]),
        ] {
            assert_eq!(audit_pks(at(from), at(to)), expected, "{from}");
        }
    }
}
