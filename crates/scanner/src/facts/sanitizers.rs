//! What makes values safe without being in the catalogue: names of functions, replaced characters, and conditions.

use ruff_python_ast::{CmpOp, Expr, ExprCompare, ExprIf, ExprName, StmtAssign, StmtIf, UnaryOp};

use super::args::Args;
use super::interp::Interp;
use super::join::join;
use super::origin::Origins;
use super::origin::Sinks;
use super::value::{GAP, Value};

/// Whether what is not known of an address comes after its host: `https://example.com/…`, `/users/…`.
pub(crate) fn names_its_host(address: &str) -> bool {
    let known = address.split(GAP).next().unwrap_or(address);
    match known.split_once("://") {
        Some((_, rest)) => rest.contains('/'),
        None => known
            .strip_prefix('/')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric())),
    }
}

fn says_that_it_cleans(name: &str) -> bool {
    const WORDS: [&str; 8] = [
        "safe",
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
        if !result.from.is_empty()
            && !result.from.meets(super::branch::what_stays(true))
            && says_that_it_cleans(name)
        {
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
            Some("*" | "(" | ")" | "\\") => replaced.filters,
            _ => return,
        };
        result.safe = result.safe.union(safe);
    }

    /// `parts = urlparse(address)`: who checks the parts has checked the address.
    pub(crate) fn taken_apart(&mut self, assign: &'a StmtAssign) {
        if let Expr::Call(call) = &*assign.value
            && let ([Expr::Name(parts)], [Expr::Name(address), ..]) =
                (&assign.targets[..], &*call.arguments.args)
            && ["urlparse", "urlsplit", "url_parse", "ip_address"]
                .contains(&super::walk::last_name(&call.func))
        {
            self.parts.insert(&parts.id, address);
        }
    }

    /// What is checked through the parts it was taken apart into.
    pub(crate) fn whole_of(&self, parts: &str) -> Option<&'a ExprName> {
        self.parts.get(parts).copied()
    }

    /// What a framework decides about a request, and not its sender.
    pub(crate) fn settled(&self, request: &Value<'a>, attr: &str) -> Option<Value<'a>> {
        // `request.json["method"]` is one of its sender's words.
        let is_part = request.as_name().is_some_and(|name| {
            let path = self.index.names.path(name);
            !path.ends_with("request") && !path.ends_with("Request()")
        });
        if is_part {
            return None;
        }
        match attr {
            "method" | "endpoint" | "url_rule" | "blueprint" | "remote_addr" | "scheme"
            | "is_json" | "content_length" | "user" | "session" | "client" => Some(Value::UNKNOWN),
            // A path leads nowhere else.
            "path" | "full_path" if request.as_name().is_none() || request.from == Origins::WEB => {
                let redirect = self.index.redirect?;
                let mut path = request.derived();
                path.safe = path.safe.union(Sinks(1 << redirect));
                Some(path)
            }
            _ => None,
        }
    }

    /// Inside of a condition that a value had to pass.
    pub(crate) fn passed(&mut self, test: &'a Expr) {
        match test {
            Expr::BoolOp(both) if both.op.is_and() => {
                self.deeper(|this| both.values.iter().for_each(|test| this.passed(test)));
            }
            Expr::Name(name) => {
                if let Some(test) = self.test_named(&name.id) {
                    self.passed(test);
                }
            }
            Expr::Compare(compare)
                if matches!(&*compare.ops, [CmpOp::In])
                    && super::walk::is_collection(compare.comparators.first()) =>
            {
                self.looked_up(compare);
            }
            Expr::Call(call) => {
                let name = super::walk::last_name(&call.func);
                if super::walk::verifies(test) {
                    self.guard(test);
                } else if says_that_it_checks(name) {
                    if let Expr::Attribute(method) = &*call.func {
                        self.checked(&method.value);
                    }
                    let keywords = call.arguments.keywords.iter().map(|each| &each.value);
                    let arguments = call.arguments.args.iter().chain(keywords);
                    arguments.for_each(|argument| self.checked(argument));
                }
            }
            _ => {}
        }
    }

    /// `value if value in ALLOWED else "en"`
    pub(crate) fn conditional(&mut self, if_: &'a ExprIf) -> Value<'a> {
        let test = self.expr(&if_.test);
        let mark = self.begin_branch();
        self.passed(&if_.test);
        let body = self.expr(&if_.body);
        let passed = self.end_branch(mark);
        let mark = self.begin_branch();
        self.refuses(&if_.test);
        let orelse = self.expr(&if_.orelse);
        let refused = self.end_branch(mark);
        self.merge(vec![(passed, false), (refused, false)]);
        match test.truth() {
            Some(true) if self.loops == 0 => body,
            Some(false) if self.loops == 0 => orelse,
            _ => join(body, orelse),
        }
    }

    /// `ok = is_allowed(value)`: who asks for `ok` asks for the test.
    pub(crate) fn tested(&mut self, assign: &'a StmtAssign) {
        let asks = match &*assign.value {
            Expr::Compare(compare) => {
                matches!(&*compare.ops, [CmpOp::In])
                    && super::walk::is_collection(compare.comparators.first())
            }
            Expr::Call(call) => says_that_it_checks(super::walk::last_name(&call.func)),
            _ => false,
        };
        if let ([Expr::Name(name)], true) = (&assign.targets[..], asks) {
            self.tests.insert(&name.id, &assign.value);
        }
    }

    /// The test whose outcome has this name.
    pub(crate) fn test_named(&self, name: &str) -> Option<&'a Expr> {
        self.tests.get(name).copied()
    }

    /// Past a condition under which a value was replaced: it passed, or it is another one.
    pub(crate) fn refused(&mut self, if_: &'a StmtIf) {
        if if_.elif_else_clauses.is_empty() {
            self.refuses(&if_.test);
        }
    }

    fn refuses(&mut self, test: &'a Expr) {
        match test {
            Expr::BoolOp(both) => {
                self.deeper(|this| both.values.iter().for_each(|test| this.refuses(test)));
            }
            Expr::Compare(compare)
                if matches!(&*compare.ops, [CmpOp::NotEq])
                    && matches!(&*compare.comparators, [Expr::StringLiteral(_)]) =>
            {
                self.checked(&compare.left);
            }
            Expr::UnaryOp(not) if not.op == UnaryOp::Not => self.passed(&not.operand),
            Expr::Compare(compare)
                if matches!(&*compare.ops, [CmpOp::NotIn])
                    && super::walk::is_collection(compare.comparators.first()) =>
            {
                self.looked_up(compare);
            }
            _ => {}
        }
    }

    fn looked_up(&mut self, compare: &'a ExprCompare) {
        let stays = super::branch::what_stays(super::walk::settles(compare));
        self.check(&compare.left, stays);
    }
}

/// Functions that tell what a text or an address consists of.
pub(super) const CHECKS: [&str; 9] = [
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

/// Whether a function of this name checks what it is given.
pub(super) fn says_that_it_checks(name: &str) -> bool {
    CHECKS.contains(&name)
        || ["valid", "safe", "allowed"]
            .iter()
            .any(|word| name.contains(word))
}
