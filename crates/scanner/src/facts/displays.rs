//! Values written out element by element: lists, dictionaries, formatted texts, comprehensions.

use std::rc::Rc;

use ruff_python_ast::{Comprehension, Expr, FStringPart, InterpolatedStringElement};
use ruff_text_size::{Ranged, TextRange};

use super::interp::Interp;
use super::join::join;
use super::origin::{Origins, Sinks};
use super::scope::{Scope, ScopeKind};
use super::value::{GAP, Shape, Text, Value};
use super::variants::Pieces;

/// How many elements of a display are kept apart.
const MAX_ITEMS: usize = 1 << 16;

impl<'a> Interp<'a, '_> {
    pub(crate) fn display(&mut self, elements: &'a [Expr]) -> Value<'a> {
        let mut items = Vec::new();
        let mut blend = Value::NEUTRAL;
        for element in elements {
            let value = self.expr(element);
            blend.taint_with(&value);
            match (&value.shape, element.is_starred_expr()) {
                (Shape::List(inner), true) => items.extend(inner.iter().cloned()),
                (_, true) => items.push(value.derived()),
                (_, false) if items.len() < MAX_ITEMS => items.push(value),
                _ => {}
            }
        }
        blend.shape = Shape::List(Rc::new(items));
        blend
    }

    pub(crate) fn dict(&mut self, dict: &'a ruff_python_ast::ExprDict) -> Value<'a> {
        let mut pairs = Vec::new();
        let mut blend = Value::NEUTRAL;
        for item in &dict.items {
            let key = item.key.as_ref().map(|key| self.expr(key));
            let mut value = self.expr(&item.value);
            if let (Some("$eq"), Some(class)) =
                (key.as_ref().and_then(Value::as_text), self.index.nosql)
            {
                // What is only compared shapes no query.
                value.safe = value.safe.union(Sinks(1 << class));
            }
            if let Some(key) = &key
                && let Some(name) = key.as_text()
            {
                self.assigned(name, &value, item.value.range(), true);
            }
            blend.taint_with(&value);
            match (key, &value.shape) {
                (Some(key), _) => {
                    self.hooked_in_container(&value, item.value.range());
                    pairs.push((key, value));
                }
                (None, Shape::Dict(inner)) => pairs.extend(inner.iter().cloned()),
                (None, _) => {}
            }
        }
        blend.shape = Shape::Dict(Rc::new(pairs));
        blend
    }

    pub(crate) fn f_string(&mut self, text: &'a ruff_python_ast::ExprFString) -> Value<'a> {
        let mut folded = Pieces::new(String::new());
        let mut value = Value::NEUTRAL;
        for part in text.value.as_slice() {
            match part {
                FStringPart::Literal(literal) => folded.push_str(&literal.value),
                FStringPart::FString(string) => {
                    for element in &string.elements {
                        match element {
                            InterpolatedStringElement::Literal(literal) => {
                                folded.push_str(&literal.value)
                            }
                            InterpolatedStringElement::Interpolation(part) => {
                                let inner = self.expr(&part.expression);
                                let spec = part.format_spec.as_ref().map(|spec| {
                                    for element in &spec.elements {
                                        if let InterpolatedStringElement::Interpolation(part) =
                                            element
                                        {
                                            self.expr(&part.expression);
                                        }
                                    }
                                    spec.elements
                                        .iter()
                                        .filter_map(|element| element.as_literal())
                                        .map(|literal| &*literal.value)
                                        .collect::<String>()
                                });
                                value.taint_with(&inner);
                                folded.push_value(&inner, |text, part| {
                                    push_formatted(text, part, spec.as_deref());
                                });
                            }
                        }
                    }
                }
            }
        }
        self.folded_pieces(folded, &value, text.range)
    }

    /// Texts put together from parts, one for each choice; `blend` has their origins.
    pub(crate) fn folded_pieces(
        &mut self,
        pieces: Pieces,
        blend: &Value<'a>,
        range: TextRange,
    ) -> Value<'a> {
        let texts = pieces.into_texts().into_iter();
        texts
            .map(|text| self.folded_text(text, blend.clone(), range))
            .reduce(join)
            .unwrap_or(Value::UNKNOWN)
    }

    /// A text put together from parts; `blend` has their origins.
    pub(crate) fn folded_text(
        &mut self,
        folded: String,
        mut blend: Value<'a>,
        range: TextRange,
    ) -> Value<'a> {
        if !self.may_fold(folded.len()) {
            return blend.derived();
        }
        blend.from = blend.from.union(if folded.contains(GAP) {
            Origins::BUILT
        } else {
            Origins::FOLDED
        });
        if folded.len() >= 6 {
            self.constant_text(&folded, range);
            self.image_text(&folded, blend.from, range);
        }
        blend.shape = Shape::Str(Text::Owned(folded.into()));
        blend
    }

    pub(crate) fn comprehension(
        &mut self,
        generators: &'a [Comprehension],
        parts: &[&'a Expr],
    ) -> Value<'a> {
        let scope = Scope::new(ScopeKind::Function, Some(self.scope.clone()));
        let mut unrolled = None;
        let mut blend = Value::NEUTRAL;
        let mut outer = None;
        for (at, generator) in generators.iter().enumerate() {
            let items = self.expr(&generator.iter);
            if at == 0 {
                outer = Some(std::mem::replace(&mut self.scope, scope.clone()));
                if let (1, Shape::List(list)) = (generators.len(), &self.iterated(&items).shape) {
                    unrolled = Some((list.clone(), generator));
                }
            }
            blend.taint_with(&items);
            if repeats(&generator.target, &items) {
                blend = blend.from(Origins::AMPLIFIED);
            }
            let item = self.element(&items);
            self.assign(&generator.target, item, generator.range);
            for test in &generator.ifs {
                self.expr(test);
            }
        }
        self.loops += 1;
        let mut first = Value::UNKNOWN;
        for part in parts {
            first = self.expr(part);
            blend.taint_with(&first);
        }
        self.loops -= 1;
        let mut result = match (unrolled, parts) {
            (Some((items, generator)), [part]) => self.unroll(&items, generator, part),
            (Some((items, generator)), [key, value]) => self
                .unroll(&items, generator, key)
                .zip(self.unroll(&items, generator, value))
                .map(|(keys, values)| paired(&keys, &values)),
            _ => None,
        }
        .unwrap_or_else(|| match parts {
            [_] => Value::list(vec![first]),
            [_, _] if matches!(first.shape, Shape::Picked(_)) => {
                Value::of(Shape::Dict(Rc::new(vec![(Value::UNKNOWN, first)])))
            }
            _ => blend.derived(),
        });
        if let Some(outer) = outer {
            self.scope = outer;
        }
        if result.from.is_empty() {
            result.taint_with(&blend);
        } else {
            result.from = result.from.union(blend.from);
        }
        result
    }

    /// Evaluates a comprehension element by element, when its items are all constants.
    pub(crate) fn unroll(
        &mut self,
        items: &Rc<Vec<Value<'a>>>,
        generator: &'a Comprehension,
        part: &'a Expr,
    ) -> Option<Value<'a>> {
        if items.len() < 2
            || !items.iter().all(Value::is_constant)
            || !self.may_fold(items.len() * 8)
        {
            return None;
        }
        let (muted, following) = (
            std::mem::replace(&mut self.muted, true),
            std::mem::replace(&mut self.following, true),
        );
        let mut results = Vec::with_capacity(items.len());
        for item in items.iter() {
            self.assign(&generator.target, item.clone(), generator.range);
            let kept = generator.ifs.iter().try_fold(true, |kept, test| {
                self.expr(test).truth().map(|truth| kept && truth)
            });
            match kept {
                Some(true) => results.push(self.expr(part)),
                Some(false) => {}
                None => {
                    results.clear();
                    break;
                }
            }
            if results.last().is_some_and(|result| !result.is_constant()) {
                results.clear();
                break;
            }
        }
        (self.muted, self.following) = (muted, following);
        (!results.is_empty()).then(|| Value::list(results))
    }
}

/// The dictionary of these keys and values.
fn paired<'a>(keys: &Value<'a>, values: &Value<'a>) -> Value<'a> {
    let (Shape::List(names), Shape::List(items)) = (&keys.shape, &values.shape) else {
        return keys.derived().with(values);
    };
    let pairs = names.iter().cloned().zip(items.iter().cloned()).collect();
    Value::of(Shape::Dict(Rc::new(pairs)))
        .with(keys)
        .with(values)
}

/// Whether a loop runs its body a thousand times or more without looking at what it counts.
pub(crate) fn repeats(target: &Expr, items: &Value<'_>) -> bool {
    const MANY: usize = 1_000;
    target
        .as_name_expr()
        .is_some_and(|name| name.id.starts_with('_'))
        && matches!(&items.shape, Shape::List(items) if items.len() >= MANY)
}

/// Appends a formatted value, or a gap.
pub(crate) fn push_formatted(text: &mut String, value: &Value<'_>, spec: Option<&str>) {
    match (value.printed(), spec.unwrap_or(""), value.as_int()) {
        (_, "c", Some(code)) => match u32::try_from(code).ok().and_then(char::from_u32) {
            Some(char) => text.push(char),
            None => push_gap(text),
        },
        (Some(_), "x" | "02x", Some(number)) => text.push_str(&format!("{number:02x}")),
        (Some(printed), "" | "s" | "d", _) => text.push_str(&printed),
        _ => push_gap(text),
    }
}

/// Appends one gap; two in a row are one.
pub(crate) fn push_gap(text: &mut String) {
    if !text.ends_with(GAP) {
        text.push(GAP);
    }
}
