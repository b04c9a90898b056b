//! Functions: what they are given, what they give back, who calls them.

use std::rc::Rc;

use tree_sitter::Node;

use super::super::value::Js;
use super::super::{calls, names, strings};
use super::{Follower, Scope, children};
use crate::pattern::value::{Taint, Value};

/// How deep calls of known arguments are evaluated in each other.
pub(super) const MAX_EVALUATING: usize = 3;

/// Nodes visited for such calls in one program.
pub(super) const MAX_EVALUATED: usize = 100_000;

/// Functions that listen to events of one name.
const MAX_LISTENERS: usize = 8;

/// Longest function that is evaluated so, in bytes.
const MAX_EVALUATED_BODY: usize = 600;

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
        let mut result = calls::result(self, &call, &arguments);
        let handed = calls::handed(&call, &result);
        if call.name() == "Object.getPrototypeOf"
            && nodes.first().is_some_and(|one| is_function(*one))
        {
            result.function = nodes.first().map(|one| one.id());
            result.name = None;
        }
        for (argument, value) in nodes.iter().zip(arguments.iter_mut()) {
            let id = if is_function(*argument) {
                Some(argument.id())
            } else {
                value.function
            };
            if let Some(id) = id {
                // A callback is handed what the call yields.
                self.give(id, &handed);
            }
            if is_function(*argument) {
                *value = self.visit(*argument);
                let inner = self
                    .returns
                    .get(&argument.id())
                    .and_then(|one| one.function);
                if let Some(inner) =
                    inner.filter(|_| matches!(call.method(), "compose" | "intercept"))
                {
                    // A dispatcher around another is handed the requests of both.
                    self.give(inner, &[calls::outgoing()]);
                }
                let returned = self
                    .returns
                    .get(&argument.id())
                    .map(|value| value.value.taint);
                result.value.taint |= returned.unwrap_or_default();
            }
        }
        self.proxies -= usize::from(is_proxy);
        if call.callee.function.is_none()
            && let Some(table) = &call.callee.fields
        {
            let mut functions: Vec<usize> = table.values().filter_map(|one| one.function).collect();
            functions.sort_unstable();
            for id in functions {
                self.give(id, &arguments);
            }
        }
        if let Some(id) = call.callee.function {
            self.give(id, &arguments);
            if let Some(known) = self.evaluate(id, &arguments) {
                result = known;
            } else if let Some(returned) = self.returns.get(&id) {
                result = returned.clone();
                if result.value.known().is_none() {
                    // A path that is made of a request is one, however many functions it passes.
                    let asked = arguments.iter().fold(Taint::default(), |taint, one| {
                        taint | one.value.taint.common(Taint::REQUEST)
                    });
                    result.value.taint |= asked;
                }
            }
        }
        self.listened(&call, nodes, &arguments);
        if let Some(mapped) = self.mapped(&call, nodes, &arguments) {
            result = mapped;
        }
        names::reaching(self, &arguments, node.byte_range());
        if matches!(call.method(), "push" | "unshift" | "append" | "set" | "add")
            && let Some(object) = node
                .child_by_field_name("function")
                .and_then(|callee| callee.child_by_field_name("object"))
                .map(root_of)
                .filter(|object| object.kind() == "identifier")
        {
            let taint = arguments
                .iter()
                .fold(Taint::default(), |taint, one| taint | one.value.taint);
            self.taint_variable(self.source(object), taint);
        }
        if call.name() == "Object.assign"
            && let (Some(target), Some(added)) = (nodes.first(), arguments.get(1))
            && self.source(*target).ends_with("scripts")
        {
            self.kept_scripts("scripts", added, node.byte_range());
        }
        calls::judge(self, &call, &arguments);
        result
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
            elements: Some(Rc::new(texts.collect())),
            ..whole
        }
    }

    /// A small function with what is known of its arguments, for what it does and gives back with these.
    fn evaluate(&mut self, id: usize, arguments: &[Js]) -> Option<Js> {
        let node = *self.bodies.get(&id)?;
        let known =
            |one: &Js| one.value.known().is_some_and(|text| !text.is_empty()) || one.name.is_some();
        if self.evaluating >= MAX_EVALUATING
            || self.evaluated > MAX_EVALUATED
            || node.byte_range().len() > MAX_EVALUATED_BODY
            || arguments.is_empty()
            || !arguments.iter().any(known)
            || self.current.contains(&id)
        {
            return None;
        }
        self.evaluating += 1;
        let returned = self.returns.remove(&id);
        let given = self.parameters.insert(id, arguments.to_vec());
        self.function(node);
        let result = self.returns.remove(&id);
        if let Some(returned) = returned {
            self.returns.insert(id, returned);
        }
        if let Some(given) = given {
            self.parameters.insert(id, given);
        }
        self.evaluating -= 1;
        result
    }

    /// Who listens to an event is handed what it is emitted with.
    fn listened(&mut self, call: &calls::Call, nodes: &[Node<'s>], arguments: &[Js]) {
        let Some((event, rest)) = arguments.split_first() else {
            return;
        };
        let Some(event) = event.value.known().map(str::to_owned) else {
            return;
        };
        match call.method() {
            "on" | "once" | "addListener" | "addEventListener" => {
                let given = nodes.get(1).filter(|node| is_function(**node));
                let function = given.map(|node| node.id());
                if let Some(id) = function.or_else(|| rest.first()?.function) {
                    let known = self.listeners.entry(event).or_default();
                    if !known.contains(&id) && known.len() < MAX_LISTENERS {
                        known.push(id);
                    }
                }
            }
            "emit" => {
                for id in self.listeners.get(&event).cloned().unwrap_or_default() {
                    self.give(id, rest);
                    self.evaluate(id, rest);
                }
            }
            _ => {}
        }
    }

    /// `list.map(f)` over letters that are known.
    fn mapped(&mut self, call: &calls::Call, nodes: &[Node<'s>], arguments: &[Js]) -> Option<Js> {
        if !matches!(call.method(), "map" | "forEach" | "flatMap") {
            return None;
        }
        let elements = call.receiver.elements.clone()?;
        let function = match nodes.first() {
            Some(node) if is_function(*node) => node.id(),
            _ => arguments.first()?.function?,
        };
        let mut results = Vec::with_capacity(elements.len());
        for (index, element) in elements.iter().enumerate() {
            let index = Js::of(Value::text(index.to_string()));
            results.push(self.evaluate(function, &[element.clone(), index])?);
        }
        let taint = results
            .iter()
            .fold(Taint::PIECES, |taint, one| taint | one.value.taint);
        Some(Js {
            elements: Some(results.into()),
            ..Js::unknown(taint)
        })
    }

    /// Hands values to a function's parameters.
    pub(super) fn give(&mut self, function: usize, values: &[Js]) {
        let slots = self.parameters.entry(function).or_default();
        for (index, value) in values.iter().enumerate().take(8) {
            match slots.get_mut(index) {
                Some(slot) => slot.join(value),
                None => slots.push(value.clone()),
            }
        }
    }

    pub(super) fn function(&mut self, node: Node<'s>) -> Js {
        let id = node.id();
        self.bodies.insert(id, node);
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
        self.parameters_of(node, &given);
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

    /// Binds what a function is given to its parameters.
    fn parameters_of(&mut self, node: Node<'s>, given: &[Js]) {
        if let Some(single) = node.child_by_field_name("parameter") {
            self.bind(
                single,
                given
                    .first()
                    .cloned()
                    .unwrap_or_else(|| Js::unknown(Taint::ARGUMENT)),
            );
        }
        if node.kind() != "arrow_function" && !given.is_empty() {
            let elements = Some(Rc::new(given.to_vec()));
            let all = Js {
                elements,
                ..Js::unknown(Taint::default())
            };
            self.declare("arguments", all);
        }
        if let Some(list) = node.child_by_field_name("parameters") {
            for (index, parameter) in children(list).enumerate() {
                if is_rest(parameter) {
                    let rest = given.get(index..).unwrap_or_default();
                    let taint = rest
                        .iter()
                        .fold(Taint::default(), |taint, one| taint | one.value.taint);
                    let open = if given.is_empty() {
                        Taint::ARGUMENT
                    } else {
                        taint
                    };
                    let elements = Some(Rc::new(rest.to_vec()));
                    self.bind(
                        parameter,
                        Js {
                            elements,
                            ..Js::unknown(open)
                        },
                    );
                    continue;
                }
                self.bind(
                    parameter,
                    given
                        .get(index)
                        .cloned()
                        .unwrap_or_else(|| Js::unknown(Taint::ARGUMENT)),
                );
            }
        }
    }

    pub(super) fn returned(&mut self, node: Node<'s>) -> Js {
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

/// `...rest` among the parameters.
fn is_rest(parameter: Node<'_>) -> bool {
    parameter.kind() == "rest_pattern"
        || parameter
            .child_by_field_name("pattern")
            .is_some_and(|inner| inner.kind() == "rest_pattern")
}

fn is_function(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "arrow_function" | "function_expression" | "generator_function"
    )
}
