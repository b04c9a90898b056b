//! Calls: what is called with what, and what that does and yields.

use tree_sitter::Node;

use super::super::value::{Js, List};
use super::super::{calls, names, strings};
use super::function::is_function;
use super::{Follower, children};
use crate::pattern::value::{Taint, Value};

impl<'s> Follower<'s> {
    /// A call; its parts are followed in frames of their own, because calls nest deep.
    pub(super) fn call(&mut self, node: Node<'s>, constructs: bool) -> Js {
        let (receiver, callee) = self.callee(node, constructs);
        let is_proxy = constructs && callee.name.as_deref() == Some("Proxy");
        self.proxies += usize::from(is_proxy);
        let nodes = argument_nodes(node);
        let arguments = self.arguments(&nodes);
        let call = calls::Call {
            callee,
            receiver,
            constructs,
            span: node.byte_range(),
        };
        self.called(node, call, &nodes, arguments, is_proxy)
    }

    /// What the function is a member of, and the function.
    fn callee(&mut self, node: Node<'s>, constructs: bool) -> (Js, Js) {
        let field = if constructs {
            "constructor"
        } else {
            "function"
        };
        match node.child_by_field_name(field) {
            Some(callee) if callee.kind() == "member_expression" => self.member(callee),
            Some(callee) if callee.kind() == "subscript_expression" => self.subscript(callee),
            Some(callee) => (Js::default(), self.visit(callee)),
            None => (Js::default(), Js::default()),
        }
    }

    fn arguments(&mut self, nodes: &[Node<'s>]) -> Vec<Js> {
        let mut values = Vec::with_capacity(nodes.len());
        for (index, argument) in nodes.iter().enumerate() {
            let value = if is_function(*argument) {
                Js::default()
            } else if index == 0 && is_tagged(*argument) {
                self.fragments(*argument)
            } else {
                self.visit(*argument)
            };
            values.push(value);
        }
        spread(nodes, values)
    }

    /// What a call does and yields, its arguments known; callbacks are followed now.
    fn called(
        &mut self,
        node: Node<'s>,
        call: calls::Call,
        nodes: &[Node<'s>],
        mut arguments: Vec<Js>,
        is_proxy: bool,
    ) -> Js {
        self.work(gone_through(&call, nodes, &arguments) >> 1);
        let mut result = calls::result(self, &call, &arguments);
        let handed = calls::handed(&call, &arguments, &result);
        if call.name() == "Object.getPrototypeOf"
            && let Some(function) = nodes.first().filter(|one| is_function(**one))
        {
            result.function = Some(function.id());
            result.name = None;
        }
        result.value.taint |= self.callbacks(&call, nodes, &mut arguments, &handed);
        self.proxies -= usize::from(is_proxy);
        if let Some(handler) = arguments.get(1).filter(|_| is_proxy) {
            self.trapped(&arguments, handler);
        }
        if let Some(id) = call.callee.function {
            self.give(id, &arguments);
            result = self.given_back(id, &arguments).unwrap_or(result);
            result.value.taint |= calls::cookies_asked(&arguments);
        } else {
            self.give_any(&call.callee, &arguments);
        }
        self.listened(&call, nodes, &arguments);
        if let Some(mapped) = self.mapped(&call, nodes, &arguments) {
            result = mapped;
        }
        names::reaching(self, &arguments, node.byte_range());
        self.collected(node, &call, &arguments);
        if call.name() == "Object.assign"
            && let (Some(target), Some(added)) = (nodes.first(), arguments.get(1))
            && self.source(*target).ends_with("scripts")
        {
            self.kept_scripts("scripts", added, node.byte_range());
        }
        calls::judge(self, &call, &arguments);
        result
    }

    /// Follows the functions among the arguments, each handed what the call yields; where what they return came from.
    fn callbacks(
        &mut self,
        call: &calls::Call,
        nodes: &[Node<'s>],
        arguments: &mut [Js],
        handed: &[Js],
    ) -> Taint {
        let mut taint = Taint::default();
        for (argument, value) in nodes.iter().zip(arguments.iter_mut()) {
            if !is_function(*argument) {
                if let Some(id) = value.function {
                    self.give(id, handed);
                }
                continue;
            }
            self.give(argument.id(), handed);
            *value = self.visit(*argument);
            let Some(returned) = self.returns.get(&argument.id()) else {
                continue;
            };
            taint |= returned.value.taint;
            let inner = returned.function;
            if let Some(inner) = inner.filter(|_| matches!(call.method(), "compose" | "intercept"))
            {
                // A dispatcher around another is handed the requests of both.
                self.give(inner, &[calls::outgoing()]);
            }
        }
        taint
    }

    /// A trap of a `Proxy` is handed what it stands before, and each key of it.
    fn trapped(&mut self, arguments: &[Js], handler: &Js) {
        let get = handler
            .fields
            .as_ref()
            .and_then(|traps| traps.get("get")?.function);
        if let (Some(get), Some(target)) = (get, arguments.first()) {
            self.give(get, &[target.clone(), Js::unknown(target.value.taint)]);
        }
    }

    /// What a function of the program gives back for these arguments.
    fn given_back(&mut self, id: usize, arguments: &[Js]) -> Option<Js> {
        if let Some(known) = self.evaluate(id, arguments) {
            return Some(known);
        }
        let mut result = self.returns.get(&id)?.clone();
        if result.value.known().is_none() {
            // A path that is made of a request is one, however many functions it passes.
            result.value.taint |= Js::marks(arguments).common(Taint::REQUEST);
        }
        Some(result)
    }

    /// Whichever function of a table is called, it is given these.
    fn give_any(&mut self, table: &Js, arguments: &[Js]) {
        let fields = table.fields.iter().flat_map(|table| table.values());
        let mut functions: Vec<usize> = fields.filter_map(|one| one.function).collect();
        functions.sort_unstable();
        for id in functions {
            self.give(id, arguments);
        }
    }

    /// What is put into a collection taints all of it.
    fn collected(&mut self, node: Node<'s>, call: &calls::Call, arguments: &[Js]) {
        if matches!(call.method(), "push" | "unshift" | "append" | "set" | "add")
            && let Some(object) = node
                .child_by_field_name("function")
                .and_then(|callee| callee.child_by_field_name("object"))
                .map(root_of)
                .filter(|object| object.kind() == "identifier")
        {
            self.taint_variable(self.source(object), Js::marks(arguments));
        }
    }

    /// The texts of a template between its substitutions, as its tag is handed them.
    fn fragments(&mut self, template: Node<'s>) -> Js {
        let whole = self.visit(template);
        let mut cursor = template.walk();
        let texts = template
            .children(&mut cursor)
            .filter(|child| matches!(child.kind(), "string_fragment" | "escape_sequence"))
            .map(|child| Js::of(Value::text(strings::unescape(self.source(child)))));
        Js {
            elements: Some(List::of(texts.collect())),
            ..whole
        }
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

/// The nodes of what a call is given.
fn argument_nodes(node: Node<'_>) -> Vec<Node<'_>> {
    match node.child_by_field_name("arguments") {
        Some(list) if list.kind() == "template_string" => tagged(list),
        Some(list) => children(list).collect(),
        None => Vec::new(),
    }
}

/// Whether a template is what its tag is called with, and no argument in parentheses.
fn is_tagged(node: Node<'_>) -> bool {
    node.kind() == "template_string"
        && node
            .parent()
            .is_some_and(|parent| parent.kind() == "call_expression")
}

/// The template itself, and each expression that stands in it.
fn tagged(template: Node<'_>) -> Vec<Node<'_>> {
    let substitutions = children(template)
        .filter(|child| child.kind() == "template_substitution")
        .filter_map(|child| child.named_child(0));
    [template].into_iter().chain(substitutions).collect()
}

/// `f(...list)` is called with what the list holds, where all of it is known.
fn spread(nodes: &[Node<'_>], arguments: Vec<Js>) -> Vec<Js> {
    let listed = |node: Option<&Node<'_>>, one: &Js| {
        one.elements.clone().filter(|all| {
            node.is_some_and(|node| node.kind() == "spread_element") && !all.is_empty()
        })
    };
    let mut all = Vec::with_capacity(arguments.len());
    for (index, argument) in arguments.into_iter().enumerate() {
        match listed(nodes.get(index), &argument) {
            // Nodes and values stand side by side up to here only.
            Some(elements) if index + 1 == nodes.len() => all.extend(elements.iter().cloned()),
            _ => all.push(argument),
        }
    }
    all
}

/// How many things a call goes through that its own text does not name.
fn gone_through(call: &calls::Call, nodes: &[Node<'_>], arguments: &[Js]) -> usize {
    let copied = match call.method() {
        "reverse" | "entries" | "join" => call.receiver.width(),
        _ => 0,
    };
    let spread = match nodes.last() {
        Some(last) if last.kind() == "spread_element" => arguments.len(),
        _ => 0,
    };
    // A call through a table is one of every function in it.
    copied + spread + call.callee.width()
}
