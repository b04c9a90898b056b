//! Small questions to syntax trees.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{CmpOp, Expr, ExprCompare, ExprList, ExprTuple, Pattern, Stmt, StmtMatch};

use super::value::Value;

use super::words::{Words, compile};

/// Whether a `break` leaves this loop.
pub(crate) fn breaks(body: &[Stmt]) -> bool {
    struct Breaks(bool, u8);
    impl<'a> Visitor<'a> for Breaks {
        fn visit_stmt(&mut self, statement: &'a Stmt) {
            match statement {
                Stmt::Break(_) => self.0 = true,
                Stmt::For(_) | Stmt::While(_) | Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
                _ if self.1 < 100 => {
                    self.1 += 1;
                    walk_stmt(self, statement);
                    self.1 -= 1;
                }
                _ => self.0 = true,
            }
        }
        fn visit_expr(&mut self, _: &'a Expr) {}
    }
    let mut visitor = Breaks(false, 0);
    visitor.visit_body(body);
    visitor.0
}

/// Whether every name in a small condition passes; calls and anything large do not.
pub(crate) fn names_are(test: &Expr, passes: &dyn Fn(&str) -> bool) -> bool {
    fn walk(test: &Expr, passes: &dyn Fn(&str) -> bool, depth: u8) -> bool {
        let Some(depth) = depth.checked_sub(1) else {
            return false;
        };
        let both = |a, b| walk(a, passes, depth) && walk(b, passes, depth);
        match test {
            Expr::Name(name) => passes(&name.id),
            Expr::BooleanLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::StringLiteral(_)
            | Expr::NoneLiteral(_) => true,
            Expr::Compare(compare) => match &*compare.comparators {
                [right] => both(&compare.left, right),
                _ => false,
            },
            Expr::BinOp(binary) => both(&binary.left, &binary.right),
            Expr::UnaryOp(unary) => walk(&unary.operand, passes, depth),
            Expr::Subscript(item) => both(&item.value, &item.slice),
            _ => false,
        }
    }
    walk(test, passes, 12)
}

/// `__name__ == "__main__"`: what follows runs when the file is started, not when it is imported.
pub(crate) fn is_main_guard(test: &Expr) -> bool {
    let Expr::Compare(compare) = test else {
        return false;
    };
    let is_main = |expr: &Expr| {
        expr.as_string_literal_expr()
            .is_some_and(|text| text.value.to_str() == "__main__")
    };
    let is_name = |expr: &Expr| {
        expr.as_name_expr()
            .is_some_and(|name| name.id == "__name__")
    };
    match (&*compare.ops, &*compare.comparators) {
        ([CmpOp::Eq], [right]) => {
            is_name(&compare.left) && is_main(right) || is_main(&compare.left) && is_name(right)
        }
        _ => false,
    }
}

/// Whether a condition asks if something is named like a secret: by a text, or by what it calls.
pub(crate) fn asks_for_secrets(test: &Expr) -> bool {
    struct Asks(bool, u8);
    impl<'a> Visitor<'a> for Asks {
        fn visit_expr(&mut self, expr: &'a Expr) {
            self.0 |= match expr {
                Expr::Name(name) => names_secrets(&name.id),
                Expr::Attribute(attribute) => names_secrets(&attribute.attr.id),
                Expr::StringLiteral(text) => is_secret_word(text.value.to_str()),
                _ => false,
            };
            if !self.0 && self.1 < 24 {
                self.1 += 1;
                walk_expr(self, expr);
                self.1 -= 1;
            }
        }
    }
    let mut visitor = Asks(false, 0);
    visitor.visit_expr(test);
    visitor.0
}

/// Whether a variable holds what secrets are called, rather than a secret.
fn names_secrets(name: &str) -> bool {
    static SENSITIVE: Words = Words::new(|| compile(&["sensitive"]));
    static OF_NAMES: Words =
        Words::new(|| compile(&["keys", "fields", "patterns", "words", "suffix", "names"]));
    SENSITIVE.are_in(name) || is_secret_word(name) && OF_NAMES.are_in(name)
}

fn is_secret_word(word: &str) -> bool {
    static WORDS: Words = Words::new(|| compile(&["secret", "credential", "password", "token"]));
    WORDS.are_in(word)
}

/// Whether a list is named after what is bad: examples, or what is to be refused.
pub(crate) fn lists_what_is_bad(assign: &ruff_python_ast::StmtAssign) -> bool {
    static WORDS: Words = Words::new(|| {
        compile(&[
            "attack",
            "bad",
            "block",
            "danger",
            "deny",
            "destruct",
            "evil",
            "example",
            "fixture",
            "forbid",
            "hostile",
            "inject",
            "malicious",
            "pattern",
            "payload",
            "rules",
            "sample",
            "suspicious",
            "test",
            "unsafe",
        ])
    });
    let is_list = matches!(
        &*assign.value,
        Expr::List(_) | Expr::Tuple(_) | Expr::Set(_) | Expr::Dict(_)
    );
    is_list
        && assign
            .targets
            .first()
            .is_some_and(|target| WORDS.are_in(last_name(target)))
}

/// Whether a body does nothing.
pub(crate) fn is_empty(body: &[Stmt]) -> bool {
    body.iter().all(|statement| match statement {
        Stmt::Pass(_) => true,
        Stmt::Expr(expr) => expr.value.is_literal_expr(),
        _ => false,
    })
}

/// Whether a comparison settles what a value is: by its digest, or because it is one of a few constants.
pub(crate) fn settles(compare: &ExprCompare) -> bool {
    let is_digest = |side: &Expr| match side {
        Expr::Call(call) => ["hexdigest", "digest"].contains(&last_name(&call.func)),
        _ => false,
    };
    let listed = match (&*compare.ops, &*compare.comparators) {
        (
            [CmpOp::In | CmpOp::NotIn],
            [Expr::List(ExprList { elts, .. }) | Expr::Tuple(ExprTuple { elts, .. })],
        ) => elts.iter().all(Expr::is_literal_expr),
        ([CmpOp::In | CmpOp::NotIn], [Expr::Set(set)]) => {
            set.elts.iter().all(Expr::is_literal_expr)
        }
        _ => false,
    };
    listed || is_digest(&compare.left) || compare.comparators.iter().any(is_digest)
}

/// `if hmac.compare_digest(…)`: behind it, what was signed is as it was.
pub(crate) fn verifies(test: &Expr) -> bool {
    matches!(test, Expr::Call(call) if last_name(&call.func) == "compare_digest")
}

/// Links of a chain that are looked through for a name: it is asked for at every link.
const LINKS: usize = 32;

/// The last name of `a.b.c` or `a.b.c(…)`; empty for anything else.
pub(crate) fn last_name(expr: &Expr) -> &str {
    let mut at = expr;
    for _ in 0..LINKS {
        match at {
            Expr::Name(name) => return &name.id,
            Expr::Attribute(attribute) => return &attribute.attr.id,
            Expr::Call(call) => at = &call.func,
            _ => break,
        }
    }
    ""
}

/// The first name of `a.b.c` or `a.b.c(…)`.
pub(crate) fn first_name(expr: &Expr) -> Option<&str> {
    let mut at = expr;
    for _ in 0..LINKS {
        match at {
            Expr::Name(name) => return Some(&name.id),
            Expr::Attribute(attribute) => at = &attribute.value,
            Expr::Call(call) => at = &call.func,
            _ => break,
        }
    }
    None
}

/// Whether an expression is a literal, or an empty display.
pub(crate) fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::Tuple(tuple) => tuple.elts.is_empty(),
        Expr::List(list) => list.elts.is_empty(),
        Expr::Dict(dict) => dict.items.is_empty(),
        Expr::UnaryOp(unary) => unary.operand.is_literal_expr(),
        Expr::Compare(compare) => compare.left.is_literal_expr(),
        _ => expr.is_literal_expr(),
    }
}

/// Looks for an expression that passes, and stops at the first.
struct Any<'f> {
    passes: &'f dyn Fn(&Expr) -> bool,
    found: bool,
}

impl<'a> Visitor<'a> for Any<'_> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        self.found |= (self.passes)(expr);
        if !self.found {
            walk_expr(self, expr);
        }
    }
}

/// Whether an expression or a part of it passes.
pub(crate) fn any(expr: &Expr, passes: &dyn Fn(&Expr) -> bool) -> bool {
    let found = false;
    let mut any = Any { passes, found };
    any.visit_expr(expr);
    any.found
}

/// Whether an expression in these statements passes.
pub(crate) fn any_in(body: &[Stmt], passes: &dyn Fn(&Expr) -> bool) -> bool {
    let found = false;
    let mut any = Any { passes, found };
    any.visit_body(body);
    any.found
}

/// The name of a variable or an attribute.
pub(crate) fn own_name(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Attribute(attribute) => Some(&attribute.attr),
        Expr::Name(name) => Some(&name.id),
        _ => None,
    }
}

/// A text that stands in the code.
pub(crate) fn literal(expr: &Expr) -> Option<&str> {
    Some(expr.as_string_literal_expr()?.value.to_str())
}

/// Every outermost call in an expression.
pub(crate) fn calls<'a>(expr: &'a Expr, found: &mut dyn FnMut(&'a Expr)) {
    struct Calls<'f, 'a>(&'f mut dyn FnMut(&'a Expr));
    impl<'a> Visitor<'a> for Calls<'_, 'a> {
        fn visit_expr(&mut self, expr: &'a Expr) {
            if expr.is_call_expr() {
                (self.0)(expr);
            } else {
                walk_expr(self, expr);
            }
        }
    }
    Calls(found).visit_expr(expr);
}

/// Whether a call that stands alone never returns.
pub(crate) fn leaves(expr: &Expr) -> bool {
    matches!(expr, Expr::Call(call) if ["abort", "exit", "_exit"].contains(&last_name(&call.func)))
}

/// The arm that a subject which is wholly known takes, where all arms before it are literals.
pub(crate) fn chosen_case(match_: &StmtMatch, subject: &Value<'_>) -> Option<usize> {
    let subject = subject.as_text()?;
    for (at, case) in match_.cases.iter().enumerate() {
        if case.guard.is_some() {
            return None;
        }
        if takes(&case.pattern, subject)? {
            return Some(at);
        }
    }
    None
}

/// Whether a pattern takes a text, where that is plain to see.
fn takes(pattern: &Pattern, subject: &str) -> Option<bool> {
    match pattern {
        Pattern::MatchValue(value) => match &*value.value {
            Expr::StringLiteral(text) => Some(text.value.to_str() == subject),
            _ => None,
        },
        Pattern::MatchAs(as_) => as_.pattern.is_none().then_some(true),
        Pattern::MatchOr(or) => {
            or.patterns
                .iter()
                .try_fold(false, |taken, pattern| match pattern {
                    Pattern::MatchValue(_) => Some(taken | takes(pattern, subject)?),
                    _ => None,
                })
        }
        Pattern::MatchSingleton(_)
        | Pattern::MatchSequence(_)
        | Pattern::MatchMapping(_)
        | Pattern::MatchClass(_)
        | Pattern::MatchStar(_) => None,
    }
}

/// Whether a value is looked up in a collection whose members somebody chose, not in a text.
pub(crate) fn is_collection(expr: Option<&Expr>) -> bool {
    match expr {
        Some(Expr::List(_) | Expr::Tuple(_) | Expr::Set(_) | Expr::Dict(_)) => true,
        Some(Expr::Name(_) | Expr::Attribute(_)) => {
            let name = expr.map_or("", last_name);
            name.chars()
                .all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit())
                || ["allow", "valid", "safe", "permitted", "whitelist", "known"]
                    .iter()
                    .any(|word| name.contains(word))
        }
        _ => false,
    }
}

/// Whether a body may give one of these names another value, or leave its loop.
pub(crate) fn may_change(body: &[Stmt], names: &[&str]) -> bool {
    struct Changes<'n>(&'n [&'n str], bool, u8);
    impl<'a> Visitor<'a> for Changes<'_> {
        fn visit_stmt(&mut self, statement: &'a Stmt) {
            self.1 |= self.2 > 50
                || matches!(
                    statement,
                    Stmt::Break(_)
                        | Stmt::Return(_)
                        | Stmt::Raise(_)
                        | Stmt::Import(_)
                        | Stmt::ImportFrom(_)
                        | Stmt::Global(_)
                        | Stmt::Nonlocal(_)
                        | Stmt::Match(_)
                );
            if !self.1 {
                self.2 += 1;
                walk_stmt(self, statement);
                self.2 -= 1;
            }
        }
        fn visit_expr(&mut self, expr: &'a Expr) {
            self.1 |= match expr {
                Expr::Name(name) => !name.ctx.is_load() && self.0.contains(&name.id.as_str()),
                Expr::Yield(_) | Expr::YieldFrom(_) | Expr::Await(_) => true,
                Expr::Call(call) => leaves(expr) || last_name(&call.func) == "exec",
                _ => false,
            };
            if !self.1 {
                walk_expr(self, expr);
            }
        }
    }
    let mut changes = Changes(names, false, 0);
    changes.visit_body(body);
    changes.1
}
