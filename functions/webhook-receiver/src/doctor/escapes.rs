//! The same JSON with other escapes: only how the characters of strings are written changes. What is no JSON
//! comes out somehow, and nothing fails.

use std::str::Chars;

use crate::layout::MOST_BYTES;

/// How a character is written that JSON lets stand as it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    AsItIs,
    Escaped,
}

/// Every character as itself that may be: as JavaScript, Ruby and most others write JSON. Undoes the `\u00e9`
/// of Python, the `\/` of PHP and the `\u003c` of Go. `None` where nothing changes.
pub fn characters(json: &[u8]) -> Option<Vec<u8>> {
    json.contains(&b'\\').then(|| write(json, Form::AsItIs)).flatten()
}

/// Every character beyond ASCII as `\uXXXX`, in lower case: as Python writes JSON where it is not told
/// otherwise. `None` where nothing changes.
pub fn ascii(json: &[u8]) -> Option<Vec<u8>> {
    (!json.is_ascii() || json.contains(&b'\\')).then(|| write(json, Form::Escaped)).flatten()
}

fn write(json: &[u8], form: Form) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(json).ok()?;
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    let mut in_text = false;
    while let Some(char) = chars.next().filter(|_| out.len() <= MOST_BYTES) {
        match char {
            '"' => {
                in_text = !in_text;
                out.push('"');
            }
            '\\' if in_text => escape(&mut chars, form, &mut out),
            _ if in_text => put(char, form, &mut out),
            _ => out.push(char),
        }
    }
    Some(out).filter(|out| out != text).map(String::into_bytes)
}

/// What stands behind a backslash.
fn escape(chars: &mut Chars<'_>, form: Form, out: &mut String) {
    let Some(char) = chars.next() else { return out.push('\\') };
    match char {
        '"' | '\\' | '/' => put(char, form, out),
        'b' => put('\u{8}', form, out),
        'f' => put('\u{c}', form, out),
        'n' => put('\n', form, out),
        'r' => put('\r', form, out),
        't' => put('\t', form, out),
        'u' => match unit(chars) {
            Some(unit) => put_unit(unit, chars, form, out),
            None => out.push_str("\\u"),
        },
        _ => out.extend(['\\', char]),
    }
}

/// Four hexadecimal digits; takes nothing where there are none.
fn unit(chars: &mut Chars<'_>) -> Option<u16> {
    let digits = chars.as_str().get(..4).filter(|digits| !digits.starts_with('+'))?;
    let unit = u16::from_str_radix(digits, 16).ok()?;
    chars.nth(3).map(|_| unit)
}

/// A unit of UTF-16: a character, or the first half of one whose second half may follow.
fn put_unit(unit: u16, chars: &mut Chars<'_>, form: Form, out: &mut String) {
    let mut ahead = chars.clone();
    let second = (ahead.next() == Some('\\') && ahead.next() == Some('u'))
        .then(|| self::unit(&mut ahead))
        .flatten();
    let alone = char::from_u32(u32::from(unit));
    let both = || char::decode_utf16([unit, second?]).next()?.ok();
    match (alone, alone.is_none().then(both).flatten()) {
        (Some(char), _) => put(char, form, out),
        (None, Some(char)) => {
            *chars = ahead;
            put(char, form, out);
        }
        (None, None) => put_escaped(unit, out),
    }
}

fn put(char: char, form: Form, out: &mut String) {
    match char {
        '"' | '\\' => out.extend(['\\', char]),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        ' '..='~' => out.push(char),
        '\u{7f}'.. if form == Form::AsItIs => out.push(char),
        _ => char.encode_utf16(&mut [0; 2]).iter().for_each(|unit| put_escaped(*unit, out)),
    }
}

fn put_escaped(unit: u16, out: &mut String) {
    out.push_str("\\u");
    let digit = |shift: u16| char::from_digit(u32::from(unit >> shift & 0xf), 16);
    out.extend([12, 8, 4, 0].into_iter().filter_map(digit));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(made: Option<Vec<u8>>) -> Option<String> {
        made.map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn characters_are_those_of_serde_json() {
        let odd: String = ('\0'..'\u{a0}').chain("é\u{2028}\u{fffd}😀".chars()).collect();
        let json = serde_json::to_string(&odd).unwrap();
        let escaped = text(ascii(json.as_bytes())).unwrap();
        assert!(escaped.is_ascii(), "{escaped}");
        assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), odd);
        assert_eq!(text(characters(escaped.as_bytes())), Some(json.clone()));
        assert_eq!(characters(json.as_bytes()), None, "they are so already");
        assert_eq!(ascii(escaped.as_bytes()), None);
    }

    #[test]
    fn escapes_of_other_languages_are_undone() {
        for (json, expected) in [
            (r#"{"é": "\u00e9\u00C9"}"#, r#"{"é": "éÉ"}"#),
            (r#"["https:\/\/a.b", "\u003cb\u003e"]"#, r#"["https://a.b", "<b>"]"#),
            (r#"["\ud83d\ude00 \uD83D\uDE00"]"#, r#"["😀 😀"]"#),
            (r#"["\"\\\u0022\u005c\u000a\n"]"#, r#"["\"\\\"\\\n\n"]"#),
        ] {
            assert_eq!(text(characters(json.as_bytes())).as_deref(), Some(expected));
        }
        let python = r#"["\u00e9/\u007f\u2028\ud83d\ude00"]"#;
        assert_eq!(text(ascii("[\"é/\u{7f}\u{2028}😀\"]".as_bytes())).as_deref(), Some(python));
    }

    #[test]
    fn what_is_no_json_comes_out_somehow() {
        for odd in [
            r#""\"#,
            r#""\u"#,
            r#""\u12"#,
            r#""\u+123""#,
            r#""\ud83d"#,
            r#""\ud83d\"#,
            r#""\ud83d\u"#,
            r#""\ud83d\u0041"#,
            r#""\ude00\ud83d"#,
            r#""\uéééé"#,
            r#"\\"\x""#,
            "é",
        ] {
            for made in [characters(odd.as_bytes()), ascii(odd.as_bytes())].into_iter().flatten() {
                assert!(made.len() <= 6 * odd.len(), "{odd}");
            }
        }
        assert_eq!(text(ascii(r#""\ud83d\u0041""#.as_bytes())).as_deref(), Some(r#""\ud83dA""#));
        assert_eq!(characters(b"\"\\u00e9\xff\""), None, "no text");
    }
}
