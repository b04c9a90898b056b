//! Scopes, functions and classes of the file that is interpreted.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use foldhash::fast::RandomState;
use ruff_python_ast::{Expr, Parameters, StmtFunctionDef};

use super::origin::Origins;
use super::value::Value;

/// Index into the functions of the file.
pub(crate) type FunctionId = u32;
/// Index into the classes of the file.
pub(crate) type ClassId = u32;

/// What a scope belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScopeKind {
    /// A module.
    Module,
    /// A function, a lambda or a comprehension.
    Function,
    /// A class body, which the functions in it do not see.
    Class,
}

/// Names and their values.
#[derive(Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) kind: ScopeKind,
    /// How many scopes lie around it.
    pub(crate) depth: u32,
    pub(crate) parent: Option<Rc<Scope<'a>>>,
    pub(crate) names: RefCell<HashMap<&'a str, Value<'a>, RandomState>>,
    /// Names that `global` or `nonlocal` sends elsewhere, and whether it was `global`.
    pub(crate) elsewhere: RefCell<Vec<(&'a str, bool)>>,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(kind: ScopeKind, parent: Option<Rc<Self>>) -> Rc<Self> {
        Rc::new(Self {
            kind,
            depth: parent.as_ref().map_or(0, |parent| parent.depth + 1),
            parent,
            names: RefCell::default(),
            elsewhere: RefCell::default(),
        })
    }

    pub(crate) fn get(&self, name: &str) -> Option<Value<'a>> {
        self.names.borrow().get(name).cloned()
    }

    /// The scope that functions defined here see: not a class body.
    pub(crate) fn seen_from_inside(scope: &Rc<Self>) -> Rc<Self> {
        let mut at = scope;
        while at.kind == ScopeKind::Class {
            match &at.parent {
                Some(parent) => at = parent,
                None => break,
            }
        }
        at.clone()
    }
}

/// What a function consists of.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Code<'a> {
    /// `def`.
    Def(&'a StmtFunctionDef),
    /// `lambda`.
    Lambda(&'a Expr),
}

/// A function of the file.
#[derive(Debug)]
pub(crate) struct Function<'a> {
    pub(crate) code: Code<'a>,
    pub(crate) parameters: Option<&'a Parameters>,
    pub(crate) defaults: Vec<(&'a str, Value<'a>)>,
    pub(crate) scope: Rc<Scope<'a>>,
    pub(crate) class: Option<ClassId>,
    pub(crate) is_static: bool,
    /// Whether its code lies in another module of the skill.
    pub(crate) foreign: bool,
    pub(crate) public: Origins,
    /// Whether what it gives back is sent to a browser as a page.
    pub(crate) renders: bool,
    pub(crate) state: State<'a>,
}

impl<'a> Function<'a> {
    /// Its `def`; a `lambda` has none.
    pub(crate) fn definition(&self) -> Option<&'a StmtFunctionDef> {
        match self.code {
            Code::Def(def) => Some(def),
            Code::Lambda(_) => None,
        }
    }

    /// Whether its arguments may matter, as far as it was looked at.
    pub(crate) fn may_use_arguments(&self) -> bool {
        match &self.state {
            State::Known(summary) => summary.depends || summary.awaits || summary.gives,
            State::New | State::Running => true,
        }
    }
}

/// How far a function is known.
#[derive(Debug)]
pub(crate) enum State<'a> {
    /// Its body was not looked at yet.
    New,
    /// Its body is being looked at.
    Running,
    /// Its body was looked at.
    Known(Summary<'a>),
}

/// What a function does with its parameters.
#[derive(Debug, Clone)]
pub(crate) struct Summary<'a> {
    /// What it returns when nothing is known of its arguments.
    pub(crate) returns: Value<'a>,
    /// Whether it does something that depends on its parameters.
    pub(crate) depends: bool,
    /// Whether it does something that only depends on which known name a parameter is.
    pub(crate) awaits: bool,
    /// Whether it returns something of a known shape that is made of its parameters.
    pub(crate) gives: bool,
    /// Whether it computes what it returns from constants, if it is given them.
    pub(crate) computes: bool,
    /// Whether it does something that only counts when it runs on import or on installation.
    pub(crate) timed: bool,
}

/// A class of the file.
#[derive(Debug)]
pub(crate) struct Class<'a> {
    pub(crate) scope: Rc<Scope<'a>>,
    pub(crate) bases: Vec<Value<'a>>,
    /// The fields that its body declares by their annotations, in order.
    pub(crate) fields: Vec<&'a str>,
}
