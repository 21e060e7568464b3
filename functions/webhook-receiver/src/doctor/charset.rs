//! UTF-8 that was taken for Windows-1252, or Latin-1, or turned into it. A character that has no place there
//! becomes a `?`, which nothing undoes.

/// The characters of the bytes from 0x80 to 0x9f. Five bytes have none: they stand for the control characters
/// that Latin-1 has there.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text in UTF-8 where it is not.
pub fn as_utf8(body: &[u8]) -> Option<Vec<u8>> {
    let text = || body.iter().copied().map(char_of).collect::<String>().into_bytes();
    std::str::from_utf8(body).is_err().then(text)
}

/// The bytes that were taken for single characters, each then written in UTF-8: `é` where there is `Ã©`.
pub fn untangled(body: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(body).ok().filter(|text| !text.is_ascii())?;
    let bytes: Vec<u8> = text.chars().map(byte_of).collect::<Option<_>>()?;
    std::str::from_utf8(&bytes).is_ok().then_some(bytes)
}

fn char_of(byte: u8) -> char {
    let windows = byte.checked_sub(0x80).and_then(|place| WINDOWS.get(usize::from(place)));
    windows.copied().unwrap_or(char::from(byte))
}

/// The same byte for Latin-1's character and for that of Windows.
fn byte_of(char: char) -> Option<u8> {
    let windows = || {
        let place = WINDOWS.iter().position(|windows| *windows == char)?;
        u8::try_from(0x80 + place).ok()
    };
    u8::try_from(char).ok().or_else(windows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_found_again() {
        for (text, bytes) in
            [("Café", &b"Caf\xe9"[..]), ("5 € – “naïve”", b"5 \x80 \x96 \x93na\xefve\x94")]
        {
            assert_eq!(as_utf8(bytes).unwrap(), text.as_bytes());
            assert_eq!(as_utf8(text.as_bytes()), None, "it is UTF-8");
            for char_of in [char_of, char::from] {
                let tangled: String = text.bytes().map(char_of).collect();
                assert_eq!(untangled(tangled.as_bytes()).unwrap(), text.as_bytes(), "{tangled}");
            }
            assert_eq!(untangled(text.as_bytes()), None, "{text}");
            assert_eq!(untangled(bytes), None);
        }
        for byte in 0..=u8::MAX {
            assert_eq!(byte_of(char_of(byte)), Some(byte));
        }
        assert_eq!((byte_of('字'), untangled(b"{}")), (None, None));
    }
}
