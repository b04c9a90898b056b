//! The interpreter: one pass over a module with values instead of runs, and its bounds.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use foldhash::fast::RandomState;
use ruff_python_ast::Stmt;
use ruff_text_size::{Ranged, TextRange};
use skillgate_model::{Effect, EffectKind};

use super::checks::Check;
use super::index::{Index, RuleId};
use super::matching::When;
use super::modules::Modules;
use super::scope::{Class, ClassId, Function, FunctionId, Scope, ScopeKind};
use super::value::Value;
use crate::Kind;
use crate::rule::Rule;

/// How deep expressions and statements may lie in each other; CPython gives up earlier on brackets.
const MAX_NESTING: u32 = 1_500;
/// From which nesting on the stack is grown as needed.
const SHALLOW: u32 = 24;
/// How deep calls are followed.
pub(crate) const MAX_CALLS: usize = 8;
/// Bytes that folding may produce in one file, beside sixteen times its size.
const FOLDED_BYTES: usize = 4 << 20;
/// Expressions that followed calls may evaluate in one file, beside two for each byte.
const FUEL: usize = 20_000;

/// Findings one file is examined for: three times what a report holds, which makes the file incomplete.
const MOST_FOUND: usize = 6_000;

/// A finding before it is written down.
#[derive(Debug)]
pub(crate) struct Found<'s> {
    pub(crate) rule: &'s Rule,
    pub(crate) range: Range<usize>,
    pub(crate) effect: Option<Effect>,
    pub(crate) detail: Option<String>,
}

/// A decoded payload to be scanned in turn.
#[derive(Debug)]
pub(crate) struct Payload {
    pub(crate) range: Range<usize>,
    pub(crate) decoders: Vec<String>,
    pub(crate) bytes: Vec<u8>,
    /// What it is read as, whatever it looks like.
    pub(crate) kind: Option<Kind>,
}

/// A sibling module of the skill, parsed.
#[derive(Debug)]
pub(crate) struct Sibling<'a> {
    pub(crate) body: &'a [Stmt],
}

/// The state of interpreting one module.
pub(crate) struct Interp<'a, 's> {
    pub(crate) index: &'s Index,
    pub(crate) modules: &'s Modules<'s>,
    pub(crate) siblings: &'a HashMap<String, Sibling<'a>>,
    pub(crate) loaded: HashMap<&'a str, Rc<Scope<'a>>>,
    pub(crate) module: Rc<Scope<'a>>,
    pub(crate) scope: Rc<Scope<'a>>,
    pub(crate) functions: Vec<Function<'a>>,
    pub(crate) classes: Vec<Class<'a>>,
    /// Functions and classes by the place of their code, so that each is entered once.
    pub(crate) known: HashMap<usize, u32, RandomState>,
    pub(crate) pending: VecDeque<FunctionId>,
    /// The functions being interpreted, innermost last.
    pub(crate) calls: Vec<FunctionId>,
    pub(crate) class: Option<ClassId>,
    /// Modules whose names were all imported with a star.
    pub(crate) stars: Vec<super::names::Name>,
    /// What was overwritten since the innermost branch began.
    pub(crate) trail: Vec<(Rc<Scope<'a>>, &'a str, Option<Value<'a>>)>,
    pub(crate) branches: u32,
    pub(crate) loops: u32,
    /// What the function being interpreted has returned so far.
    pub(crate) returned: Option<Value<'a>>,
    /// Whether the function being interpreted does something that depends on its parameters.
    pub(crate) depends: bool,
    /// Whether it does something that only depends on which known name a parameter is.
    pub(crate) awaits: bool,
    /// Whether a rule was passed over only because the function runs when it is called.
    pub(crate) timed: bool,
    /// How many loops around this place run their body a thousand times or more, each time the same.
    pub(crate) repeats: u32,
    /// Conditions on the names of secrets around this place; counted only in files that encode something.
    pub(crate) sensitive: u32,
    /// Whether the code at hand lies in another module of the skill.
    pub(crate) foreign: bool,
    /// The call that led from this file into another module, at which its findings are shown.
    pub(crate) outside: Option<TextRange>,
    /// The place of the call at hand.
    pub(crate) call_range: TextRange,
    /// The text of the last error that was raised, for the handler that takes it out again.
    pub(crate) raised: Option<&'a str>,
    /// Where a value picked by such a condition is encoded.
    pub(crate) encoded_secret: Option<TextRange>,
    /// Whether the file encodes anything in base64.
    pub(crate) encodes: bool,
    pub(crate) routes: super::routes::Routes,
    /// Attributes that were set on names the file does not own.
    pub(crate) patches: HashMap<(u32, &'a str), Value<'a>, RandomState>,
    /// Names of the parts of addresses, and what was taken apart.
    pub(crate) parts: HashMap<&'a str, &'a ruff_python_ast::ExprName, RandomState>,
    /// Names of the outcomes of tests, and the tests.
    pub(crate) tests: HashMap<&'a str, &'a ruff_python_ast::Expr, RandomState>,
    /// Names of sessions whose every request carries a credential.
    pub(crate) sessions: HashSet<&'a str, RandomState>,
    /// Where today is compared with a day in the code, and where files are destroyed.
    pub(crate) dated: Option<TextRange>,
    pub(crate) destroyed: Option<TextRange>,
    /// Paths to which remote or decoded data was written.
    pub(crate) dropped: HashSet<String>,
    pub(crate) fuel: usize,
    pub(crate) room: usize,
    pub(crate) following: bool,
    pub(crate) nesting: u32,
    pub(crate) too_deep: bool,
    /// Whether something was left out because it costs more than the bounds allow.
    pub(crate) spent: bool,
    pub(crate) call_depth: u32,
    pub(crate) called: bool,
    pub(crate) installing: bool,
    /// Loops around this place that nothing ends.
    pub(crate) endless: u32,
    /// Whether a handler sends what is logged away, and where a secret is logged.
    pub(crate) logs_remotely: bool,
    pub(crate) logged_secret: Option<TextRange>,
    /// Where the screen or a microphone is recorded.
    pub(crate) captured: Option<TextRange>,
    /// Where the clipboard is changed.
    pub(crate) clipboard_changed: Option<TextRange>,
    /// Lists around this place that are named after what is bad.
    pub(crate) quotes: u32,
    pub(crate) muted: bool,
    pub(crate) found: Vec<Found<'s>>,
    /// Of each name that was given a value, the rules in `Index::assigns` that ask for it.
    pub(crate) asked_for: HashMap<Box<str>, Arc<[usize]>, RandomState>,
    seen: HashSet<(usize, u32, u32), RandomState>,
    pub(crate) payloads: Vec<Payload>,
}

impl<'a, 's> Interp<'a, 's> {
    pub(crate) fn new(
        index: &'s Index,
        modules: &'s Modules<'s>,
        siblings: &'a HashMap<String, Sibling<'a>>,
        size: usize,
    ) -> Self {
        let module = Scope::new(ScopeKind::Module, None);
        Self {
            index,
            modules,
            siblings,
            loaded: HashMap::new(),
            scope: module.clone(),
            module,
            functions: Vec::new(),
            classes: Vec::new(),
            known: HashMap::default(),
            pending: VecDeque::new(),
            calls: Vec::new(),
            class: None,
            stars: Vec::new(),
            trail: Vec::new(),
            branches: 0,
            loops: 0,
            returned: None,
            depends: false,
            awaits: false,
            timed: false,
            repeats: 0,
            sensitive: 0,
            foreign: false,
            outside: None,
            call_range: TextRange::default(),
            raised: None,
            encoded_secret: None,
            encodes: false,
            routes: super::routes::Routes::default(),
            patches: HashMap::default(),
            dropped: HashSet::new(),
            fuel: FUEL + 2 * size,
            room: FOLDED_BYTES + 16 * size,
            following: false,
            nesting: 0,
            too_deep: false,
            spent: false,
            call_depth: 0,
            called: false,
            installing: false,
            endless: 0,
            logs_remotely: false,
            logged_secret: None,
            captured: None,
            clipboard_changed: None,
            quotes: 0,
            muted: false,
            found: Vec::new(),
            asked_for: HashMap::default(),
            seen: HashSet::default(),
            payloads: Vec::new(),
            parts: HashMap::default(),
            tests: HashMap::default(),
            sessions: HashSet::default(),
            dated: None,
            destroyed: None,
        }
    }

    /// Interprets the module, and then every function that nothing called.
    pub(crate) fn run(&mut self, body: &'a [Stmt]) {
        self.suite(body);
        self.called = true;
        while let Some(function) = self.pending.pop_front() {
            self.summarise(function);
        }
        self.secrets_sent();
    }

    /// Secrets that are encoded in a file that connects to a network are on their way, and so are those in its log.
    fn secrets_sent(&mut self) {
        if let (true, Some(range)) = (self.logs_remotely, self.logged_secret) {
            self.report_check(Check::RemoteLog, range, None);
        }
        self.open_routes();
        if let (Some(range), Some(_)) = (self.dated, self.destroyed) {
            self.report_check(Check::TimeBomb, range, None);
        }
        let connects = |found: &Found<'_>| {
            found
                .effect
                .as_ref()
                .is_some_and(|effect| effect.kind == EffectKind::NetworkConnect)
        };
        let kept = [
            (Check::SecretEncoded, self.encoded_secret),
            (Check::CaptureSent, self.captured),
        ];
        for (check, range) in kept {
            if let Some(range) = range
                && self.found.iter().any(connects)
            {
                self.report_check(check, range, None);
            }
        }
    }

    /// Runs `step` one level deeper, on a grown stack where needed; `None` when it would be too deep.
    pub(crate) fn deeper<T>(&mut self, step: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.nesting >= MAX_NESTING {
            self.too_deep = true;
            return None;
        }
        self.nesting += 1;
        let result = if self.nesting > SHALLOW {
            stacker::maybe_grow(256 << 10, 2 << 20, || step(self))
        } else {
            step(self)
        };
        self.nesting -= 1;
        Some(result)
    }

    /// Whether folding may produce this many bytes more.
    pub(crate) fn may_fold(&mut self, bytes: usize) -> bool {
        match self.room.checked_sub(bytes) {
            Some(room) => {
                self.room = room;
                true
            }
            None => {
                self.spent |= bytes <= FOLDED_BYTES;
                false
            }
        }
    }

    /// Writes a finding down, once for each rule, place and effect.
    pub(crate) fn report(
        &mut self,
        rule: &'s Rule,
        range: TextRange,
        effect: Option<Effect>,
        detail: Option<String>,
    ) {
        if self.muted || self.found.len() >= MOST_FOUND {
            return;
        }
        let range = self.outside.unwrap_or(range);
        let key = (
            std::ptr::from_ref(rule) as usize,
            range.start().to_u32(),
            effect.as_ref().map_or(0, |effect| {
                1 + effect.kind as u32 * 2 + u32::from(effect.resource.is_some())
            }),
        );
        if self.seen.insert(key) {
            self.found.push(Found {
                rule,
                range: range.start().to_usize()..range.end().to_usize(),
                effect,
                detail,
            });
        }
    }

    pub(crate) fn report_check(&mut self, check: Check, range: TextRange, detail: Option<String>) {
        let index = self.index;
        if let Some(rule) = index.check(check) {
            self.report(rule, range, None, detail);
        }
    }

    /// Reports a rule that speaks of no argument.
    pub(crate) fn report_plain(&mut self, id: RuleId, range: TextRange, detail: String) {
        let index = self.index;
        if let Some(compiled) = index.rule(id)
            && self.is_due(&compiled.when)
        {
            let detail = self.at_what_time(detail);
            self.report(&compiled.rule, range, None, Some(detail));
        }
    }

    /// The function being interpreted.
    pub(crate) fn function_at_hand(&self) -> Option<&Function<'a>> {
        self.functions.get(*self.calls.last()? as usize)
    }

    /// Whether a rule speaks of the time at which this code runs; that it does not is remembered for the callers.
    pub(crate) fn is_due(&mut self, when: &[When]) -> bool {
        let due = when.is_empty()
            || when.iter().any(|when| match when {
                When::Import => !self.called,
                When::Call => self.called,
                When::Install => self.installing,
            });
        self.timed |= !due;
        due
    }

    /// Says when the code runs, beside what it does.
    pub(crate) fn at_what_time(&self, detail: String) -> String {
        match (self.installing, self.called) {
            (true, _) => detail + ", runs when installed",
            (false, false) => detail + ", runs on import",
            (false, true) => detail,
        }
    }

    /// The dotted path of a name, in backticks.
    pub(crate) fn quoted(&self, name: super::names::Name) -> String {
        format!("`{}`", self.index.names.path(name))
    }

    pub(crate) fn uncover(
        &mut self,
        range: TextRange,
        decoders: Vec<String>,
        bytes: &[u8],
        kind: Option<Kind>,
    ) {
        // A server has more tools than a file has payloads.
        let most = match kind {
            Some(Kind::Markdown) => 1024,
            _ => 64,
        };
        let range = self.outside.unwrap_or(range);
        let range = range.start().to_usize()..range.end().to_usize();
        let known = |payload: &Payload| payload.bytes == bytes;
        if self.muted || self.payloads.iter().any(known) {
            return;
        }
        if self.payloads.len() >= most {
            self.spent = true;
            return;
        }
        self.payloads.push(Payload {
            range,
            decoders,
            bytes: bytes.to_vec(),
            kind,
        });
    }

    /// The place of a piece of code, as a key.
    pub(crate) fn key(code: &impl Ranged) -> usize {
        std::ptr::from_ref(code).cast::<u8>() as usize
    }
}
