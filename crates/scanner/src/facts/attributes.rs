//! Attributes: of modules, objects, classes, and what the double-underscored ones lead to.

use super::args::Args;
use super::checks::Check;
use super::interp::Interp;
use super::join::join;
use super::knowledge::DANGEROUS;
use super::methods::MAX_CHANGED;
use super::names::CALLED;
use super::names::Name;
use super::names::Names;
use super::origin::Origins;
use super::scope::ClassId;
use super::value::Shape;
use super::value::Text;
use super::value::Value;
use ruff_text_size::TextRange;
use std::rc::Rc;

impl<'a> Interp<'a, '_> {
    /// Takes an attribute of a value.
    pub(crate) fn attribute(
        &mut self,
        receiver: &Value<'a>,
        attr: &str,
        range: TextRange,
    ) -> Value<'a> {
        // A class that looks its own attributes up calls the method of its base.
        if attr != "__getattribute__" || self.class.is_none() {
            self.attribute_taken(attr, range);
        }
        if attr == "obj" && receiver.from.meets(Origins::ERROR) {
            self.report_check(
                Check::WalkStart,
                range,
                Some("`obj` of an error".to_owned()),
            );
        }
        if attr == "__class__" && receiver.from.meets(Origins::ERROR) {
            // Of what kind an error is says nothing of where it happened.
            let mut class = receiver.derived();
            class.from = class.from.without(Origins::ERROR);
            return class;
        }
        if receiver.from.meets(Origins::WEB)
            && let Some(settled) = self.settled(receiver, attr)
        {
            return settled;
        }
        let index = self.index;
        match &receiver.shape {
            Shape::Name(name) => {
                if let Some(patched) = self.patches.get(&(name.0, attr)) {
                    return patched.clone();
                }
                if let Some(child) = index.names.child(*name, attr) {
                    return self.named(child).with(receiver);
                }
                if let Some(program) = self.program_named(*name, attr) {
                    return program;
                }
                self.beyond(receiver, Some(*name), attr, range)
            }
            Shape::Foreign => self.beyond(receiver, None, attr, range),
            Shape::Names(scope) => match scope.get(attr) {
                Some(value) => value,
                None => self
                    .dunder(receiver, attr, range)
                    .unwrap_or_else(|| receiver.derived()),
            },
            Shape::Instance(class) | Shape::Class(class) => {
                match self.class_attribute(*class, attr, 0) {
                    Some(value) if matches!(value.shape, Shape::Function(_)) => {
                        Value::of(Shape::Bound(Rc::new((receiver.clone(), value))))
                    }
                    Some(value) => value,
                    None => self
                        .dunder(receiver, attr, range)
                        .or_else(|| self.attribute_made(receiver, *class, attr))
                        .unwrap_or_else(|| receiver.derived()),
                }
            }
            Shape::OneOf(values) => {
                let values = values.clone();
                let mut parts = values
                    .iter()
                    .map(|value| self.attribute(value, attr, range))
                    .collect::<Vec<_>>()
                    .into_iter();
                let first = parts.next().unwrap_or(Value::UNKNOWN);
                parts.fold(first, join)
            }
            Shape::Path(text) => match attr {
                "parent" => {
                    let parent = text.rsplit_once('/').map_or(".", |(parent, _)| parent);
                    Value::of(Shape::Path(Text::Owned(parent.into()))).with(receiver)
                }
                "name" => {
                    let name = text.rsplit('/').next().unwrap_or(text);
                    Value::text(name).with(receiver)
                }
                _ => self.method_of(receiver, "pathlib.Path()", attr),
            },
            Shape::Dict(pairs)
                if pairs.len() <= MAX_CHANGED
                    && pairs.iter().any(|(key, _)| key.as_text() == Some(attr)) =>
            {
                self.item(receiver, &Value::text(attr))
            }
            Shape::Bytes(_) if attr == "bytes" => receiver.clone(),
            // A constant that has a value is a member of an enumeration.
            Shape::Str(_) | Shape::Bytes(_) | Shape::List(_) | Shape::Int(_)
                if matches!(attr, "value" | "_value_") =>
            {
                receiver.clone()
            }
            Shape::Handle(handle) if attr == "name" => handle.0.clone().with(receiver),
            // The names of the fields of a record.
            Shape::Partial(made)
                if attr == "_fields"
                    && made.0.as_name() == index.names.find("collections.namedtuple()") =>
            {
                made.1.first().cloned().unwrap_or(Value::UNKNOWN)
            }
            Shape::Partial(_) => self
                .program_with(receiver, &Value::text(attr))
                .or_else(|| self.dunder(receiver, attr, range))
                .unwrap_or_else(|| receiver.derived()),
            Shape::List(_) if attr == "args" && receiver.from.meets(Origins::ERROR) => {
                receiver.clone()
            }
            Shape::Unknown if matches!(attr, "os" | "subprocess" | "_os" | "_subprocess") => {
                self.module_of(attr.trim_start_matches('_')).with(receiver)
            }
            Shape::Picked(_) if DANGEROUS.contains(&attr) => receiver.clone(),
            Shape::Function(_)
            | Shape::Str(_)
            | Shape::Bytes(_)
            | Shape::List(_)
            | Shape::Dict(_)
            | Shape::Int(_) => self
                .dunder(receiver, attr, range)
                .unwrap_or_else(|| receiver.derived()),
            _ => {
                let mut value = self
                    .dunder(receiver, attr, range)
                    .unwrap_or_else(|| receiver.derived());
                if let Some(entry) = index.method(attr)
                    && !entry.source.is_empty()
                {
                    value = value.from(entry.source);
                }
                value
            }
        }
    }

    /// What `__getattr__` of a class of this file makes of a name.
    fn attribute_made(
        &mut self,
        receiver: &Value<'a>,
        class: ClassId,
        attr: &str,
    ) -> Option<Value<'a>> {
        if !matches!(receiver.shape, Shape::Instance(_)) || attr.starts_with("__") {
            return None;
        }
        match self.class_attribute(class, "__getattr__", 0)?.shape {
            Shape::Function(id) => {
                let args = Args::of([receiver.clone(), Value::text(attr)]);
                Some(self.follow(id, &args))
            }
            _ => None,
        }
    }

    /// An attribute of a typed constant, bound to it when a rule speaks of it.
    pub(crate) fn method_of(&mut self, receiver: &Value<'a>, path: &str, attr: &str) -> Value<'a> {
        let child = self
            .index
            .names
            .find(path)
            .and_then(|name| self.index.names.child(name, attr));
        match child {
            Some(child) => {
                let callee = Value::of(Shape::Name(child));
                Value::of(Shape::Bound(Rc::new((receiver.clone(), callee)))).with(receiver)
            }
            None => receiver.derived(),
        }
    }

    /// An attribute that nothing speaks of: perhaps a module that another module imported.
    pub(crate) fn beyond(
        &mut self,
        receiver: &Value<'a>,
        name: Option<Name>,
        attr: &str,
        range: TextRange,
    ) -> Value<'a> {
        if let Some(value) = self.dunder(receiver, attr, range) {
            return value;
        }
        let public = attr.trim_start_matches('_');
        let is_object = name.is_some_and(|name| self.index.names.path(name).contains([')', ']']));
        if BEHIND.contains(&public)
            && !is_object
            && let Some(module) = self.index.names.child(Names::ROOT, public)
        {
            let shown = format!("{}, imported by another module", self.quoted(module));
            self.report_check(Check::BehindModule, range, Some(shown));
            return self.named(module).with(receiver);
        }
        let mut value = receiver.derived();
        if !is_object {
            value.shape = Shape::Foreign;
        }
        if let Some(entry) = self.index.method(attr) {
            value = value.from(entry.source);
        }
        value
    }

    /// What an object's double-underscored attributes lead to.
    pub(crate) fn dunder(
        &mut self,
        receiver: &Value<'a>,
        attr: &str,
        range: TextRange,
    ) -> Option<Value<'a>> {
        let builtins = || Value::of(Shape::Name(Names::BUILTINS));
        Some(match attr {
            "__builtins__" | "f_builtins" | "gi_builtins" => builtins(),
            "__globals__" | "f_globals" | "func_globals" | "gi_globals" => {
                let mut names = Value::of(Shape::Names(self.module.clone()));
                if !matches!(receiver.shape, Shape::Function(_) | Shape::Unknown)
                    || receiver.from.meets(Origins::CLASSES)
                {
                    names.shape = Shape::Foreign;
                }
                names.with(receiver)
            }
            "f_locals" => receiver.clone().from(Origins::CLASSES),
            "__dict__" => receiver.clone(),
            "__path__" => {
                let path = self.index.names.child(Names::BUILTINS, "__path__");
                Value::of(path.map_or(Shape::Unknown, Shape::Name))
            }
            "__self__" => match receiver.as_name() {
                Some(name) if self.index.names.path(name).split('.').count() == 1 => builtins(),
                _ => receiver.derived(),
            },
            "__base__" | "__bases__" | "__mro__" | "mro" => {
                receiver.derived().from(Origins::CLASSES)
            }
            "__subclasses__" => {
                let object = self.index.names.find("builtins.object");
                let kind = self.index.names.find("builtins.type");
                let is_object = receiver
                    .as_name()
                    .is_some_and(|name| Some(name) == object || Some(name) == kind);
                if receiver.from.meets(Origins::CLASSES) || is_object {
                    self.report_check(Check::ClassWalk, range, None);
                }
                receiver.derived().from(Origins::CLASSES)
            }
            "__class__" | "__init__" | "__call__" | "gi_frame" | "f_back" | "tb_frame"
            | "__traceback__" | "cr_frame" | "ag_frame" | "__code__" | "__closure__"
            | "__func__" | "__wrapped__" | "__repr__" | "__getattribute__"
                if !matches!(receiver.shape, Shape::Name(_)) =>
            {
                receiver.derived()
            }
            // `super().__init__` of a class of a library is that class.
            "__init__" => {
                let path = self.index.names.path(receiver.as_name()?);
                let class = self.index.names.find(path.strip_suffix("()")?)?;
                Value::of(Shape::Name(class))
            }
            "__call__" | "__get__" | "__wrapped__" | "__func__" => receiver.clone(),
            _ => return None,
        })
    }

    /// An attribute or method of a class of this file, looked for in its bases too.
    pub(crate) fn class_attribute(
        &mut self,
        class: u32,
        attr: &str,
        depth: u8,
    ) -> Option<Value<'a>> {
        let (scope, bases) = {
            let class = self.classes.get(class as usize)?;
            (class.scope.clone(), class.bases.clone())
        };
        if let Some(value) = scope.get(attr) {
            return Some(value);
        }
        if depth > 5 {
            return None;
        }
        bases.iter().take(3).find_map(|base| match base.shape {
            Shape::Class(base) => self.class_attribute(base, attr, depth + 1),
            Shape::Name(name) => {
                let object = self.index.names.child(name, CALLED).unwrap_or(name);
                let child = self.index.names.child(object, attr)?;
                Some(self.named(child))
            }
            _ => None,
        })
    }
}

/// Modules that are well known to be imported by others, and what reaching them there hides.
pub(crate) const BEHIND: &[&str] = &[
    "os",
    "subprocess",
    "builtins",
    "posix",
    "nt",
    "ctypes",
    "pty",
    "sys",
];
