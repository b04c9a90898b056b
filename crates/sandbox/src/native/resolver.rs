//! Questions to a name server that is not there, read from outside: the name is known even where Python never saw it.

/// The fixed head of a question: an id, flags, four counts.
const HEAD: usize = 12;

/// The name a question asks for; `None` for anything that is no question.
pub(crate) fn asked(packet: &[u8]) -> Option<String> {
    let (head, mut rest) = packet.split_at_checked(HEAD)?;
    let [_, _, flags, _, 0, 1, 0, 0, 0, 0, 0, _] = head else {
        return None;
    };
    // A plain query: no answer, operation 0.
    if flags & 0xf8 != 0 {
        return None;
    }
    let mut labels = Vec::new();
    loop {
        let (length, after) = rest.split_first()?;
        if *length == 0 {
            break;
        }
        let (label, after) = after.split_at_checked(usize::from(*length))?;
        let text = str::from_utf8(label).ok()?;
        let plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_');
        if *length > 63 || labels.len() > 127 || !text.chars().all(plain) {
            return None;
        }
        labels.push(text.to_ascii_lowercase());
        rest = after;
    }
    (!labels.is_empty()).then(|| labels.join("."))
}

#[cfg(test)]
mod tests {
    use super::asked;

    const QUESTION: &[u8] =
        b"\x12\x34\x01\x00\0\x01\0\0\0\0\0\0\x04evil\x07Example\x03com\0\0\x01\0\x01";

    #[test]
    fn a_question_names_its_host() {
        assert_eq!(asked(QUESTION), Some("evil.example.com".to_owned()));
    }

    #[test]
    fn what_is_cut_or_no_question_names_nothing() {
        for end in 0..QUESTION.len() - 4 {
            assert_eq!(asked(&QUESTION[..end]), None, "{end}");
        }
        assert_eq!(asked(b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"), None);
        assert_eq!(asked(&[0xff; 64]), None);
    }
}
