//! Bytes read from front to back: what a length asks for is there, or it is an error.

/// A place in the bytes.
pub(super) struct Reader<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) at: usize,
    /// The last line that was asked for does not end.
    pub(super) expects_line: bool,
}

impl<'b> Reader<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            expects_line: false,
        }
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'b [u8], &'static str> {
        let end = self.at.checked_add(count).ok_or("a length overflows")?;
        let taken = self.bytes.get(self.at..end).ok_or("it ends too early")?;
        self.at = end;
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, &'static str> {
        Ok(self.take(1)?.first().copied().unwrap_or(0))
    }

    /// A little-endian number of this many bytes.
    pub(super) fn number(&mut self, bytes: usize) -> Result<usize, &'static str> {
        let field = self.take(bytes)?;
        let number = field
            .iter()
            .rev()
            .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        usize::try_from(number).map_err(|_| "a length overflows")
    }

    /// What stands before the next line end, which is passed.
    pub(super) fn line(&mut self) -> Result<&'b [u8], &'static str> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some(length) = memchr::memchr(b'\n', rest) else {
            self.expects_line = true;
            return Err("a line does not end");
        };
        self.at += length + 1;
        Ok(rest.get(..length).unwrap_or_default())
    }
}
