//! Assignments to members: setters, handlers, built-ins that are replaced, scripts of a manifest.

use std::ops::Range;
use std::rc::Rc;

use tree_sitter::Node;

use super::super::value::Js;
use super::super::{calls, names};
use super::Follower;
use super::scope::GLOBALS;
use crate::pattern::install_scripts;
use crate::pattern::resolved::What;
use crate::pattern::value::Taint;

/// Members that an object is followed with.
const MAX_FIELDS: usize = 64;

impl<'s> Follower<'s> {
    /// An object that is filled member by member holds all of them.
    fn extend(&mut self, name: &str, property: &str, value: &Js) {
        let owner = self
            .scopes
            .iter_mut()
            .rev()
            .find(|scope| scope.contains_key(name));
        if let Some(variable) = owner.and_then(|scope| scope.get_mut(name))
            && let Some(fields) = variable.fields.as_mut()
            && fields.len() < MAX_FIELDS
        {
            Rc::make_mut(fields).insert(property.to_owned(), value.clone());
        }
    }

    pub(super) fn assign_member(&mut self, left: Node<'s>, value: &Js) {
        self.visit(left);
        let Some(object) = left.child_by_field_name("object") else {
            return;
        };
        let owner = self.visit(object);
        let span = left.byte_range();
        let property = left
            .child_by_field_name("property")
            .map_or("", |property| self.source(property));
        if property.is_empty() {
            if object.kind() == "identifier" {
                self.taint_variable(self.source(object), value.value.taint);
            }
        } else {
            calls::scripted(self, &owner, property, value, span.clone());
            if object.kind() == "identifier" {
                self.extend(self.source(object), property, value);
            }
        }
        if matches!(property, "description" | "instructions" | "text") {
            calls::spoken(self, value, span.clone());
        }
        if matches!(property, "src" | "href" | "action" | "location") {
            calls::addressed(self, value, span.clone());
        }
        if property.starts_with('_') && owner.name.as_deref() == Some("module") {
            calls::replaced(self, &format!("module.{property}"), span.clone());
        }
        if let Some(handler) = value.function.filter(|_| property.starts_with("on")) {
            // What a connection calls back with comes from the other side.
            let taint = owner.value.taint;
            self.give(handler, &[Js::unknown(taint), Js::unknown(taint)]);
        }
        if self.source(object) == "process.env" {
            self.set_to(property.to_owned(), value, span.clone());
        }
        self.adds_script(left, object, value);
        self.set_by(&owner, property, value);
        self.kept_scripts(property, value, span.clone());
        if let Some(name) = self.target_name(left, &owner) {
            self.replaces(left, &name, value);
            self.set_to(name, value, span);
        }
        let is_kept =
            matches!(object.kind(), "identifier" | "this") || self.source(object) == "process.env";
        if !property.is_empty() && is_kept {
            let owner = self.source(object);
            self.sets_globals |= GLOBALS.contains(&owner);
            self.assign(&format!("{owner}.{property}"), value.clone());
        }
    }

    /// `manifest.scripts["pre" + "install"] = command`.
    fn adds_script(&mut self, left: Node<'s>, object: Node<'s>, value: &Js) {
        let index = left.child_by_field_name("index");
        let Some(index) = index.filter(|_| self.source(object).ends_with("scripts")) else {
            return;
        };
        let name = self.visit(index).value.text;
        if install_scripts::is_run_at_install(&name, &value.value.text) {
            self.set_to(format!("scripts.{name}"), value, left.byte_range());
        }
    }

    pub(super) fn set_to(&mut self, name: String, value: &Js, span: Range<usize>) {
        let value = match &value.elements {
            Some(elements) => {
                let texts: Vec<&str> = elements.iter().map(|one| one.value.text.as_str()).collect();
                texts.join(",")
            }
            None => value.value.text.clone(),
        };
        self.fact(span, What::Assign { name, value });
    }

    /// What is assigned to, by the name of its owner and not by what it held before.
    fn target_name(&mut self, left: Node<'s>, owner: &Js) -> Option<String> {
        let property = match left.child_by_field_name("property") {
            Some(property) => self.source(property).to_owned(),
            None => {
                let index = left.child_by_field_name("index")?;
                self.visit(index).value.known()?.to_owned()
            }
        };
        names::member(owner, &property).name
    }

    /// A setter is called by an assignment.
    fn set_by(&mut self, owner: &Js, property: &str, value: &Js) {
        let setter = format!("set {property}");
        let of_object = owner
            .fields
            .as_ref()
            .and_then(|fields| fields.get(&setter)?.function);
        let of_class = owner
            .name
            .as_ref()
            .and_then(|name| self.methods.get(&format!("{name}.{setter}")).copied());
        let of_this = self
            .lookup(&format!("this.{setter}"))
            .filter(|_| owner.name.as_deref() == Some("this"))
            .and_then(|one| one.function);
        if let Some(setter) = of_object.or(of_class).or(of_this) {
            self.give(setter, std::slice::from_ref(value));
        }
    }

    /// `manifest.scripts = { …, preinstall: command }`.
    pub(super) fn kept_scripts(&mut self, property: &str, value: &Js, span: Range<usize>) {
        let Some(fields) = value.fields.as_ref().filter(|_| property == "scripts") else {
            return;
        };
        for name in ["preinstall", "install", "postinstall", "prepare"] {
            let command = fields.get(name).map(|command| command.value.text.clone());
            let command =
                command.filter(|command| install_scripts::is_run_at_install(name, command));
            if let Some(value) = command {
                let name = format!("scripts.{name}");
                self.fact(span.clone(), What::Assign { name, value });
            }
        }
    }

    /// Something else is put in the place of a built-in, unless the built-in is missing or put back.
    fn replaces(&mut self, left: Node<'s>, name: &str, value: &Js) {
        if value.name.as_deref() == Some(name) {
            self.restored.insert(name.to_owned());
            return;
        }
        let mock = value.name.as_deref().is_some_and(|name| {
            ["jest.", "vi.", "sinon.", "mock."]
                .iter()
                .any(|maker| name.starts_with(maker))
        });
        if mock || self.is_missing(left) {
            return;
        }
        calls::replaced(self, name, left.byte_range());
        if let Some(function) = value.function.filter(|_| self.wrapped.contains(name)) {
            // Whatever other code gives the original passes through what stands in its place.
            let passing = Js::unknown(Taint::PERSONAL);
            self.give(function, &[passing.clone(), passing.clone(), passing]);
        }
    }

    /// `if (!x) x = …`: a condition around an assignment asks for what it sets.
    fn is_missing(&self, left: Node<'s>) -> bool {
        let target = self.source(left);
        let mut node = left;
        for _ in 0..5 {
            let Some(parent) = node.parent() else {
                return false;
            };
            if parent.kind() == "if_statement" {
                let condition = parent.child_by_field_name("condition");
                let text = condition.map_or("", |condition| self.source(condition));
                let absent = text.contains('!') || text.contains("undefined");
                return absent && text.contains(target);
            }
            if parent.kind() == "augmented_assignment_expression" {
                return true;
            }
            node = parent;
        }
        false
    }
}
