//! Functions and classes of the file: their summaries, and calls that are followed into them.

use super::args::Args;
use super::interp::Interp;
use super::interp::MAX_CALLS;
use super::origin::Origins;
use super::scope::Code;
use super::scope::Function;
use super::scope::FunctionId;
use super::scope::Scope;
use super::scope::ScopeKind;
use super::scope::State;
use super::scope::Summary;
use super::value::Shape;
use super::value::Value;
use ruff_python_ast::{Parameters, Stmt};

impl<'a, 's> Interp<'a, 's> {
    pub(crate) fn construct(&mut self, class: u32, args: &Args<'a>) -> Value<'a> {
        let object = Value::of(Shape::Instance(class));
        let blend = args.blend();
        if let Some(new) = self.class_attribute(class, "__new__", 0)
            && let Shape::Function(id) = new.shape
        {
            self.follow(id, &args.preceded_by(&Value::of(Shape::Class(class))));
        }
        match self.class_attribute(class, "__init__", 0) {
            Some(init) => {
                if let Shape::Function(id) = init.shape {
                    self.follow(id, &args.preceded_by(&object));
                }
            }
            None => match self.library_base(class) {
                Some(base) => {
                    self.call(&base, args, None, self.call_range);
                }
                None => self.fill_fields(class, &object, args),
            },
        }
        if let Some(after) = self.class_attribute(class, "__post_init__", 0)
            && let Shape::Function(id) = after.shape
        {
            self.follow(id, &Args::of([object.clone()]));
        }
        object.with(&blend)
    }

    /// The first base of a class, where it is one of a library.
    fn library_base(&self, class: u32) -> Option<Value<'a>> {
        let base = self.classes.get(class as usize)?.bases.first()?;
        let entry = base.as_name().and_then(|name| self.index.entry(name))?;
        (!entry.calls.is_empty()).then(|| base.clone())
    }

    /// Calls a function of this file: interprets it again when its arguments matter, and uses its summary otherwise.
    pub(crate) fn follow(&mut self, id: FunctionId, args: &Args<'a>) -> Value<'a> {
        if self.calls.contains(&id) {
            return args.blend();
        }
        if self.calls.len() >= MAX_CALLS {
            // What a constant command becomes further down is not known.
            self.spent |= self.following
                && args.all().any(|value| value.as_raw().is_some())
                && self
                    .functions
                    .get(id as usize)
                    .is_none_or(Function::may_use_arguments);
            return args.blend();
        }
        let summary = self.summarise(id);
        let blend = args.blend();
        let Some(summary) = summary else { return blend };
        let inner = args.all().any(|value| value.from.meets(Origins::INNER));
        self.depends |= summary.depends && inner;
        self.awaits |= summary.awaits && inner;
        let worth = summary.depends && (self.tells_more(id, args) || !self.called)
            || summary.awaits && args.all().any(Value::may_be_known)
            || summary.gives && args.all().any(Value::has_content)
            || summary.computes
                && args
                    .all()
                    .all(|value| value.is_constant() || value.as_name().is_some())
            || summary.timed && (!self.called || self.installing);
        self.timed |= summary.timed;
        if worth && self.fuel > 0 {
            return self.interpret(id, Some(args)).returns;
        }
        summary.returns.given(&blend)
    }

    /// Whether these arguments are more than the summary of the function took for granted.
    fn tells_more(&self, id: FunctionId, args: &Args<'a>) -> bool {
        let Some(function) = self.functions.get(id as usize) else {
            return false;
        };
        let assumed = function.public.union(Origins::INNER);
        let own = |value: &Value<'a>| match value.shape {
            Shape::Instance(class) => function.class == Some(class),
            _ => false,
        };
        args.all().enumerate().any(|(at, value)| {
            !value.from.without(assumed).is_empty()
                || !(matches!(value.shape, Shape::Unknown) || at == 0 && own(value))
        })
    }

    /// What a function does when nothing is known of its arguments; worked out once.
    pub(crate) fn summarise(&mut self, id: FunctionId) -> Option<Summary<'a>> {
        let function = self.functions.get_mut(id as usize)?;
        match &function.state {
            State::Known(summary) => return Some(summary.clone()),
            State::Running => return None,
            State::New => function.state = State::Running,
        }
        let (called, fuel, following) = (self.called, self.fuel, self.following);
        // A function of a file is called by others as well, with arguments that are theirs to choose.
        self.called = true;
        self.following = false;
        let summary = self.interpret(id, None);
        (self.called, self.following) = (called, following);
        self.fuel = self.fuel.min(fuel);
        if let Some(function) = self.functions.get_mut(id as usize) {
            let code = function.code;
            function.state = State::Known(summary.clone());
            // What a function gives back goes by its name.
            if let Code::Def(def) = code
                && (summary.returns.from.meets(Origins::RANDOM)
                    || matches!(summary.returns.shape, Shape::Name(_)))
            {
                self.assigned(&def.name.id, &summary.returns, def.name.range, false);
            }
        }
        Some(summary)
    }

    pub(crate) fn interpret(&mut self, id: FunctionId, args: Option<&Args<'a>>) -> Summary<'a> {
        let unknown = Summary {
            returns: Value::UNKNOWN,
            depends: false,
            awaits: false,
            gives: false,
            computes: false,
            timed: false,
        };
        let Some(function) = self.functions.get(id as usize) else {
            return unknown;
        };
        let (code, parameters, public, class, is_static) = (
            function.code,
            function.parameters,
            function.public,
            function.class,
            function.is_static,
        );
        let foreign = function.foreign;
        let defaults = function.defaults.clone();
        let place = (self.foreign, self.outside, self.muted);
        self.foreign = foreign;
        self.outside = foreign.then(|| self.outside.unwrap_or(self.call_range));
        // Without arguments of this file it does what its own file is reported for.
        self.muted |= foreign && args.is_none();
        let scope = Scope::new(ScopeKind::Function, Some(function.scope.clone()));
        let outer = (
            std::mem::replace(&mut self.scope, scope.clone()),
            self.returned.take(),
            std::mem::replace(&mut self.depends, false),
            std::mem::replace(&mut self.awaits, false),
            std::mem::replace(&mut self.timed, false),
            self.class,
            std::mem::replace(&mut self.branches, 0),
            std::mem::replace(&mut self.loops, 0),
            self.following,
            std::mem::take(&mut self.trail),
            self.installing,
        );
        self.class = class;
        self.following |= args.is_some();
        self.calls.push(id);
        if let Some(class) = class {
            self.installing |= self.installs(class);
        }
        if let Some(parameters) = parameters {
            let method = class.is_some() && !is_static;
            self.bind_parameters(
                parameters,
                args,
                &defaults,
                public,
                method.then_some(class).flatten(),
            );
        }
        match code {
            Code::Def(def) => {
                self.suite(&def.body);
            }
            Code::Lambda(body) => {
                let value = self.expr(body);
                self.returned = Some(value);
            }
        }
        self.calls.pop();
        (self.foreign, self.outside, self.muted) = place;
        let returns = self.returned.take().unwrap_or(Value::of(Shape::Nothing));
        let (depends, awaits) = (self.depends, self.awaits);
        let gives = returns.from.meets(Origins::INNER)
            && !matches!(
                returns.shape,
                Shape::Unknown | Shape::Nothing | Shape::Foreign
            );
        let computes = is_expression(code) && returns.from.meets(Origins::INNER);
        let timed = self.timed;
        let (outer_depends, outer_awaits, outer_timed);
        (
            self.scope,
            self.returned,
            outer_depends,
            outer_awaits,
            outer_timed,
            self.class,
            self.branches,
            self.loops,
            self.following,
            self.trail,
            self.installing,
        ) = outer;
        let inner_args =
            args.is_some_and(|args| args.all().any(|value| value.from.meets(Origins::INNER)));
        self.depends = outer_depends || (depends && inner_args);
        self.awaits = outer_awaits || (awaits && inner_args);
        self.timed = outer_timed || timed;
        Summary {
            returns,
            depends,
            awaits,
            gives,
            computes,
            timed,
        }
    }

    pub(crate) fn bind_parameters(
        &mut self,
        parameters: &'a Parameters,
        args: Option<&Args<'a>>,
        defaults: &[(&'a str, Value<'a>)],
        public: Origins,
        class: Option<u32>,
    ) {
        for (at, parameter) in parameters.iter_non_variadic_params().enumerate() {
            let name: &'a str = &parameter.parameter.name.id;
            let default = defaults
                .iter()
                .find_map(|(known, value)| (*known == name).then_some(value));
            let positional = at < parameters.posonlyargs.len() + parameters.args.len();
            let value = match args {
                Some(args) => {
                    let given = if positional { args.at(at) } else { None };
                    let given = given.or_else(|| args.keyword(name));
                    match (given, &args.rest, default) {
                        (Some(value), ..) => value.clone(),
                        (None, Some(rest), _) => rest.derived(),
                        (None, None, Some(default)) => default.clone(),
                        (None, None, None) => Value::UNKNOWN,
                    }
                }
                None if at == 0 && class.is_some() => {
                    class.map_or(Value::UNKNOWN, |class| Value::of(Shape::Instance(class)))
                }
                None if name == "event" && super::parameters::is_cloud_function(parameters) => {
                    let public = public.union(Origins::WEB);
                    self.assumed(&parameter.parameter, default, public)
                }
                None => {
                    let mut value = self.assumed(&parameter.parameter, default, public);
                    if name == "request" && self.is_fixture() {
                        value.from = value.from.without(Origins::WEB);
                    }
                    value
                }
            };
            self.scope.names.borrow_mut().insert(name, value);
        }
        for rest in [&parameters.vararg, &parameters.kwarg]
            .into_iter()
            .flatten()
        {
            let value = match args {
                Some(args) => {
                    let skip = parameters.posonlyargs.len() + parameters.args.len();
                    if parameters
                        .vararg
                        .as_ref()
                        .is_some_and(|vararg| std::ptr::eq(vararg, rest))
                    {
                        Value::list(args.positional.iter().skip(skip).cloned().collect())
                    } else {
                        args.blend()
                    }
                }
                None => Value::tainted(public.union(Origins::INNER)),
            };
            self.scope.names.borrow_mut().insert(&rest.name.id, value);
        }
    }

    /// Whether methods of this class run while a package is installed.
    pub(crate) fn installs(&self, class: u32) -> bool {
        let Some(class) = self.classes.get(class as usize) else {
            return false;
        };
        class.bases.iter().any(|base| match base.shape {
            Shape::Name(name) => {
                let path = self.index.names.path(name);
                path.starts_with("setuptools.command.")
                    || path.starts_with("distutils.command.")
                    || path == "setuptools.Command"
            }
            _ => false,
        })
    }
}

/// A function that is one expression is worth computing with its arguments, as `lambda c: c ^ 7` is.
fn is_expression(code: Code<'_>) -> bool {
    match code {
        Code::Lambda(_) => true,
        Code::Def(def) => matches!(&*def.body, [Stmt::Return(_)]),
    }
}
