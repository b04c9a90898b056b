//! What makes values safe without being in the catalogue: names of functions, replaced characters, and conditions.

use ruff_python_ast::{CmpOp, Expr, StmtIf, UnaryOp};

use super::args::Args;
use super::interp::Interp;
use super::value::Value;

fn says_that_it_cleans(name: &str) -> bool {
    const WORDS: [&str; 7] = [
        "escape",
        "sanitize",
        "sanitise",
        "sanitized",
        "bleach",
        "purify",
        "quote",
    ];
    let mut words = name.split('_');
    !name.starts_with("un") && words.any(|word| WORDS.contains(&word))
}

impl<'a> Interp<'a, '_> {
    /// A function that nobody here knows is taken by its word when it says that it cleans, but not where data leaves.
    pub(crate) fn cleaned_by_name(&self, name: &str, result: &mut Value<'a>) {
        if !result.from.is_empty() && says_that_it_cleans(name) {
            result.safe = result.safe.union(self.index.replaced.escaped);
        }
    }

    /// A text of which quotes, brackets or line ends were replaced is safe where these do the harm.
    pub(crate) fn replaced_parts(&self, name: &str, args: &Args<'a>, result: &mut Value<'a>) {
        if name != "replace" || result.from.is_empty() {
            return;
        }
        let replaced = self.index.replaced;
        let safe = match args.at(0).and_then(Value::as_text) {
            Some("'" | "\"") => replaced.quotes,
            Some("<" | ">") => replaced.brackets,
            Some("\n" | "\r" | "\r\n") => replaced.line_ends,
            _ => return,
        };
        result.safe = result.safe.union(safe);
    }

    /// Inside of a condition that a value had to pass.
    pub(crate) fn passed(&mut self, test: &'a Expr) {
        match test {
            Expr::BoolOp(both) if both.op.is_and() => {
                self.deeper(|this| both.values.iter().for_each(|test| this.passed(test)));
            }
            Expr::Compare(compare)
                if matches!(&*compare.ops, [CmpOp::In])
                    && super::walk::is_collection(compare.comparators.first()) =>
            {
                self.checked(&compare.left);
            }
            Expr::Call(call) => {
                let name = super::walk::last_name(&call.func);
                if super::walk::verifies(test) {
                    self.guard(test);
                } else if says_that_it_checks(name) {
                    if let Expr::Attribute(method) = &*call.func {
                        self.checked(&method.value);
                    }
                    let arguments = &call.arguments.args;
                    arguments.iter().for_each(|argument| self.checked(argument));
                }
            }
            _ => {}
        }
    }

    /// Past a condition under which a value was replaced: it passed, or it is another one.
    pub(crate) fn refused(&mut self, if_: &'a StmtIf) {
        if !if_.elif_else_clauses.is_empty() {
            return;
        }
        match &*if_.test {
            Expr::UnaryOp(not) if not.op == UnaryOp::Not => self.passed(&not.operand),
            Expr::Compare(compare)
                if matches!(&*compare.ops, [CmpOp::NotIn])
                    && super::walk::is_collection(compare.comparators.first()) =>
            {
                self.checked(&compare.left);
            }
            _ => {}
        }
    }
}

fn says_that_it_checks(name: &str) -> bool {
    const NAMES: [&str; 9] = [
        "isdigit",
        "isalnum",
        "isalpha",
        "isnumeric",
        "isdecimal",
        "isidentifier",
        "fullmatch",
        "is_relative_to",
        "url_has_allowed_host_and_scheme",
    ];
    NAMES.contains(&name)
        || name.contains("valid")
        || name.contains("safe")
        || name.contains("allowed")
}
