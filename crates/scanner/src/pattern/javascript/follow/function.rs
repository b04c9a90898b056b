//! Functions: what they are given, what they give back, who calls them.

use tree_sitter::Node;

use super::super::value::Js;
use super::super::{calls, names};
use super::{Follower, Scope, children};
use crate::pattern::value::{Taint, Value};

/// How deep calls of known arguments are evaluated in each other.
pub(super) const MAX_EVALUATING: usize = 3;

/// Nodes visited for such calls in one program.
pub(super) const MAX_EVALUATED: usize = 100_000;

/// Longest function that is evaluated so, in bytes.
const MAX_EVALUATED_BODY: usize = 600;

impl<'s> Follower<'s> {
    pub(super) fn call(&mut self, node: Node<'s>, constructs: bool) -> Js {
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
        let is_proxy = constructs && callee_value.name.as_deref() == Some("Proxy");
        self.proxies += usize::from(is_proxy);
        let list = node.child_by_field_name("arguments");
        let nodes: Vec<Node<'s>> = match list {
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
        if call.name() == "Object.getPrototypeOf"
            && nodes.first().is_some_and(|one| is_function(*one))
        {
            result.function = nodes.first().map(|one| one.id());
            result.name = None;
        }
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
        self.proxies -= usize::from(is_proxy);
        if let Some(id) = call.callee.function {
            self.give(id, &arguments);
            if let Some(known) = self.evaluate(id, &arguments) {
                result = known;
            } else if let Some(returned) = self.returns.get(&id) {
                result = returned.clone();
            }
        }
        if let Some(mapped) = self.mapped(&call, &nodes, &arguments) {
            result = mapped;
        }
        names::reaching(self, &arguments, node.byte_range());
        if matches!(call.method(), "push" | "unshift" | "append" | "set" | "add")
            && let Some(object) = callee
                .and_then(|callee| callee.child_by_field_name("object"))
                .map(root_of)
                .filter(|object| object.kind() == "identifier")
        {
            let taint = arguments
                .iter()
                .fold(Taint::default(), |taint, one| taint | one.value.taint);
            self.taint_variable(self.source(object), taint);
        }
        calls::judge(self, &call, &arguments);
        result
    }

    /// A small function with what is known of its arguments, for what it does and gives back with these.
    fn evaluate(&mut self, id: usize, arguments: &[Js]) -> Option<Js> {
        let node = *self.bodies.get(&id)?;
        let known =
            |one: &Js| one.value.known().is_some_and(|text| !text.is_empty()) || one.name.is_some();
        if self.evaluating >= MAX_EVALUATING
            || self.evaluated > MAX_EVALUATED
            || node.byte_range().len() > MAX_EVALUATED_BODY
            || arguments.is_empty()
            || !arguments.iter().any(known)
            || self.current.contains(&id)
        {
            return None;
        }
        self.evaluating += 1;
        let returned = self.returns.remove(&id);
        let given = self.parameters.insert(id, arguments.to_vec());
        self.function(node);
        let result = self.returns.remove(&id);
        if let Some(returned) = returned {
            self.returns.insert(id, returned);
        }
        if let Some(given) = given {
            self.parameters.insert(id, given);
        }
        self.evaluating -= 1;
        result
    }

    /// `list.map(f)` over letters that are known.
    fn mapped(&mut self, call: &calls::Call, nodes: &[Node<'s>], arguments: &[Js]) -> Option<Js> {
        if !matches!(call.method(), "map" | "forEach" | "flatMap") {
            return None;
        }
        let elements = call.receiver.elements.clone()?;
        let function = match nodes.first() {
            Some(node) if is_function(*node) => node.id(),
            _ => arguments.first()?.function?,
        };
        let mut results = Vec::with_capacity(elements.len());
        for (index, element) in elements.iter().enumerate() {
            let index = Js::of(Value::text(index.to_string()));
            results.push(self.evaluate(function, &[element.clone(), index])?);
        }
        let taint = results
            .iter()
            .fold(Taint::PIECES, |taint, one| taint | one.value.taint);
        Some(Js {
            elements: Some(results.into()),
            ..Js::unknown(taint)
        })
    }

    /// Hands values to a function's parameters.
    pub(super) fn give(&mut self, function: usize, values: &[Js]) {
        let slots = self.parameters.entry(function).or_default();
        for (index, value) in values.iter().enumerate().take(8) {
            match slots.get_mut(index) {
                Some(slot) => slot.join(value),
                None => slots.push(value.clone()),
            }
        }
    }

    pub(super) fn function(&mut self, node: Node<'s>) -> Js {
        let id = node.id();
        self.bodies.insert(id, node);
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

    pub(super) fn returned(&mut self, node: Node<'s>) -> Js {
        let value = children(node)
            .next()
            .map(|child| self.visit(child))
            .unwrap_or_default();
        if let Some(id) = self.current.last() {
            self.returns.entry(*id).or_default().join(&value);
        }
        value
    }
}

/// The `a` of `a.b.c`.
fn root_of(node: Node<'_>) -> Node<'_> {
    let mut root = node;
    while root.kind() == "member_expression"
        && let Some(object) = root.child_by_field_name("object")
    {
        root = object;
    }
    root
}

fn is_function(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "arrow_function" | "function_expression" | "generator_function"
    )
}
