//! Arguments made at random from type hints, always the same for the same function, and made smaller when they fail.

use std::fmt::Write;

use skillgate_model::CaseOutcome;

use crate::cases::values::MARK;

/// Sets of arguments for one function.
const TRIALS: u32 = 8;
/// Calls for making failing arguments smaller; a call that hangs costs its whole time.
const SMALLER: u32 = 24;
const SMALLER_OF_HANGS: u32 = 3;
/// Elements of a container, and containers in one another.
const LONGEST: u64 = 6;
const DEEPEST: u32 = 3;

/// Exceptions that say something about the function, not about its arguments.
const FAULTS: [&str; 12] = [
    "AssertionError",
    "AttributeError",
    "IndexError",
    "KeyError",
    "MemoryError",
    "NameError",
    "RecursionError",
    "StopIteration",
    "SystemError",
    "UnboundLocalError",
    "UnicodeError",
    "ZeroDivisionError",
];

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

#[derive(Debug, Clone, PartialEq)]
enum Value {
    None,
    Int(i64),
    Float(f64),
    Bool(bool),
    Str(String),
    Bytes(Vec<u8>),
    List(Vec<Value>),
    Set(Vec<Value>),
    Tuple(Vec<Value>),
    Dict(Vec<(Value, Value)>),
    Fixed(String),
}

/// The trials of one function.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Trials {
    kinds: Vec<Kind>,
    /// What stands before each argument, for instance `limit=`.
    names: Vec<String>,
    random: Random,
    left: u32,
    current: Vec<Value>,
    /// The smallest arguments that failed, and how.
    failed: Option<(Vec<Value>, String, CaseOutcome, String)>,
    waiting: Vec<Vec<Value>>,
    smaller: u32,
}

impl Trials {
    /// `None` where nothing could vary.
    pub(crate) fn new(seed: &str, kinds: Vec<Kind>, names: Vec<String>) -> Option<Self> {
        let varies = |kind: &Kind| !matches!(kind, Kind::Fixed(_) | Kind::Bool);
        if !kinds.iter().any(varies) {
            return None;
        }
        let mut trials = Self {
            kinds,
            names,
            random: Random::new(seed),
            left: TRIALS,
            current: Vec::new(),
            failed: None,
            waiting: Vec::new(),
            smaller: 0,
        };
        trials.fresh();
        Some(trials)
    }

    /// The arguments of the next call, as Python writes them.
    pub(crate) fn arguments(&self) -> String {
        let written = self.names.iter().zip(&self.current);
        let written = written.map(|(name, value)| format!("{name}{}", value.python()));
        written.collect::<Vec<_>>().join(", ")
    }

    /// The smallest arguments that failed so far, with the outcome.
    pub(crate) fn failure(&self) -> Option<(String, CaseOutcome, String)> {
        let (values, _, outcome, detail) = self.failed.as_ref()?;
        let written = self.names.iter().zip(values);
        let written = written.map(|(name, value)| format!("{name}{}", value.python()));
        Some((
            written.collect::<Vec<_>>().join(", "),
            *outcome,
            detail.clone(),
        ))
    }

    /// Takes the outcome of the last call; `true` when there is another one to make.
    pub(crate) fn next(&mut self, outcome: CaseOutcome, detail: &str) -> bool {
        let fault = fault(outcome, detail);
        match (&self.failed, fault) {
            (None, None) => {
                self.left -= 1;
                self.fresh();
                return self.left > 0;
            }
            (None, Some(fault)) => {
                self.smaller = if outcome == CaseOutcome::Missing {
                    SMALLER_OF_HANGS
                } else {
                    SMALLER
                };
                self.fails(fault, outcome, detail);
            }
            (Some((_, before, ..)), Some(fault)) if *before == fault => {
                self.fails(fault, outcome, detail);
            }
            (Some(_), Some(_) | None) => {}
        }
        match (self.smaller.checked_sub(1), self.waiting.pop()) {
            (Some(left), Some(values)) => {
                self.smaller = left;
                self.current = values;
                true
            }
            _ => false,
        }
    }

    fn fails(&mut self, fault: String, outcome: CaseOutcome, detail: &str) {
        let values = self.current.clone();
        self.waiting.clear();
        for (index, value) in values.iter().enumerate().rev() {
            for smaller in value.smaller().into_iter().rev() {
                let mut candidate = values.clone();
                if let Some(place) = candidate.get_mut(index) {
                    *place = smaller;
                    self.waiting.push(candidate);
                }
            }
        }
        self.failed = Some((values, fault, outcome, detail.to_owned()));
    }

    fn fresh(&mut self) {
        let random = &mut self.random;
        self.current = self
            .kinds
            .iter()
            .map(|kind| Value::of(kind, random, 0))
            .collect();
    }
}

/// What makes an outcome a failure, the same for failures of the same sort.
fn fault(outcome: CaseOutcome, detail: &str) -> Option<String> {
    match outcome {
        CaseOutcome::Missing => Some(detail.to_owned()),
        CaseOutcome::Raised => {
            let name = detail.split(':').next().unwrap_or(detail).trim();
            FAULTS.contains(&name).then(|| name.to_owned())
        }
        CaseOutcome::Returned | CaseOutcome::Mismatched => None,
    }
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

impl Value {
    fn of(kind: &Kind, random: &mut Random, depth: u32) -> Self {
        let mut several = |kind: &Kind| -> Vec<Self> {
            let count = if depth < DEEPEST {
                random.below(LONGEST)
            } else {
                0
            };
            (0..count)
                .map(|_| Self::of(kind, random, depth + 1))
                .collect()
        };
        match kind {
            Kind::Int => {
                Self::Int(random.pick(&[0, 1, -1, 2, 7, 255, -128, 1 << 31, -(1 << 31), i64::MAX]))
            }
            Kind::Float => Self::Float(random.pick(&[
                0.0,
                -0.0,
                1.0,
                -1.5,
                1e-300,
                1e300,
                f64::INFINITY,
                f64::NAN,
            ])),
            Kind::Bool => Self::Bool(random.below(2) == 1),
            Kind::Str => Self::Str(random.text()),
            Kind::Bytes => {
                let count = random.below(LONGEST * 2);
                let byte = |_| u8::try_from(random.below(256)).unwrap_or(0);
                Self::Bytes((0..count).map(byte).collect())
            }
            Kind::List(element) => Self::List(several(element)),
            Kind::Set(element) => Self::Set(several(element)),
            Kind::Tuple(kinds) => Self::Tuple(
                kinds
                    .iter()
                    .map(|kind| Self::of(kind, random, depth + 1))
                    .collect(),
            ),
            Kind::Dict(key, item) => {
                let keys = several(key);
                let pairs = keys
                    .into_iter()
                    .map(|key| (key, Self::of(item, random, depth + 1)));
                Self::Dict(pairs.collect())
            }
            Kind::Optional(_) if random.below(4) == 0 => Self::None,
            Kind::Optional(inner) => Self::of(inner, random, depth),
            Kind::Fixed(text) => Self::Fixed(text.clone()),
        }
    }

    /// As Python writes it.
    fn python(&self) -> String {
        let all = |values: &[Self]| {
            let written: Vec<String> = values.iter().map(Self::python).collect();
            written.join(", ")
        };
        match self {
            Self::None => "None".to_owned(),
            Self::Int(value) => value.to_string(),
            Self::Float(value) if value.is_finite() => format!("{value:?}"),
            Self::Float(value) => format!("float('{value}')"),
            Self::Bool(true) => "True".to_owned(),
            Self::Bool(false) => "False".to_owned(),
            Self::Str(text) => quoted(text),
            Self::Bytes(bytes) => {
                let mut text = "b'".to_owned();
                for byte in bytes {
                    let _ = write!(text, "\\x{byte:02x}");
                }
                text + "'"
            }
            Self::List(values) => format!("[{}]", all(values)),
            Self::Set(values) if values.is_empty() => "set()".to_owned(),
            Self::Set(values) => format!("{{{}}}", all(values)),
            Self::Tuple(values) if values.is_empty() => "()".to_owned(),
            Self::Tuple(values) => format!("({},)", all(values)),
            Self::Dict(pairs) => {
                let pair =
                    |(key, item): &(Self, Self)| format!("{}: {}", key.python(), item.python());
                let pairs: Vec<String> = pairs.iter().map(pair).collect();
                format!("{{{}}}", pairs.join(", "))
            }
            Self::Fixed(text) => text.clone(),
        }
    }

    /// Values that are simpler, the simplest first.
    fn smaller(&self) -> Vec<Self> {
        match self {
            Self::None | Self::Bool(false) | Self::Int(0) | Self::Fixed(_) => Vec::new(),
            Self::Bool(true) => vec![Self::Bool(false)],
            Self::Int(value) => {
                let mut found = vec![Self::Int(0), Self::Int(value / 2)];
                found.retain(|smaller| smaller != self);
                found
            }
            Self::Float(value) if *value == 0.0 => Vec::new(),
            Self::Float(_) => vec![Self::Float(0.0)],
            Self::Str(text) if text.is_empty() => Vec::new(),
            Self::Str(text) => {
                let half: String = text.chars().take(text.chars().count() / 2).collect();
                let mut found = vec![Self::Str(String::new())];
                if half.contains(MARK) {
                    found.push(Self::Str(half));
                }
                if text != MARK {
                    found.push(Self::Str(MARK.to_owned()));
                }
                found
            }
            Self::Bytes(bytes) => shorter(bytes).map(Self::Bytes).collect(),
            Self::List(values) => with_smaller(values).into_iter().map(Self::List).collect(),
            Self::Set(values) => with_smaller(values).into_iter().map(Self::Set).collect(),
            Self::Dict(pairs) => shorter(pairs).map(Self::Dict).collect(),
            // A tuple has its length from its type.
            Self::Tuple(values) => {
                let mut found = Vec::new();
                for (index, value) in values.iter().enumerate() {
                    for smaller in value.smaller() {
                        let mut changed = values.clone();
                        if let Some(place) = changed.get_mut(index) {
                            *place = smaller;
                        }
                        found.push(Self::Tuple(changed));
                    }
                }
                found
            }
        }
    }
}

/// Nothing, each half, and all but the last.
fn shorter<T: Clone>(values: &[T]) -> impl Iterator<Item = Vec<T>> {
    let (first, second) = values.split_at(values.len() / 2);
    let but_last = values.split_last().map_or(&[][..], |(_, rest)| rest);
    let found = [&[][..], first, second, but_last].map(<[T]>::to_vec);
    let length = values.len();
    found
        .into_iter()
        .filter(move |shorter| shorter.len() < length)
}

fn with_smaller(values: &[Value]) -> Vec<Vec<Value>> {
    let mut found: Vec<Vec<Value>> = shorter(values).collect();
    if let [only] = values {
        found.extend(only.smaller().into_iter().map(|smaller| vec![smaller]));
    }
    found
}

/// A text as Python writes it, in printable ASCII whatever it holds.
pub fn quoted(text: &str) -> String {
    let mut quoted = "'".to_owned();
    for char in text.chars() {
        match char {
            '\'' | '\\' => quoted.extend(['\\', char]),
            ' '..='~' => quoted.push(char),
            _ => {
                let _ = write!(quoted, "\\U{:08x}", u32::from(char));
            }
        }
    }
    quoted + "'"
}

/// SplitMix64: small, and the same everywhere.
#[derive(Debug, Clone, PartialEq)]
struct Random(u64);

impl Random {
    fn new(seed: &str) -> Self {
        // FNV-1a, whose result is the same on every machine.
        Self(seed.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        }))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    fn pick<T: Copy + Default>(&mut self, from: &[T]) -> T {
        let at = usize::try_from(self.below(from.len() as u64)).unwrap_or(0);
        from.get(at).copied().unwrap_or_default()
    }

    /// Every text but the empty one bears the mark, so that effects which only repeat it are told apart.
    fn text(&mut self) -> String {
        const TAILS: [&str; 10] = [
            "",
            " ",
            "\n",
            "\0",
            "'\"\\",
            "<b>&amp;",
            "%s{0}",
            "ÄÖ\u{301}",
            "\u{1f600}",
            "\u{202e}",
        ];
        if self.below(5) == 0 {
            return String::new();
        }
        let mut text = MARK.to_owned();
        for _ in 0..self.below(4) {
            text.push_str(self.pick(&TAILS));
        }
        text
    }
}

#[cfg(test)]
mod tests;
