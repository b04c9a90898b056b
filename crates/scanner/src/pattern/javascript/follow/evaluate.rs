//! Functions that are followed once more because what they are given is known: callbacks, listeners, small functions.

use tree_sitter::Node;

use super::super::calls;
use super::super::value::Js;
use super::Follower;
use super::function::is_function;
use crate::pattern::value::{Taint, Value};

/// How deep calls of known arguments are evaluated in each other.
pub(super) const MAX_EVALUATING: usize = 3;

/// Nodes visited for such calls in one program.
pub(super) const MAX_EVALUATED: usize = 100_000;

/// Functions that listen to events of one name.
const MAX_LISTENERS: usize = 8;

/// Longest function that is evaluated so, in bytes.
const MAX_EVALUATED_BODY: usize = 600;

/// What is followed through every function that it is given to.
const FOLLOWED: Taint = Taint::SECRET
    .with(Taint::SESSION)
    .with(Taint::ENVIRONMENT)
    .with(Taint::PERSONAL)
    .with(Taint::OWNED);

impl<'s> Follower<'s> {
    /// A small function with what is known of its arguments, for what it does and gives back with these.
    pub(super) fn evaluate(&mut self, id: usize, arguments: &[Js]) -> Option<Js> {
        let node = *self.bodies.get(&id)?;
        let known = |one: &Js| {
            one.value.known().is_some_and(|text| !text.is_empty())
                || one.name.is_some()
                || one.value.taint.has(FOLLOWED)
        };
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
    pub(super) fn listened(&mut self, call: &calls::Call, nodes: &[Node<'s>], arguments: &[Js]) {
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
                let listeners = self.listeners.get(&event).cloned().unwrap_or_default();
                // Who is not remembered may listen, too.
                self.exhausted |= listeners.len() >= MAX_LISTENERS;
                for id in listeners {
                    self.give(id, rest);
                    self.evaluate(id, rest);
                }
            }
            _ => {}
        }
    }

    /// `list.map(f)` over letters that are known.
    pub(super) fn mapped(
        &mut self,
        call: &calls::Call,
        nodes: &[Node<'s>],
        arguments: &[Js],
    ) -> Option<Js> {
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
        let mut list = Js::list(results);
        list.value.taint |= Taint::PIECES;
        Some(list)
    }
}
