//! Assignments to names, attributes and items.

use super::args::Args;
use super::checks::Check;
use super::interp::Interp;
use super::join::join;
use super::methods::MAX_CHANGED;
use super::names::{Name, Names};
use super::origin::{Origins, Sinks};
use super::value::Shape;
use super::value::Text;
use super::value::Value;
use ruff_python_ast::Expr;
use ruff_text_size::TextRange;
use std::rc::Rc;

impl<'a> Interp<'a, '_> {
    /// Binds a target; patterns are taken apart.
    pub(crate) fn assign(&mut self, target: &'a Expr, value: Value<'a>, range: TextRange) {
        match target {
            Expr::Name(name) => {
                self.assigned(&name.id, &value, range, false);
                self.hooked(&name.id, &value, range);
                self.bind(&name.id, value);
            }
            Expr::Tuple(ruff_python_ast::ExprTuple { elts, .. })
            | Expr::List(ruff_python_ast::ExprList { elts, .. }) => {
                self.deeper(|this| {
                    for (at, element) in elts.iter().enumerate() {
                        let part = if let Expr::Starred(_) = element {
                            value.derived()
                        } else {
                            this.item_at(&value, at)
                        };
                        this.assign(element, part, range);
                    }
                });
            }
            Expr::Starred(starred) => {
                self.deeper(|this| this.assign(&starred.value, value, range));
            }
            Expr::Attribute(attribute) => {
                let receiver = self.expr_quietly(&attribute.value);
                self.assigned(&attribute.attr.id, &value, range, false);
                self.added_to_record(&attribute.value, &value, range);
                self.set_attribute(&receiver, &attribute.attr.id, value, range);
            }
            Expr::Subscript(item) => {
                let receiver = self.expr_quietly(&item.value);
                if let (Expr::Slice(_), Some(list)) = (&*item.slice, receiver.as_name()) {
                    self.grown(list, &value, range);
                }
                let key = self.expr(&item.slice);
                // `sessions[user] = number` keeps the number under the name of the container.
                if value.from.meets(Origins::RANDOM) {
                    self.assigned(super::walk::last_name(&item.value), &value, range, false);
                }
                self.carries_credential(&item.value, &value);
                self.kept_in_session(&receiver, &key, &value, range);
                self.set_item(&item.value, receiver, key, value, range);
            }
            _ => {
                self.expr(target);
            }
        }
    }

    pub(crate) fn set_attribute(
        &mut self,
        receiver: &Value<'a>,
        attr: &'a str,
        value: Value<'a>,
        range: TextRange,
    ) {
        match &receiver.shape {
            Shape::Instance(class) => {
                let scope = self
                    .classes
                    .get(*class as usize)
                    .map(|class| class.scope.clone());
                if let Some(scope) = scope {
                    let before = scope.get(attr);
                    let value = before.map_or(value.clone(), |before| join(before, value));
                    self.bind_in(scope, attr, value);
                }
            }
            Shape::Class(class) => {
                let scope = self
                    .classes
                    .get(*class as usize)
                    .map(|class| class.scope.clone());
                if let Some(scope) = scope {
                    self.hooked(attr, &value, range);
                    self.bind_in(scope, attr, value);
                }
            }
            Shape::Names(scope) => {
                let scope = scope.clone();
                self.bind_in(scope, attr, value);
            }
            Shape::Name(name) => {
                self.hooked_in_container(&value, range);
                if let Some(child) = self.index.names.child(*name, attr) {
                    self.grown(child, &value, range);
                    self.replaced(child, range);
                }
                if *name == Names::BUILTINS && PATCHED.contains(&attr) {
                    self.report_check(Check::Builtins, range, Some(format!("`{attr}`")));
                }
                self.patches.insert((name.0, attr), value);
            }
            _ => self.hooked_in_container(&value, range),
        }
    }

    /// An attribute of a module or class of a library is given a value.
    pub(crate) fn replaced(&mut self, attribute: Name, range: TextRange) {
        let index = self.index;
        for id in index
            .entry(attribute)
            .into_iter()
            .flat_map(|entry| &entry.replaced)
        {
            let shown = self.quoted(attribute);
            self.report_plain(*id, range, shown);
        }
    }

    /// A list of the library, such as `sys.path`, gets new elements without a call of its methods.
    pub(crate) fn grown(&mut self, list: Name, value: &Value<'a>, range: TextRange) {
        let index = self.index;
        let extend = index.names.child(list, "extend");
        if let Some(entry) = extend.and_then(|extend| index.entry(extend)) {
            let shown = self.quoted(list);
            self.matched(
                &entry.calls,
                &Args::of([value.clone()]),
                None,
                range,
                &shown,
            );
        }
    }

    pub(crate) fn set_item(
        &mut self,
        target: &'a Expr,
        mut receiver: Value<'a>,
        key: Value<'a>,
        value: Value<'a>,
        range: TextRange,
    ) {
        if let Some(name) = key.as_text() {
            let name = name.to_owned();
            self.assigned(&name, &value, range, false);
        }
        self.hooked_in_container(&value, range);
        match (&mut receiver.shape, &key.shape) {
            (Shape::Names(scope), Shape::Str(Text::Borrowed(name))) => {
                let (scope, name) = (scope.clone(), *name);
                self.bind_in(scope, name, value);
                return;
            }
            (Shape::Name(name), Shape::Str(Text::Borrowed(attr))) => {
                self.environment_set(*name, &key, &value, range);
                self.patches.insert((name.0, attr), value);
                return;
            }
            (Shape::Dict(pairs), _) => {
                receiver.from = receiver.from.union(value.from);
                receiver.services = receiver.services.union(value.services);
                receiver.safe = receiver.safe.both(if value.from.is_empty() {
                    Sinks::ALL
                } else {
                    value.safe
                });
                // A copy each time would be quadratic; what is not kept counts by its origins alone.
                if pairs.len() < MAX_CHANGED {
                    Rc::make_mut(pairs).push((key, value));
                } else {
                    receiver = receiver.from(Origins::BUILT);
                }
            }
            (Shape::List(items), _) => {
                receiver.from = receiver.from.union(value.from);
                let at = key.as_int().and_then(|at| usize::try_from(at).ok());
                if items.len() <= MAX_CHANGED
                    && let Some(slot) = at.and_then(|at| Rc::make_mut(items).get_mut(at))
                {
                    *slot = value;
                }
            }
            _ => receiver.taint_with(&value),
        }
        self.rebind(target, receiver);
    }

    /// After something changed in place: the variable that holds it learns of it.
    pub(crate) fn rebind(&mut self, target: &'a Expr, value: Value<'a>) {
        match target {
            Expr::Name(name) if self.lookup(&name.id).is_some() => self.bind(&name.id, value),
            Expr::Attribute(attribute) => {
                let receiver = self.expr_quietly(&attribute.value);
                if let Shape::Instance(class) = receiver.shape
                    && let Some(scope) = self
                        .classes
                        .get(class as usize)
                        .map(|class| class.scope.clone())
                {
                    self.bind_in(scope, &attribute.attr.id, value);
                }
            }
            _ => {}
        }
    }
}

/// Builtins through which every later import, call of code or reading of a file goes.
pub(crate) const PATCHED: &[&str] = &[
    "__import__",
    "__build_class__",
    "open",
    "exec",
    "eval",
    "compile",
    "getattr",
    "input",
];
