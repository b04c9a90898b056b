//! Walks a program twice: first to learn what functions are given and give back, then to report.

mod expression;
mod function;
mod scope;

use std::collections::HashMap;
use std::ops::Range;

use tree_sitter::Node;

use super::super::resolved::{Fact, What};
use super::super::value::{Taint, Value};
use super::strings;
use super::value::Js;

/// How deep a program may nest before following stops.
const MAX_DEPTH: usize = 300;

/// Nodes followed in one program, both walks together.
const MAX_STEPS: usize = 2_000_000;

/// Longest dotted name.
const MAX_NAME: usize = 200;

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
