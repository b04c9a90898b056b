//! Types that values can be made of, as hints name them.

/// A type that values can be made of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Int,
    Float,
    Bool,
    Str,
    Bytes,
    List(Box<Kind>),
    Set(Box<Kind>),
    Tuple(Vec<Kind>),
    Dict(Box<Kind>, Box<Kind>),
    Optional(Box<Kind>),
    /// Always this text.
    Fixed(String),
}

impl Kind {
    /// The type that a hint names; `None` where it names none that values can be made of.
    pub(crate) fn parse(hint: &str) -> Option<Self> {
        let hint = hint.replace("typing.", "").replace("collections.abc.", "");
        let hint = hint.trim();
        let alternatives = split(hint, '|');
        if let [first, second] = alternatives.as_slice()
            && *second == "None"
        {
            return Some(Self::Optional(Box::new(Self::parse(first)?)));
        }
        let (base, inner) = match hint.split_once('[') {
            Some((base, inner)) => (base, inner.strip_suffix(']')?),
            None => (hint, ""),
        };
        let parts: Vec<&str> = split(inner, ',');
        let part = |index: usize| match parts.get(index) {
            Some(part) => Self::parse(part).map(Box::new),
            None => Some(Box::new(Self::Int)),
        };
        Some(match base.to_ascii_lowercase().as_str() {
            "int" => Self::Int,
            "float" => Self::Float,
            "bool" => Self::Bool,
            "str" => Self::Str,
            "bytes" => Self::Bytes,
            "list" | "sequence" | "iterable" | "collection" => Self::List(part(0)?),
            "set" | "frozenset" => Self::Set(part(0)?),
            "optional" => Self::Optional(part(0)?),
            "dict" | "mapping" => Self::Dict(
                match parts.first() {
                    Some(key) => Box::new(Self::parse(key)?),
                    None => Box::new(Self::Str),
                },
                part(1)?,
            ),
            "tuple" if !parts.is_empty() && !parts.contains(&"...") => {
                let kinds = parts.iter().map(|part| Self::parse(part));
                Self::Tuple(kinds.collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }
}

/// Parts between separators that no bracket encloses.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    for (at, char) in text.char_indices() {
        match char {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ if char == separator && depth == 0 => {
                parts.push(text.get(start..at).unwrap_or("").trim());
                start = at + char.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or("").trim());
    parts.retain(|part| !part.is_empty());
    parts
}
