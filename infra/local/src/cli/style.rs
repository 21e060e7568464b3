//! Colour, where a person looks: on a terminal, unless NO_COLOR says otherwise.

use std::io::{IsTerminal, stdout};
use std::sync::LazyLock;

static COLOURED: LazyLock<bool> = LazyLock::new(|| {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    stdout().is_terminal() && !unwanted
});

fn paint(code: &str, text: &str) -> String {
    if *COLOURED { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

pub(super) fn bold(text: &str) -> String {
    paint("1", text)
}

pub(super) fn dim(text: &str) -> String {
    paint("2", text)
}

/// An HTTP status: green for success, yellow for the client's fault, red for ours.
pub(super) fn status(code: u16) -> String {
    let colour = match code {
        0..400 => "32",
        400..500 => "33",
        _ => "31",
    };
    paint(colour, &code.to_string())
}
