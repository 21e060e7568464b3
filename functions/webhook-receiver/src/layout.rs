//! The same JSON in another layout: only white space between tokens changes. What is no JSON comes out
//! somehow, and nothing fails.

/// Without white space.
pub fn compact(json: &[u8]) -> Vec<u8> {
    write(json, |_, token, out, _| out.push(token))
}

/// On one line, with a space after each comma and colon.
pub fn spaced(json: &[u8]) -> Vec<u8> {
    write(json, |_, token, out, _| {
        out.push(token);
        if matches!(token, b',' | b':') {
            out.push(b' ');
        }
    })
}

/// A member a line, two spaces deep for each level: as Stripe writes it.
pub fn pretty(json: &[u8]) -> Vec<u8> {
    write(json, |before, token, out, depth| {
        let break_line = |out: &mut Vec<u8>, depth: usize| {
            out.push(b'\n');
            out.extend(std::iter::repeat_n(b' ', 2 * depth.min(MOST_DEPTH)));
        };
        let opened = matches!(before, Some(b'{' | b'['));
        match token {
            b'}' | b']' => {
                *depth = depth.saturating_sub(1);
                if !opened {
                    break_line(out, *depth);
                }
                out.push(token);
            }
            b':' => out.extend(b": "),
            b',' => out.push(token),
            _ => {
                if opened || before == Some(b',') {
                    break_line(out, *depth);
                }
                out.push(token);
            }
        }
        if matches!(token, b'{' | b'[') {
            *depth += 1;
        }
    })
}

/// With `\n` for every end of a line, or `\r\n`.
pub fn line_ends(text: &[u8], windows: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' if bytes.peek() == Some(&b'\n') => {}
            b'\n' if windows => out.extend(b"\r\n"),
            other => out.push(other),
        }
    }
    out
}

/// Levels that are indented; deeper ones would make much of little.
const MOST_DEPTH: usize = 32;
/// Bytes after which no more is written: three times what the doctor looks at, which no body of Stripe's needs.
pub const MOST_BYTES: usize = 192 * 1024;

/// Writes every token's bytes, up to [`MOST_BYTES`]. Those of a string are written as they are; for all others
/// `write` gets the byte before, the byte, what is written so far and the depth.
fn write(json: &[u8], mut write: impl FnMut(Option<u8>, u8, &mut Vec<u8>, &mut usize)) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    let (mut before, mut depth) = (None, 0);
    let (mut in_text, mut escaped) = (false, false);
    for byte in json.iter().copied() {
        if out.len() > MOST_BYTES {
            break;
        }
        if in_text {
            out.push(byte);
            in_text = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
        } else if !byte.is_ascii_whitespace() {
            write(before, byte, &mut out, &mut depth);
            in_text = byte == b'"';
        } else {
            continue;
        }
        before = Some(byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_are_those_of_serde_json() {
        for fixture in ["charge.failed", "invoice.created", "payment_intent.requires_action"] {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/stripe_events");
            let text = std::fs::read(format!("{folder}/{fixture}.json")).unwrap();
            let value: serde_json::Value = serde_json::from_slice(&text).unwrap();
            let sorted = value.to_string();
            assert_eq!(compact(&pretty(sorted.as_bytes())), sorted.as_bytes());
            assert_eq!(compact(&spaced(sorted.as_bytes())), sorted.as_bytes());
            let expected = serde_json::to_string_pretty(&value).unwrap();
            assert_eq!(String::from_utf8(pretty(sorted.as_bytes())).unwrap(), expected);
        }
    }

    #[test]
    fn what_is_no_json_comes_out_somehow() {
        for odd in ["", "\"", "}}}", "{\"a", "\\\"", &"[".repeat(10_000)] {
            for layout in [compact, spaced, pretty] {
                assert!(layout(odd.as_bytes()).len() <= MOST_BYTES + 100);
            }
        }
        assert_eq!(line_ends(b"a\r\nb\rc\n", false), b"a\nb\rc\n");
        assert_eq!(line_ends(b"a\r\nb\n", true), b"a\r\nb\r\n");
    }
}
