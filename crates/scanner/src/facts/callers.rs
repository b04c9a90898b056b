//! Callables that call what they are given.

use std::rc::Rc;

use ruff_text_size::TextRange;

use super::args::Args;
use super::interp::Interp;
use super::names::Name;
use super::value::{Shape, Value};

impl<'a> Interp<'a, '_> {
    /// `operator.attrgetter` and its kin.
    pub(crate) fn picker_of(
        &mut self,
        name: Name,
        args: &Args<'a>,
        range: TextRange,
    ) -> Option<Value<'a>> {
        let first = args.at(0);
        self.check_picked_name(first?, range);
        let made_with = args.positional.to_vec();
        let picker = Value::of(Shape::Name(name));
        Some(Value::of(Shape::Partial(Rc::new((picker, made_with)))))
    }

    /// `functools.partial`.
    pub(crate) fn partial(&mut self, args: &Args<'a>) -> Option<Value<'a>> {
        let first = args.at(0);
        let callee = first?.clone();
        let bound = args.positional.iter().skip(1).cloned().collect();
        let blend = args.blend();
        Some(Value::of(Shape::Partial(Rc::new((callee, bound)))).with(&blend))
    }

    /// `map` and its kin: the callable is called with each element.
    pub(crate) fn map(&mut self, args: &Args<'a>, range: TextRange) -> Option<Value<'a>> {
        let first = args.at(0);
        let items = self.iterated(args.at(1)?);
        let callee = first?.clone();
        let mut results = Vec::new();
        match &items.shape {
            Shape::List(list)
                if list.len() <= 4096 && !list.is_empty() && self.may_fold(list.len() * 16) =>
            {
                for item in list.clone().iter() {
                    results.push(self.call_value(&callee, vec![item.clone()], range));
                }
            }
            _ => {
                let item = self.element(&items);
                results.push(self.call_value(&callee, vec![item], range));
            }
        }
        Some(Value::list(results).with(&items))
    }

    /// A call of the first argument with the others.
    pub(crate) fn apply(&mut self, args: &Args<'a>, range: TextRange) -> Option<Value<'a>> {
        let first = args.at(0);
        let callee = first?.clone();
        let rest = Args {
            positional: args.positional.iter().skip(1).cloned().collect(),
            ..args.clone()
        };
        if rest
            .positional
            .iter()
            .any(|value| matches!(value.shape, Shape::List(_)))
        {
            let item = rest.at(0).map(|items| self.element(&items.clone()));
            self.call_value(&callee, item.into_iter().collect(), range);
        }
        Some(self.call(&callee, &rest, None, range))
    }

    /// A thread, a timer, an executor: the callable among the arguments is called.
    pub(crate) fn later(&mut self, args: &Args<'a>, range: TextRange) -> Option<Value<'a>> {
        let callee = args
            .keyword("target")
            .or_else(|| args.keyword("function"))
            .cloned();
        let at = args.positional.iter().position(callable);
        let callee = callee.or_else(|| args.at(at?).cloned())?;
        let after = args.positional.iter().skip(at.map_or(0, |at| at + 1));
        let given = args.keyword("args").cloned().or_else(|| {
            let is_list = |value: &&Value<'a>| matches!(value.shape, Shape::List(_));
            after.clone().find(is_list).cloned()
        });
        let values = match given.as_ref().map(|given| &given.shape) {
            Some(Shape::List(items)) => items.to_vec(),
            _ => after.cloned().collect(),
        };
        self.call_value(&callee, values, range);
        None
    }
}

fn callable(value: &Value<'_>) -> bool {
    matches!(
        value.shape,
        Shape::Name(_) | Shape::Function(_) | Shape::Bound(_) | Shape::Partial(_) | Shape::Class(_)
    )
}
