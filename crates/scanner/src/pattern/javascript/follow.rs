//! Walks a program twice: first to learn what functions are given and give back, then to report.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use tree_sitter::Node;

use super::super::places;
use super::super::resolved::What;
use super::super::value::{Taint, UNKNOWN, Value};
use super::{Fact, calls, strings};

/// How deep a program may nest before following stops.
const MAX_DEPTH: usize = 300;
/// Nodes followed in one program, both walks together.
const MAX_STEPS: usize = 2_000_000;
/// Longest dotted name.
const MAX_NAME: usize = 200;

/// A value, and what it is called.
#[derive(Debug, Clone, Default)]
pub(super) struct Js {
    /// `child_process.exec`, where a name leads to it.
    pub(super) name: Option<String>,
    pub(super) value: Value,
    /// The node of the function it is.
    pub(super) function: Option<usize>,
    pub(super) elements: Option<Rc<Vec<Js>>>,
    pub(super) fields: Option<Rc<HashMap<String, Js>>>,
}

impl Js {
    pub(super) fn of(value: Value) -> Self {
        Self {
            value,
            ..Self::default()
        }
    }

    pub(super) fn named(name: impl Into<String>) -> Self {
        Self {
            name: Some(name.into()),
            value: Value::unknown(Taint::default()),
            ..Self::default()
        }
    }

    pub(super) fn unknown(taint: Taint) -> Self {
        Self::of(Value::unknown(taint))
    }

    fn join(&mut self, other: &Self) {
        let taint = self.value.taint | other.value.taint;
        if self.value.text.is_empty() && self.name.is_none() {
            *self = other.clone();
        } else if self.value.text != other.value.text || self.name != other.name {
            self.value = Value::unknown(taint);
            self.name = self.name.take().or_else(|| other.name.clone());
        }
        self.value.taint = taint;
    }
}

type Scope = HashMap<String, Js>;

/// The state of a walk.
pub(super) struct Follower<'s> {
    text: &'s str,
    pub(super) facts: Vec<Fact>,
    scopes: Vec<Scope>,
    parameters: HashMap<usize, Vec<Js>>,
    returns: HashMap<usize, Js>,
    current: Vec<usize>,
    depth: usize,
    steps: usize,
    pub(super) exhausted: bool,
}

impl<'s> Follower<'s> {
    pub(super) fn new(text: &'s str) -> Self {
        Self {
            text,
            facts: Vec::new(),
            scopes: Vec::new(),
            parameters: HashMap::new(),
            returns: HashMap::new(),
            current: Vec::new(),
            depth: 0,
            steps: 0,
            exhausted: false,
        }
    }

    pub(super) fn follow(&mut self, root: Node<'_>) {
        for _ in 0..2 {
            self.facts.clear();
            self.scopes = vec![Scope::new()];
            self.hoist(root);
            self.statements(root);
        }
    }

    pub(super) fn fact(&mut self, span: Range<usize>, what: What) {
        self.facts.push(Fact { span, what });
    }

    pub(super) fn check(
        &mut self,
        span: Range<usize>,
        name: &'static str,
        detail: impl Into<String>,
    ) {
        self.fact(
            span,
            What::Check {
                name,
                detail: detail.into(),
            },
        );
    }

    fn source(&self, node: Node<'_>) -> &'s str {
        self.text.get(node.byte_range()).unwrap_or("")
    }

    /// Enters a node unless the program is nested too deep or too long.
    fn enter(&mut self) -> bool {
        self.steps += 1;
        if self.depth >= MAX_DEPTH || self.steps > MAX_STEPS {
            self.exhausted = true;
            return false;
        }
        self.depth += 1;
        true
    }

    /// Function declarations are known before the statements around them run.
    fn hoist(&mut self, node: Node<'_>) {
        for child in children(node) {
            let declaration = if child.kind() == "export_statement" {
                child.child_by_field_name("declaration")
            } else {
                Some(child)
            };
            if let Some(declaration) =
                declaration.filter(|node| node.kind().contains("function_declaration"))
                && let Some(name) = declaration.child_by_field_name("name")
            {
                let function = Js {
                    function: Some(declaration.id()),
                    ..Js::unknown(Taint::default())
                };
                self.declare(self.source(name), function);
            }
        }
    }

    fn statements(&mut self, node: Node<'_>) {
        for child in children(node) {
            self.visit(child);
        }
    }

    /// Any node; its value when it is an expression.
    pub(super) fn visit(&mut self, node: Node<'_>) -> Js {
        if !self.enter() {
            return Js::unknown(Taint::default());
        }
        let value = self.node(node);
        self.depth -= 1;
        value
    }

    fn node(&mut self, node: Node<'_>) -> Js {
        match node.kind() {
            "comment"
            | "hash_bang_line"
            | "type_annotation"
            | "interface_declaration"
            | "type_alias_declaration"
            | "regex" => Js::default(),
            "identifier" | "shorthand_property_identifier" => self.identifier(node),
            "string" => Js::of(Value::text(strings::unescape(
                self.source(node)
                    .get(1..)
                    .map_or("", |text| text.get(..text.len() - 1).unwrap_or("")),
            ))),
            "number" => Js::of(Value::text(self.source(node))),
            "template_string" => self.template(node),
            "binary_expression" => self.binary(node),
            "member_expression" => self.member(node).1,
            "subscript_expression" => self.subscript(node).1,
            "call_expression" => self.call(node, false),
            "new_expression" => self.call(node, true),
            "assignment_expression" | "augmented_assignment_expression" => self.assignment(node),
            "variable_declarator" => self.declarator(node),
            "import_statement" => self.import(node),
            "ternary_expression" => self.either(node),
            "array" => self.array(node),
            "object" => self.object(node),
            "sequence_expression" => children(node)
                .map(|child| self.visit(child))
                .last()
                .unwrap_or_default(),
            "for_in_statement" => self.for_in(node),
            "return_statement" => self.returned(node),
            "this" => Js::named("this"),
            "import" => Js::named("import"),
            "arrow_function"
            | "function_expression"
            | "generator_function"
            | "function_declaration"
            | "generator_function_declaration"
            | "method_definition" => self.function(node),
            "statement_block" | "class_body" => self.block(node),
            _ => self.any(node),
        }
    }

    /// Parentheses, `await`, `as T`, statements: the taint of all parts, the value of an only one.
    fn any(&mut self, node: Node<'_>) -> Js {
        let mut values: Vec<Js> = children(node).map(|child| self.visit(child)).collect();
        let transparent = matches!(
            node.kind(),
            "parenthesized_expression"
                | "await_expression"
                | "as_expression"
                | "non_null_expression"
                | "satisfies_expression"
                | "expression_statement"
                | "spread_element"
                | "template_substitution"
        );
        if transparent && !values.is_empty() {
            return values.swap_remove(0);
        }
        let taint = values
            .iter()
            .fold(Taint::default(), |taint, value| taint | value.value.taint);
        Js::unknown(taint)
    }

    fn block(&mut self, node: Node<'_>) -> Js {
        self.scopes.push(Scope::new());
        self.hoist(node);
        self.statements(node);
        self.scopes.pop();
        Js::default()
    }

    fn identifier(&mut self, node: Node<'_>) -> Js {
        let name = self.source(node);
        let value = self
            .lookup(name)
            .cloned()
            .unwrap_or_else(|| calls::global(name));
        if let Some(name) = &value.name {
            self.fact(node.byte_range(), What::Reference(name.clone()));
        }
        value
    }

    fn lookup(&self, name: &str) -> Option<&Js> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name))
    }

    fn declare(&mut self, name: &str, value: Js) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.to_owned(), value);
        }
    }

    /// A later value joins an earlier one, because functions run in any order.
    fn assign(&mut self, name: &str, value: Js) {
        let last = self.scopes.len().saturating_sub(1);
        let owner = self
            .scopes
            .iter_mut()
            .enumerate()
            .rev()
            .find(|(_, scope)| scope.contains_key(name));
        match owner {
            Some((level, scope)) => {
                let slot = scope.entry(name.to_owned()).or_default();
                let taint = slot.value.taint | value.value.taint;
                if level == last {
                    *slot = value;
                } else {
                    slot.join(&value);
                }
                slot.value.taint = taint;
            }
            None => {
                if let Some(scope) = self.scopes.first_mut() {
                    scope.insert(name.to_owned(), value);
                }
            }
        }
    }

    fn template(&mut self, node: Node<'_>) -> Js {
        let mut value = Value::default();
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            match child.kind() {
                "string_fragment" | "escape_sequence" => {
                    value.push(&Value::text(strings::unescape(self.source(child))))
                }
                "template_substitution" => value.push(&self.any(child).value),
                _ => {}
            }
        }
        // A substitution yields the taint of its expression and its text where it has one.
        Js::of(value)
    }

    /// Long sums lean to the left, so that side is followed in a loop.
    fn binary(&mut self, node: Node<'_>) -> Js {
        let mut operands = Vec::new();
        let mut left = node;
        while left.kind() == "binary_expression" {
            operands.push((
                left.child_by_field_name("operator")
                    .map_or("", |operator| operator.kind()),
                left.child_by_field_name("right"),
            ));
            match left.child_by_field_name("left") {
                Some(next) => left = next,
                None => break,
            }
        }
        let mut value = self.visit(left);
        for (operator, right) in operands.into_iter().rev() {
            let right = right.map(|right| self.visit(right)).unwrap_or_default();
            match operator {
                "+" => {
                    value = Js::of({
                        let mut sum = value.value;
                        sum.push(&right.value);
                        sum
                    })
                }
                "||" | "??" => {
                    let taint = value.value.taint | right.value.taint;
                    value = if value.name.is_some()
                        || value.value.known().is_some_and(|text| !text.is_empty())
                    {
                        value
                    } else {
                        right
                    };
                    value.value.taint = taint;
                }
                _ => value = Js::unknown(value.value.taint | right.value.taint),
            }
        }
        value
    }

    /// The object and its member.
    fn member(&mut self, node: Node<'_>) -> (Js, Js) {
        let (Some(object), Some(property)) = (
            node.child_by_field_name("object"),
            node.child_by_field_name("property"),
        ) else {
            return (Js::default(), Js::default());
        };
        let base = self.visit(object);
        let value = self.property(object, &base, self.source(property));
        if let Some(name) = &value.name {
            self.fact(node.byte_range(), What::Reference(name.clone()));
        }
        (base, value)
    }

    /// The same with a computed key; a key that is computed to hide a name is a finding.
    fn subscript(&mut self, node: Node<'_>) -> (Js, Js) {
        let (Some(object), Some(index)) = (
            node.child_by_field_name("object"),
            node.child_by_field_name("index"),
        ) else {
            return (Js::default(), Js::default());
        };
        let base = self.visit(object);
        let key = self.visit(index);
        let Some(name) = key.value.known().map(str::to_owned) else {
            let on_global = base.name.as_deref().is_some_and(|name| {
                matches!(
                    name,
                    "globalThis" | "global" | "window" | "process" | "child_process" | "require"
                )
            });
            if on_global && key.value.taint.has(Taint::DECODED) {
                self.check(
                    node.byte_range(),
                    "javascript-computed-member",
                    base.name.clone().unwrap_or_default(),
                );
            }
            let secret = base.name.as_deref() == Some("process.env");
            let taint = if secret {
                Taint::TOKEN
            } else {
                base.value.taint | key.value.taint
            };
            return (base, Js::unknown(taint));
        };
        let value = self.property(object, &base, &name);
        if let Some(name) = &value.name {
            self.fact(node.byte_range(), What::Reference(name.clone()));
            let hidden = index.kind() != "string"
                && index.kind() != "identifier"
                && index.kind() != "number";
            if hidden && calls::is_dangerous(name) {
                self.check(
                    node.byte_range(),
                    "javascript-computed-member",
                    name.clone(),
                );
            }
        }
        (base, value)
    }

    fn property(&mut self, object: Node<'_>, base: &Js, name: &str) -> Js {
        if matches!(object.kind(), "identifier" | "this")
            && let Some(stored) = self.lookup(&format!("{}.{name}", self.source(object)))
        {
            return stored.clone();
        }
        if let Some(field) = base.fields.as_ref().and_then(|fields| fields.get(name)) {
            return field.clone();
        }
        if let (Some(elements), Ok(index)) = (&base.elements, name.parse::<usize>()) {
            return elements.get(index).cloned().unwrap_or_default();
        }
        if base.name.as_deref() == Some("process.env") {
            return self.variable(object, name);
        }
        calls::member(base, name)
    }

    fn variable(&mut self, node: Node<'_>, name: &str) -> Js {
        self.fact(node.byte_range(), What::Variable(name.to_owned()));
        match name {
            "HOME" | "USERPROFILE" => Js::of(Value::text("~")),
            _ if places::is_secret_name(name) => Js::unknown(Taint::TOKEN),
            _ => Js::unknown(Taint::default()),
        }
    }

    fn call(&mut self, node: Node<'_>, constructs: bool) -> Js {
        let callee = node.child_by_field_name(if constructs {
            "constructor"
        } else {
            "function"
        });
        let (receiver, callee_value) = match callee {
            Some(callee) if callee.kind() == "member_expression" => self.member(callee),
            Some(callee) if callee.kind() == "subscript_expression" => self.subscript(callee),
            Some(callee) => (Js::default(), self.visit(callee)),
            None => (Js::default(), Js::default()),
        };
        let list = node.child_by_field_name("arguments");
        let nodes: Vec<Node<'_>> = match list {
            Some(list) if list.kind() == "template_string" => vec![list],
            Some(list) => children(list).collect(),
            None => Vec::new(),
        };
        let mut arguments: Vec<Js> = nodes
            .iter()
            .map(|argument| {
                if is_function(*argument) {
                    Js::default()
                } else {
                    self.visit(*argument)
                }
            })
            .collect();
        let call = calls::Call {
            callee: callee_value,
            receiver,
            constructs,
            span: node.byte_range(),
        };
        let mut result = calls::result(self, &call, &arguments);
        for (argument, value) in nodes.iter().zip(arguments.iter_mut()) {
            let id = if is_function(*argument) {
                Some(argument.id())
            } else {
                value.function
            };
            if let Some(id) = id {
                // A callback is handed what the call yields.
                self.give(id, &[result.clone(), result.clone(), result.clone()]);
            }
            if is_function(*argument) {
                *value = self.visit(*argument);
                let returned = self
                    .returns
                    .get(&argument.id())
                    .map(|value| value.value.taint);
                result.value.taint |= returned.unwrap_or_default();
            }
        }
        if let Some(id) = call.callee.function {
            self.give(id, &arguments);
            if let Some(returned) = self.returns.get(&id) {
                result = returned.clone();
            }
        }
        calls::judge(self, &call, &arguments);
        result
    }

    /// Hands values to a function's parameters.
    fn give(&mut self, function: usize, values: &[Js]) {
        let slots = self.parameters.entry(function).or_default();
        for (index, value) in values.iter().enumerate().take(8) {
            match slots.get_mut(index) {
                Some(slot) => slot.join(value),
                None => slots.push(value.clone()),
            }
        }
    }

    fn function(&mut self, node: Node<'_>) -> Js {
        let id = node.id();
        let function = Js {
            function: Some(id),
            ..Js::unknown(Taint::default())
        };
        if let Some(name) = node.child_by_field_name("name") {
            self.declare(self.source(name), function.clone());
        }
        let given = self.parameters.get(&id).cloned().unwrap_or_default();
        self.scopes.push(Scope::new());
        self.current.push(id);
        if let Some(single) = node.child_by_field_name("parameter") {
            self.bind(
                single,
                given
                    .first()
                    .cloned()
                    .unwrap_or_else(|| Js::unknown(Taint::ARGUMENT)),
            );
        }
        if let Some(list) = node.child_by_field_name("parameters") {
            for (index, parameter) in children(list).enumerate() {
                self.bind(
                    parameter,
                    given
                        .get(index)
                        .cloned()
                        .unwrap_or_else(|| Js::unknown(Taint::ARGUMENT)),
                );
            }
        }
        if let Some(body) = node.child_by_field_name("body") {
            let value = self.visit(body);
            if body.kind() != "statement_block" {
                self.returns.entry(id).or_default().join(&value);
            }
        }
        self.current.pop();
        self.scopes.pop();
        function
    }

    fn returned(&mut self, node: Node<'_>) -> Js {
        let value = children(node)
            .next()
            .map(|child| self.visit(child))
            .unwrap_or_default();
        if let Some(id) = self.current.last() {
            self.returns.entry(*id).or_default().join(&value);
        }
        value
    }

    /// Binds a pattern: a name, `{ a, b: c }`, `[a, b]`, with defaults.
    fn bind(&mut self, pattern: Node<'_>, value: Js) {
        if !self.enter() {
            return;
        }
        match pattern.kind() {
            "identifier" | "shorthand_property_identifier_pattern" => {
                self.declare(self.source(pattern), value)
            }
            "required_parameter" | "optional_parameter" => {
                if let Some(inner) = pattern.child_by_field_name("pattern") {
                    self.bind(inner, value);
                }
            }
            "assignment_pattern" | "object_assignment_pattern" => {
                if let Some(right) = pattern.child_by_field_name("right") {
                    self.visit(right);
                }
                if let Some(left) = pattern.child_by_field_name("left") {
                    let taint = value.value.taint;
                    let field = if pattern.kind() == "object_assignment_pattern" {
                        calls::member(&value, self.source(left))
                    } else {
                        value
                    };
                    self.bind(
                        left,
                        Js {
                            value: field.value.clone().tainted(taint),
                            ..field
                        },
                    );
                }
            }
            "object_pattern" => self.bind_fields(pattern, &value),
            "array_pattern" => {
                for (index, child) in children(pattern).enumerate() {
                    let element = value
                        .elements
                        .as_ref()
                        .and_then(|elements| elements.get(index))
                        .cloned();
                    self.bind(
                        child,
                        element.unwrap_or_else(|| Js::unknown(value.value.taint)),
                    );
                }
            }
            "rest_pattern" => {
                for child in children(pattern) {
                    self.bind(child, Js::unknown(value.value.taint));
                }
            }
            _ => {}
        }
        self.depth -= 1;
    }

    fn bind_fields(&mut self, pattern: Node<'_>, value: &Js) {
        for child in children(pattern) {
            if child.kind() == "pair_pattern" {
                let key = child
                    .child_by_field_name("key")
                    .map_or("", |key| self.source(key))
                    .trim_matches(['"', '\'']);
                let field = self.property(pattern, value, key);
                if let Some(inner) = child.child_by_field_name("value") {
                    self.bind(inner, field);
                }
            } else if child.kind() == "shorthand_property_identifier_pattern" {
                let field = self.property(pattern, value, self.source(child));
                self.bind(child, field);
            } else {
                self.bind(child, value.clone());
            }
        }
    }

    fn declarator(&mut self, node: Node<'_>) -> Js {
        let value = node
            .child_by_field_name("value")
            .map(|value| self.visit(value))
            .unwrap_or_default();
        if let Some(name) = node.child_by_field_name("name") {
            self.bind(name, value);
        }
        Js::default()
    }

    fn assignment(&mut self, node: Node<'_>) -> Js {
        let (Some(left), Some(right)) = (
            node.child_by_field_name("left"),
            node.child_by_field_name("right"),
        ) else {
            return Js::default();
        };
        let mut value = self.visit(right);
        if node.kind() == "augmented_assignment_expression" {
            let before = self.visit(left);
            let mut sum = before.value;
            sum.push(&value.value);
            value = Js::of(sum);
        }
        match left.kind() {
            "identifier" => self.assign(self.source(left), value.clone()),
            "member_expression" | "subscript_expression" => self.assign_member(left, &value),
            _ => self.bind(left, value.clone()),
        }
        value
    }

    fn assign_member(&mut self, left: Node<'_>, value: &Js) {
        let target = self.visit(left);
        let property = left
            .child_by_field_name("property")
            .map_or("", |property| self.source(property));
        let of_environment = left
            .child_by_field_name("object")
            .is_some_and(|object| self.source(object) == "process.env");
        if of_environment {
            self.fact(
                left.byte_range(),
                What::Assign {
                    name: property.to_owned(),
                    value: value.value.text.clone(),
                },
            );
        }
        if let Some(name) = &target.name {
            calls::replaced(self, name, left.byte_range());
            self.fact(
                left.byte_range(),
                What::Assign {
                    name: name.clone(),
                    value: value.value.text.clone(),
                },
            );
        }
        let (object, property) = (
            left.child_by_field_name("object"),
            left.child_by_field_name("property"),
        );
        if let (Some(object), Some(property)) = (object, property)
            && matches!(object.kind(), "identifier" | "this")
        {
            let key = format!("{}.{}", self.source(object), self.source(property));
            self.assign(&key, value.clone());
        }
    }

    fn import(&mut self, node: Node<'_>) -> Js {
        let Some(source) = node.child_by_field_name("source") else {
            return Js::default();
        };
        let module = calls::module(self.source(source).trim_matches(['"', '\'', '`']));
        self.fact(node.byte_range(), What::Reference(module.clone()));
        for clause in children(node).filter(|child| child.kind() == "import_clause") {
            for child in children(clause) {
                match child.kind() {
                    "identifier" => self.declare(self.source(child), Js::named(module.clone())),
                    "namespace_import" => {
                        if let Some(name) = children(child).next() {
                            self.declare(self.source(name), Js::named(module.clone()));
                        }
                    }
                    _ => self.import_names(child, &module),
                }
            }
        }
        Js::default()
    }

    fn import_names(&mut self, node: Node<'_>, module: &str) {
        for specifier in children(node).filter(|child| child.kind() == "import_specifier") {
            let Some(name) = specifier.child_by_field_name("name") else {
                continue;
            };
            let local = specifier.child_by_field_name("alias").unwrap_or(name);
            let value = calls::member(&Js::named(module), self.source(name));
            self.declare(self.source(local), value);
        }
    }

    fn either(&mut self, node: Node<'_>) -> Js {
        let mut result = Js::default();
        for field in ["condition", "consequence", "alternative"] {
            if let Some(child) = node.child_by_field_name(field) {
                let value = self.visit(child);
                if field != "condition" {
                    result.join(&value);
                }
            }
        }
        result
    }

    fn array(&mut self, node: Node<'_>) -> Js {
        let elements: Vec<Js> = children(node).map(|child| self.visit(child)).collect();
        let taint = elements
            .iter()
            .fold(Taint::default(), |taint, value| taint | value.value.taint);
        Js {
            elements: Some(Rc::new(elements)),
            ..Js::unknown(taint)
        }
    }

    fn object(&mut self, node: Node<'_>) -> Js {
        let mut fields = HashMap::new();
        let mut taint = Taint::default();
        for child in children(node) {
            let value = match child.child_by_field_name("value") {
                Some(value) if child.kind() == "pair" => self.visit(value),
                _ => self.visit(child),
            };
            taint |= value.value.taint;
            if child.kind() == "spread_element" {
                // What is spread into an object goes wherever the object goes.
                fields.insert("...".to_owned(), value);
                continue;
            }
            let key = if child.kind() == "pair" {
                child.child_by_field_name("key")
            } else {
                Some(child).filter(|child| child.kind().starts_with("shorthand"))
            };
            if let Some(key) = key {
                fields.insert(self.source(key).trim_matches(['"', '\'']).to_owned(), value);
            }
        }
        Js {
            fields: Some(Rc::new(fields)),
            ..Js::unknown(taint)
        }
    }

    fn for_in(&mut self, node: Node<'_>) -> Js {
        let over = node
            .child_by_field_name("right")
            .map(|right| self.visit(right))
            .unwrap_or_default();
        self.scopes.push(Scope::new());
        if let Some(left) = node.child_by_field_name("left") {
            let one = over
                .elements
                .as_ref()
                .filter(|elements| elements.len() == 1)
                .and_then(|elements| elements.first())
                .cloned();
            self.bind(left, one.unwrap_or_else(|| Js::unknown(over.value.taint)));
        }
        if let Some(body) = node.child_by_field_name("body") {
            self.visit(body);
        }
        self.scopes.pop();
        Js::default()
    }

    /// A name within bounds.
    pub(super) fn dotted(base: &str, name: &str) -> Option<String> {
        (base.len() + name.len() < MAX_NAME && !name.contains(UNKNOWN))
            .then(|| format!("{base}.{name}"))
    }
}

fn is_function(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "arrow_function" | "function_expression" | "generator_function"
    )
}

/// Named children, comments left out.
fn children<'t>(node: Node<'t>) -> impl Iterator<Item = Node<'t>> {
    let mut cursor = node.walk();
    let nodes: Vec<Node<'t>> = node
        .named_children(&mut cursor)
        .filter(|child| child.kind() != "comment")
        .collect();
    nodes.into_iter()
}
