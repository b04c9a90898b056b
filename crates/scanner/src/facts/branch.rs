//! Binding names, and what is left of it where branches meet.

use std::collections::HashMap;
use std::rc::Rc;

use foldhash::fast::RandomState;
use ruff_python_ast::{CmpOp, Expr, ExprCall, ExprList, ExprTuple, UnaryOp};

use super::interp::Interp;
use super::join::join;
use super::origin::{Origins, Sinks};
use super::scope::{Scope, ScopeKind};
use super::value::{GAP, Shape, Value};

/// What a branch bound.
pub(crate) type Changes<'a> = Vec<(Rc<Scope<'a>>, &'a str, Value<'a>)>;

/// Names bound in one branching from which on they are looked up instead of searched.
const MANY: usize = 16;

/// What the arms that were seen so far leave in one name.
struct Merged<'a> {
    scope: Rc<Scope<'a>>,
    name: &'a str,
    value: Value<'a>,
    /// How many arms bound it, and the last of them.
    arms: usize,
    last_arm: usize,
}

impl<'a> Merged<'a> {
    fn is(&self, scope: &Rc<Scope<'a>>, name: &str) -> bool {
        Rc::ptr_eq(&self.scope, scope) && self.name == name
    }

    fn key(&self) -> (usize, &'a str) {
        (Rc::as_ptr(&self.scope) as usize, self.name)
    }
}

impl<'a> Interp<'a, '_> {
    /// The value of a name, as Python would find it.
    pub(crate) fn lookup(&self, name: &str) -> Option<Value<'a>> {
        if let Some(value) = self.scope.get(name) {
            return Some(value);
        }
        let mut at = self.scope.parent.as_ref();
        while let Some(scope) = at {
            if scope.kind != ScopeKind::Class
                && let Some(value) = scope.get(name)
            {
                return Some(value);
            }
            at = scope.parent.as_ref();
        }
        self.stars.iter().find_map(|module| {
            let found = self.index.names.child(*module, name)?;
            Some(Value::of(Shape::Name(found)))
        })
    }

    /// Binds a name where Python would.
    pub(crate) fn bind(&mut self, name: &'a str, value: Value<'a>) {
        let sent = self
            .scope
            .elsewhere
            .borrow()
            .iter()
            .find(|(sent, _)| *sent == name)
            .copied();
        let scope = match sent {
            None => self.scope.clone(),
            Some((_, true)) => self.module.clone(),
            Some((_, false)) => self.owner_of(name),
        };
        self.bind_in(scope, name, value);
    }

    fn owner_of(&self, name: &str) -> Rc<Scope<'a>> {
        let mut at = self.scope.parent.clone();
        while let Some(scope) = at {
            if scope.kind == ScopeKind::Function && scope.names.borrow().contains_key(name) {
                return scope;
            }
            at = scope.parent.clone();
        }
        self.scope.clone()
    }

    pub(crate) fn bind_in(&mut self, scope: Rc<Scope<'a>>, name: &'a str, value: Value<'a>) {
        let before = scope.names.borrow_mut().insert(name, value);
        if self.branches > 0 {
            self.trail.push((scope, name, before));
        }
    }

    pub(crate) fn begin_branch(&mut self) -> usize {
        self.branches += 1;
        self.trail.len()
    }

    /// Takes back what was bound since `mark`, and says what it was.
    pub(crate) fn end_branch(&mut self, mark: usize) -> Changes<'a> {
        self.branches -= 1;
        let mut changes = Changes::new();
        for (scope, name, before) in self.trail.drain(mark..).rev() {
            let mut names = scope.names.borrow_mut();
            let after = match before {
                Some(before) => names.insert(name, before),
                None => names.remove(name),
            };
            drop(names);
            if let Some(after) = after {
                changes.push((scope, name, after));
            }
        }
        // The last binding of a name came first; the earlier ones are what it overwrote.
        changes
    }

    /// Binds what the branches that end here leave behind.
    pub(crate) fn merge(&mut self, arms: Vec<(Changes<'a>, bool)>) {
        let all_exit = arms.iter().all(|(_, exits)| *exits);
        let mut live = 0;
        let mut merged: Vec<Merged<'a>> = Vec::new();
        let mut places: HashMap<(usize, &'a str), usize, RandomState> = HashMap::default();
        for (arm, (changes, exits)) in arms.into_iter().enumerate() {
            if exits && !all_exit {
                continue;
            }
            live += 1;
            for (scope, name, value) in changes {
                let known = if merged.len() < MANY {
                    merged.iter().position(|one| one.is(&scope, name))
                } else {
                    if places.is_empty() {
                        places.extend(merged.iter().map(Merged::key).zip(0..));
                    }
                    places.get(&(Rc::as_ptr(&scope) as usize, name)).copied()
                };
                match known.and_then(|at| merged.get_mut(at)) {
                    // An arm's later entries are its earlier values.
                    Some(one) if one.last_arm == arm => {}
                    Some(one) => {
                        one.last_arm = arm;
                        one.arms += 1;
                        let before = std::mem::replace(&mut one.value, Value::UNKNOWN);
                        one.value = join(before, value);
                    }
                    None => {
                        let one = Merged {
                            scope,
                            name,
                            value,
                            arms: 1,
                            last_arm: arm,
                        };
                        if !places.is_empty() {
                            places.insert(one.key(), merged.len());
                        }
                        merged.push(one);
                    }
                }
            }
        }
        for one in merged {
            let value = match one.scope.get(one.name) {
                Some(before) if one.arms < live => join(before, one.value),
                _ => one.value,
            };
            self.bind_in(one.scope, one.name, value);
        }
    }

    /// After a test whose other outcome leaves: what it compared is taken as checked.
    pub(crate) fn guard(&mut self, test: &'a Expr) {
        self.deeper(|this| match test {
            Expr::BoolOp(both) => both.values.iter().for_each(|test| this.guard(test)),
            Expr::UnaryOp(not) if not.op == UnaryOp::Not => this.guard(&not.operand),
            Expr::Name(name) => {
                if let Some(test) = this.test_named(&name.id) {
                    this.passed(test);
                }
            }
            Expr::Compare(compare) => {
                // What is not on a list of what is bad may be bad all the same.
                let denies = matches!(&*compare.ops, [CmpOp::In])
                    && !compare.left.is_literal_expr()
                    && super::walk::is_collection(compare.comparators.first());
                let checks = !denies
                    && (compare.ops.iter())
                        .any(|op| matches!(op, CmpOp::In | CmpOp::NotIn | CmpOp::NotEq));
                if checks {
                    let stays = what_stays(super::walk::settles(compare));
                    let sides = compare.comparators.iter().chain([&*compare.left]);
                    sides.for_each(|side| this.check(side, stays));
                }
            }
            Expr::Call(call) => {
                let name = super::walk::last_name(&call.func);
                if this.says_nothing(call) {
                    return;
                }
                if let Expr::Attribute(method) = &*call.func
                    && (CHECKS.contains(&name) || super::sanitizers::CHECKS.contains(&name))
                {
                    this.checked(&method.value);
                    call.arguments
                        .args
                        .iter()
                        .for_each(|argument| this.checked(argument));
                } else if super::walk::verifies(test)
                    || super::sanitizers::says_that_it_checks(name)
                {
                    let stays = what_stays(super::walk::verifies(test));
                    let arguments = call.arguments.args.iter();
                    arguments.for_each(|argument| this.check(argument, stays));
                }
            }
            _ => {}
        });
    }

    /// `(BASE + name).startswith(BASE)` holds whatever the name is, and every address begins with `http`.
    fn says_nothing(&mut self, call: &'a ExprCall) -> bool {
        let (Expr::Attribute(method), [start]) = (&*call.func, &*call.arguments.args) else {
            return false;
        };
        if &method.attr != "startswith" {
            return false;
        }
        let is_scheme = |text: &Expr| {
            super::walk::literal(text).is_some_and(|text| {
                let schemes = ["http://", "https://"];
                text.starts_with("http") && schemes.iter().any(|scheme| scheme.starts_with(text))
            })
        };
        let schemes = start.as_tuple_expr().map(|tuple| &tuple.elts[..]);
        if schemes
            .unwrap_or(std::slice::from_ref(start))
            .iter()
            .all(is_scheme)
        {
            return true;
        }
        if !method.value.is_name_expr() || !(start.is_name_expr() || start.is_string_literal_expr())
        {
            return false;
        }
        let (value, start) = (self.expr_quietly(&method.value), self.expr_quietly(start));
        match (value.as_gapped(), start.as_text()) {
            (Some(text), Some(start)) => text.contains(GAP) && text.starts_with(start),
            _ => false,
        }
    }

    /// A value passed a test of which nothing more is known.
    pub(crate) fn checked(&mut self, expr: &'a Expr) {
        self.check(expr, what_stays(false));
    }

    /// A value passed a test, after which it is safe unless it is of `stays`.
    pub(crate) fn check(&mut self, expr: &'a Expr, stays: Origins) {
        self.deeper(|this| this.check_part(expr, stays));
    }

    fn check_part(&mut self, expr: &'a Expr, stays: Origins) {
        match expr {
            Expr::Name(name) => {
                self.made_safe(&name.id, stays);
                if let Some(whole) = self.whole_of(&name.id)
                    && whole.id != name.id
                {
                    self.made_safe(&whole.id, stays);
                }
            }
            // The scheme of an address says nothing of its host, nor its path of its query.
            Expr::Attribute(part)
                if ["scheme", "port", "path", "query"].contains(&part.attr.as_str()) => {}
            Expr::Attribute(attribute) => self.check(&attribute.value, stays),
            Expr::Call(call) => {
                let arguments = call.arguments.args.iter();
                arguments.for_each(|argument| self.check(argument, stays));
                if let Expr::Attribute(method) = &*call.func {
                    self.check(&method.value, stays);
                }
            }
            Expr::Subscript(item) => self.check(&item.value, stays),
            // `value or ""`
            Expr::BoolOp(either) => either
                .values
                .iter()
                .for_each(|value| self.check(value, stays)),
            Expr::List(ExprList { elts, .. }) | Expr::Tuple(ExprTuple { elts, .. }) => {
                elts.iter().for_each(|part| self.check(part, stays));
            }
            _ => {}
        }
    }

    fn made_safe(&mut self, name: &'a str, stays: Origins) {
        if let Some(mut value) = self.lookup(name)
            && !value.from.is_empty()
            && !value.from.meets(stays)
        {
            value.safe = Sinks::ALL;
            self.bind(name, value);
        }
    }
}

/// What a test makes no safer: a secret that was looked at is one still, and what came from elsewhere is as its
/// sender wants it, unless the test settles what it is.
pub(crate) fn what_stays(settled: bool) -> Origins {
    match settled {
        true => LEAKS,
        false => LEAKS.union(FOREIGN),
    }
}

/// What somebody else may have written.
const FOREIGN: Origins = Origins::NETWORK
    .union(Origins::SOCKET)
    .union(Origins::DECODED)
    .union(Origins::DECRYPTED)
    .union(Origins::DROPPED);

/// What must not leave, whatever it was compared with.
const LEAKS: Origins = Origins::PRIVATE
    .union(Origins::HOST)
    .union(Origins::CAPTURE)
    .union(Origins::OUTPUT)
    .union(Origins::EVERYTHING);

/// Methods that test a value.
const CHECKS: &[&str] = &[
    "startswith",
    "endswith",
    "match",
    "search",
    "issubset",
    "is_safe",
    "is_valid",
];
