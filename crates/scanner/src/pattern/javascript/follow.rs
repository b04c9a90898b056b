//! Walks a program twice: first to learn what functions are given and give back, then to report.

mod call;
mod evaluate;
mod expression;
mod function;
mod literals;
mod members;
mod property;
mod scope;

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::rc::Rc;

use tree_sitter::Node;

use super::super::resolved::{Fact, What};
use super::super::shell;
use super::super::value::{Taint, Value};
use super::calls;
use super::strings;
use super::value::{Js, Record};

/// How deep a program may nest before following stops.
const MAX_DEPTH: usize = 300;

/// Nodes followed in one program, both walks together.
const MAX_STEPS: usize = 2_000_000;

/// Elements for each of which a loop's body is followed by itself.
const MAX_ROUNDS: usize = 8;

type Scope = HashMap<String, Js>;

/// The state of a walk.
#[derive(Default)]
pub(super) struct Follower<'s> {
    text: &'s str,
    pub(super) facts: Vec<Fact>,
    scopes: Vec<Scope>,
    parameters: HashMap<usize, Vec<Js>>,
    returns: HashMap<usize, Js>,
    /// Functions by their nodes' ids, for calls whose arguments are all known.
    bodies: HashMap<usize, Node<'s>>,
    /// Functions by the events they listen to.
    listeners: HashMap<String, Vec<usize>>,
    /// Methods by `new Class().name`.
    methods: HashMap<String, usize>,
    /// What names meant at the end of the first walk, for callbacks that stand before a declaration.
    later: Scope,
    /// Files by the text of their path, and where their content came from.
    pub(super) files: HashMap<String, Taint>,
    /// Built-ins that the program puts back where they were.
    restored: BTreeSet<String>,
    /// Members that the program keeps, by the name they had.
    wrapped: BTreeSet<String>,
    /// Objects that were asked for a member that is not known, and what tables among them give.
    tables: HashMap<*const Record, (Rc<Record>, Option<Js>)>,
    current: Vec<usize>,
    /// Calls that are being evaluated, and the nodes visited for them.
    evaluating: usize,
    evaluated: usize,
    /// Handlers of a `Proxy` that are being read.
    pub(super) proxies: usize,
    depth: usize,
    steps: usize,
    /// The second walk is under way.
    settled: bool,
    /// Something was put into the object of all globals.
    sets_globals: bool,
    pub(super) exhausted: bool,
}

impl<'s> Follower<'s> {
    pub(super) fn new(text: &'s str) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }

    pub(super) fn follow(&mut self, root: Node<'s>) {
        for walk in 0..2 {
            self.facts.clear();
            self.settled = walk > 0;
            self.scopes = vec![Scope::new()];
            self.hoist(root);
            self.statements(root);
        }
        self.judge();
    }

    /// What several steps do together: files are encrypted and removed, all over a home.
    fn judge(&mut self) {
        let mut home = false;
        let mut removes = false;
        let mut cipher = None;
        let mut ransom = false;
        for fact in &self.facts {
            match &fact.what {
                What::Call { name, .. } if name.starts_with("crypto.createCipher") => {
                    cipher.get_or_insert(fact.span.clone());
                }
                What::Call { name, .. } if name == "os.homedir" => home = true,
                What::Call { name, .. } if name.starts_with("fs.rename") => removes = true,
                What::Delete(_) => removes = true,
                What::Write { content, .. } => ransom |= calls::asks_ransom(&content.text),
                _ => {}
            }
        }
        if let Some(span) = calls::swapped_address(&self.facts) {
            self.check(span, "javascript-wallet-swapped", "");
        }
        let writes: Vec<Fact> = self
            .facts
            .iter()
            .filter_map(|fact| match &fact.what {
                What::Write { path, content } => Some((fact, shell::written(path, content))),
                _ => None,
            })
            .flat_map(|(fact, found)| {
                found
                    .into_iter()
                    .map(|(name, detail)| Fact::check(fact.span.clone(), name, detail))
            })
            .collect();
        self.facts.extend(writes);
        self.excused();
        if let Some(span) = cipher.filter(|_| (home || ransom) && removes) {
            self.check(span, "javascript-files-encrypted", "");
        }
    }

    /// Drops what the rest of the program makes harmless.
    fn excused(&mut self) {
        let talks = self.facts.iter().any(|fact| {
            matches!(
                &fact.what,
                What::Connect(_) | What::Command { .. } | What::Code { .. }
            )
        });
        let guards = self
            .facts
            .iter()
            .any(|fact| calls::guards_paths(&fact.what));
        let restored = std::mem::take(&mut self.restored);
        self.facts.retain(|fact| match &fact.what {
            // A mock names no host of its own, and takes itself away.
            What::Check {
                name: "javascript-builtin-replaced",
                detail,
            } => talks || !restored.contains(detail),
            What::Check {
                name: "javascript-path-from-request",
                ..
            } => !guards,
            _ => true,
        });
        if !talks {
            for fact in &mut self.facts {
                if let What::Read(path) = &fact.what
                    && path.ends_with("_history")
                {
                    // Counted where they lie, the commands of a person go nowhere.
                    fact.what = What::Consult(path.clone());
                }
            }
        }
    }

    pub(super) fn fact(&mut self, span: Range<usize>, what: What) {
        self.facts.push(Fact { span, what });
    }

    pub(super) fn check(
        &mut self,
        span: Range<usize>,
        name: &'static str,
        detail: impl Into<String>,
    ) {
        self.facts.push(Fact::check(span, name, detail));
    }

    fn source(&self, node: Node<'s>) -> &'s str {
        self.text.get(node.byte_range()).unwrap_or("")
    }

    /// Enters a node unless the program is nested too deep or too long.
    fn enter(&mut self) -> bool {
        self.steps += 1;
        self.evaluated += self.evaluating;
        if self.depth >= MAX_DEPTH || self.steps > MAX_STEPS {
            self.exhausted = true;
            return false;
        }
        self.depth += 1;
        true
    }

    /// Looking through many things counts as so many nodes.
    pub(super) fn work(&mut self, steps: usize) {
        self.steps += steps;
    }

    fn statements(&mut self, node: Node<'s>) {
        for child in children(node) {
            self.visit(child);
        }
    }

    /// Any node; its value when it is an expression.
    pub(super) fn visit(&mut self, node: Node<'s>) -> Js {
        if !self.enter() {
            return Js::unknown(Taint::default());
        }
        let value = self.node(node);
        self.depth -= 1;
        // Copying long texts is work too.
        self.work(value.value.text.len() >> 8);
        value
    }

    fn node(&mut self, node: Node<'s>) -> Js {
        match node.kind() {
            "comment"
            | "hash_bang_line"
            | "type_annotation"
            | "interface_declaration"
            | "type_alias_declaration"
            | "ambient_declaration" => Js::default(),
            "regex" => Js::named(self.source(node)),
            "identifier" | "shorthand_property_identifier" => self.identifier(node),
            "string" => Js::of(Value::text(strings::unescape(
                self.source(node)
                    .get(1..)
                    .map_or("", |text| text.get(..text.len() - 1).unwrap_or("")),
            ))),
            "number" | "true" | "false" => Js::of(Value::text(self.source(node))),
            "template_string" => self.template(node),
            "binary_expression" => self.binary(node),
            "unary_expression" => self.unary(node),
            "member_expression" => self.member(node).1,
            "subscript_expression" => self.subscript(node).1,
            "call_expression" => self.call(node, false),
            "new_expression" => self.call(node, true),
            "assignment_expression" | "augmented_assignment_expression" => self.assignment(node),
            "variable_declarator" => self.declarator(node),
            "import_statement" => self.import(node),
            "enum_declaration" => self.enumeration(node),
            "ternary_expression" => self.either(node),
            "array" => self.array(node),
            "object" => self.object(node),
            "sequence_expression" => children(node)
                .map(|child| self.visit(child))
                .last()
                .unwrap_or_default(),
            "for_in_statement" => self.for_in(node),
            "while_statement" | "for_statement" | "do_statement" => self.endless(node),
            "return_statement" | "yield_expression" => self.returned(node),
            "field_definition" | "public_field_definition" => self.field(node),
            "this" => Js::named("this"),
            "super" => Js::named("super"),
            "import" => Js::named("import"),
            "arrow_function"
            | "function_expression"
            | "generator_function"
            | "function_declaration"
            | "generator_function_declaration"
            | "method_definition" => self.function(node),
            "statement_block" | "class_body" => self.block(node),
            _ => self.any(node),
        }
    }

    /// Parentheses, `await`, `as T`, statements: the taint of all parts, the value of an only one.
    fn any(&mut self, node: Node<'s>) -> Js {
        let mut values: Vec<Js> = children(node).map(|child| self.visit(child)).collect();
        let transparent = matches!(
            node.kind(),
            "parenthesized_expression"
                | "await_expression"
                | "as_expression"
                | "non_null_expression"
                | "satisfies_expression"
                | "expression_statement"
                | "spread_element"
                | "template_substitution"
        );
        if transparent && !values.is_empty() {
            return values.swap_remove(0);
        }
        Js::unknown(Js::marks(&values))
    }

    fn block(&mut self, node: Node<'s>) -> Js {
        self.scopes.push(Scope::new());
        self.hoist(node);
        if node.kind() == "class_body" {
            self.hoist_methods(node);
        }
        self.statements(node);
        self.scopes.pop();
        Js::default()
    }

    /// The body of a loop once more for each of a few elements that are known.
    fn rounds(&mut self, left: Node<'s>, body: Node<'s>, elements: &[Js]) {
        if elements.len() > MAX_ROUNDS || self.evaluating >= evaluate::MAX_EVALUATING {
            return;
        }
        self.evaluating += 1;
        for element in elements {
            if self.evaluated > evaluate::MAX_EVALUATED {
                break;
            }
            self.bind(left, element.clone());
            self.visit(body);
        }
        self.evaluating -= 1;
    }

    /// A loop that never ends, and starts programs or writes in every round.
    fn endless(&mut self, node: Node<'s>) -> Js {
        let condition = node.child_by_field_name("condition");
        let text = condition.map_or("", |condition| self.source(condition));
        let for_ever = matches!(text.trim_matches(['(', ')', ';', ' ']), "true" | "1" | "");
        let from = self.facts.len();
        let value = self.any(node);
        let body = node
            .child_by_field_name("body")
            .map_or("", |body| self.source(body));
        let ends = [
            "break", "return", "await", "yield", "throw", "exit", "Atomics",
        ];
        let works = |fact: &Fact| match &fact.what {
            What::Write { .. } | What::Command { .. } | What::Code { .. } => true,
            What::Call { name, .. } => name.starts_with("child_process."),
            _ => false,
        };
        let inside = self.facts.get(from..).unwrap_or_default();
        let busy = node.kind() == "while_statement";
        if for_ever
            && (busy || inside.iter().any(works))
            && !ends.iter().any(|word| body.contains(word))
        {
            self.check(node.byte_range(), "javascript-endless-work", "");
        }
        value
    }

    fn for_in(&mut self, node: Node<'s>) -> Js {
        let over = node
            .child_by_field_name("right")
            .map(|right| self.visit(right))
            .unwrap_or_default();
        self.scopes.push(Scope::new());
        if let Some(left) = node.child_by_field_name("left") {
            let module = over.name.as_deref().is_some_and(super::names::is_powerful);
            let element = match module {
                // What is given one by one is what all of it is called.
                true => over.clone(),
                false => Js::unknown(over.value.taint),
            };
            self.bind(left, element);
        }
        let body = node.child_by_field_name("body");
        if let Some(body) = body {
            self.visit(body);
        }
        if let Some(elements) = &over.elements
            && let (Some(left), Some(body)) = (node.child_by_field_name("left"), body)
        {
            self.rounds(left, body, elements);
        }
        self.scopes.pop();
        Js::default()
    }
}

/// Named children, comments left out.
fn children<'t>(node: Node<'t>) -> impl Iterator<Item = Node<'t>> {
    let mut cursor = node.walk();
    let nodes: Vec<Node<'t>> = node
        .named_children(&mut cursor)
        .filter(|child| child.kind() != "comment")
        .collect();
    nodes.into_iter()
}
