//! What a body may have been before something changed it, as far as that can be undone. What is lost cannot:
//! the order of members that were sorted, the zeros of `1.50`, members that were taken out, characters that
//! became `?`. A compressed body would need another library.

use std::borrow::Cow;

use data_encoding::BASE64;
use shared::log::Diagnosis;

use super::{charset, escapes};
use crate::layout;

type Made<'a> = Option<Cow<'a, [u8]>>;
type Make = for<'a> fn(&'a [u8]) -> Made<'a>;
type Layout = fn(&[u8]) -> Vec<u8>;
type Escape = fn(&[u8]) -> Option<Vec<u8>>;

const MARK: &[u8] = b"\xef\xbb\xbf";

/// What changes without a look at the JSON.
const MAKERS: [(Diagnosis, Make); 12] = {
    use Diagnosis::{BodyBase64, BodyLineEnds, BodyMarked, BodyQuoted, BodyReencoded, BodyTrimmed};
    [
        (BodyTrimmed, |body| Some(Cow::Borrowed(body.trim_ascii_end()))),
        (BodyTrimmed, |body| joined(&[body.trim_ascii_end(), b"\n"])),
        (BodyTrimmed, |body| joined(&[body.trim_ascii_end(), b"\r\n"])),
        (BodyMarked, |body| body.strip_prefix(MARK).map(Cow::Borrowed)),
        (BodyMarked, |body| joined(&[MARK, body])),
        (BodyLineEnds, |body| Some(Cow::Owned(layout::line_ends(body, false)))),
        (BodyLineEnds, |body| Some(Cow::Owned(layout::line_ends(body, true)))),
        (BodyBase64, |body| BASE64.decode(body.trim_ascii()).ok().map(Cow::Owned)),
        (BodyBase64, |body| Some(Cow::Owned(BASE64.encode(body).into_bytes()))),
        (BodyQuoted, |body| unquoted(body).map(Cow::Owned)),
        (BodyReencoded, |body| charset::as_utf8(body).map(Cow::Owned)),
        (BodyReencoded, |body| charset::untangled(body).map(Cow::Owned)),
    ]
};

/// Where the white space of JSON may have stood.
const LAYOUTS: [Layout; 3] = [layout::compact, layout::spaced, layout::pretty];

/// How its characters may have been written.
const ESCAPES: [Escape; 2] = [escapes::characters, escapes::ascii];

/// What a body may have been, each made when it is asked for: 12 + 3 + 2 x 4 at most.
pub fn alterations(body: &[u8]) -> impl Iterator<Item = (Diagnosis, Cow<'_, [u8]>)> {
    let made = MAKERS.into_iter().filter_map(|(diagnosis, make)| Some((diagnosis, make(body)?)));
    let written = written(body).map(|json| (Diagnosis::BodyReserialised, Cow::Owned(json)));
    made.chain(written)
}

/// The same JSON in every layout, with its characters as they came; then with each kind of escapes, in the
/// layout that it came in and in all others.
fn written(body: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let laid_out = LAYOUTS.into_iter().map(|layout| layout(body));
    let escaped = ESCAPES.into_iter().filter_map(|escape| escape(body));
    laid_out.chain(escaped.flat_map(|json| {
        let layouts = [None].into_iter().chain(LAYOUTS.map(Some));
        layouts.map(move |layout| layout.map_or_else(|| json.clone(), |layout| layout(&json)))
    }))
}

fn joined<'a>(parts: &[&[u8]]) -> Made<'a> {
    Some(Cow::Owned(parts.concat()))
}

/// The text that a body is as a JSON string.
fn unquoted(body: &[u8]) -> Option<Vec<u8>> {
    serde_json::from_slice(body).map(String::into_bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::MOST_BYTES;

    #[test]
    fn what_is_made_of_the_largest_bodies_is_bounded() {
        const MOST: usize = 23;
        let fill = |text: &str| text.repeat(MOST_BYTES / text.len());
        let repeated =
            ["[", "é", "\"é\\/", "\"\\u00e9", "{\"a\":[", "\r\n", ",", "Ã©\"\\"].map(fill);
        let controls = format!("\"\\{}", "\u{1}".repeat(MOST_BYTES - 2));
        for body in repeated.into_iter().chain([controls]) {
            let text = body.get(..8).unwrap_or_default();
            let (mut count, mut bytes) = (0, 0);
            for (diagnosis, made) in alterations(body.as_bytes()) {
                let size = made.len();
                assert!(size <= 3 * MOST_BYTES + 100, "{text}: {diagnosis}, {size} bytes");
                (count, bytes) = (count + 1, bytes + size);
            }
            assert!((7..=MOST).contains(&count), "{text}: {count}");
            assert!(bytes <= 40 * MOST_BYTES, "{text}: {bytes} bytes");
        }
    }
}
