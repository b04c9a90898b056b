//! Items of containers, by key, by position and one after the other.

use super::args::Args;
use super::attributes::BEHIND;
use super::checks::Check;
use super::interp::Interp;
use super::join::join;
use super::knowledge::DANGEROUS;
use super::names::ITEM;
use super::names::Names;
use super::origin::Origins;
use super::picked::Picked;
use super::value::GAP;
use super::value::Shape;
use super::value::Value;
use ruff_text_size::TextRange;

impl<'a> Interp<'a, '_> {
    /// Takes an item of a value by its key.
    pub(crate) fn subscript(
        &mut self,
        receiver: &Value<'a>,
        key: &Value<'a>,
        range: TextRange,
    ) -> Value<'a> {
        let text = key.as_text();
        match &receiver.shape {
            Shape::Name(name) => {
                let path = self.index.names.path(*name);
                if path == "os.environ" || path == "os.environb" {
                    self.environment_read(*name, key, range);
                    return self.environment_variable(key);
                }
                if path == "sys.modules" {
                    return match text {
                        Some(module) => {
                            self.hidden_name(key, module, range);
                            self.indirect_import(module, range);
                            let module = self.module_of(module);
                            self.imported_name(&module, range);
                            module
                        }
                        None => {
                            if key.from.meets(Origins::DECODED.union(Origins::NETWORK)) {
                                self.dynamic_access("sys.modules", range);
                            }
                            let mut module = Value::tainted(key.from);
                            module.shape = Shape::Picked(Picked::Mixed);
                            module
                        }
                    };
                }
                if let Some(text) = text {
                    let text = text.to_owned();
                    if let Some(program) = self.program_named(*name, &text) {
                        return program;
                    }
                    self.hidden_name(key, &text, range);
                    if let Some(child) = self.index.names.child(*name, &text) {
                        self.attribute_taken(&text, range);
                        return self.named(child).with(receiver);
                    }
                    if let Some(item) = self.index.names.child(*name, ITEM) {
                        return self.named(item).with(receiver);
                    }
                    return self.attribute(receiver, &text, range);
                }
                if let Some(item) = self.index.names.child(*name, ITEM) {
                    return self.named(item).with(receiver);
                }
                if key.as_int().is_some() {
                    return receiver.derived();
                }
                self.picked(receiver, key, range)
            }
            Shape::Names(scope) => match text {
                Some(name) => {
                    let found = scope.get(name);
                    match found {
                        Some(value) => value,
                        None if name == "__builtins__" => Value::of(Shape::Name(Names::BUILTINS)),
                        None if BEHIND.contains(&name) => self.module_of(name).with(receiver),
                        None => self
                            .index
                            .names
                            .child(Names::BUILTINS, name)
                            .map_or(Value::UNKNOWN, |name| self.named(name)),
                    }
                }
                None => self.picked(receiver, key, range),
            },
            Shape::Foreign => match text {
                Some(name) => {
                    let name = name.to_owned();
                    self.attribute(receiver, &name, range)
                }
                None => self.picked(receiver, key, range),
            },
            Shape::Class(class) => {
                let member = text.and_then(|name| self.class_attribute(*class, name, 0));
                member.unwrap_or_else(|| receiver.derived())
            }
            Shape::Partial(_) => {
                let program = self.program_with(receiver, key);
                program.unwrap_or_else(|| receiver.derived())
            }
            Shape::OneOf(values) => {
                let values = values.clone();
                let mut parts = values
                    .iter()
                    .map(|value| self.subscript(value, key, range))
                    .collect::<Vec<_>>()
                    .into_iter();
                let first = parts.next().unwrap_or(Value::UNKNOWN);
                parts.fold(first, join)
            }
            _ => {
                if let Some(name) = text
                    && (name.starts_with("__") || BEHIND.contains(&name))
                    && matches!(receiver.shape, Shape::Unknown)
                {
                    let name = name.to_owned();
                    self.attribute_taken(&name, range);
                    if let Some(value) = self.dunder(receiver, &name, range) {
                        return value;
                    }
                    if receiver.from.meets(Origins::CLASSES) {
                        return self.module_of(&name).with(receiver);
                    }
                }
                if let Some(name) = text
                    && receiver.from.meets(Origins::CLASSES)
                    && DANGEROUS.contains(&name)
                {
                    let shown = format!("`{name}` of an object that was searched for");
                    self.report_check(Check::BehindModule, range, Some(shown));
                }
                let item = self.item(receiver, key);
                self.one_variable(item, key)
            }
        }
    }

    /// An item of a container that is known, or one of its items.
    pub(crate) fn item(&mut self, receiver: &Value<'a>, key: &Value<'a>) -> Value<'a> {
        match (&receiver.shape, key.as_int(), &key.shape) {
            (Shape::OneOf(values), ..) => {
                let items = values.iter().map(|value| self.item(value, key));
                items.reduce(join).unwrap_or(Value::UNKNOWN).with(receiver)
            }
            (Shape::List(items), Some(at), _) => {
                let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
                let at = if at < 0 { at + length } else { at };
                match usize::try_from(at).ok().and_then(|at| items.get(at)) {
                    Some(item) if receiver.from.meets(Origins::AMPLIFIED) => {
                        item.clone().from(Origins::AMPLIFIED)
                    }
                    Some(item) => item.clone(),
                    None => receiver.derived(),
                }
            }
            (Shape::Dict(pairs), _, _) if key.is_constant() => {
                const MOST: usize = 512;
                let wanted = |pair: &&(Value<'a>, Value<'a>)| {
                    super::fold::compare(ruff_python_ast::CmpOp::Eq, &pair.0, key) == Some(true)
                };
                let at = key.as_int().and_then(|at| usize::try_from(at).ok());
                // A position that is no key is one of a record: a named tuple.
                let found = pairs.iter().rev().take(MOST).find(wanted);
                // A key that is not known may be this one.
                let may_be = || pairs.iter().find(|(key, _)| !key.is_constant());
                match found.or_else(|| pairs.get(at?)).or_else(may_be) {
                    Some((_, value)) => value.clone(),
                    None => receiver.derived(),
                }
            }
            (Shape::Dict(pairs), _, _) => {
                let mut values = pairs.iter().map(|(_, value)| value.clone());
                let first = values.next().unwrap_or(Value::UNKNOWN);
                values.take(16).fold(first, join).with(receiver)
            }
            (Shape::List(_), None, _) => self.element(receiver),
            (Shape::Str(text), Some(at), _) => {
                if text.contains(GAP) {
                    return receiver.derived();
                }
                let found = if at >= 0 {
                    usize::try_from(at).ok().and_then(|at| {
                        if text.is_ascii() {
                            text.as_bytes().get(at).map(|byte| char::from(*byte))
                        } else {
                            text.chars().nth(at)
                        }
                    })
                } else {
                    usize::try_from(-at - 1)
                        .ok()
                        .and_then(|at| text.chars().rev().nth(at))
                };
                found.map_or(receiver.derived(), |found| {
                    let mut value = Value::text(found.to_string()).with(receiver);
                    value.from = value.from.union(Origins::FOLDED);
                    value
                })
            }
            (Shape::Bytes(data), Some(at), _) => {
                let at = if at < 0 {
                    at + i64::try_from(data.len()).unwrap_or(i64::MAX)
                } else {
                    at
                };
                let found = usize::try_from(at).ok().and_then(|at| data.get(at));
                found.map_or(receiver.derived(), |byte| {
                    Value::of(Shape::Int(i64::from(*byte))).with(receiver)
                })
            }
            _ => receiver.derived(),
        }
    }

    pub(crate) fn item_at(&mut self, receiver: &Value<'a>, at: usize) -> Value<'a> {
        self.item(
            receiver,
            &Value::of(Shape::Int(i64::try_from(at).unwrap_or(i64::MAX))),
        )
    }

    /// What iterating over the value yields, as a list where all of it is known.
    pub(crate) fn iterated(&mut self, items: &Value<'a>) -> Value<'a> {
        const MOST: usize = 1 << 15;
        match &items.shape {
            Shape::Str(text)
                if text.len() <= MOST && !text.contains(GAP) && self.may_fold(text.len() * 8) =>
            {
                Value::list(text.chars().map(|c| Value::text(c.to_string())).collect()).with(items)
            }
            Shape::Bytes(data) if data.len() <= MOST && self.may_fold(data.len() * 8) => {
                Value::list(
                    data.iter()
                        .map(|byte| Value::of(Shape::Int(i64::from(*byte))))
                        .collect(),
                )
                .with(items)
            }
            Shape::Dict(pairs) => {
                Value::list(pairs.iter().map(|(key, _)| key.clone()).collect()).with(items)
            }
            _ => items.clone(),
        }
    }

    /// One of the things that iterating over the value yields.
    pub(crate) fn element(&mut self, items: &Value<'a>) -> Value<'a> {
        let mut element = self.any_element(items);
        // A line of a file of variables is one variable.
        if element.from.meets(Origins::ENVIRONMENT) && element.from.meets(Origins::FILE) {
            element.from = element.from.without(Origins::ENVIRONMENT);
            element.from = element.from.union(Origins::CREDENTIAL);
        }
        element
    }

    fn any_element(&mut self, items: &Value<'a>) -> Value<'a> {
        match &items.shape {
            Shape::List(list) => {
                let mut elements = list.iter().take(64).cloned();
                let first = elements.next().unwrap_or(Value::UNKNOWN);
                elements.fold(first, join).with(items)
            }
            Shape::Dict(pairs) => {
                let mut keys = pairs.iter().take(16).map(|(key, _)| key.clone());
                let first = keys.next().unwrap_or(Value::UNKNOWN);
                keys.fold(first, join).with(items)
            }
            Shape::OneOf(values) => {
                let values = values.clone();
                let mut elements = values
                    .iter()
                    .map(|value| self.element(value))
                    .collect::<Vec<_>>()
                    .into_iter();
                let first = elements.next().unwrap_or(Value::UNKNOWN);
                elements.fold(first, join)
            }
            Shape::Name(name) => match self.index.names.child(*name, ITEM) {
                Some(item) => self.named(item).with(items),
                None => items.derived(),
            },
            Shape::Class(class) => self.member_of(*class).with(items),
            _ => items.derived(),
        }
    }

    /// What `with` binds: the value itself, as the context managers that matter do it.
    pub(crate) fn entered(&mut self, value: Value<'a>) -> Value<'a> {
        if let Shape::Instance(class) = value.shape
            && let Some(enter) = self.class_attribute(class, "__enter__", 0)
        {
            let entered = self.call(
                &enter,
                &Args::of([value.clone()]),
                None,
                TextRange::default(),
            );
            return if matches!(entered.shape, Shape::Unknown) {
                value.with(&entered)
            } else {
                entered
            };
        }
        value
    }
}
