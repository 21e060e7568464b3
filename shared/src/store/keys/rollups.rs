//! Keys of rollups: a day's windows in one partition, a month's hours, a year's days.
//!
//! Totals sort before all cells, so that reading totals reads nothing else.

use jiff::Timestamp;
use jiff::civil::Date;

use super::day_of;
use crate::rollup::{Bucket, Grain};
use crate::store::documents::Place;

/// What is told apart in an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Status and mode.
    Totals,
    /// Everything.
    Cells,
}

impl Detail {
    fn prefix(self) -> &'static str {
        match self {
            Self::Totals => "",
            Self::Cells => "BY#",
        }
    }
}

/// What says how far everything is rolled up.
pub fn mark() -> Place {
    Place { pk: "ROLLUP#MARK".to_owned(), sk: "MARK".to_owned() }
}

/// The partition of a rollup.
pub fn pk(bucket: Bucket) -> String {
    let start = bucket.start;
    match bucket.grain {
        Grain::Window => format!("ROLLUP#5M#{}", day_of(start)),
        Grain::Hour => format!("ROLLUP#1H#{}", start.strftime("%Y-%m")),
        Grain::Day => format!("ROLLUP#1D#{}", start.strftime("%Y")),
    }
}

/// The sort key of a rollup.
pub fn sk(bucket: Bucket, detail: Detail) -> String {
    let time = match bucket.grain {
        Grain::Window => bucket.start.strftime("%H:%M"),
        Grain::Hour => bucket.start.strftime("%dT%H"),
        Grain::Day => bucket.start.strftime("%m-%d"),
    };
    format!("{}{time}", detail.prefix())
}

/// The bucket of a rollup's keys; `None` where they are none that [`pk`] and [`sk`] make.
pub fn bucket_of(pk: &str, sk: &str) -> Option<Bucket> {
    let time = sk.strip_prefix("BY#").unwrap_or(sk);
    let (grain, start) = match pk.strip_prefix("ROLLUP#")?.split_once('#')? {
        ("5M", day) => (Grain::Window, format!("{day}T{time}:00Z")),
        ("1H", month) => (Grain::Hour, format!("{month}-{time}:00:00Z")),
        ("1D", year) if year.len() == 4 => (Grain::Day, format!("{year}-{time}T00:00:00Z")),
        _ => return None,
    };
    let start: Timestamp = start.parse().ok()?;
    Some(Bucket { grain, start }).filter(|bucket| grain.bucket_of(start) == *bucket)
}

/// The first bucket of the partition after a bucket's.
pub fn next_partition(bucket: Bucket) -> Option<Bucket> {
    let day = day_of(bucket.start);
    let next: Date = match bucket.grain {
        Grain::Window => day.tomorrow().ok()?,
        Grain::Hour => day.last_of_month().tomorrow().ok()?,
        Grain::Day => day.last_of_year().tomorrow().ok()?,
    };
    let start = jiff::tz::TimeZone::UTC.to_timestamp(next.at(0, 0, 0, 0)).ok()?;
    Some(Bucket { start, ..bucket })
}

/// The last bucket of the partition before a bucket's.
pub fn last_of_partition_before(bucket: Bucket) -> Option<Bucket> {
    let day = day_of(bucket.start);
    let first: Date = match bucket.grain {
        Grain::Window => day,
        Grain::Hour => day.first_of_month(),
        Grain::Day => day.first_of_year(),
    };
    let start = jiff::tz::TimeZone::UTC.to_timestamp(first.at(0, 0, 0, 0)).ok()?;
    let last = start.as_second() - bucket.grain.seconds();
    Some(Bucket { start: Timestamp::from_second(last).ok()?, ..bucket })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_back() {
        let at: Timestamp = "2026-12-31T23:57:00Z".parse().unwrap();
        for (grain, expected) in [
            (Grain::Window, ("ROLLUP#5M#2026-12-31", "23:55")),
            (Grain::Hour, ("ROLLUP#1H#2026-12", "31T23")),
            (Grain::Day, ("ROLLUP#1D#2026", "12-31")),
        ] {
            let bucket = grain.bucket_of(at);
            let (pk, totals) = (pk(bucket), sk(bucket, Detail::Totals));
            assert_eq!((pk.as_str(), totals.as_str()), expected);
            let cells = sk(bucket, Detail::Cells);
            assert!(totals < cells, "totals come first");
            for sk in [totals, cells] {
                assert_eq!(bucket_of(&pk, &sk), Some(bucket));
            }
            let next = next_partition(bucket).unwrap();
            assert_eq!(next.start.to_string(), "2027-01-01T00:00:00Z");
            assert_eq!(last_of_partition_before(next), Some(bucket));
        }
        for (pk, sk) in [
            ("ROLLUP#5M#2026-11-30", "23:57"),
            ("ROLLUP#1D#2026-11", "30"),
            ("ROLLUP#1D#2026", "11-31"),
            ("ROLLUP#1W#2026", "11-30"),
            ("x", "y"),
        ] {
            assert_eq!(bucket_of(pk, sk), None);
        }
    }
}
