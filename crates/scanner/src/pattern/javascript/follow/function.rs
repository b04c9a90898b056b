//! Functions: what they are given, and what they give back.

use tree_sitter::Node;

use super::super::calls;
use super::super::value::Js;
use super::{Follower, Scope, children};
use crate::pattern::value::Taint;

/// Arguments of a function that are remembered.
const MAX_PARAMETERS: usize = 8;

impl<'s> Follower<'s> {
    /// Hands values to a function's parameters.
    pub(super) fn give(&mut self, function: usize, values: &[Js]) {
        let slots = self.parameters.entry(function).or_default();
        for (index, value) in values.iter().enumerate().take(MAX_PARAMETERS) {
            match slots.get_mut(index) {
                Some(slot) => slot.join(value),
                None => slots.push(value.clone()),
            }
        }
    }

    pub(super) fn function(&mut self, node: Node<'s>) -> Js {
        let id = node.id();
        self.bodies.insert(id, node);
        let function = Js::function(id);
        if let Some(name) = node.child_by_field_name("name") {
            self.declare(self.source(name), function.clone());
        }
        let mut given = self.parameters.get(&id).cloned().unwrap_or_default();
        if given.is_empty() && self.is_middleware(node) {
            given.push(calls::incoming(Taint::ARGUMENT));
        }
        self.scopes.push(Scope::new());
        self.current.push(id);
        self.parameters_of(node, &given);
        if let Some(body) = node.child_by_field_name("body") {
            let value = self.visit(body);
            if body.kind() != "statement_block" {
                calls::spoken(self, &value, body.byte_range());
                self.returns.entry(id).or_default().join(&value);
            }
        }
        self.current.pop();
        self.scopes.pop();
        function
    }

    /// Binds what a function is given to its parameters.
    fn parameters_of(&mut self, node: Node<'s>, given: &[Js]) {
        let nth = |index: usize| {
            let value = given.get(index).cloned();
            value.unwrap_or_else(|| Js::unknown(Taint::ARGUMENT))
        };
        if let Some(single) = node.child_by_field_name("parameter") {
            self.bind(single, nth(0));
        }
        if node.kind() != "arrow_function" && !given.is_empty() {
            let all = Js::list_from(given.to_vec(), Taint::default());
            self.declare("arguments", all);
        }
        let list = node.child_by_field_name("parameters");
        for (index, parameter) in list.into_iter().flat_map(children).enumerate() {
            let value = if is_rest(parameter) {
                rest(given, index)
            } else {
                nth(index)
            };
            self.bind(parameter, value);
        }
    }

    /// `(request, response, next)`, whoever will call it.
    fn is_middleware(&self, node: Node<'s>) -> bool {
        let Some(list) = node.child_by_field_name("parameters") else {
            return false;
        };
        let names = children(list).map(|parameter| {
            let inner = parameter.child_by_field_name("pattern");
            self.source(inner.unwrap_or(parameter))
        });
        let names: Vec<&str> = names.collect();
        matches!(
            names.as_slice(),
            ["req" | "request" | "ctx" | "context", .., "next"]
        )
    }

    pub(super) fn returned(&mut self, node: Node<'s>) -> Js {
        let value = children(node)
            .next()
            .map(|child| self.visit(child))
            .unwrap_or_default();
        calls::spoken(self, &value, node.byte_range());
        if let Some(id) = self.current.last() {
            self.returns.entry(*id).or_default().join(&value);
        }
        value
    }
}

/// What `...rest` at this place holds.
fn rest(given: &[Js], from: usize) -> Js {
    if given.is_empty() {
        return Js::list_from(Vec::new(), Taint::ARGUMENT);
    }
    Js::list(given.get(from..).unwrap_or_default().to_vec())
}

/// `...rest` among the parameters.
fn is_rest(parameter: Node<'_>) -> bool {
    parameter.kind() == "rest_pattern"
        || parameter
            .child_by_field_name("pattern")
            .is_some_and(|inner| inner.kind() == "rest_pattern")
}

/// A function that stands where a value does.
pub(super) fn is_function(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "arrow_function" | "function_expression" | "generator_function"
    )
}
