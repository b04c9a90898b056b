//! Expressions: each is evaluated once, to what is known of its value.

use std::rc::Rc;

use ruff_python_ast::{
    Comprehension, Expr, ExprCall, FStringPart, InterpolatedStringElement, Number, Operator,
    UnaryOp,
};
use ruff_text_size::{Ranged, TextRange};

use super::args::Args;
use super::checks::Check;
use super::interp::Interp;
use super::join::join;
use super::names::{CALLED, ITEM, Name, Names};
use super::origin::{Origins, Sinks};
use super::scope::{Code, Scope, ScopeKind};
use super::value::{Data, GAP, Shape, Text, Value};

/// How many elements of a display are kept apart.
const MAX_ITEMS: usize = 1 << 16;

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
                None => return Value::UNKNOWN,
            }
        }
        self.deeper(|this| this.evaluate(expr))
            .unwrap_or(Value::UNKNOWN)
    }

    fn evaluate(&mut self, expr: &'a Expr) -> Value<'a> {
        match expr {
            Expr::Name(name) => self.name(&name.id, name.range),
            Expr::Attribute(attribute) => {
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
                [one] => Value::of(Shape::Bytes(Data::Borrowed(&one.value))),
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
            Expr::If(if_) => {
                let test = self.expr(&if_.test);
                let (body, orelse) = (self.expr(&if_.body), self.expr(&if_.orelse));
                match test.truth() {
                    Some(true) if self.loops == 0 => body,
                    Some(false) if self.loops == 0 => orelse,
                    _ => join(body, orelse),
                }
            }
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
                Value::UNKNOWN
            }
            Expr::YieldFrom(yield_) => self.expr(&yield_.value).derived(),
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
                self.comprehension(&comp.generators, &parts).derived()
            }
        }
    }

    fn name(&mut self, name: &'a str, range: TextRange) -> Value<'a> {
        if let Some(value) = self.lookup(name) {
            return value;
        }
        if let Some(found) = self.index.names.child(Names::BUILTINS, name) {
            return self.named(found);
        }
        match name {
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
        let source = self
            .index
            .entry(name)
            .map_or(Origins::NONE, |entry| entry.source);
        Value::of(Shape::Name(name)).from(source)
    }

    fn display(&mut self, elements: &'a [Expr]) -> Value<'a> {
        let mut items = Vec::new();
        let mut blend = Value::NEUTRAL;
        for element in elements {
            let value = self.expr(element);
            blend.taint_with(&value);
            match (&value.shape, element.is_starred_expr()) {
                (Shape::List(inner), true) => items.extend(inner.iter().cloned()),
                (_, true) => items.push(value.derived()),
                (_, false) if items.len() < MAX_ITEMS => items.push(value),
                _ => {}
            }
        }
        blend.shape = Shape::List(Rc::new(items));
        blend
    }

    fn dict(&mut self, dict: &'a ruff_python_ast::ExprDict) -> Value<'a> {
        let mut pairs = Vec::new();
        let mut blend = Value::NEUTRAL;
        for item in &dict.items {
            let key = item.key.as_ref().map(|key| self.expr(key));
            let value = self.expr(&item.value);
            if let Some(key) = &key
                && let Some(name) = key.as_text()
            {
                self.assigned(name, &value, item.value.range(), true);
            }
            blend.taint_with(&value);
            match (key, &value.shape) {
                (Some(key), _) => {
                    self.hooked_in_container(&value, item.value.range());
                    pairs.push((key, value));
                }
                (None, Shape::Dict(inner)) => pairs.extend(inner.iter().cloned()),
                (None, _) => {}
            }
        }
        blend.shape = Shape::Dict(Rc::new(pairs));
        blend
    }

    fn f_string(&mut self, text: &'a ruff_python_ast::ExprFString) -> Value<'a> {
        let mut folded = String::new();
        let mut value = Value::NEUTRAL;
        for part in text.value.as_slice() {
            match part {
                FStringPart::Literal(literal) => folded.push_str(&literal.value),
                FStringPart::FString(string) => {
                    for element in &string.elements {
                        match element {
                            InterpolatedStringElement::Literal(literal) => {
                                folded.push_str(&literal.value)
                            }
                            InterpolatedStringElement::Interpolation(part) => {
                                let inner = self.expr(&part.expression);
                                let spec = part.format_spec.as_ref().map(|spec| {
                                    for element in &spec.elements {
                                        if let InterpolatedStringElement::Interpolation(part) =
                                            element
                                        {
                                            self.expr(&part.expression);
                                        }
                                    }
                                    spec.elements
                                        .iter()
                                        .filter_map(|element| element.as_literal())
                                        .map(|literal| &*literal.value)
                                        .collect::<String>()
                                });
                                value.taint_with(&inner);
                                push_formatted(&mut folded, &inner, spec.as_deref());
                            }
                        }
                    }
                }
            }
        }
        self.folded_text(folded, value, text.range)
    }

    /// A text put together from parts; `blend` has their origins.
    pub(crate) fn folded_text(
        &mut self,
        folded: String,
        mut blend: Value<'a>,
        range: TextRange,
    ) -> Value<'a> {
        if !self.may_fold(folded.len()) {
            return blend.derived();
        }
        blend.from = blend.from.union(if folded.contains(GAP) {
            Origins::BUILT
        } else {
            Origins::FOLDED
        });
        if folded.len() >= 6 {
            self.constant_text(&folded, range);
        }
        blend.shape = Shape::Str(Text::Owned(folded.into()));
        blend
    }

    /// A left-leaning chain of operators without recursion, however long it is.
    fn binary_chain(&mut self, expr: &'a Expr) -> Value<'a> {
        let mut rights = Vec::new();
        let mut at = expr;
        while let Expr::BinOp(binary) = at {
            rights.push((binary.op, &*binary.right));
            at = &binary.left;
        }
        let mut left = self.expr(at);
        let sum = rights.iter().all(|(op, _)| *op == Operator::Add);
        if sum && rights.len() > 1 && matches!(left.shape, Shape::Str(_)) {
            let mut folded = left.printed().unwrap_or_default();
            let mut blend = left.derived();
            for (_, right) in rights.into_iter().rev() {
                let right = self.expr(right);
                blend.taint_with(&right);
                match &right.shape {
                    Shape::Str(text) => folded.push_str(text),
                    _ => push_gap(&mut folded),
                }
            }
            return self.folded_text(folded, blend, expr.range());
        }
        while let Some((op, right)) = rights.pop() {
            let right = self.expr(right);
            left = self.binary(op, left, right);
        }
        if left.from.meets(Origins::FOLDED.union(Origins::BUILT))
            && let Shape::Str(text) = &left.shape
        {
            let text = text.to_string();
            self.constant_text(&text, expr.range());
        }
        left
    }

    fn comprehension(&mut self, generators: &'a [Comprehension], parts: &[&'a Expr]) -> Value<'a> {
        let scope = Scope::new(ScopeKind::Function, Some(self.scope.clone()));
        let mut unrolled = None;
        let mut blend = Value::NEUTRAL;
        let mut outer = None;
        for (at, generator) in generators.iter().enumerate() {
            let items = self.expr(&generator.iter);
            if at == 0 {
                outer = Some(std::mem::replace(&mut self.scope, scope.clone()));
                if let (1, Shape::List(list), [_]) =
                    (generators.len(), &self.iterated(&items).shape, parts)
                {
                    unrolled = Some((list.clone(), generator));
                }
            }
            blend.taint_with(&items);
            let item = self.element(&items);
            self.assign(&generator.target, item, generator.range);
            for test in &generator.ifs {
                self.expr(test);
            }
        }
        self.loops += 1;
        let mut first = Value::UNKNOWN;
        for part in parts {
            first = self.expr(part);
            blend.taint_with(&first);
        }
        self.loops -= 1;
        let mut result = match (unrolled, parts) {
            (Some((items, generator)), [part]) => self.unroll(&items, generator, part),
            _ => None,
        }
        .unwrap_or_else(|| Value::list(vec![first]));
        if let Some(outer) = outer {
            self.scope = outer;
        }
        if result.from.is_empty() {
            result.taint_with(&blend);
        } else {
            result.from = result.from.union(blend.from);
        }
        result
    }

    /// Evaluates a comprehension element by element, when its items are all constants.
    fn unroll(
        &mut self,
        items: &Rc<Vec<Value<'a>>>,
        generator: &'a Comprehension,
        part: &'a Expr,
    ) -> Option<Value<'a>> {
        if items.len() < 2
            || !items.iter().all(Value::is_constant)
            || !self.may_fold(items.len() * 8)
        {
            return None;
        }
        let (muted, following) = (
            std::mem::replace(&mut self.muted, true),
            std::mem::replace(&mut self.following, true),
        );
        let mut results = Vec::with_capacity(items.len());
        for item in items.iter() {
            self.assign(&generator.target, item.clone(), generator.range);
            let kept = generator.ifs.iter().try_fold(true, |kept, test| {
                self.expr(test).truth().map(|truth| kept && truth)
            });
            match kept {
                Some(true) => results.push(self.expr(part)),
                Some(false) => {}
                None => {
                    results.clear();
                    break;
                }
            }
            if results.last().is_some_and(|result| !result.is_constant()) {
                results.clear();
                break;
            }
        }
        (self.muted, self.following) = (muted, following);
        (!results.is_empty()).then(|| Value::list(results))
    }

    fn compare(&mut self, compare: &'a ruff_python_ast::ExprCompare) -> Value<'a> {
        let left = self.expr(&compare.left);
        let mut rights = Vec::new();
        for right in &compare.comparators {
            rights.push(self.expr(right));
        }
        match (&*compare.ops, &rights[..]) {
            ([op], [right]) => super::fold::compare(*op, &left, right)
                .map_or(Value::UNKNOWN, |truth| Value::of(Shape::Bool(truth))),
            _ => Value::UNKNOWN,
        }
    }

    fn call_expr(&mut self, call: &'a ExprCall) -> Value<'a> {
        let range = call.range();
        if let Expr::Attribute(method) = &*call.func {
            let receiver = self.expr_quietly(&method.value);
            let args = self.arguments(&call.arguments);
            let name: &'a str = &method.attr.id;
            return self.call_method(
                &receiver,
                name,
                args,
                Some(&method.value),
                method.range,
                range,
            );
        }
        let callee = self.expr_quietly(&call.func);
        let args = self.arguments(&call.arguments);
        let mut result = self.call(&callee, args, None, range);
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
                        if let Shape::Str(Text::Borrowed(key)) = key.shape {
                            args.keywords.push((key, value.clone()));
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

    /// Takes an attribute of a value.
    pub(crate) fn attribute(
        &mut self,
        receiver: &Value<'a>,
        attr: &str,
        range: TextRange,
    ) -> Value<'a> {
        self.attribute_taken(attr, range);
        let index = self.index;
        match &receiver.shape {
            Shape::Name(name) => {
                if let Some(patched) = self.patches.get(&(name.0, attr)) {
                    return patched.clone();
                }
                if let Some(child) = index.names.child(*name, attr) {
                    return self.named(child).with(receiver);
                }
                self.beyond(receiver, Some(*name), attr, range)
            }
            Shape::Foreign => self.beyond(receiver, None, attr, range),
            Shape::Names(scope) => match scope.get(attr) {
                Some(value) => value,
                None => self
                    .dunder(receiver, attr, range)
                    .unwrap_or_else(|| receiver.derived()),
            },
            Shape::Instance(class) | Shape::Class(class) => {
                match self.class_attribute(*class, attr, 0) {
                    Some(value) if matches!(value.shape, Shape::Function(_)) => {
                        Value::of(Shape::Bound(Rc::new((receiver.clone(), value))))
                    }
                    Some(value) => value,
                    None => self
                        .dunder(receiver, attr, range)
                        .unwrap_or_else(|| receiver.derived()),
                }
            }
            Shape::OneOf(values) => {
                let values = values.clone();
                let mut parts = values
                    .iter()
                    .map(|value| self.attribute(value, attr, range))
                    .collect::<Vec<_>>()
                    .into_iter();
                let first = parts.next().unwrap_or(Value::UNKNOWN);
                parts.fold(first, join)
            }
            Shape::Path(text) => match attr {
                "parent" => {
                    let parent = text.rsplit_once('/').map_or(".", |(parent, _)| parent);
                    Value::of(Shape::Path(Text::Owned(parent.into()))).with(receiver)
                }
                "name" => {
                    let name = text.rsplit('/').next().unwrap_or(text);
                    Value::text(name).with(receiver)
                }
                _ => self.method_of(receiver, "pathlib.Path()", attr),
            },
            Shape::Function(_)
            | Shape::Str(_)
            | Shape::Bytes(_)
            | Shape::List(_)
            | Shape::Dict(_)
            | Shape::Int(_) => self
                .dunder(receiver, attr, range)
                .unwrap_or_else(|| receiver.derived()),
            _ => {
                let mut value = self
                    .dunder(receiver, attr, range)
                    .unwrap_or_else(|| receiver.derived());
                if let Some(entry) = index.method(attr)
                    && !entry.source.is_empty()
                {
                    value = value.from(entry.source);
                }
                value
            }
        }
    }

    /// An attribute of a typed constant, bound to it when a rule speaks of it.
    fn method_of(&mut self, receiver: &Value<'a>, path: &str, attr: &str) -> Value<'a> {
        let child = self
            .index
            .names
            .find(path)
            .and_then(|name| self.index.names.child(name, attr));
        match child {
            Some(child) => {
                let callee = Value::of(Shape::Name(child));
                Value::of(Shape::Bound(Rc::new((receiver.clone(), callee)))).with(receiver)
            }
            None => receiver.derived(),
        }
    }

    /// An attribute that nothing speaks of: perhaps a module that another module imported.
    fn beyond(
        &mut self,
        receiver: &Value<'a>,
        name: Option<Name>,
        attr: &str,
        range: TextRange,
    ) -> Value<'a> {
        if let Some(value) = self.dunder(receiver, attr, range) {
            return value;
        }
        let public = attr.trim_start_matches('_');
        let is_object = name.is_some_and(|name| self.index.names.path(name).contains([')', ']']));
        if BEHIND.contains(&public)
            && !is_object
            && let Some(module) = self.index.names.child(Names::ROOT, public)
        {
            if public != "sys" {
                let shown = format!("{}, imported by another module", self.quoted(module));
                self.report_check(Check::BehindModule, range, Some(shown));
            }
            return self.named(module).with(receiver);
        }
        let mut value = receiver.derived();
        if !is_object {
            value.shape = Shape::Foreign;
        }
        if let Some(entry) = self.index.method(attr) {
            value = value.from(entry.source);
        }
        value
    }

    /// What an object's double-underscored attributes lead to.
    fn dunder(&mut self, receiver: &Value<'a>, attr: &str, range: TextRange) -> Option<Value<'a>> {
        let builtins = || Value::of(Shape::Name(Names::BUILTINS));
        Some(match attr {
            "__builtins__" | "f_builtins" | "gi_builtins" => builtins(),
            "__globals__" | "f_globals" | "func_globals" | "gi_globals" => {
                let mut names = Value::of(Shape::Names(self.module.clone()));
                if !matches!(receiver.shape, Shape::Function(_) | Shape::Unknown)
                    || receiver.from.meets(Origins::CLASSES)
                {
                    names.shape = Shape::Foreign;
                }
                names.with(receiver)
            }
            "__dict__" | "f_locals" => receiver.clone(),
            "__self__" => match receiver.as_name() {
                Some(name) if self.index.names.path(name).split('.').count() == 1 => builtins(),
                _ => receiver.derived(),
            },
            "__base__" | "__bases__" | "__mro__" | "mro" => {
                receiver.derived().from(Origins::CLASSES)
            }
            "__subclasses__" => {
                let object = self.index.names.find("builtins.object");
                let kind = self.index.names.find("builtins.type");
                let is_object = receiver
                    .as_name()
                    .is_some_and(|name| Some(name) == object || Some(name) == kind);
                if receiver.from.meets(Origins::CLASSES) || is_object {
                    self.report_check(Check::ClassWalk, range, None);
                }
                receiver.derived().from(Origins::CLASSES)
            }
            "__class__" | "__init__" | "__call__" | "gi_frame" | "f_back" | "tb_frame"
            | "__traceback__" | "cr_frame" | "ag_frame" | "__code__" | "__closure__"
            | "__func__" | "__wrapped__" | "__repr__" | "__getattribute__"
                if !matches!(receiver.shape, Shape::Name(_)) =>
            {
                receiver.derived()
            }
            "__call__" | "__get__" | "__wrapped__" | "__func__" => receiver.clone(),
            _ => return None,
        })
    }

    /// An attribute or method of a class of this file, looked for in its bases too.
    pub(crate) fn class_attribute(
        &mut self,
        class: u32,
        attr: &str,
        depth: u8,
    ) -> Option<Value<'a>> {
        let (scope, bases) = {
            let class = self.classes.get(class as usize)?;
            (class.scope.clone(), class.bases.clone())
        };
        if let Some(value) = scope.get(attr) {
            return Some(value);
        }
        if depth > 5 {
            return None;
        }
        bases.iter().take(3).find_map(|base| match base.shape {
            Shape::Class(base) => self.class_attribute(base, attr, depth + 1),
            Shape::Name(name) => {
                let object = self.index.names.child(name, CALLED).unwrap_or(name);
                let child = self.index.names.child(object, attr)?;
                Some(self.named(child))
            }
            _ => None,
        })
    }

    /// Takes an item of a value by its key.
    pub(crate) fn subscript(
        &mut self,
        receiver: &Value<'a>,
        key: &Value<'a>,
        range: TextRange,
    ) -> Value<'a> {
        let text = key.as_text();
        match &receiver.shape {
            Shape::Name(name) => {
                let path = self.index.names.path(*name);
                if path == "os.environ" || path == "os.environb" {
                    self.environment_read(*name, key, range);
                    return self.environment_variable(key);
                }
                if path == "sys.modules" {
                    return match text {
                        Some(module) => {
                            self.hidden_name(key, module, range);
                            let module = self.module_of(module);
                            self.referred_module(&module, range);
                            module
                        }
                        None => {
                            if key.from.meets(Origins::DECODED.union(Origins::NETWORK)) {
                                self.dynamic_access("sys.modules", range);
                            }
                            Value::tainted(key.from)
                        }
                    };
                }
                if let Some(text) = text {
                    let text = text.to_owned();
                    self.hidden_name(key, &text, range);
                    if let Some(child) = self.index.names.child(*name, &text) {
                        self.attribute_taken(&text, range);
                        return self.named(child).with(receiver);
                    }
                    if let Some(item) = self.index.names.child(*name, ITEM) {
                        return self.named(item).with(receiver);
                    }
                    return self.attribute(receiver, &text, range);
                }
                if let Some(item) = self.index.names.child(*name, ITEM) {
                    return self.named(item).with(receiver);
                }
                if self.index.entry(*name).is_some_and(|entry| entry.guarded)
                    && key.as_int().is_none()
                {
                    self.dynamic_access(&path, range);
                }
                receiver.derived()
            }
            Shape::Names(scope) => match text {
                Some(name) => {
                    let found = scope.get(name);
                    match found {
                        Some(value) => value,
                        None if name == "__builtins__" => Value::of(Shape::Name(Names::BUILTINS)),
                        None => self
                            .index
                            .names
                            .child(Names::BUILTINS, name)
                            .map_or(Value::UNKNOWN, |name| self.named(name)),
                    }
                }
                None => key.derived(),
            },
            Shape::Foreign => match text {
                Some(name) => {
                    let name = name.to_owned();
                    self.attribute(receiver, &name, range)
                }
                None => receiver.derived(),
            },
            Shape::OneOf(values) => {
                let values = values.clone();
                let mut parts = values
                    .iter()
                    .map(|value| self.subscript(value, key, range))
                    .collect::<Vec<_>>()
                    .into_iter();
                let first = parts.next().unwrap_or(Value::UNKNOWN);
                parts.fold(first, join)
            }
            _ => {
                if let Some(name) = text
                    && (name.starts_with("__") || BEHIND.contains(&name))
                    && matches!(receiver.shape, Shape::Unknown)
                {
                    let name = name.to_owned();
                    self.attribute_taken(&name, range);
                    if let Some(value) = self.dunder(receiver, &name, range) {
                        return value;
                    }
                    if receiver.from.meets(Origins::CLASSES) {
                        return self.module_of(&name).with(receiver);
                    }
                }
                self.item(receiver, key)
            }
        }
    }

    /// An item of a container that is known, or one of its items.
    pub(crate) fn item(&mut self, receiver: &Value<'a>, key: &Value<'a>) -> Value<'a> {
        match (&receiver.shape, key.as_int(), &key.shape) {
            (Shape::List(items), Some(at), _) => {
                let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
                let at = if at < 0 { at + length } else { at };
                match usize::try_from(at).ok().and_then(|at| items.get(at)) {
                    Some(item) => item.clone(),
                    None => receiver.derived(),
                }
            }
            (Shape::Dict(pairs), _, _) if key.is_constant() => {
                const MOST: usize = 512;
                let wanted = |pair: &&(Value<'a>, Value<'a>)| {
                    super::fold::compare(ruff_python_ast::CmpOp::Eq, &pair.0, key) == Some(true)
                };
                match pairs.iter().rev().take(MOST).find(wanted) {
                    Some((_, value)) => value.clone(),
                    None => receiver.derived(),
                }
            }
            (Shape::Dict(pairs), _, _) => {
                let mut values = pairs.iter().map(|(_, value)| value.clone());
                let first = values.next().unwrap_or(Value::UNKNOWN);
                values.take(16).fold(first, join).with(receiver)
            }
            (Shape::List(_), None, _) => self.element(receiver),
            (Shape::Str(text), Some(at), _) => {
                if text.contains(GAP) {
                    return receiver.derived();
                }
                let found = if at >= 0 {
                    usize::try_from(at).ok().and_then(|at| {
                        if text.is_ascii() {
                            text.as_bytes().get(at).map(|byte| char::from(*byte))
                        } else {
                            text.chars().nth(at)
                        }
                    })
                } else {
                    usize::try_from(-at - 1)
                        .ok()
                        .and_then(|at| text.chars().rev().nth(at))
                };
                found.map_or(receiver.derived(), |found| {
                    let mut value = Value::text(found.to_string()).with(receiver);
                    value.from = value.from.union(Origins::FOLDED);
                    value
                })
            }
            (Shape::Bytes(data), Some(at), _) => {
                let at = if at < 0 {
                    at + i64::try_from(data.len()).unwrap_or(i64::MAX)
                } else {
                    at
                };
                let found = usize::try_from(at).ok().and_then(|at| data.get(at));
                found.map_or(receiver.derived(), |byte| {
                    Value::of(Shape::Int(i64::from(*byte))).with(receiver)
                })
            }
            _ => receiver.derived(),
        }
    }

    pub(crate) fn item_at(&mut self, receiver: &Value<'a>, at: usize) -> Value<'a> {
        self.item(
            receiver,
            &Value::of(Shape::Int(i64::try_from(at).unwrap_or(i64::MAX))),
        )
    }

    /// What iterating over the value yields, as a list where all of it is known.
    pub(crate) fn iterated(&mut self, items: &Value<'a>) -> Value<'a> {
        const MOST: usize = 1 << 15;
        match &items.shape {
            Shape::Str(text)
                if text.len() <= MOST && !text.contains(GAP) && self.may_fold(text.len() * 8) =>
            {
                Value::list(text.chars().map(|c| Value::text(c.to_string())).collect()).with(items)
            }
            Shape::Bytes(data) if data.len() <= MOST && self.may_fold(data.len() * 8) => {
                Value::list(
                    data.iter()
                        .map(|byte| Value::of(Shape::Int(i64::from(*byte))))
                        .collect(),
                )
                .with(items)
            }
            Shape::Dict(pairs) => {
                Value::list(pairs.iter().map(|(key, _)| key.clone()).collect()).with(items)
            }
            _ => items.clone(),
        }
    }

    /// One of the things that iterating over the value yields.
    pub(crate) fn element(&mut self, items: &Value<'a>) -> Value<'a> {
        match &items.shape {
            Shape::List(list) => {
                let mut elements = list.iter().take(64).cloned();
                let first = elements.next().unwrap_or(Value::UNKNOWN);
                elements.fold(first, join).with(items)
            }
            Shape::Dict(pairs) => {
                let mut keys = pairs.iter().take(16).map(|(key, _)| key.clone());
                let first = keys.next().unwrap_or(Value::UNKNOWN);
                keys.fold(first, join).with(items)
            }
            Shape::OneOf(values) => {
                let values = values.clone();
                let mut elements = values
                    .iter()
                    .map(|value| self.element(value))
                    .collect::<Vec<_>>()
                    .into_iter();
                let first = elements.next().unwrap_or(Value::UNKNOWN);
                elements.fold(first, join)
            }
            Shape::Name(name) => match self.index.names.child(*name, ITEM) {
                Some(item) => self.named(item).with(items),
                None => items.derived(),
            },
            _ => items.derived(),
        }
    }

    /// What `with` binds: the value itself, as the context managers that matter do it.
    pub(crate) fn entered(&mut self, value: Value<'a>) -> Value<'a> {
        if let Shape::Instance(class) = value.shape
            && let Some(enter) = self.class_attribute(class, "__enter__", 0)
        {
            let entered = self.call(
                &enter,
                Args::of([value.clone()]),
                None,
                TextRange::default(),
            );
            return if matches!(entered.shape, Shape::Unknown) {
                value.with(&entered)
            } else {
                entered
            };
        }
        value
    }

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
                self.set_attribute(&receiver, &attribute.attr.id, value, range);
            }
            Expr::Subscript(item) => {
                let receiver = self.expr_quietly(&item.value);
                let key = self.expr(&item.slice);
                self.set_item(&item.value, receiver, key, value, range);
            }
            _ => {
                self.expr(target);
            }
        }
    }

    fn set_attribute(
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
                self.patches.insert((name.0, attr), value);
            }
            _ => self.hooked_in_container(&value, range),
        }
    }

    fn set_item(
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
                receiver.safe = receiver.safe.both(if value.from.is_empty() {
                    Sinks::ALL
                } else {
                    value.safe
                });
                Rc::make_mut(pairs).push((key, value));
            }
            (Shape::List(items), _) => {
                receiver.from = receiver.from.union(value.from);
                let at = key.as_int().and_then(|at| usize::try_from(at).ok());
                if let Some(slot) = at.and_then(|at| Rc::make_mut(items).get_mut(at)) {
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

/// Appends a formatted value, or a gap.
pub(crate) fn push_formatted(text: &mut String, value: &Value<'_>, spec: Option<&str>) {
    match (value.printed(), spec.unwrap_or(""), value.as_int()) {
        (_, "c", Some(code)) => match u32::try_from(code).ok().and_then(char::from_u32) {
            Some(char) => text.push(char),
            None => push_gap(text),
        },
        (Some(_), "x" | "02x", Some(number)) => text.push_str(&format!("{number:02x}")),
        (Some(printed), "" | "s" | "d", _) => text.push_str(&printed),
        _ => push_gap(text),
    }
}

/// Appends one gap; two in a row are one.
pub(crate) fn push_gap(text: &mut String) {
    if !text.ends_with(GAP) {
        text.push(GAP);
    }
}

/// Modules that are well known to be imported by others, and what reaching them there hides.
const BEHIND: &[&str] = &[
    "os",
    "subprocess",
    "builtins",
    "posix",
    "nt",
    "ctypes",
    "pty",
    "sys",
];

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
