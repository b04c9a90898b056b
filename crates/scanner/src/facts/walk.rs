//! Small questions to syntax trees.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt};

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

/// The last name of `a.b.c` or `a.b.c(…)`; empty for anything else.
pub(crate) fn last_name(expr: &Expr) -> &str {
    let mut at = expr;
    loop {
        match at {
            Expr::Name(name) => return &name.id,
            Expr::Attribute(attribute) => return &attribute.attr.id,
            Expr::Call(call) => at = &call.func,
            _ => return "",
        }
    }
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
