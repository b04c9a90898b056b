//! The arguments of a call, and conditions on them.

use smallvec::SmallVec;

use super::index::{Selector, Test};
use super::matching::Literal;
use super::origin::{Origins, Sinks};
use super::value::{GAP, Shape, Value};

/// The arguments of one call, evaluated.
#[derive(Debug, Clone, Default)]
pub(crate) struct Args<'a> {
    pub(crate) positional: SmallVec<[Value<'a>; 3]>,
    pub(crate) keywords: SmallVec<[(&'a str, Value<'a>); 2]>,
    /// What `*` and `**` add that is not known one by one.
    pub(crate) rest: Option<Value<'a>>,
}

impl<'a> Args<'a> {
    pub(crate) fn of(values: impl IntoIterator<Item = Value<'a>>) -> Self {
        Self {
            positional: values.into_iter().collect(),
            ..Self::default()
        }
    }

    /// These arguments behind the object whose method takes them.
    pub(crate) fn preceded_by(&self, receiver: &Value<'a>) -> Self {
        let mut all = self.clone();
        all.positional.insert(0, receiver.clone());
        all
    }

    pub(crate) fn keyword(&self, name: &str) -> Option<&Value<'a>> {
        self.keywords
            .iter()
            .find_map(|(keyword, value)| (*keyword == name).then_some(value))
    }

    pub(crate) fn at(&self, position: usize) -> Option<&Value<'a>> {
        self.positional.get(position)
    }

    /// The first of these arguments that is given.
    pub(crate) fn select<'v>(
        &'v self,
        selectors: &[Selector],
        receiver: Option<&'v Value<'a>>,
    ) -> Option<&'v Value<'a>> {
        selectors.iter().find_map(|selector| match selector {
            Selector::Receiver => receiver,
            Selector::Position(position) => self.at(*position),
            Selector::Keyword(keyword) => self.keyword(keyword),
        })
    }

    /// Every value given, in any way.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Value<'a>> {
        self.positional
            .iter()
            .chain(self.keywords.iter().map(|(_, value)| value))
            .chain(&self.rest)
    }

    /// An unknown value with the origins of all of them.
    pub(crate) fn blend(&self) -> Value<'a> {
        let mut blend = Value::NEUTRAL;
        for value in self.all() {
            blend.taint_with(value);
        }
        blend
    }
}

impl Test {
    /// Whether an argument, given or not, meets the condition.
    pub(crate) fn holds(&self, value: Option<&Value<'_>>, rest: bool) -> bool {
        if let Some(missing) = self.missing
            && (missing && rest || missing != value.is_none())
        {
            return false;
        }
        if !self.either.is_empty() && !self.either.iter().any(|test| test.holds(value, rest)) {
            return false;
        }
        if let Some(not) = &self.not
            && not.holds(value, rest)
        {
            return false;
        }
        match value {
            Some(value) => value.choices().iter().any(|choice| self.holds_for(choice)),
            None => self.asks_nothing_of_a_value(),
        }
    }

    /// Every origin that the condition speaks of.
    pub(super) fn origins(&self) -> Origins {
        let parts = self.either.iter().chain(self.not.as_deref());
        let own = self.tainted.unwrap_or(Origins::NONE);
        parts.fold(own, |from, part| from.union(part.origins()))
    }

    fn asks_nothing_of_a_value(&self) -> bool {
        self.tainted.is_none()
            && self.value.is_none()
            && self.matches.is_none()
            && self.below.is_none()
            && self.constant.is_none()
            && self.list.is_none()
            && self.checked.is_none()
            && self.own.is_none()
            && self.reference.is_none()
    }

    fn holds_for(&self, value: &Value<'_>) -> bool {
        self.tainted.is_none_or(|from| value.from.meets(from))
            && self
                .below
                .is_none_or(|most| value.as_int().is_some_and(|number| number < most))
            && self
                .constant
                .is_none_or(|wanted| wanted == value.is_constant())
            && self
                .list
                .is_none_or(|wanted| wanted == matches!(value.shape, Shape::List(_)))
            && self
                .own
                .is_none_or(|wanted| wanted == (value.from == Origins::FILE))
            && self
                .checked
                .is_none_or(|wanted| wanted == (value.safe == Sinks::ALL && !value.from.is_empty()))
            && self
                .value
                .as_ref()
                .is_none_or(|literals| literals.iter().any(|literal| is_literal(value, literal)))
            && self
                .matches
                .as_ref()
                .is_none_or(|pattern| any_text(value, &|text| pattern.is_match(text)))
            && self
                .reference
                .as_ref()
                .is_none_or(|names| value.as_name().is_some_and(|name| names.contains(&name)))
    }
}

/// Whether a text in the value, or the words of a list joined by spaces, passes.
pub(crate) fn any_text(value: &Value<'_>, test: &dyn Fn(&str) -> bool) -> bool {
    match &value.shape {
        Shape::Str(text) | Shape::Path(text) if text.contains('\\') => {
            test(text) || test(&text.replace('\\', "/"))
        }
        Shape::Str(text) | Shape::Path(text) => test(text),
        Shape::Bytes(data) => std::str::from_utf8(data).is_ok_and(test),
        Shape::List(items) => {
            let words: Vec<String> = items
                .iter()
                .take(64)
                .flat_map(|item| item.choices().iter().take(8))
                .map(|item| item.printed().unwrap_or_else(|| GAP.to_string()))
                .collect();
            test(&words.join(" "))
        }
        Shape::Dict(pairs) => pairs
            .iter()
            .take(64)
            .any(|(key, value)| any_text(key, test) || any_text(value, test)),
        Shape::OneOf(values) => values.iter().any(|value| any_text(value, test)),
        _ => false,
    }
}

fn is_literal(value: &Value<'_>, literal: &Literal) -> bool {
    match literal {
        Literal::Bool(flag) => matches!(value.shape, Shape::Bool(known) if known == *flag),
        Literal::Int(number) => value.as_int() == Some(*number),
        Literal::Text(text) => value.as_text() == Some(text),
        Literal::Nothing(()) => matches!(value.shape, Shape::Nothing),
    }
}
