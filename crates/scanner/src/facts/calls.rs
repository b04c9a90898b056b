//! Calls: what runs when a value is called, and what comes back.

use std::rc::Rc;

use ruff_python_ast::Expr;
use ruff_text_size::TextRange;

use super::args::Args;
use super::index::Entry;
use super::interp::{Interp, MAX_CALLS};
use super::intrinsic::Intrinsic;
use super::join::join;
use super::names::{CALLED, Name};
use super::origin::{Origins, Sinks};
use super::value::{Shape, Text, Value};

impl<'a, 's> Interp<'a, 's> {
    /// Calls a method: `name` of `receiver`.
    pub(crate) fn call_method(
        &mut self,
        receiver: &Value<'a>,
        name: &'a str,
        args: &Args<'a>,
        target: Option<&'a Expr>,
        name_range: TextRange,
        range: TextRange,
    ) -> Value<'a> {
        match name {
            "__getattribute__" | "__getattr__" if args.positional.len() == 1 => {
                let both = args.preceded_by(receiver);
                return self.getattr(&both, range).unwrap_or(Value::UNKNOWN);
            }
            "to_bytes" => {
                if let Some(value) = self.bytes_of_number(receiver, args, target) {
                    return value;
                }
            }
            "__getitem__" if !args.positional.is_empty() => {
                let key = args.at(0).cloned().unwrap_or(Value::UNKNOWN);
                return self.subscript(receiver, &key, range);
            }
            "update" | "create" | "get_or_create" | "update_or_create" | "filter" | "exclude" => {
                self.fields_named(args, target, range);
            }
            _ => {}
        }
        self.credential_follows(target, args, range);
        if let Some(mut result) = self.builtin_method(receiver, name, args, target, range) {
            self.replaced_parts(name, args, &mut result);
            return result;
        }
        let callee = self.attribute(receiver, name, name_range);
        let unknown = matches!(
            callee.shape,
            Shape::Unknown | Shape::Foreign | Shape::Names(_)
        );
        if !unknown {
            return self.call(&callee, args, Some(receiver), range);
        }
        let mut result = self.call_unknown_method(receiver, name, args, range);
        self.replaced_parts(name, args, &mut result);
        result
    }

    pub(crate) fn call_unknown_method(
        &mut self,
        receiver: &Value<'a>,
        name: &str,
        args: &Args<'a>,
        range: TextRange,
    ) -> Value<'a> {
        let index = self.index;
        let mut result = args.blend();
        result.taint_with(receiver);
        self.run_callables(args, range);
        if let Some(entry) = index.method(name) {
            let shown = format!("`.{name}`");
            self.matched(&entry.calls, args, Some(receiver), range, &shown);
            self.flows(entry, args, Some(receiver), range, &shown);
            if entry.sinks.is_empty() && entry.source.is_empty() {
                return cleaned(result, entry);
            }
            result = receiver.derived().from(entry.source);
        }
        self.cleaned_by_name(name, &mut result);
        if let ("get" | "pop", Some(key)) = (name, args.at(0)) {
            result = self.one_variable(result, key);
        }
        result
    }

    /// Calls a value with values, from a place that is no call expression.
    pub(crate) fn call_value(
        &mut self,
        callee: &Value<'a>,
        values: Vec<Value<'a>>,
        range: TextRange,
    ) -> Value<'a> {
        self.call(callee, &Args::of(values), None, range)
    }

    /// Calls a value.
    pub(crate) fn call(
        &mut self,
        callee: &Value<'a>,
        args: &Args<'a>,
        receiver: Option<&Value<'a>>,
        range: TextRange,
    ) -> Value<'a> {
        const DEEPEST: u32 = 24;
        if self.call_depth >= DEEPEST {
            return args.blend();
        }
        self.call_depth += 1;
        let result = self.deeper(|this| this.call_shape(callee, args, receiver, range));
        self.call_depth -= 1;
        result.unwrap_or(Value::UNKNOWN)
    }

    pub(crate) fn call_shape(
        &mut self,
        callee: &Value<'a>,
        args: &Args<'a>,
        receiver: Option<&Value<'a>>,
        range: TextRange,
    ) -> Value<'a> {
        match &callee.shape {
            Shape::Name(name) => self.call_name(*name, callee, args, receiver, range),
            Shape::Function(id) => {
                self.call_range = range;
                let method = self
                    .functions
                    .get(*id as usize)
                    .is_some_and(|function| function.class.is_some() && !function.is_static);
                match receiver {
                    Some(receiver) if method && !matches!(receiver.shape, Shape::Class(_)) => {
                        self.follow(*id, &args.preceded_by(receiver))
                    }
                    _ => self.follow(*id, args),
                }
            }
            Shape::Bound(bound) => {
                let bound = bound.clone();
                let (receiver, callee) = &*bound;
                self.call(callee, args, Some(receiver), range)
            }
            Shape::Partial(partial) => {
                let partial = partial.clone();
                if let Some(picker) = self.picker(&partial.0) {
                    return self.pick(&partial.1, picker, args, range);
                }
                let mut all = args.clone();
                for (at, value) in partial.1.iter().enumerate() {
                    all.positional.insert(at, value.clone());
                }
                self.call(&partial.0, &all, receiver, range)
            }
            Shape::Class(id) => {
                self.call_range = range;
                self.construct(*id, args)
            }
            Shape::Instance(id) => match self.class_attribute(*id, "__call__", 0) {
                Some(method) => self.call(&method, args, Some(callee), range),
                None => args.blend(),
            },
            Shape::OneOf(values) => {
                let values = values.clone();
                let mut results = values
                    .iter()
                    .map(|value| self.call(value, args, receiver, range))
                    .collect::<Vec<_>>()
                    .into_iter();
                let first = results.next().unwrap_or(Value::UNKNOWN);
                results.fold(first, join)
            }
            Shape::Picked(picked) => {
                self.picked_is_called(*picked, range);
                self.run_callables(args, range);
                args.blend().with(callee)
            }
            _ => {
                self.run_callables(args, range);
                let mut result = args.blend().with(callee);
                // What a wrapped function gives back is its result, not its arguments.
                result.from = result.from.without(Origins::WRAPPED);
                result
            }
        }
    }

    pub(crate) fn call_name(
        &mut self,
        name: Name,
        callee: &Value<'a>,
        args: &Args<'a>,
        receiver: Option<&Value<'a>>,
        range: TextRange,
    ) -> Value<'a> {
        let index = self.index;
        let entry = index.entry(name);
        let mut keeps_origins = true;
        if let Some(entry) = entry {
            if !entry.calls.is_empty() || !entry.sinks.is_empty() {
                let shown = self.quoted(name);
                self.matched(&entry.calls, args, receiver, range, &shown);
                self.flows(entry, args, receiver, range, &shown);
            }
            if entry.sets
                && let (Some(key), Some(value)) = (args.at(0).and_then(Value::as_text), args.at(1))
            {
                self.assigned(key, value, range, true);
            }
            keeps_origins = entry.sinks.is_empty();
            if entry.runs {
                self.depends |= args.all().any(|value| value.from.meets(Origins::INNER));
            }
            if let Some(intrinsic) = entry.intrinsic
                && let Some(result) = self.intrinsic(intrinsic, name, args, receiver, range)
            {
                return cleaned(result, entry);
            }
        }
        self.run_callables(args, range);
        let protects =
            |_: &Name| args.keyword("usedforsecurity").and_then(Value::truth) != Some(false);
        let mut result = match index.names.child(name, CALLED).filter(protects) {
            Some(object) => {
                let object = self.named(object);
                keeps_origins &= object.from.is_empty();
                object
            }
            None => Value::UNKNOWN,
        };
        if result.from.meets(Origins::CAPTURE) {
            self.captured.get_or_insert(range);
        }
        if result.from.meets(Origins::OUTPUT) {
            if super::launchers::prints_own_work(args) {
                result.from = result.from.without(Origins::OUTPUT);
            }
            if let Some(path) = super::launchers::fetched_to(args) {
                self.dropped.insert(path);
            }
            result.from = result.from.union(super::launchers::origins_of_output(args));
            if super::launchers::change_clipboard(args) {
                self.clipboard_changed.get_or_insert(range);
            }
        }
        if keeps_origins {
            result.taint_with(&args.blend());
        }
        if let Some(receiver) = receiver {
            result.taint_with(receiver);
        }
        let from = callee.from;
        if !from.is_empty() && keeps_origins {
            result.taint_with(&Value {
                shape: Shape::Unknown,
                ..callee.clone()
            });
        }
        entry.map_or(result.clone(), |entry| cleaned(result, entry))
    }

    /// Callables handed to something that is not known are taken to be called.
    pub(crate) fn run_callables(&mut self, args: &Args<'a>, range: TextRange) {
        if self.calls.len() >= MAX_CALLS {
            return;
        }
        for value in args.all() {
            if let Shape::Bound(_) | Shape::Partial(_) = value.shape {
                self.call(value, &Args::default(), None, range);
            }
        }
    }

    pub(crate) fn picker(&self, callee: &Value<'a>) -> Option<Intrinsic> {
        let intrinsic = self.index.entry(callee.as_name()?)?.intrinsic?;
        let picks = matches!(
            intrinsic,
            Intrinsic::AttrGetter | Intrinsic::ItemGetter | Intrinsic::MethodCaller
        );
        picks.then_some(intrinsic)
    }

    /// An instance with text as its path, for the methods of `pathlib`.
    pub(crate) fn path_of(text: &str, like: &Value<'a>) -> Value<'a> {
        Value::of(Shape::Path(Text::Owned(Rc::from(text)))).with(like)
    }
}

/// A result after a callee that makes values safe.
fn cleaned<'a>(mut value: Value<'a>, entry: &Entry) -> Value<'a> {
    if let Some(sinks) = entry.cleans {
        if sinks == Sinks::ALL {
            value.from = Origins::NONE;
            value.safe = Sinks::ALL;
        } else {
            value.safe = value.safe.union(sinks);
        }
    }
    value
}
