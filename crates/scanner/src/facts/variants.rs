//! Texts that are one of a few: what is put together from them is one of a few too.

use ruff_python_ast::Operator;
use smallvec::{SmallVec, smallvec};

use super::interp::Interp;
use super::join::join;
use super::origin::Origins;
use super::value::{Shape, Value};

/// A text that is put together, once for each choice that one of its parts leaves open.
#[derive(Debug)]
pub(crate) struct Pieces {
    texts: SmallVec<[String; 1]>,
}

impl Pieces {
    pub(crate) fn new(start: String) -> Self {
        Self {
            texts: smallvec![start],
        }
    }

    pub(crate) fn push_str(&mut self, part: &str) {
        for text in &mut self.texts {
            text.push_str(part);
        }
    }

    /// Appends a part with `push`; the n-th text gets the n-th of its choices.
    pub(crate) fn push_value<'a>(
        &mut self,
        part: &Value<'a>,
        push: impl Fn(&mut String, &Value<'a>),
    ) {
        let choices = open_choices(part);
        if let ([only], 2..) = (&self.texts[..], choices.len()) {
            self.texts = smallvec![only.clone(); choices.len()];
        }
        for (text, choice) in self.texts.iter_mut().zip(choices.iter().cycle()) {
            push(text, choice);
        }
    }

    pub(crate) fn into_texts(self) -> SmallVec<[String; 1]> {
        self.texts
    }
}

impl<'a> Interp<'a, '_> {
    /// `left OP right` for each choice, where a side is one of a few texts.
    pub(crate) fn binary_choices(
        &mut self,
        op: Operator,
        left: &Value<'a>,
        right: &Value<'a>,
    ) -> Option<Value<'a>> {
        if !matches!(op, Operator::Add | Operator::Div | Operator::Mod)
            || text_choices(left).is_none() && text_choices(right).is_none()
        {
            return None;
        }
        let (lefts, rights) = (open_choices(left), open_choices(right));
        let pairs = lefts.iter().cycle().zip(rights.iter().cycle());
        let joined = pairs
            .take(lefts.len().max(rights.len()))
            .map(|(left, right)| self.binary(op, left.clone(), right.clone()))
            .reduce(join)?;
        Some(joined.with(left).with(right))
    }
}

/// What a part may be: each of a few texts, and something unknown where it came from elsewhere too; else itself.
fn open_choices<'a>(part: &Value<'a>) -> SmallVec<[Value<'a>; 1]> {
    let Some(texts) = text_choices(part) else {
        return smallvec![part.clone()];
    };
    let made_here = Origins::FOLDED.union(Origins::BUILT);
    let mut choices = SmallVec::from(texts);
    if !part.from.without(made_here).is_empty() {
        choices.push(part.derived());
    }
    choices
}

/// The choices of a value that is one of a few texts.
fn text_choices<'v, 'a>(value: &'v Value<'a>) -> Option<&'v [Value<'a>]> {
    match &value.shape {
        Shape::OneOf(choices) if choices.iter().all(|choice| choice.as_gapped().is_some()) => {
            Some(choices)
        }
        _ => None,
    }
}
