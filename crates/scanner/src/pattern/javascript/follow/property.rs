//! Properties that are read: of objects, lists and texts, of classes, of the environment.

use std::ops::Range;
use std::rc::Rc;

use tree_sitter::Node;

use super::super::names;
use super::super::value::Js;
use super::Follower;
use crate::pattern::places;
use crate::pattern::resolved::What;
use crate::pattern::value::{Taint, Value};

impl<'s> Follower<'s> {
    /// The object and its member.
    pub(super) fn member(&mut self, node: Node<'s>) -> (Js, Js) {
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
    pub(super) fn subscript(&mut self, node: Node<'s>) -> (Js, Js) {
        let (Some(object), Some(index)) = (
            node.child_by_field_name("object"),
            node.child_by_field_name("index"),
        ) else {
            return (Js::default(), Js::default());
        };
        let base = self.visit(object);
        let key = self.visit(index);
        let Some(name) = key.value.known().map(str::to_owned) else {
            let member = self.any_member(&base, &key, node.byte_range());
            return (base, member);
        };
        let value = self.property(object, &base, &name);
        if let Some(name) = &value.name {
            self.fact(node.byte_range(), What::Reference(name.clone()));
            let pieced = key.value.taint.has(Taint::PIECES | Taint::DECODED);
            let hidden = pieced || !matches!(index.kind(), "string" | "identifier" | "number");
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

    /// The member under a key that is not known: whichever it is, it is one of them.
    fn any_member(&mut self, base: &Js, key: &Js, span: Range<usize>) -> Js {
        let owner = base.name.as_deref();
        let on_global = matches!(
            owner,
            Some("globalThis" | "global" | "window" | "process" | "child_process" | "require")
        );
        if on_global && key.value.taint.has(Taint::DECODED) {
            let name = base.name.clone().unwrap_or_default();
            self.check(span, "javascript-computed-member", name);
        }
        if let Some(any) = self.any_constant(base) {
            return any;
        }
        self.work(base.width() >> 3);
        let taint = match owner {
            // One variable after the other is all of them.
            Some("process.env") if key.value.taint.has(Taint::ENVIRONMENT) => Taint::ENVIRONMENT,
            Some("process.env") => Taint::TOKEN,
            _ => base.value.taint | key.value.taint,
        };
        let whole = owner.filter(|name| matches!(*name, "child_process" | "require.cache"));
        Js {
            // Whichever member it is, calling it starts a program.
            name: whole
                .map(|name| format!("{name}.?"))
                .or_else(|| any_program(base)),
            // Called, it is any of the functions in a table.
            fields: base.fields.clone().filter(|_| owner.is_none()),
            ..Js::unknown(taint)
        }
    }

    /// What a table of constants gives, reckoned once for each.
    fn any_constant(&mut self, table: &Js) -> Option<Js> {
        let fields = table.fields.as_ref()?;
        let known = self.tables.get(&Rc::as_ptr(fields));
        if let Some((_, any)) = known {
            return any.clone();
        }
        let any = is_table(table).then(|| any_of(table));
        let entry = (Rc::clone(fields), any.clone());
        self.tables.insert(Rc::as_ptr(fields), entry);
        any
    }

    pub(super) fn property(&mut self, object: Node<'s>, base: &Js, name: &str) -> Js {
        if (matches!(object.kind(), "identifier" | "this") || self.source(object) == "process.env")
            && let Some(stored) = self.lookup(&format!("{}.{name}", self.source(object)))
        {
            return stored.clone();
        }
        if object.kind() == "this"
            && let Some(getter) = self
                .lookup(&format!("this.get {name}"))
                .and_then(|one| one.function)
        {
            return self.got(getter);
        }
        if let Some(fields) = &base.fields {
            if let Some(getter) = fields
                .get(&format!("get {name}"))
                .and_then(|one| one.function)
            {
                return self.got(getter);
            }
            if let Some(field) = fields.get(name).or_else(|| fields.get("*")) {
                return field.clone();
            }
        }
        if let (Some(elements), Ok(index)) = (&base.elements, name.parse::<usize>()) {
            return elements.get(index).cloned().unwrap_or_default();
        }
        if let (Some(text), Ok(index)) = (base.value.known(), name.parse::<usize>()) {
            let letter: String = text.chars().skip(index).take(1).collect();
            return Js::of(Value::text(letter).tainted(base.value.taint | Taint::PIECES));
        }
        if base.name.as_deref() == Some("process.env") {
            return self.variable(object, name);
        }
        let mut member = names::member(base, name);
        let getter = member.name.as_ref().and_then(|full| {
            let (owner, _) = full.rsplit_once('.')?;
            self.methods.get(&format!("{owner}.get {name}")).copied()
        });
        if let Some(getter) = getter {
            return self.got(getter);
        }
        if let Some(method) = member.name.as_ref().and_then(|name| self.methods.get(name)) {
            member.function = Some(*method);
        }
        member
    }

    /// What a getter gives back.
    fn got(&self, getter: usize) -> Js {
        self.returns
            .get(&getter)
            .cloned()
            .unwrap_or_else(|| Js::unknown(Taint::default()))
    }

    fn variable(&mut self, node: Node<'s>, name: &str) -> Js {
        self.fact(node.byte_range(), What::Variable(name.to_owned()));
        match name {
            "HOME" | "USERPROFILE" => Js::of(Value::text("~")),
            // What a server hands a program that it starts for a visitor.
            "QUERY_STRING" | "REQUEST_URI" | "PATH_INFO" => Js::unknown(Taint::ARGUMENT),
            _ if places::is_kept_name(name) => Js::unknown(Taint::TOKEN | Taint::KEPT),
            _ if places::is_secret_name(name) => {
                Js::unknown(Taint::TOKEN | Taint::of_service(name))
            }
            _ => Js::unknown(Taint::default()),
        }
    }
}

/// An object whose members are constants.
fn is_table(object: &Js) -> bool {
    let constant = |field: &Js| field.value.known().is_some_and(|text| !text.is_empty());
    let fields = object.fields.as_ref();
    fields.is_some_and(|fields| !fields.is_empty() && fields.values().all(constant))
}

/// Whatever is asked for, a table of constants gives one of them; all of them stand for it.
fn any_of(table: &Js) -> Js {
    let mut fields: Vec<(&String, &Js)> = table.fields.iter().flat_map(|all| all.iter()).collect();
    fields.sort_by_key(|(name, _)| *name);
    let texts: Vec<&str> = fields
        .iter()
        .map(|(_, field)| field.value.text.as_str())
        .collect();
    Js::of(Value::text(texts.join("\n")).tainted(table.value.taint))
}

/// A member of an object that starts programs.
fn any_program(object: &Js) -> Option<String> {
    let fields = object.fields.as_ref()?;
    let mut names: Vec<&String> = fields
        .values()
        .filter_map(|field| field.name.as_ref())
        .filter(|name| name.starts_with("child_process."))
        .collect();
    names.sort();
    names.first().map(|name| (*name).clone())
}
