//! Functions: what they are given, what they give back, who calls them.

use tree_sitter::Node;

use super::super::calls;
use super::super::value::Js;
use super::{Follower, Scope, children};
use crate::pattern::value::Taint;

impl<'s> Follower<'s> {
    pub(super) fn call(&mut self, node: Node<'_>, constructs: bool) -> Js {
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

    pub(super) fn function(&mut self, node: Node<'_>) -> Js {
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

    pub(super) fn returned(&mut self, node: Node<'_>) -> Js {
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

fn is_function(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "arrow_function" | "function_expression" | "generator_function"
    )
}
