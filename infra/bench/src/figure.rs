//! One figure and the target that it is held against.
//!
//! A benchmark that finds `HOOKWATCH_FIGURES` set appends its figures to that file, a JSON object a line.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

/// The variable that names the file.
pub const FILE: &str = "HOOKWATCH_FIGURES";

/// What a figure must be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// This or less.
    AtMost(f64),
    /// This or more.
    AtLeast(f64),
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// The row of the table that it belongs to.
    pub row: u8,
    /// What it is, with its unit.
    pub what: String,
    /// How much.
    pub value: f64,
    /// What it must be.
    pub target: Target,
}

impl Figure {
    /// A figure of a row.
    #[must_use]
    pub fn new(row: u8, what: impl Into<String>, value: f64, target: Target) -> Self {
        Self { row, what: what.into(), value, target }
    }

    /// Whether the target is met; what is not a number meets none.
    #[must_use]
    pub fn is_met(&self) -> bool {
        match self.target {
            Target::AtMost(limit) => self.value <= limit,
            Target::AtLeast(limit) => self.value >= limit,
        }
    }
}

/// Appends to the file that [`FILE`] names, if it names one.
///
/// # Errors
/// When the file cannot be written.
pub fn append(figures: &[Figure]) -> io::Result<()> {
    let Some(path) = std::env::var_os(FILE) else {
        return Ok(());
    };
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    for figure in figures {
        writeln!(file, "{}", serde_json::to_string(figure)?)?;
    }
    Ok(())
}

/// Reads such a file, in the order of its rows.
///
/// # Errors
/// When it cannot be read, or a line is no figure.
pub fn read(path: &Path) -> io::Result<Vec<Figure>> {
    let text = std::fs::read_to_string(path)?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let figures: Result<Vec<Figure>, _> = lines.map(serde_json::from_str).collect();
    let mut figures = figures?;
    figures.sort_by_key(|figure| figure.row);
    Ok(figures)
}

#[cfg(test)]
mod tests {
    use super::{Figure, Target};

    #[test]
    fn a_target_is_met_from_its_own_side() {
        for (target, value, is_met) in [
            (Target::AtMost(2.0), 2.0, true),
            (Target::AtMost(2.0), 2.1, false),
            (Target::AtLeast(75.0), 80.0, true),
            (Target::AtLeast(75.0), 74.0, false),
            (Target::AtLeast(75.0), f64::NAN, false),
        ] {
            assert_eq!(Figure::new(1, "it", value, target).is_met(), is_met, "{target:?} {value}");
        }
    }

    #[test]
    fn a_line_reads_back() {
        let figure = Figure::new(12, "dollars", 1.9, Target::AtMost(2.0));
        let line = r#"{"row":12,"what":"dollars","value":1.9,"target":{"at_most":2.0}}"#;
        assert_eq!(serde_json::to_string(&figure).unwrap(), line);
        assert_eq!(serde_json::from_str::<Figure>(line).unwrap(), figure);
    }
}
