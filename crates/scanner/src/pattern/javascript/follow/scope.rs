//! Names: what declares them, binds them and changes them.

use std::collections::HashMap;

use tree_sitter::Node;

use super::super::value::Js;
use super::super::{calls, names};
use super::{Follower, children};
use crate::pattern::resolved::What;
use crate::pattern::value::Taint;

/// The object of all globals, by the names that programs assign to.
pub(super) const GLOBALS: [&str; 3] = ["global", "globalThis", "window"];

/// Members whose names are remembered because a variable keeps them.
const MAX_WRAPPED: usize = 512;

impl<'s> Follower<'s> {
    /// Function declarations are known before the statements around them run.
    pub(super) fn hoist(&mut self, node: Node<'s>) {
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
                self.declare(self.source(name), Js::function(declaration.id()));
            }
        }
    }

    pub(super) fn lookup(&self, name: &str) -> Option<&Js> {
        let declared = self.scopes.iter().rev().find_map(|scope| scope.get(name));
        declared.or_else(|| self.later.get(name).filter(|_| self.settled))
    }

    /// What the program put under this name into the object of all globals.
    pub(super) fn lookup_global(&self, name: &str) -> Option<&Js> {
        let mut owners = GLOBALS.iter().filter(|_| self.sets_globals);
        owners.find_map(|owner| self.lookup(&format!("{owner}.{name}")))
    }

    /// `this.name` and `new Class().name` are known before the methods around them run.
    pub(super) fn hoist_methods(&mut self, body: Node<'s>) {
        let class = body
            .parent()
            .and_then(|class| class.child_by_field_name("name"))
            .map(|name| self.source(name));
        for method in children(body).filter(|child| child.kind() == "method_definition") {
            if method.child_by_field_name("name").is_none() {
                continue;
            }
            self.bodies.insert(method.id(), method);
            let full = self.method_name(method);
            if matches!(full.as_str(), "dispatch" | "intercept") {
                // What stands between a client and the network is handed its requests.
                self.give(method.id(), &[calls::outgoing()]);
            }
            self.declare(&format!("this.{full}"), Js::function(method.id()));
            if let Some(class) = class {
                self.methods
                    .insert(format!("new {class}().{full}"), method.id());
            }
        }
    }

    /// `enum Name { A = 'a' }`.
    pub(super) fn enumeration(&mut self, node: Node<'s>) -> Js {
        let mut fields = HashMap::new();
        for entry in node
            .child_by_field_name("body")
            .into_iter()
            .flat_map(children)
        {
            let value = entry
                .child_by_field_name("value")
                .map(|value| self.visit(value));
            let name = entry
                .child_by_field_name("name")
                .map(|name| self.source(name));
            if let (Some(name), Some(value)) = (name, value) {
                fields.insert(name.to_owned(), value);
            }
        }
        if let Some(name) = node.child_by_field_name("name") {
            let object = Js::object(fields, Taint::default());
            self.declare(self.source(name), object);
        }
        Js::default()
    }

    /// What is put into a variable under a name that is not known taints all of it.
    pub(super) fn taint_variable(&mut self, name: &str, taint: Taint) {
        let owner = self
            .scopes
            .iter_mut()
            .rev()
            .find(|scope| scope.contains_key(name));
        if let Some(variable) = owner.and_then(|scope| scope.get_mut(name)) {
            variable.value.taint |= taint;
        }
    }

    pub(super) fn declare(&mut self, name: &str, value: Js) {
        if !self.settled && names::is_free(name) {
            match self.later.get_mut(name) {
                Some(known) => known.join(&value),
                None => {
                    self.later.insert(name.to_owned(), value.clone());
                }
            }
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.to_owned(), value);
        }
    }

    /// A later value joins an earlier one, because functions run in any order.
    pub(super) fn assign(&mut self, name: &str, value: Js) {
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

    /// Binds a pattern: a name, `{ a, b: c }`, `[a, b]`, with defaults.
    pub(super) fn bind(&mut self, pattern: Node<'s>, value: Js) {
        if !self.enter() {
            return;
        }
        match pattern.kind() {
            "identifier" | "shorthand_property_identifier_pattern" => {
                let name = self.source(pattern);
                let mut value = value;
                if names::is_phrase(name) {
                    value.value.taint |= Taint::SECRET;
                }
                self.declare(name, value)
            }
            "required_parameter" | "optional_parameter" => {
                let value = self.or_default(value, pattern.child_by_field_name("value"));
                if let Some(inner) = pattern.child_by_field_name("pattern") {
                    self.bind(inner, value);
                }
            }
            "assignment_pattern" | "object_assignment_pattern" => {
                if let Some(left) = pattern.child_by_field_name("left") {
                    let taint = value.value.taint;
                    let field = if pattern.kind() == "object_assignment_pattern" {
                        names::member(&value, self.source(left))
                    } else {
                        value
                    };
                    let field = self.or_default(field, pattern.child_by_field_name("right"));
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
                    self.bind(child, value.clone());
                }
            }
            _ => {}
        }
        self.depth -= 1;
    }

    /// What is bound where nothing is known of what is given, or what stands for it.
    fn or_default(&mut self, given: Js, default: Option<Node<'s>>) -> Js {
        let default = default.map(|default| self.visit(default));
        let nothing = given
            .name
            .as_deref()
            .is_none_or(|name| name.starts_with("?.") || name.ends_with("()"))
            && given.function.is_none()
            && given.elements.is_none()
            && given.fields.is_none()
            && given.value.taint.without(Taint::ARGUMENT) == Taint::default()
            && given.value.known().is_none_or(str::is_empty);
        match default {
            Some(default) if nothing => Js {
                value: default.value.clone().tainted(given.value.taint),
                ..default
            },
            _ => given,
        }
    }

    fn bind_fields(&mut self, pattern: Node<'s>, value: &Js) {
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

    /// A field that a class gives all its objects.
    pub(super) fn field(&mut self, node: Node<'s>) -> Js {
        let name = node
            .child_by_field_name("property")
            .or_else(|| node.child_by_field_name("name"));
        let value = node.child_by_field_name("value");
        if let (Some(name), Some(value)) = (name, value) {
            let value = self.visit(value);
            self.declare(&format!("this.{}", self.source(name)), value);
        }
        Js::default()
    }

    pub(super) fn declarator(&mut self, node: Node<'s>) -> Js {
        let value = node
            .child_by_field_name("value")
            .map(|value| self.visit(value))
            .unwrap_or_default();
        if let Some(name) = value.name.as_deref() {
            let name = name.strip_suffix(".bind()").unwrap_or(name);
            if name.contains('.') && self.wrapped.len() < MAX_WRAPPED {
                self.wrapped.insert(name.to_owned());
            }
        }
        if let Some(name) = node.child_by_field_name("name") {
            self.bind(name, value);
        }
        Js::default()
    }

    pub(super) fn assignment(&mut self, node: Node<'s>) -> Js {
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

    pub(super) fn import(&mut self, node: Node<'s>) -> Js {
        let Some(source) = node.child_by_field_name("source") else {
            return Js::default();
        };
        let module = names::module(self.source(source).trim_matches(['"', '\'', '`']));
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

    fn import_names(&mut self, node: Node<'s>, module: &str) {
        for specifier in children(node).filter(|child| child.kind() == "import_specifier") {
            let Some(name) = specifier.child_by_field_name("name") else {
                continue;
            };
            let local = specifier.child_by_field_name("alias").unwrap_or(name);
            let value = names::member(&Js::named(module), self.source(name));
            self.declare(self.source(local), value);
        }
    }
}
