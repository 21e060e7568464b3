//! Answers as tables: rows of texts and numbers, for a spreadsheet.

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Names of the columns.
    pub columns: Vec<&'static str>,
    /// The rows, each with a value for every column.
    pub rows: Vec<Vec<Value>>,
}

/// A value of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// None.
    Null,
    /// A number of things.
    Count(u64),
    /// A number.
    Number(f64),
    /// What may have come from outside.
    Text(String),
}

impl From<u64> for Value {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<jiff::Timestamp> for Value {
    fn from(at: jiff::Timestamp) -> Self {
        Self::Text(at.to_string())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl Table {
    /// The table by RFC 4180, its first line the names of the columns. What a spreadsheet would take
    /// for a formula has an apostrophe before it; control characters, and those that turn the
    /// direction of writing, are replaced.
    pub fn to_csv(&self) -> String {
        let mut csv = String::new();
        line(&mut csv, self.columns.iter().map(|name| (*name).to_owned()));
        for row in &self.rows {
            line(&mut csv, row.iter().map(Value::to_cell));
        }
        csv
    }
}

fn line(csv: &mut String, cells: impl Iterator<Item = String>) {
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            csv.push(',');
        }
        if cell.contains(['"', ',']) {
            csv.push('"');
            csv.push_str(&cell.replace('"', "\"\""));
            csv.push('"');
        } else {
            csv.push_str(&cell);
        }
    }
    csv.push_str("\r\n");
}

impl Value {
    fn to_cell(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Count(count) => count.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => harmless(text),
        }
    }
}

fn harmless(text: &str) -> String {
    let begins_formula = |c: char| matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠');
    let is_formula =
        text.trim_start().starts_with(begins_formula) || text.starts_with(['\t', '\r', '\n']);
    let replaced = text.chars().map(|c| if is_harmful(c) { '\u{fffd}' } else { c });
    is_formula.then_some('\'').into_iter().chain(replaced).collect()
}

/// Control characters, and what turns the direction of writing.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_is_that_of_the_rfc_and_no_cell_is_a_formula() {
        for (text, cell) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("=1+1", "'=1+1"),
            ("  =1+1", "'  =1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-1", "'-1"),
            ("+1", "'+1"),
            ("=HYPERLINK(\"x\",1)", "\"'=HYPERLINK(\"\"x\"\",1)\""),
            ("\tx", "'\u{fffd}x"),
            ("two\r\nlines", "two\u{fffd}\u{fffd}lines"),
            ("<script>alert(1)</script>", "<script>alert(1)</script>"),
            ("evt\u{202e}gpj", "evt\u{fffd}gpj"),
            ("", ""),
        ] {
            let table =
                Table { columns: vec!["a", "b"], rows: vec![vec![text.into(), Value::Null]] };
            assert_eq!(table.to_csv(), format!("a,b\r\n{cell},\r\n"));
        }
        let row = vec![5_u64.into(), (-0.25_f64).into(), None::<u64>.into(), Some("x").into()];
        let table = Table { columns: vec!["a", "b", "c", "d"], rows: vec![row] };
        assert_eq!(table.to_csv(), "a,b,c,d\r\n5,-0.25,,x\r\n");
    }
}
