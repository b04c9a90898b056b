//! Constant folding of operators and slices, within the file's bounds.

use std::rc::Rc;

use ruff_python_ast::{CmpOp, Operator};

use super::displays::{push_formatted, push_gap};
use super::interp::Interp;
use super::origin::Origins;
use super::value::{Data, GAP, Shape, Text, Value};

/// What the constants of `stat` for the modes of files are worth, from the manual page of chmod(2).
const MODE_BITS: &[(&str, i64)] = &[
    ("stat.S_ISUID", 0o4000),
    ("stat.S_ISGID", 0o2000),
    ("stat.S_IRWXU", 0o700),
    ("stat.S_IRUSR", 0o400),
    ("stat.S_IWUSR", 0o200),
    ("stat.S_IXUSR", 0o100),
    ("stat.S_IRWXG", 0o070),
    ("stat.S_IRGRP", 0o040),
    ("stat.S_IWGRP", 0o020),
    ("stat.S_IXGRP", 0o010),
    ("stat.S_IRWXO", 0o007),
    ("stat.S_IROTH", 0o004),
    ("stat.S_IWOTH", 0o002),
    ("stat.S_IXOTH", 0o001),
];

/// How long a repeated text may become.
const MAX_REPEATED: usize = 1 << 16;

impl<'a> Interp<'a, '_> {
    /// The bits of the mode of a file: a number, or a constant of `stat`.
    fn mode_bits(&self, value: &Value<'a>) -> Option<i64> {
        let Some(name) = value.as_name() else {
            return value.as_int();
        };
        let path = self.index.names.path(name);
        let found = MODE_BITS.iter().find(|(word, _)| path == *word);
        found.map(|(_, bits)| *bits)
    }

    /// `left OP right`.
    pub(crate) fn binary(&mut self, op: Operator, left: Value<'a>, right: Value<'a>) -> Value<'a> {
        if let Some(value) = self.binary_choices(op, &left, &right) {
            return value;
        }
        let mut blend = left.derived();
        blend.taint_with(&right);
        if op == Operator::Mult
            && left
                .as_int()
                .or(right.as_int())
                .is_some_and(|times| times >= 1000)
        {
            blend = blend.from(Origins::AMPLIFIED);
        }
        let shape = match (&left.shape, op, &right.shape) {
            (Shape::Int(a), _, Shape::Int(b)) => integer(op, *a, *b),
            (Shape::Name(_) | Shape::Int(_), Operator::BitOr, Shape::Name(_) | Shape::Int(_)) => {
                let bits = [&left, &right].map(|side| self.mode_bits(side));
                match bits {
                    [Some(a), Some(b)] => Some(Shape::Int(a | b)),
                    _ => None,
                }
            }
            (Shape::Path(a), Operator::Div, _) => {
                Some(Shape::Path(Text::Owned(joined(a, &right).into())))
            }
            (Shape::Name(name), Operator::Div, Shape::Str(b) | Shape::Path(b))
                if self.index.names.path(*name).starts_with("pathlib.") =>
            {
                Some(Shape::Path(Text::Owned(format!("{GAP}/{}", &**b).into())))
            }
            (Shape::Unknown, Operator::Div, Shape::Str(b)) => {
                Some(Shape::Path(Text::Owned(format!("{GAP}/{}", &**b).into())))
            }
            (Shape::Str(a), Operator::Add, Shape::Str(b)) => self.concatenate(a, b),
            (Shape::Str(a), Operator::Add, _) => self.concatenate(a, GAP_TEXT),
            (_, Operator::Add, Shape::Str(b)) => self.concatenate(GAP_TEXT, b),
            (Shape::Bytes(a), Operator::Add, Shape::Bytes(b))
                if self.may_fold(a.len() + b.len()) =>
            {
                Some(Shape::Bytes(Data::Owned([&**a, &**b].concat().into())))
            }
            (Shape::List(a), Operator::Add, Shape::List(b))
                if self.may_fold(8 * (a.len() + b.len())) =>
            {
                Some(Shape::List(Rc::new([a.as_slice(), b.as_slice()].concat())))
            }
            (Shape::List(a), Operator::Add, _) if self.may_fold(8 * a.len()) => Some(Shape::List(
                Rc::new([a.as_slice(), &[right.derived()]].concat()),
            )),
            (_, Operator::Add, Shape::List(b)) if self.may_fold(8 * b.len()) => Some(Shape::List(
                Rc::new([&[left.derived()], b.as_slice()].concat()),
            )),
            (Shape::Str(text), Operator::Mult, Shape::Int(times))
            | (Shape::Int(times), Operator::Mult, Shape::Str(text)) => {
                let times = usize::try_from(*times).unwrap_or(0);
                let fits = text.len().saturating_mul(times) <= MAX_REPEATED
                    && self.may_fold(text.len().saturating_mul(times));
                fits.then(|| Shape::Str(Text::Owned(text.repeat(times).into())))
            }
            (Shape::Bytes(data), Operator::Mult, Shape::Int(times))
            | (Shape::Int(times), Operator::Mult, Shape::Bytes(data)) => {
                let times = usize::try_from(*times).unwrap_or(0);
                let size = data.len().saturating_mul(times);
                let fits = size <= MAX_REPEATED && self.may_fold(size);
                fits.then(|| Shape::Bytes(Data::Owned(data.repeat(times).into())))
            }
            (Shape::List(items), Operator::Mult, Shape::Int(times)) => {
                let times = usize::try_from(*times).unwrap_or(0);
                let fits = items.len().saturating_mul(times) <= MAX_REPEATED
                    && self.may_fold(8 * items.len().saturating_mul(times));
                fits.then(|| {
                    Shape::List(Rc::new(
                        std::iter::repeat_n(&**items, times)
                            .flatten()
                            .cloned()
                            .collect(),
                    ))
                })
            }
            (Shape::Str(format), Operator::Mod, _) => {
                let folded = percent(format, &right);
                self.may_fold(folded.len())
                    .then(|| Shape::Str(Text::Owned(folded.into())))
            }
            (Shape::Dict(a), Operator::BitOr, Shape::Dict(b))
                if self.may_fold(16 * (a.len() + b.len())) =>
            {
                Some(Shape::Dict(Rc::new([a.as_slice(), b.as_slice()].concat())))
            }
            _ => None,
        };
        if let Some(Shape::Str(text) | Shape::Path(text)) = &shape {
            let origin = if text.contains(GAP) {
                Origins::BUILT
            } else {
                Origins::FOLDED
            };
            blend.from = blend.from.union(origin);
        }
        blend.shape = shape.unwrap_or(Shape::Unknown);
        blend
    }

    fn concatenate(&mut self, a: &str, b: &str) -> Option<Shape<'a>> {
        if !self.may_fold(a.len() + b.len()) {
            return None;
        }
        let mut text = String::with_capacity(a.len() + b.len());
        text.push_str(a);
        text.push_str(if a.ends_with(GAP) && b == GAP_TEXT {
            ""
        } else {
            b
        });
        Some(Shape::Str(Text::Owned(text.into())))
    }

    /// `receiver[lower:upper:step]`.
    pub(crate) fn slice(
        &mut self,
        receiver: &Value<'a>,
        bounds: &[Option<Value<'a>>; 3],
    ) -> Value<'a> {
        let [lower, upper, step] = bounds;
        let number = |bound: &Option<Value<'a>>| match bound {
            None => Some(None),
            Some(value) if matches!(value.shape, Shape::Nothing) => Some(None),
            Some(value) => value.as_int().map(Some),
        };
        let (Some(lower), Some(upper), Some(step)) = (number(lower), number(upper), number(step))
        else {
            return receiver.derived();
        };
        let step = step.unwrap_or(1);
        let mut value = receiver.clone();
        value.shape = match &receiver.shape {
            Shape::Str(text) if text.contains(GAP) => Shape::Unknown,
            Shape::Str(text) if self.may_fold(text.len() * 5) => {
                let chars: Vec<char> = text.chars().collect();
                Shape::Str(Text::Owned(
                    picked(&chars, lower, upper, step)
                        .into_iter()
                        .collect::<String>()
                        .into(),
                ))
            }
            Shape::Bytes(data) if self.may_fold(data.len()) => {
                Shape::Bytes(Data::Owned(picked(data, lower, upper, step).into()))
            }
            Shape::List(items) if self.may_fold(items.len() * 8) => {
                Shape::List(Rc::new(picked(items, lower, upper, step)))
            }
            _ => Shape::Unknown,
        };
        if step < 0 {
            value.chain = value.chain.then("reverse");
            value.from = value.from.union(Origins::FOLDED);
        }
        value
    }
}

/// A gap as text.
pub(crate) const GAP_TEXT: &str = "\u{FFFC}";

/// The elements of a slice, as Python counts them.
fn picked<T: Clone>(items: &[T], lower: Option<i64>, upper: Option<i64>, step: i64) -> Vec<T> {
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    if step == 0 || length == 0 {
        return Vec::new();
    }
    let (low, high) = if step > 0 {
        (0, length)
    } else {
        (-1, length - 1)
    };
    let clamp = |bound: i64| {
        (if bound < 0 {
            bound.saturating_add(length)
        } else {
            bound
        })
        .clamp(low, high)
    };
    let mut at = lower.map_or(if step > 0 { 0 } else { length - 1 }, clamp);
    let end = upper.map_or(if step > 0 { length } else { -1 }, clamp);
    let mut picked = Vec::new();
    while (step > 0 && at < end) || (step < 0 && at > end) {
        picked.extend(
            usize::try_from(at)
                .ok()
                .and_then(|at| items.get(at))
                .cloned(),
        );
        at = at.saturating_add(step);
    }
    picked
}

fn integer<'a>(op: Operator, a: i64, b: i64) -> Option<Shape<'a>> {
    let number = match op {
        Operator::Add => a.checked_add(b),
        Operator::Sub => a.checked_sub(b),
        Operator::Mult => a.checked_mul(b),
        Operator::FloorDiv if b > 0 => Some(a.div_euclid(b)),
        Operator::Mod if b > 0 => Some(a.rem_euclid(b)),
        Operator::BitXor => Some(a ^ b),
        Operator::BitAnd => Some(a & b),
        Operator::BitOr => Some(a | b),
        Operator::LShift => u32::try_from(b)
            .ok()
            .filter(|b| *b < 62)
            .and_then(|b| a.checked_mul(1 << b)),
        Operator::RShift => u32::try_from(b).ok().and_then(|b| a.checked_shr(b)),
        Operator::Pow => u32::try_from(b).ok().and_then(|b| a.checked_pow(b)),
        _ => None,
    };
    number.map(Shape::Int)
}

/// `a / b` of paths.
fn joined(a: &str, b: &Value<'_>) -> String {
    match b.as_gapped() {
        Some(absolute) if absolute.starts_with('/') => absolute.to_owned(),
        Some(part) => format!("{}/{part}", a.trim_end_matches('/')),
        None => format!("{}/{GAP}", a.trim_end_matches('/')),
    }
}

/// `format % values`.
pub(crate) fn percent(format: &str, values: &Value<'_>) -> String {
    let items: Vec<&Value<'_>> = match &values.shape {
        Shape::List(items) => items.iter().collect(),
        _ => vec![values],
    };
    let mut items = items.into_iter();
    let mut folded = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        folded.push_str(before);
        if let (Shape::Dict(pairs), Some((name, tail))) = (&values.shape, keyed(after)) {
            let known = pairs
                .iter()
                .rev()
                .find(|(key, _)| key.as_text() == Some(name));
            match known {
                Some((_, value)) => push_formatted(&mut folded, value, None),
                None => push_gap(&mut folded),
            }
            rest = tail;
            continue;
        }
        let end = after
            .find(|c: char| c.is_ascii_alphabetic() || c == '%')
            .unwrap_or(after.len());
        let (_, tail) = after.split_at(end);
        let mut chars = tail.chars();
        match chars.next() {
            Some('%') => folded.push('%'),
            Some('c') => match items.next() {
                Some(value) if value.as_int().is_some() => {
                    push_formatted(&mut folded, value, Some("c"))
                }
                Some(value) => push_formatted(&mut folded, value, None),
                None => push_gap(&mut folded),
            },
            Some(_) => match items.next() {
                Some(value) => push_formatted(&mut folded, value, None),
                None => push_gap(&mut folded),
            },
            None => {}
        }
        rest = chars.as_str();
    }
    folded.push_str(rest);
    folded
}

/// `(name)s` behind a percent sign, and what follows.
fn keyed(after: &str) -> Option<(&str, &str)> {
    let (name, tail) = after.strip_prefix('(')?.split_once(')')?;
    let conversion = tail.find(|c: char| c.is_ascii_alphabetic())?;
    Some((name, tail.get(conversion + 1..)?))
}

/// `format.format(…)`, with automatic and numbered fields.
pub(crate) fn braces(format: &str, args: &super::args::Args<'_>) -> String {
    let mut folded = String::new();
    let mut rest = format;
    let mut next = 0;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, after) = rest.split_at(at);
        folded.push_str(before);
        if after.starts_with("{{") || after.starts_with("}}") {
            folded.push_str(after.get(..1).unwrap_or(""));
            rest = after.get(2..).unwrap_or("");
            continue;
        }
        let Some(end) = after.find('}') else { break };
        let field = after.get(1..end).unwrap_or("");
        let (name, spec) = field.split_once(':').unwrap_or((field, ""));
        let (name, key) = match name.split_once('[') {
            Some((name, key)) => (name, key.strip_suffix(']')),
            None => (name, None),
        };
        let value = if name.is_empty() {
            next += 1;
            args.at(next - 1)
        } else if let Ok(position) = name.parse() {
            args.at(position)
        } else {
            args.keyword(name)
        };
        let value = match (key, value) {
            (Some(key), Some(value)) => item_of(value, key),
            (_, value) => value,
        };
        match value {
            Some(value) => push_formatted(&mut folded, value, Some(spec)),
            None => push_gap(&mut folded),
        }
        rest = after.get(end + 1..).unwrap_or("");
    }
    folded.push_str(rest);
    folded
}

/// `{0[key]}`.
fn item_of<'v, 'a>(value: &'v Value<'a>, key: &str) -> Option<&'v Value<'a>> {
    match &value.shape {
        Shape::List(items) => items.get(key.parse::<usize>().ok()?),
        Shape::Dict(pairs) => pairs
            .iter()
            .rev()
            .find_map(|(known, value)| (known.as_text() == Some(key)).then_some(value)),
        _ => None,
    }
}

/// Comparisons of constants.
pub(crate) fn compare(op: CmpOp, left: &Value<'_>, right: &Value<'_>) -> Option<bool> {
    let order = match (&left.shape, &right.shape) {
        (Shape::Str(a) | Shape::Path(a), Shape::Str(b) | Shape::Path(b))
            if !a.contains(GAP) && !b.contains(GAP) =>
        {
            match op {
                CmpOp::In => return Some(b.contains(&**a)),
                CmpOp::NotIn => return Some(!b.contains(&**a)),
                _ => (**a).cmp(&**b),
            }
        }
        (Shape::Bytes(a), Shape::Bytes(b)) => (**a).cmp(&**b),
        (Shape::Nothing, Shape::Nothing) => std::cmp::Ordering::Equal,
        _ => left.as_int()?.cmp(&right.as_int()?),
    };
    Some(match op {
        CmpOp::Eq | CmpOp::Is => order.is_eq(),
        CmpOp::NotEq | CmpOp::IsNot => order.is_ne(),
        CmpOp::Lt => order.is_lt(),
        CmpOp::LtE => order.is_le(),
        CmpOp::Gt => order.is_gt(),
        CmpOp::GtE => order.is_ge(),
        CmpOp::In | CmpOp::NotIn => return None,
    })
}
