//! The table of texts that a stored rollup's labels refer to.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::rollup::{Damaged, Label};

/// Numbers of labels that are no text; texts are counted from [`TEXTS`] on.
const ALL: u32 = 0;
const MISSING: u32 = 1;
const OTHER: u32 = 2;
const TEXTS: u32 = 3;

/// Texts by number, for writing.
#[derive(Default)]
pub struct Names(BTreeMap<Arc<str>, u32>);

impl Names {
    /// Takes up every text, so that numbers follow the order of the texts, whatever refers to them.
    pub fn of(labels: impl IntoIterator<Item = Arc<str>>) -> Self {
        let mut names: BTreeMap<Arc<str>, u32> =
            labels.into_iter().map(|label| (label, 0)).collect();
        names.values_mut().zip(TEXTS..).for_each(|(number, next)| *number = next);
        Self(names)
    }

    /// The number of a label whose text has been taken up.
    pub fn number(&self, label: &Label) -> u32 {
        match label {
            Label::All => ALL,
            Label::Missing => MISSING,
            Label::Other => OTHER,
            Label::Is(text) => self.number_of(text),
        }
    }

    /// The number of a text that has been taken up.
    pub fn number_of(&self, text: &str) -> u32 {
        self.0.get(text).copied().unwrap_or(OTHER)
    }

    /// The texts by number.
    pub fn into_texts(self) -> Vec<String> {
        self.0.into_keys().map(|text| text.as_ref().to_owned()).collect()
    }
}

/// Texts by number, for reading.
pub struct Texts(Vec<Arc<str>>);

impl From<Vec<String>> for Texts {
    fn from(texts: Vec<String>) -> Self {
        Self(texts.into_iter().map(Arc::from).collect())
    }
}

impl Texts {
    /// The label of a number.
    pub fn label(&self, number: u32) -> Result<Label, Damaged> {
        match number {
            ALL => Ok(Label::All),
            MISSING => Ok(Label::Missing),
            OTHER => Ok(Label::Other),
            _ => self.text(number).map(Label::Is),
        }
    }

    /// The text of a number.
    pub fn text(&self, number: u32) -> Result<Arc<str>, Damaged> {
        let place = number.checked_sub(TEXTS).and_then(|place| usize::try_from(place).ok());
        place.and_then(|place| self.0.get(place)).cloned().ok_or(Damaged)
    }
}
