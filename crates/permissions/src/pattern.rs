//! Name patterns: segments in which `*` is a glob; a last `**` is one or more segments.

use crate::glob;
use crate::name::{Class, Name, NameError, Segments, cut};

/// Why a text is no name pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PatternError {
    /// It would not be a name even with its wildcards taken out.
    #[error("{0}")]
    Name(#[from] NameError),
    /// `**` stands elsewhere than as the whole last segment.
    #[error("`**` may only be the whole last segment")]
    DoubleStar,
}

/// A legal pattern, borrowed from its text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pattern<'a> {
    text: &'a [u8],
    separators: u128,
    tail: Tail,
}

/// What follows the segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tail {
    /// Nothing.
    None,
    /// A last `**`.
    Open,
    /// The lone `*` or `**`, which has no segments before it.
    Everything,
}

impl<'a> Pattern<'a> {
    #[inline]
    pub(crate) fn parse(text: &'a str) -> Result<Self, PatternError> {
        let text = text.as_bytes();
        let separators = cut(text, |byte| match byte {
            b'*' => Class::Letter,
            byte => Class::of(byte),
        })?;
        if matches!(text, b"*" | b"**") {
            return Ok(Self {
                text,
                separators,
                tail: Tail::Everything,
            });
        }
        if let Some(before) = text.strip_suffix(b"**")
            && let Some(segments) = before.strip_suffix(b".").or(before.strip_suffix(b":"))
        {
            if has_double_star(segments) {
                return Err(PatternError::DoubleStar);
            }
            // The separator before the tail ends the last segment, and nothing follows it.
            return Ok(Self {
                text: segments,
                separators,
                tail: Tail::Open,
            });
        }
        if has_double_star(text) {
            return Err(PatternError::DoubleStar);
        }
        Ok(Self {
            text,
            separators,
            tail: Tail::None,
        })
    }

    /// The segments before the tail.
    pub(crate) fn segments(self) -> impl Iterator<Item = &'a [u8]> {
        let all = match self.tail {
            Tail::None | Tail::Open => Some(Segments::new(self.text, self.separators)),
            Tail::Everything => None,
        };
        all.into_iter().flatten()
    }

    pub(crate) fn tail(self) -> Tail {
        self.tail
    }

    #[inline]
    pub(crate) fn matches(self, name: Name<'_>) -> bool {
        let mut names = name.segments();
        for pattern in self.segments() {
            match names.next() {
                Some(segment) if glob::includes(pattern, segment) => {}
                Some(_) | None => return false,
            }
        }
        match self.tail {
            Tail::None => names.is_done(),
            Tail::Open | Tail::Everything => !names.is_done(),
        }
    }

    /// Whether every name that `other` matches is matched by this pattern too.
    pub(crate) fn includes(self, other: Pattern<'_>) -> bool {
        let mut others = other.segments();
        for pattern in self.segments() {
            match others.next() {
                Some(segment) if glob::includes(pattern, segment) => {}
                Some(_) | None => return false,
            }
        }
        let more = others.next().is_some();
        match (self.tail, other.tail) {
            (Tail::None, Tail::None) => !more,
            (Tail::None, Tail::Open | Tail::Everything) => false,
            (Tail::Open | Tail::Everything, Tail::None) => more,
            (Tail::Open | Tail::Everything, Tail::Open | Tail::Everything) => true,
        }
    }
}

fn has_double_star(text: &[u8]) -> bool {
    text.windows(2).any(|pair| pair == b"**")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn includes(wide: &str, narrow: &str) -> bool {
        Pattern::parse(wide)
            .unwrap()
            .includes(Pattern::parse(narrow).unwrap())
    }

    #[test]
    fn a_double_star_stands_only_as_the_last_segment() {
        for text in ["a:***", "a:**:b", "a**", "a:b**", "**:a", "a:**b", "***"] {
            assert_eq!(
                Pattern::parse(text).unwrap_err(),
                PatternError::DoubleStar,
                "{text}"
            );
        }
        for text in ["*", "**", "a:**", "*:**", "a*b:*"] {
            assert!(Pattern::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn inclusion_follows_the_matched_names() {
        for (wide, narrow, expected) in [
            ("a:*", "a:b", true),
            ("a:*", "a:**", false),
            ("a:**", "a:*", true),
            ("a:**", "a:*:**", true),
            ("a:*:**", "a:**", false),
            ("a:**", "a", false),
            ("*", "a:**", true),
            ("**", "*", true),
            ("a:**", "*", false),
            ("*:*", "*", false),
            ("a:b*", "a:bc", true),
            ("a:b", "a.b", true),
        ] {
            assert_eq!(includes(wide, narrow), expected, "{narrow} within {wide}");
        }
    }
}
