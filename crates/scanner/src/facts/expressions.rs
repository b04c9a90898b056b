//! Expressions: each is evaluated once, to what is known of its value.

use super::args::Args;
use super::checks::Check;
use super::interp::Interp;
use super::join::join;
use super::names::Name;
use super::names::Names;
use super::origin::Origins;
use super::scope::Code;
use super::value::Data;
use super::value::Shape;
use super::value::Text;
use super::value::Value;
use super::variants::Pieces;
use ruff_python_ast::Expr;
use ruff_python_ast::ExprCall;
use ruff_python_ast::InterpolatedStringElement;
use ruff_python_ast::Number;
use ruff_python_ast::Operator;
use ruff_python_ast::UnaryOp;
use ruff_text_size::{Ranged, TextRange};
use std::rc::Rc;

impl<'a> Interp<'a, '_> {
    /// Evaluates an expression whose value is used, so that what it refers to counts.
    pub(crate) fn expr(&mut self, expr: &'a Expr) -> Value<'a> {
        let value = self.expr_quietly(expr);
        if let Expr::Name(_) | Expr::Attribute(_) | Expr::Subscript(_) = expr {
            self.referred(&value, expr.range());
        }
        value
    }

    /// The same, when the value is only called or looked into.
    pub(crate) fn expr_quietly(&mut self, expr: &'a Expr) -> Value<'a> {
        if self.following {
            match self.fuel.checked_sub(1) {
                Some(fuel) => self.fuel = fuel,
                None => {
                    self.spent = true;
                    return Value::UNKNOWN;
                }
            }
        }
        match expr {
            // Half of all expressions, and nothing lies in them.
            Expr::Name(name) => self.name(&name.id, name.range),
            _ => self
                .deeper(|this| this.evaluate(expr))
                .unwrap_or(Value::UNKNOWN),
        }
    }

    pub(crate) fn evaluate(&mut self, expr: &'a Expr) -> Value<'a> {
        match expr {
            Expr::Name(name) => self.name(&name.id, name.range),
            Expr::Attribute(attribute) => {
                if attribute.attr.id == "__class__" && super::walk::is_constant(&attribute.value) {
                    let shown = Some("`__class__` of a literal".to_owned());
                    self.report_check(Check::WalkStart, attribute.range, shown);
                }
                let receiver = self.expr_quietly(&attribute.value);
                self.attribute(&receiver, &attribute.attr.id, attribute.range)
            }
            Expr::Call(call) => self.call_expr(call),
            Expr::StringLiteral(text) => {
                let text: &'a str = text.value.to_str();
                self.constant_text(text, expr.range());
                Value::of(Shape::Str(Text::Borrowed(text)))
            }
            Expr::BytesLiteral(bytes) => match bytes.value.as_slice() {
                [one] => {
                    if let Ok(text) = std::str::from_utf8(&one.value) {
                        self.constant_text(text, expr.range());
                    }
                    Value::of(Shape::Bytes(Data::Borrowed(&one.value)))
                }
                _ => Value::bytes(bytes.value.bytes().collect::<Vec<u8>>()),
            },
            Expr::NumberLiteral(number) => match &number.value {
                Number::Int(int) => int
                    .as_i64()
                    .map_or(Value::UNKNOWN, |int| Value::of(Shape::Int(int))),
                Number::Float(_) | Number::Complex { .. } => Value::UNKNOWN,
            },
            Expr::BooleanLiteral(flag) => Value::of(Shape::Bool(flag.value)),
            Expr::NoneLiteral(_) => Value::of(Shape::Nothing),
            Expr::EllipsisLiteral(_) | Expr::IpyEscapeCommand(_) => Value::UNKNOWN,
            Expr::BinOp(_) => self.binary_chain(expr),
            Expr::BoolOp(bool_op) => {
                let mut values = bool_op
                    .values
                    .iter()
                    .map(|value| self.expr(value))
                    .collect::<Vec<_>>()
                    .into_iter();
                let first = values.next().unwrap_or(Value::UNKNOWN);
                values.fold(first, join)
            }
            Expr::UnaryOp(unary) => {
                let value = self.expr(&unary.operand);
                match (unary.op, value.as_int()) {
                    (UnaryOp::USub, Some(number)) => {
                        Value::of(Shape::Int(number.wrapping_neg())).with(&value)
                    }
                    (UnaryOp::Invert, Some(number)) => Value::of(Shape::Int(!number)).with(&value),
                    (UnaryOp::UAdd, Some(_)) => value,
                    (UnaryOp::Not, _) => value
                        .truth()
                        .map_or(Value::UNKNOWN, |truth| Value::of(Shape::Bool(!truth))),
                    _ => value.derived(),
                }
            }
            Expr::Compare(compare) => self.compare(compare),
            Expr::If(if_) => self.conditional(if_),
            Expr::Named(named) => {
                let value = self.expr(&named.value);
                self.assign(&named.target, value.clone(), named.range);
                value
            }
            Expr::Tuple(tuple) => self.display(&tuple.elts),
            Expr::List(list) => self.display(&list.elts),
            Expr::Set(set) => self.display(&set.elts),
            Expr::Dict(dict) => self.dict(dict),
            Expr::Subscript(item) => {
                let receiver = self.expr_quietly(&item.value);
                if let Expr::Slice(slice) = &*item.slice {
                    let part = |this: &mut Self, bound: &'a Option<Box<Expr>>| {
                        bound.as_deref().map(|bound| this.expr(bound))
                    };
                    let bounds = [
                        part(self, &slice.lower),
                        part(self, &slice.upper),
                        part(self, &slice.step),
                    ];
                    return self.slice(&receiver, &bounds);
                }
                let key = self.expr(&item.slice);
                self.subscript(&receiver, &key, item.range)
            }
            Expr::Slice(slice) => {
                for bound in [&slice.lower, &slice.upper, &slice.step]
                    .into_iter()
                    .flatten()
                {
                    self.expr(bound);
                }
                Value::UNKNOWN
            }
            Expr::Starred(starred) => self.expr(&starred.value),
            Expr::Await(await_) => self.expr_quietly(&await_.value),
            Expr::Yield(yield_) => {
                if let Some(value) = &yield_.value {
                    let value = self.expr(value);
                    let before = self.returned.take();
                    let item = Value::list(vec![value]);
                    self.returned = Some(before.map_or(item.clone(), |before| join(before, item)));
                }
                // What `send` gives a generator is chosen by whoever holds it, like an argument.
                Value::tainted(Origins::PARAM.union(Origins::INNER))
            }
            Expr::YieldFrom(yield_) => {
                let items = self.expr(&yield_.value);
                let derived = items.derived();
                let before = self.returned.take();
                self.returned = Some(before.map_or(items.clone(), |before| join(before, items)));
                derived
            }
            Expr::Lambda(lambda) => {
                let id = self.function(
                    Self::key(lambda),
                    Code::Lambda(&lambda.body),
                    lambda.parameters.as_deref(),
                    "_lambda",
                    false,
                );
                Value::of(Shape::Function(id))
            }
            Expr::FString(text) => self.f_string(text),
            Expr::TString(text) => {
                let mut value = Value::UNKNOWN;
                for element in text.value.elements() {
                    if let InterpolatedStringElement::Interpolation(part) = element {
                        let part = self.expr(&part.expression);
                        value.taint_with(&part);
                    }
                }
                value
            }
            Expr::ListComp(comp) => self.comprehension(&comp.generators, &[&comp.elt]),
            Expr::SetComp(comp) => self.comprehension(&comp.generators, &[&comp.elt]),
            Expr::Generator(comp) => self.comprehension(&comp.generators, &[&comp.elt]),
            Expr::DictComp(comp) => {
                let mut parts: Vec<&'a Expr> = comp.key.as_deref().into_iter().collect();
                parts.push(&comp.value);
                self.comprehension(&comp.generators, &parts)
            }
        }
    }

    pub(crate) fn name(&mut self, name: &'a str, range: TextRange) -> Value<'a> {
        if let Some(value) = self.lookup(name) {
            return value;
        }
        if let Some(found) = self.index.names.child(Names::BUILTINS, name) {
            return self.named(found);
        }
        match name {
            // A fragment of a `setup.py` that lacks its imports.
            "setup" => {
                let setup = self.index.names.find("setuptools.setup");
                setup.map_or(Value::UNKNOWN, |name| self.named(name))
            }
            "__builtins__" => self.named(Names::BUILTINS),
            "__file__" => Value::of(Shape::Path(Text::Borrowed("\u{FFFC}/skill.py"))),
            "__name__" => Value::UNKNOWN,
            // A fragment that lacks its imports is read as if it had them.
            _ if LIKELY_MODULES.contains(&name) => {
                self.attribute_taken(name, range);
                self.module_named(name)
            }
            _ => Value::UNKNOWN,
        }
    }

    /// The value that a known name stands for.
    pub(crate) fn named(&self, name: Name) -> Value<'a> {
        let Some(entry) = self.index.entry(name) else {
            return Value::of(Shape::Name(name));
        };
        match entry.text {
            Some(text) => Value::of(Shape::Str(Text::Borrowed(text))),
            None => Value::of(Shape::Name(name)).from(entry.source),
        }
    }

    /// A left-leaning chain of operators without recursion, however long it is.
    pub(crate) fn binary_chain(&mut self, expr: &'a Expr) -> Value<'a> {
        let mut rights = Vec::new();
        let mut at = expr;
        while let Expr::BinOp(binary) = at {
            rights.push((binary.op, &*binary.right));
            at = &binary.left;
        }
        let mut left = self.expr(at);
        let sum = rights.iter().all(|(op, _)| *op == Operator::Add);
        if sum && rights.len() > 1 && matches!(left.shape, Shape::Str(_)) {
            let mut folded = Pieces::new(left.printed().unwrap_or_default());
            let mut blend = left.derived();
            for (_, right) in rights.into_iter().rev() {
                let right = self.expr(right);
                blend.taint_with(&right);
                folded.push_value(&right, |text, part| match &part.shape {
                    Shape::Str(part) => text.push_str(part),
                    _ => super::displays::push_gap(text),
                });
            }
            return self.folded_pieces(folded, &blend, expr.range());
        }
        while let Some((op, right)) = rights.pop() {
            let right = self.expr(right);
            let pipe = op == Operator::BitOr;
            left = match pipe || op == Operator::BitAnd {
                true => self.programs_joined(pipe, &left, &right, expr.range()),
                false => None,
            }
            .unwrap_or_else(|| self.binary(op, left, right));
        }
        if left.from.meets(Origins::FOLDED.union(Origins::BUILT))
            && let Shape::Str(text) = &left.shape
        {
            let text = text.to_string();
            self.constant_text(&text, expr.range());
            self.image_text(&text, left.from, expr.range());
        }
        left
    }

    pub(crate) fn compare(&mut self, compare: &'a ruff_python_ast::ExprCompare) -> Value<'a> {
        let left = self.expr(&compare.left);
        let mut rights = Vec::new();
        for right in &compare.comparators {
            rights.push(self.expr(right));
        }
        match (&*compare.ops, &rights[..]) {
            ([op], [right]) => {
                self.compared(compare, *op, [&left, right]);
                super::fold::compare(*op, &left, right)
                    .map_or(Value::UNKNOWN, |truth| Value::of(Shape::Bool(truth)))
            }
            _ => Value::UNKNOWN,
        }
    }

    pub(crate) fn call_expr(&mut self, call: &'a ExprCall) -> Value<'a> {
        let range = call.range();
        if let Expr::Attribute(method) = &*call.func {
            let receiver = self.expr_quietly(&method.value);
            let args = self.arguments(&call.arguments);
            let name: &'a str = &method.attr.id;
            return self.call_method(
                &receiver,
                name,
                &args,
                Some(&method.value),
                method.range,
                range,
            );
        }
        let callee = self.expr_quietly(&call.func);
        let args = self.arguments(&call.arguments);
        let mut result = self.call(&callee, &args, None, range);
        if matches!(callee.shape, Shape::Unknown | Shape::Foreign) {
            self.cleaned_by_name(super::walk::last_name(&call.func), &mut result);
        }
        // A file that is opened for writing remembers the variable that named it.
        if let Shape::Handle(handle) = &result.shape
            && let Some(Expr::Name(variable)) = call.arguments.args.first()
        {
            result.shape = Shape::Handle(Rc::new((handle.0.clone(), Some(&variable.id))));
        }
        result
    }

    pub(crate) fn arguments(&mut self, arguments: &'a ruff_python_ast::Arguments) -> Args<'a> {
        let mut args = Args::default();
        for argument in &arguments.args {
            let value = self.expr(argument);
            if !argument.is_starred_expr() {
                args.positional.push(value);
                continue;
            }
            match &value.shape {
                Shape::List(items) if args.rest.is_none() => {
                    args.positional.extend(items.iter().cloned())
                }
                _ => args.rest = Some(join(args.rest.take().unwrap_or(Value::UNKNOWN), value)),
            }
        }
        for keyword in &arguments.keywords {
            let value = self.expr(&keyword.value);
            match (&keyword.arg, &value.shape) {
                (Some(name), _) => {
                    self.assigned(&name.id, &value, keyword.range, true);
                    args.keywords.push((&name.id, value));
                }
                (None, Shape::Dict(pairs)) => {
                    for (key, value) in pairs.iter() {
                        match key.shape {
                            Shape::Str(Text::Borrowed(key)) => {
                                args.keywords.push((key, value.clone()));
                            }
                            // A name that was put together is taken for that of the first argument.
                            _ if args.positional.is_empty() => args.positional.push(value.clone()),
                            _ => {
                                let rest = args.rest.take().unwrap_or(Value::UNKNOWN);
                                args.rest = Some(join(rest, value.clone()));
                            }
                        }
                    }
                }
                (None, _) => {
                    args.rest = Some(join(args.rest.take().unwrap_or(Value::UNKNOWN), value))
                }
            }
        }
        args
    }
}

/// Modules that a fragment of code may use without importing them.
const LIKELY_MODULES: &[&str] = &[
    "os",
    "sys",
    "subprocess",
    "socket",
    "requests",
    "base64",
    "ctypes",
    "pickle",
    "marshal",
    "shutil",
    "urllib",
    "httpx",
    "yaml",
    "hashlib",
    "random",
    "zlib",
    "codecs",
    "builtins",
    "importlib",
    "pty",
    "flask",
    "tempfile",
    "windll",
];
