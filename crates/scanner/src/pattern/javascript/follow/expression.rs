//! Names, templates and operators, and what they yield.

use tree_sitter::Node;

use super::super::value::Js;
use super::super::{names, strings};
use super::Follower;
use crate::pattern::resolved::What;
use crate::pattern::value::{Taint, Value};

impl<'s> Follower<'s> {
    pub(super) fn identifier(&mut self, node: Node<'s>) -> Js {
        let source = self.source(node);
        let plain;
        let name = if source.contains('\\') {
            plain = strings::unescape(source);
            self.check(
                node.byte_range(),
                "javascript-computed-member",
                plain.clone(),
            );
            plain.as_str()
        } else {
            source
        };
        let known = self.lookup(name).or_else(|| self.lookup_global(name));
        let value = known.cloned().unwrap_or_else(|| names::global(name));
        if let Some(name) = &value.name {
            self.fact(node.byte_range(), What::Reference(name.clone()));
        }
        value
    }

    pub(super) fn template(&mut self, node: Node<'s>) -> Js {
        let mut value = Value::default();
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            match child.kind() {
                "string_fragment" | "escape_sequence" => {
                    value.push(&Value::text(strings::unescape(self.source(child))))
                }
                "template_substitution" => {
                    value.push(&self.any(child).value);
                    value.taint |= Taint::PIECES;
                }
                _ => {}
            }
        }
        // A substitution yields the taint of its expression and its text where it has one.
        Js::of(value)
    }

    /// Long sums lean to the left, so that side is followed in a loop.
    pub(super) fn binary(&mut self, node: Node<'s>) -> Js {
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
                        sum.tainted(Taint::PIECES)
                    })
                }
                "^" | "-" | "*" | "%" | "&" | "|" => {
                    value = arithmetic(operator, &value.value, &right.value);
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

    pub(super) fn unary(&mut self, node: Node<'s>) -> Js {
        let operator = node
            .child_by_field_name("operator")
            .map_or("", |operator| operator.kind());
        let value = self.any(node);
        let number = node
            .child_by_field_name("argument")
            .filter(|argument| operator == "-" && argument.kind() == "number");
        match number {
            Some(number) => Js::of(Value::text(format!("-{}", self.source(number)))),
            None => value,
        }
    }

    pub(super) fn either(&mut self, node: Node<'s>) -> Js {
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
}

/// What two known numbers make; what an operator makes of others carries their marks.
fn arithmetic(operator: &str, left: &Value, right: &Value) -> Js {
    let taint = left.taint | right.taint;
    let number = |value: &Value| value.known().and_then(strings::number);
    let result = match (number(left), operator, number(right)) {
        (Some(left), "^", Some(right)) => Some(left ^ right),
        (Some(left), "&", Some(right)) => Some(left & right),
        (Some(left), "|", Some(right)) => Some(left | right),
        (Some(left), "-", Some(right)) => left.checked_sub(right),
        (Some(left), "*", Some(right)) => left.checked_mul(right),
        (Some(left), "%", Some(right)) => left.checked_rem(right),
        _ => None,
    };
    match result {
        Some(result) => Js::of(Value::text(result.to_string()).tainted(taint)),
        None => Js::unknown(taint),
    }
}
