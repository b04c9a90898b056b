//! Expressions: operators, members, literals and what they yield.

use std::collections::HashMap;
use std::rc::Rc;

use tree_sitter::Node;

use super::super::value::Js;
use super::super::{names, strings};
use super::{Follower, MAX_NAME, children};
use crate::pattern::places;
use crate::pattern::resolved::What;
use crate::pattern::value::{Taint, UNKNOWN, Value};

impl<'s> Follower<'s> {
    pub(super) fn identifier(&mut self, node: Node<'_>) -> Js {
        let name = self.source(node);
        let value = self
            .lookup(name)
            .cloned()
            .unwrap_or_else(|| names::global(name));
        if let Some(name) = &value.name {
            self.fact(node.byte_range(), What::Reference(name.clone()));
        }
        value
    }

    pub(super) fn template(&mut self, node: Node<'_>) -> Js {
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
    pub(super) fn binary(&mut self, node: Node<'_>) -> Js {
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
    pub(super) fn member(&mut self, node: Node<'_>) -> (Js, Js) {
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
    pub(super) fn subscript(&mut self, node: Node<'_>) -> (Js, Js) {
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
            if hidden && names::is_dangerous(name) {
                self.check(
                    node.byte_range(),
                    "javascript-computed-member",
                    name.clone(),
                );
            }
        }
        (base, value)
    }

    pub(super) fn property(&mut self, object: Node<'_>, base: &Js, name: &str) -> Js {
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
        names::member(base, name)
    }

    fn variable(&mut self, node: Node<'_>, name: &str) -> Js {
        self.fact(node.byte_range(), What::Variable(name.to_owned()));
        match name {
            "HOME" | "USERPROFILE" => Js::of(Value::text("~")),
            _ if places::is_secret_name(name) => Js::unknown(Taint::TOKEN),
            _ => Js::unknown(Taint::default()),
        }
    }

    pub(super) fn either(&mut self, node: Node<'_>) -> Js {
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

    pub(super) fn array(&mut self, node: Node<'_>) -> Js {
        let elements: Vec<Js> = children(node).map(|child| self.visit(child)).collect();
        let taint = elements
            .iter()
            .fold(Taint::default(), |taint, value| taint | value.value.taint);
        Js {
            elements: Some(Rc::new(elements)),
            ..Js::unknown(taint)
        }
    }

    pub(super) fn object(&mut self, node: Node<'_>) -> Js {
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

    /// A name within bounds.
    pub(in crate::pattern::javascript) fn dotted(base: &str, name: &str) -> Option<String> {
        (base.len() + name.len() < MAX_NAME && !name.contains(UNKNOWN))
            .then(|| format!("{base}.{name}"))
    }
}
