//! The facts engine: Python, names resolved, constants folded, flows followed.

mod args;
mod assign;
mod attributes;
mod branch;
mod callers;
mod calls;
mod checks;
mod containers;
mod conversions;
mod decoders;
mod definitions;
mod depth;
mod displays;
mod effects;
mod encoding;
mod executing;
mod expressions;
mod flows;
mod fold;
mod follow;
mod imports;
mod index;
mod interp;
mod intrinsic;
mod items;
mod join;
mod knowledge;
mod launchers;
mod layout;
mod library;
mod literals;
mod matching;
mod meaning;
mod methods;
mod modules;
mod names;
mod origin;
mod pages;
mod parameters;
mod paths;
mod picked;
mod programs;
mod records;
mod routes;
mod sanitizers;
mod scope;
mod sequences;
mod statements;
mod temporary;
mod texts;
mod value;
mod variants;
mod walk;
mod weaknesses;
mod words;
mod written;

use std::collections::{HashMap, VecDeque};
use std::sync::LazyLock;

use regex::Regex;
use ruff_python_ast::{ExceptHandler, ModModule, PySourceType, PythonVersion, Stmt};
use ruff_python_parser::{ParseOptions, Parsed, parse_unchecked};
use ruff_text_size::Ranged;

use crate::expression::constant;
use crate::source::Source;
use crate::{Artifact, Kind, Sink};
use checks::Check;
pub(crate) use index::Index;
use interp::{Interp, Sibling};
pub(crate) use matching::{FactsMatch, ResourceMatch};
pub(crate) use modules::Modules;

/// Modules of the skill that one file may import, and their bytes together.
const MAX_SIBLINGS: usize = 48;
const MAX_SIBLING_BYTES: usize = 768 << 10;
/// The same with the modules that those import in turn.
const MAX_DISTANT: usize = 24;
const MAX_DISTANT_BYTES: usize = 512 << 10;

/// Addresses of coins, and expressions that find them.
static COINS: LazyLock<Regex> = LazyLock::new(|| {
    constant(r"bc1[\[(a-z0-9]{6}|0x\[[0-9a-fA-F-]+\]\{40\}|0x[0-9a-fA-F]{40}|a-km-zA-HJ-NP-Z")
});

pub(crate) fn examine(artifact: &Artifact<'_>, modules: &Modules<'_>, sink: &mut Sink<'_>) {
    if artifact.kind != Kind::Python {
        return;
    }
    sink.examined("facts");
    let index = sink.rules().facts();
    let decoded = match encoding::decode(&artifact.bytes) {
        Ok(decoded) => decoded,
        Err(encoding::Refused(reason)) => {
            if let Some(rule) = index.check(Check::Encoding) {
                sink.report_file(rule, artifact, None, Some(reason.clone()));
            }
            sink.incomplete(format!("`{}` cannot be decoded: {reason}", artifact.path));
            return;
        }
    };
    let parsed = parse(&decoded.text);
    let siblings = Siblings::of(artifact, modules, parsed.syntax());
    let others = siblings.parsed.iter().map(|(_, parsed)| parsed);
    let levels = others.chain([&parsed]).map(depth::levels).max();
    let levels = levels.unwrap_or_default();
    if levels > depth::MOST {
        depth::drop_deep(levels, (parsed, siblings));
        // As in `understand`: what text merely shows is run by nobody.
        if !artifact.quoted {
            beyond(artifact, sink);
        }
        return;
    }
    depth::walk(levels, move || {
        understand(artifact, modules, &decoded, &siblings, &parsed, sink);
    });
}

/// What lies deeper than anybody writes is said, and not looked at.
fn beyond(artifact: &Artifact<'_>, sink: &mut Sink<'_>) {
    sink.incomplete(format!(
        "`{}` is nested deeper than the scanner follows",
        artifact.path
    ));
    if let Some(rule) = sink.rules().facts().check(Check::TooDeep) {
        sink.report_file(rule, artifact, None, None);
    }
}

fn understand(
    artifact: &Artifact<'_>,
    modules: &Modules<'_>,
    decoded: &encoding::Decoded<'_>,
    siblings: &Siblings,
    parsed: &Parsed<ModModule>,
    sink: &mut Sink<'_>,
) {
    let index = sink.rules().facts();
    let text = &*decoded.text;
    let source = Source::new(text);
    let table = siblings.table();
    let mut interp = Interp::new(index, modules, &table, text.len());
    interp.encodes = memchr::memmem::find(text.as_bytes(), b"64encode").is_some();
    interp.installing = artifact.path.rsplit('/').next() == Some("setup.py");
    if let Some(codec) = &decoded.odd {
        interp.report_check(
            Check::OddEncoding,
            Default::default(),
            Some(format!("`{codec}`")),
        );
    }
    layout::examine(text, parsed, &mut interp);
    interp.run(&parsed.syntax().body);
    if let Some(range) = interp.clipboard_changed
        && COINS.is_match(text)
    {
        interp.report_check(Check::ClipboardSwap, range, None);
    }
    let (too_deep, spent) = (interp.too_deep, interp.spent);
    let mut found = std::mem::take(&mut interp.found);
    let payloads = std::mem::take(&mut interp.payloads);
    drop(interp);
    found.sort_by_key(|found| found.range.start);
    for found in found {
        sink.report(
            found.rule,
            artifact,
            &source,
            found.range,
            found.effect,
            found.detail,
        );
    }
    for payload in payloads {
        let mut layer = artifact.layer(&source, payload.range, &payload.decoders, payload.bytes);
        layer.kind = payload.kind.unwrap_or(layer.kind);
        sink.uncover(layer);
    }
    match siblings.cut {
        None => {}
        // A package that vendors another one is ordinary: it is said, and what its own imports do is known.
        Some(true) => {
            if let Some(rule) = index.check(Check::DistantModules) {
                sink.report_file(rule, artifact, None, None);
            }
        }
        Some(false) => sink.incomplete(format!(
            "`{}` imports more modules of the skill than the scanner follows",
            artifact.path
        )),
    }
    if spent {
        sink.incomplete(format!(
            "`{}` computes more than the scanner follows",
            artifact.path
        ));
    }
    // Text shows fragments, placeholders and sessions; what does not parse there is run by nobody.
    if !artifact.quoted {
        refused(parsed, artifact, &source, too_deep, sink);
    }
}

/// What the parser refuses, and what is nested too deep to be looked at, is said.
fn refused(
    parsed: &Parsed<ModModule>,
    artifact: &Artifact<'_>,
    source: &Source<'_>,
    too_deep: bool,
    sink: &mut Sink<'_>,
) {
    let index = sink.rules().facts();
    if let Some(error) = parsed.errors().first() {
        // A decoded layer that is no Python is no secret either: it was executed as text.
        if artifact.anchor.is_none() {
            sink.incomplete(format!(
                "`{}` is no Python that is understood: {}",
                artifact.path, error.error
            ));
        }
        if let Some(rule) = index.check(Check::Syntax) {
            let range = error.range();
            let range = range.start().to_usize()..range.end().to_usize();
            sink.report(
                rule,
                artifact,
                source,
                range,
                None,
                Some(error.error.to_string()),
            );
        }
    }
    if too_deep {
        beyond(artifact, sink);
    }
}

fn parse(text: &str) -> Parsed<ModModule> {
    let options =
        ParseOptions::from(PySourceType::Python).with_target_version(PythonVersion::latest());
    parse_unchecked(text, options)
        .try_into_module()
        .expect("module options parse to a module")
}

/// The other modules of the skill that a module imports, parsed.
struct Siblings {
    parsed: Vec<(String, Parsed<ModModule>)>,
    /// Whether there are more than the bounds allow, and only among those that others import.
    cut: Option<bool>,
}

impl Siblings {
    fn of(artifact: &Artifact<'_>, modules: &Modules<'_>, module: &ModModule) -> Self {
        let mut siblings = Self {
            parsed: Vec::new(),
            cut: None,
        };
        if artifact.depth > 0 || modules.is_empty() {
            return siblings;
        }
        let mut wanted = VecDeque::from(imports(&module.body));
        let (mut near, mut bytes) = (wanted.len(), 0);
        while let Some(path) = wanted.pop_front() {
            let distant = near == 0;
            near = near.saturating_sub(1);
            let known = siblings
                .parsed
                .iter()
                .any(|(names, ..)| names.contains(&path));
            if known {
                continue;
            }
            let Some(file) = modules.find(&path, &artifact.path) else {
                continue;
            };
            let size = file.bytes().map_or(0, <[u8]>::len);
            let (count, most) = match distant {
                true => (MAX_DISTANT, MAX_DISTANT_BYTES),
                false => (MAX_SIBLINGS, MAX_SIBLING_BYTES),
            };
            if siblings.parsed.len() >= count || bytes + size > most {
                siblings.cut = Some(siblings.cut.map_or(distant, |cut| cut && distant));
                continue;
            }
            bytes += size;
            let decoded = file.bytes().and_then(|bytes| encoding::decode(bytes).ok());
            let Some(decoded) = decoded else {
                continue;
            };
            let parsed = parse(&decoded.text);
            wanted.extend(imports(&parsed.syntax().body));
            siblings.parsed.push((path, parsed));
        }
        siblings
    }

    fn table(&self) -> HashMap<String, Sibling<'_>> {
        self.parsed
            .iter()
            .map(|(name, parsed)| {
                let body = &parsed.syntax().body;
                (name.clone(), Sibling { body })
            })
            .collect()
    }
}

/// The dotted paths that a module imports at its top level, or inside functions and branches of it.
fn imports(body: &[Stmt]) -> Vec<String> {
    let mut paths = Vec::new();
    for statement in body {
        match statement {
            Stmt::Import(import) => {
                paths.extend(import.names.iter().map(|alias| alias.name.id.to_string()))
            }
            Stmt::ImportFrom(import) => {
                let module = import
                    .module
                    .as_ref()
                    .map_or("", |module| module.id.as_str());
                if !module.is_empty() {
                    paths.push(module.to_owned());
                }
                for alias in &import.names {
                    paths.push(if module.is_empty() {
                        alias.name.id.to_string()
                    } else {
                        format!("{module}.{}", alias.name.id)
                    });
                }
            }
            Stmt::FunctionDef(def) => paths.extend(
                def.body
                    .iter()
                    .flat_map(|inner| imports(std::slice::from_ref(inner))),
            ),
            Stmt::Try(try_) => {
                for body in [&try_.body, &try_.orelse, &try_.finalbody] {
                    paths.extend(imports(body));
                }
                for handler in &try_.handlers {
                    let ExceptHandler::ExceptHandler(handler) = handler;
                    paths.extend(imports(&handler.body));
                }
            }
            Stmt::If(if_) => {
                paths.extend(imports(&if_.body));
                let clauses = if_.elif_else_clauses.iter();
                paths.extend(clauses.flat_map(|clause| imports(&clause.body)));
            }
            Stmt::With(with) => paths.extend(imports(&with.body)),
            Stmt::ClassDef(class) => paths.extend(imports(&class.body)),
            _ => {}
        }
    }
    paths
}
