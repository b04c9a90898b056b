//! Values of Python: made at random, written down, made smaller.

use std::fmt::Write;

use super::kind::Kind;
use super::random::Random;
use crate::cases::values::MARK;

/// Elements of a container, and containers in one another.
const LONGEST: u64 = 6;
const DEEPEST: u32 = 3;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
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

impl Value {
    pub(super) fn of(kind: &Kind, random: &mut Random, depth: u32) -> Self {
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
    pub(super) fn python(&self) -> String {
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
    pub(super) fn smaller(&self) -> Vec<Self> {
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
