//! Lists and objects that are written out in the program.

use std::collections::HashMap;
use std::ops::Range;

use tree_sitter::Node;

use super::super::value::Js;
use super::super::{calls, names};
use super::{Follower, children};
use crate::Kind;
use crate::pattern::resolved::What;
use crate::pattern::value::{Taint, Value};

/// Longest text that is taken apart letter by letter, in bytes.
const MAX_LETTERS: usize = 4096;

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

/// Keys under which editors, agents and containers are told what they need not ask.
const SWITCHES: [&str; 15] = [
    "Binds",
    "task.allowAutomaticTasks",
    "security.workspace.trust.enabled",
    "security.workspace.trust.startupPrompt",
    "security.workspace.trust.untrustedFiles",
    "chat.tools.autoApprove",
    "chat.tools.global.autoApprove",
    "chat.tools.terminal.autoApprove",
    "chat.agent.autoApprove",
    "runOn",
    "autoApprove",
    "alwaysAllow",
    "defaultMode",
    "enableAllProjectMcpServers",
    "dangerouslySkipPermissions",
];

impl<'s> Follower<'s> {
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
        Js::list(elements)
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
                self.switched(key, &value, child.byte_range());
                fields.insert(key.to_owned(), value);
            }
        }
        self.described(node, &fields);
        self.commanded(node, &fields);
        Js {
            name: spread,
            ..Js::object(fields, taint)
        }
    }

    /// What a tool says of itself is read by the agent, like the prose of a skill.
    fn described(&mut self, node: Node<'s>, fields: &HashMap<String, Js>) {
        let schema = ["inputSchema", "input_schema", "parameters", "annotations"];
        for name in ["description", "instructions"] {
            if let Some(text) = fields.get(name) {
                calls::spoken(self, text, node.byte_range());
            }
        }
        let text = fields
            .get("description")
            .filter(|_| schema.iter().any(|name| fields.contains_key(*name)))
            .and_then(|description| description.value.known());
        if let Some(text) = text {
            calls::described(self, text, node.byte_range());
        }
    }

    /// Settings of editors and agents that stop them from asking.
    fn switched(&mut self, key: &str, value: &Js, span: Range<usize>) {
        if SWITCHES.contains(&key) {
            self.set_to(key.to_owned(), value, span);
        } else if key == "permissions"
            && let Some(allowed) = value.fields.as_ref().and_then(|one| one.get("allow"))
        {
            self.set_to("permissions.allow".to_owned(), allowed, span);
        }
    }

    /// `{ type: 'shell', command: … }`: an editor or an agent will run it.
    fn commanded(&mut self, node: Node<'s>, fields: &HashMap<String, Js>) {
        let text = |name: &str| fields.get(name).and_then(|field| field.value.known());
        if let (Some("shell" | "command"), Some(line)) = (text("type"), text("command")) {
            let (kind, how, text) = (Kind::Shell, "command line", line.to_owned());
            self.fact(node.byte_range(), What::Code { kind, how, text });
        }
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
}
