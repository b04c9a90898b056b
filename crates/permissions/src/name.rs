//! Legal names: 1 to 128 ASCII characters, segments of `[A-Za-z0-9_-]` joined by `.` or `:`.

/// The longest legal name and name pattern, in characters; the limit of MCP tool names.
pub const MAX_NAME_CHARS: usize = 128;

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NameError {
    /// Nothing stands there.
    #[error("the name is empty")]
    Empty,
    /// It is longer than [`MAX_NAME_CHARS`].
    #[error("the name is longer than {MAX_NAME_CHARS} characters")]
    TooLong,
    /// A separator begins or ends the name or follows another one.
    #[error("the name has an empty segment")]
    EmptySegment,
    /// A character is outside `[A-Za-z0-9_.:-]`; names are never trimmed, decoded or folded.
    #[error("the name holds a character outside `A-Z a-z 0-9 _ - . :`")]
    IllegalCharacter,
}

/// A text known to be a legal name, cut at its separators.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Name<'a> {
    text: &'a [u8],
    separators: u128,
}

impl<'a> Name<'a> {
    #[inline]
    pub(crate) fn parse(text: &'a str) -> Result<Self, NameError> {
        let text = text.as_bytes();
        let separators = cut(text, Class::of)?;
        Ok(Self { text, separators })
    }

    pub(crate) fn segments(self) -> Segments<'a> {
        Segments::new(self.text, self.separators)
    }

    /// The first segment, which says how a resource is read.
    pub(crate) fn namespace(self) -> &'a [u8] {
        self.segments().next().unwrap_or_default()
    }
}

/// What a byte is to the grammar.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Illegal,
    Letter,
    Separator,
}

impl Class {
    const TABLE: [Self; 256] = {
        let mut table = [Self::Illegal; 256];
        let mut byte = 0;
        while byte < 128 {
            let character = byte as u8;
            #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
            if character.is_ascii_alphanumeric() || character == b'_' || character == b'-' {
                table[byte] = Self::Letter;
            } else if character == b'.' || character == b':' {
                table[byte] = Self::Separator;
            }
            byte += 1;
        }
        table
    };

    #[inline]
    pub(crate) fn of(byte: u8) -> Self {
        Self::TABLE
            .get(usize::from(byte))
            .copied()
            .unwrap_or(Self::Illegal)
    }
}

/// Checks every byte and returns the places of the separators, bit `n` for byte `n`.
#[inline]
pub(crate) fn cut(text: &[u8], class: impl Fn(u8) -> Class) -> Result<u128, NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > MAX_NAME_CHARS {
        return Err(NameError::TooLong);
    }
    let (mut separators, mut bit, mut legal) = (0_u128, 1_u128, true);
    for &byte in text {
        match class(byte) {
            Class::Letter => {}
            Class::Separator => separators |= bit,
            Class::Illegal => legal = false,
        }
        bit <<= 1;
    }
    if !legal {
        return Err(NameError::IllegalCharacter);
    }
    let ends = 1 | (1 << (text.len() - 1));
    if separators & ends != 0 || separators & (separators >> 1) != 0 {
        return Err(NameError::EmptySegment);
    }
    Ok(separators)
}

/// The segments of a name or a pattern, in order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Segments<'a> {
    rest: Option<&'a [u8]>,
    separators: u128,
}

impl<'a> Segments<'a> {
    pub(crate) fn new(text: &'a [u8], separators: u128) -> Self {
        Self {
            rest: Some(text),
            separators,
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.rest.is_none()
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest?;
        if self.separators == 0 {
            self.rest = None;
            return Some(rest);
        }
        let end = self.separators.trailing_zeros() as usize;
        let (segment, after) = rest.split_at_checked(end)?;
        // The separator goes too; it is never the last of 128 characters, so the shift is legal.
        self.separators >>= end + 1;
        self.rest = after.get(1..);
        Some(segment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(text: &str) -> Result<Vec<String>, NameError> {
        let name = Name::parse(text)?;
        Ok(name
            .segments()
            .map(|segment| String::from_utf8(segment.to_vec()).unwrap())
            .collect())
    }

    #[test]
    fn both_separators_cut_alike() {
        let expected = Ok(["mcp", "a-b", "c_d"].map(str::to_owned).to_vec());
        assert_eq!(segments("mcp.a-b:c_d"), expected);
    }

    #[test]
    fn the_longest_name_is_cut_at_its_last_character() {
        let longest = format!("{}.b", "a".repeat(126));
        assert_eq!(segments(&longest).unwrap()[1], "b");
        assert_eq!(segments(&"a".repeat(128)).unwrap().len(), 1);
        assert_eq!(segments(&"a".repeat(129)), Err(NameError::TooLong));
    }

    #[test]
    fn every_illegal_name_says_why() {
        for (text, error) in [
            ("", NameError::Empty),
            (".a", NameError::EmptySegment),
            ("a.", NameError::EmptySegment),
            ("a.:b", NameError::EmptySegment),
            ("a b", NameError::IllegalCharacter),
            ("a\n", NameError::IllegalCharacter),
            ("a.*", NameError::IllegalCharacter),
            ("\u{ff0e}", NameError::IllegalCharacter),
        ] {
            assert_eq!(segments(text), Err(error), "{text:?}");
        }
    }
}
