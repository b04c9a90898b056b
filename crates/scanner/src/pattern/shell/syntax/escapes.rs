//! The escapes of `$'…'`, `printf` and `echo -e`.

/// The escapes of `$'…'`, `printf` and `echo -e`.
pub(in crate::pattern::shell) fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        let (b'\\', Some((kind, tail))) = (*byte, after.split_first()) else {
            bytes.push(*byte);
            continue;
        };
        rest = tail;
        match kind {
            b'n' => bytes.push(b'\n'),
            b't' => bytes.push(b'\t'),
            b'r' => bytes.push(b'\r'),
            b'a' | b'b' | b'v' | b'f' | b'e' | b'E' => bytes.push(0x1b),
            b'x' => bytes.push(number(&mut rest, 16, 2) as u8),
            b'u' => push_char(&mut bytes, number(&mut rest, 16, 4)),
            b'U' => push_char(&mut bytes, number(&mut rest, 16, 8)),
            b'0'..=b'7' => {
                rest = after;
                let digits = if *kind == b'0' { 4 } else { 3 };
                bytes.push(number(&mut rest, 8, digits) as u8);
            }
            other => bytes.push(*other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn push_char(bytes: &mut Vec<u8>, code: u32) {
    let mut buffer = [0; 4];
    let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    bytes.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
}

/// Up to `most` digits; the low byte is what a shell keeps of a larger number.
fn number(rest: &mut &[u8], radix: u32, most: usize) -> u32 {
    let mut value = 0_u32;
    for _ in 0..most {
        let Some((digit, tail)) = rest
            .split_first()
            .and_then(|(byte, tail)| Some((char::from(*byte).to_digit(radix)?, tail)))
        else {
            break;
        };
        value = value.wrapping_mul(radix).wrapping_add(digit);
        *rest = tail;
    }
    value
}
