//! Methods of lists and dictionaries, which change them in place.

use super::args::Args;
use super::interp::Interp;
use super::join::join;
use super::methods::MAX_CHANGED;
use super::origin::Origins;
use super::value::Shape;
use super::value::Value;
use ruff_python_ast::Expr;
use ruff_text_size::TextRange;
use std::rc::Rc;

impl<'a> Interp<'a, '_> {
    pub(crate) fn list_method(
        &mut self,
        receiver: &Value<'a>,
        name: &str,
        args: &Args<'a>,
        target: Option<&'a Expr>,
        range: TextRange,
    ) -> Option<Value<'a>> {
        let Shape::List(items) = &receiver.shape else {
            return None;
        };
        let mut changed = receiver.clone();
        changed.taint_with(&args.blend());
        let room = items.len() < MAX_CHANGED;
        let mut list = if room { (**items).clone() } else { Vec::new() };
        let result = match (name, args.at(0)) {
            ("append" | "add", Some(value)) => {
                self.hooked_in_container(value, range);
                list.push(value.clone());
                Value::of(Shape::Nothing)
            }
            ("extend" | "update", Some(more)) => {
                if let Shape::List(more) = &more.shape {
                    list.extend(more.iter().take(MAX_CHANGED).cloned());
                }
                Value::of(Shape::Nothing)
            }
            ("insert", Some(at)) => {
                let at = at
                    .as_int()
                    .and_then(|at| usize::try_from(at).ok())
                    .unwrap_or(0)
                    .min(list.len());
                list.insert(at, args.at(1).cloned().unwrap_or(Value::UNKNOWN));
                Value::of(Shape::Nothing)
            }
            ("pop", at) => {
                let at = at.map_or(Some(-1), Value::as_int);
                let item = at.map_or(receiver.derived(), |at| {
                    self.item(receiver, &Value::of(Shape::Int(at)))
                });
                let at = at.and_then(|at| {
                    usize::try_from(if at < 0 {
                        at + i64::try_from(list.len()).unwrap_or(0)
                    } else {
                        at
                    })
                    .ok()
                });
                if let Some(at) = at.filter(|at| *at < list.len()) {
                    list.remove(at);
                }
                item
            }
            ("reverse", None) => {
                list.reverse();
                Value::of(Shape::Nothing)
            }
            ("copy" | "__iter__", None) => return Some(receiver.clone()),
            _ => return None,
        };
        if room && self.loops == 0 {
            changed.shape = Shape::List(Rc::new(list));
        } else {
            // Inside a loop the length is not known, and an index would lie.
            changed.shape = Shape::Unknown;
            if !room {
                // A list that outgrew its bound is put together from parts, whatever they are.
                changed = changed.from(Origins::BUILT);
            }
        }
        if let Some(target) = target {
            self.rebind(target, changed);
        }
        Some(result)
    }

    /// A pair more in a dictionary; an earlier one of its key is found first.
    fn added(
        &mut self,
        receiver: &Value<'a>,
        key: Value<'a>,
        value: Value<'a>,
        target: Option<&'a Expr>,
    ) {
        if let (Shape::Dict(pairs), Some(target)) = (&receiver.shape, target)
            && pairs.len() < MAX_CHANGED
        {
            let mut changed = receiver.clone().with(&value);
            let all = [&[(key, value)], pairs.as_slice()].concat();
            changed.shape = Shape::Dict(Rc::new(all));
            self.rebind(target, changed);
        }
    }

    pub(crate) fn dict_method(
        &mut self,
        receiver: &Value<'a>,
        name: &str,
        args: &Args<'a>,
        target: Option<&'a Expr>,
    ) -> Option<Value<'a>> {
        let Shape::Dict(pairs) = &receiver.shape else {
            return None;
        };
        match name {
            "get" | "pop" | "setdefault" | "__getitem__" => {
                let found = self.item(receiver, args.at(0)?);
                let known = !matches!(found.shape, Shape::Unknown);
                if let (Some(value), "setdefault") = (args.at(1), name) {
                    self.added(receiver, args.at(0)?.clone(), value.clone(), target);
                }
                Some(match args.at(1) {
                    Some(default) if !known || !args.at(0)?.is_constant() => {
                        join(found, default.clone())
                    }
                    _ => found,
                })
            }
            "values" => Some(
                Value::list(pairs.iter().map(|(_, value)| value.clone()).collect()).with(receiver),
            ),
            "keys" => {
                Some(Value::list(pairs.iter().map(|(key, _)| key.clone()).collect()).with(receiver))
            }
            "items" => Some(
                Value::list(
                    pairs
                        .iter()
                        .map(|(key, value)| Value::list(vec![key.clone(), value.clone()]))
                        .collect(),
                )
                .with(receiver),
            ),
            "copy" => Some(receiver.clone()),
            "update" => {
                let mut changed = receiver.clone();
                changed.taint_with(&args.blend());
                if let (Some(Shape::Dict(more)), true) = (
                    args.at(0).map(|value| &value.shape),
                    pairs.len() < MAX_CHANGED && self.may_fold(pairs.len() * 64),
                ) {
                    changed.shape =
                        Shape::Dict(Rc::new([pairs.as_slice(), more.as_slice()].concat()));
                }
                if let Some(target) = target {
                    self.rebind(target, changed);
                }
                Some(Value::of(Shape::Nothing))
            }
            _ => None,
        }
    }
}
