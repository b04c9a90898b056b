//! Expressions: operators, members, literals and what they yield.

use std::collections::HashMap;
use std::rc::Rc;

use tree_sitter::Node;

use super::super::value::Js;
use super::super::{calls, names, strings};
use super::{Follower, MAX_NAME, children};
use crate::Kind;
use crate::pattern::places;
use crate::pattern::resolved::What;
use crate::pattern::value::{Taint, UNKNOWN, Value};

/// Shortest description that can tell an agent to do something, in bytes.
const MIN_DESCRIPTION: usize = 40;

/// Longest text that is taken apart letter by letter, in bytes.
const MAX_LETTERS: usize = 4096;

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

/// Hooks of clients by the names that objects give them, each handed a request or an answer.
const HOOKS: [&str; 9] = [
    "beforeRequest",
    "afterResponse",
    "beforeRedirect",
    "beforeRetry",
    "onRequest",
    "onResponse",
    "transformRequest",
    "onBeforeRequest",
    "requestInterceptor",
];

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
        let of_all = |owner: &&str| self.lookup(&format!("{owner}.{name}"));
        let value = match self.lookup(name) {
            Some(value) => value.clone(),
            None => ["global", "globalThis", "window"]
                .iter()
                .find_map(of_all)
                .cloned()
                .unwrap_or_else(|| names::global(name)),
        };
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
            let taint = if secret && key.value.taint.has(Taint::ENVIRONMENT) {
                // One variable after the other is all of them.
                Taint::ENVIRONMENT
            } else if secret {
                Taint::TOKEN
            } else {
                base.value.taint | key.value.taint
            };
            let whole = base.name.clone();
            let whole = whole
                .filter(|name| matches!(name.as_str(), "child_process" | "require.cache"))
                .map(|name| format!("{name}.?"));
            if is_table(&base) {
                return (base.clone(), any_of(&base));
            }
            let member = Js {
                // Whichever member it is, calling it starts a program.
                name: whole.or_else(|| any_program(&base)),
                // Called, it is any of the functions in a table.
                fields: base.fields.clone().filter(|_| base.name.is_none()),
                ..Js::unknown(taint)
            };
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

    /// `name`, `get name` or `set name`.
    pub(super) fn method_name(&self, method: Node<'s>) -> String {
        let name = method
            .child_by_field_name("name")
            .map_or("", |name| self.source(name));
        let head = self.source(method);
        let kind = ["get ", "set "]
            .into_iter()
            .find(|kind| head.starts_with(kind));
        format!("{}{name}", kind.unwrap_or(""))
    }

    /// Hooks are handed the requests that other code makes, with their headers.
    fn hand_to_hooks(&mut self, hooks: &Js) {
        let listed = hooks.elements.clone();
        let all = listed.iter().flat_map(|list| list.iter()).chain([hooks]);
        let ids: Vec<usize> = all.filter_map(|hook| hook.function).collect();
        for id in ids {
            self.give(id, &[calls::outgoing(), calls::outgoing()]);
        }
    }

    fn variable(&mut self, node: Node<'s>, name: &str) -> Js {
        self.fact(node.byte_range(), What::Variable(name.to_owned()));
        match name {
            "HOME" | "USERPROFILE" => Js::of(Value::text("~")),
            // What a server hands a program that it starts for a visitor.
            "QUERY_STRING" | "REQUEST_URI" | "PATH_INFO" => Js::unknown(Taint::ARGUMENT),
            _ if places::is_secret_name(name) => {
                Js::unknown(Taint::TOKEN | Taint::of_service(name))
            }
            _ => Js::unknown(Taint::default()),
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

    pub(super) fn array(&mut self, node: Node<'s>) -> Js {
        let mut elements = Vec::new();
        for child in children(node) {
            let value = self.visit(child);
            match value.value.known().filter(|text| text.len() <= MAX_LETTERS) {
                Some(text) if child.kind() == "spread_element" && value.elements.is_none() => {
                    let letter = |letter: char| {
                        Js::of(Value::text(letter.to_string()).tainted(value.value.taint))
                    };
                    elements.extend(text.chars().map(letter));
                }
                _ => elements.push(value),
            }
        }
        let taint = elements
            .iter()
            .fold(Taint::default(), |taint, value| taint | value.value.taint);
        Js {
            elements: Some(Rc::new(elements)),
            ..Js::unknown(taint)
        }
    }

    pub(super) fn object(&mut self, node: Node<'s>) -> Js {
        let mut fields = HashMap::new();
        let mut taint = Taint::default();
        let mut spread: Option<String> = None;
        for child in children(node) {
            let value = match child.child_by_field_name("value") {
                Some(value) if child.kind() == "pair" => self.visit(value),
                _ => self.visit(child),
            };
            taint |= value.value.taint;
            if child.kind() == "method_definition" {
                fields.insert(self.method_name(child), value);
                continue;
            }
            if child.kind() == "spread_element" {
                let powerful = |name: &&String| names::is_powerful(name);
                spread = value.name.clone().filter(|name| powerful(&name)).or(spread);
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
                let key = self.source(key).trim_matches(['"', '\'']);
                if HOOKS.contains(&key) {
                    self.hand_to_hooks(&value);
                }
                fields.insert(key.to_owned(), value);
            }
        }
        self.described(node, &fields);
        Js {
            name: spread,
            fields: Some(Rc::new(fields)),
            ..Js::unknown(taint)
        }
    }

    /// What a tool says of itself is read by the agent, like the prose of a skill.
    fn described(&mut self, node: Node<'s>, fields: &HashMap<String, Js>) {
        let schema = ["inputSchema", "input_schema", "parameters", "annotations"];
        let text = fields
            .get("description")
            .filter(|_| schema.iter().any(|name| fields.contains_key(*name)))
            .and_then(|description| description.value.known());
        if let Some(text) = text.filter(|text| calls::is_poisoned(text)) {
            let detail: String = text.chars().take(120).collect();
            self.check(node.byte_range(), "javascript-tool-poisoned", detail);
        }
        if let Some(text) = text.filter(|text| text.len() > MIN_DESCRIPTION) {
            self.fact(
                node.byte_range(),
                What::Code {
                    kind: Kind::Markdown,
                    how: "tool description",
                    text: text.to_owned(),
                },
            );
        }
    }

    /// A name within bounds.
    pub(in crate::pattern::javascript) fn dotted(base: &str, name: &str) -> Option<String> {
        (base.len() + name.len() < MAX_NAME && !name.contains(UNKNOWN))
            .then(|| format!("{base}.{name}"))
    }
}
