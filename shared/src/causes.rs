//! An error's chain of causes as text.

use std::error::Error;

/// Every cause's own text, outermost first. For errors of AWS's SDK, whose `Debug` prints bodies.
pub fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.ends_with(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}
