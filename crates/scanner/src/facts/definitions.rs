//! Functions and classes where they are defined, and what their decorators, defaults and annotations do.

use std::rc::Rc;

use ruff_python_ast::{Expr, Parameters, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::interp::Interp;
use super::origin::Origins;
use super::scope::{Class, Code, Function, Scope, ScopeKind, State};
use super::value::{Shape, Value};
use crate::Kind;

/// How deep functions and classes may lie in each other.
const MAX_SCOPES: u32 = 200;

impl<'a> Interp<'a, '_> {
    pub(crate) fn define(&mut self, def: &'a StmtFunctionDef) {
        let decorators: Vec<Value<'a>> = def
            .decorator_list
            .iter()
            .map(|decorator| self.expr(&decorator.expression))
            .collect();
        self.annotations(&def.parameters);
        if let Some(returns) = &def.returns {
            self.annotation(returns);
        }
        let names: Vec<String> = def
            .decorator_list
            .iter()
            .map(|decorator| super::walk::last_name(&decorator.expression).to_owned())
            .collect();
        let is_static = names.iter().any(|name| name == "staticmethod");
        let id = self.function(
            Self::key(def),
            Code::Def(def),
            Some(&def.parameters),
            &def.name.id,
            is_static,
        );
        let renders = def
            .decorator_list
            .iter()
            .any(|decorator| self.is_of_page_framework(&decorator.expression));
        let is_route = names.iter().any(|name| ROUTES.contains(&name.as_str()));
        let is_tool = names.iter().any(|name| TOOLS.contains(&name.as_str()));
        if let Some(function) = self.functions.get_mut(id as usize) {
            function.renders = renders;
            if is_route {
                function.public = Origins::PARAM.union(Origins::WEB);
            } else if is_tool {
                function.public = Origins::PARAM.union(Origins::TOOL);
            } else if names.iter().any(|name| name == "wraps") {
                function.public = Origins::WRAPPED;
            }
        }
        if is_route {
            self.routed(def);
        }
        if is_tool {
            self.described(def);
        }
        let mut value = Value::of(Shape::Function(id));
        for (decorator, at) in decorators.iter().zip(&def.decorator_list).rev() {
            let result = self.call_value(decorator, vec![value.clone()], at.range);
            if !matches!(result.shape, Shape::Unknown | Shape::Foreign)
                && decorator_replaces(decorator)
            {
                value = result;
            }
        }
        self.hooked(&def.name.id, &value, def.name.range);
        self.bind(&def.name.id, value);
    }

    /// What a tool says of itself is read by the agent, like the prose of a skill.
    fn described(&mut self, def: &'a StmtFunctionDef) {
        const SHORTEST: usize = 40;
        let docstring = match def.body.first() {
            Some(Stmt::Expr(first)) => Some(&*first.value),
            _ => None,
        };
        let calls = def.decorator_list.iter().map(|each| &each.expression);
        let keywords = calls
            .filter_map(Expr::as_call_expr)
            .flat_map(|call| &call.arguments.keywords);
        let given = keywords
            .filter(|keyword| keyword.arg.as_deref() == Some("description"))
            .map(|keyword| &keyword.value);
        for text in docstring.into_iter().chain(given) {
            let value = self.expr_quietly(text);
            if let Some(said) = value.as_text().filter(|said| said.len() > SHORTEST) {
                let layers = vec!["tool description".to_owned()];
                self.uncover(text.range(), layers, said.as_bytes(), Some(Kind::Markdown));
            }
        }
    }

    /// `app.route` of a framework that sends every text a view gives back as HTML.
    fn is_of_page_framework(&self, decorator: &Expr) -> bool {
        // The application may be handed over, while the request is always imported.
        let roots = [super::walk::first_name(decorator), Some("request")];
        let mut values = roots
            .into_iter()
            .flatten()
            .filter_map(|root| self.lookup(root));
        values.any(|value| {
            value.as_name().is_some_and(|name| {
                let path = self.index.names.path(name);
                ["flask", "bottle", "quart"]
                    .iter()
                    .any(|framework| path.split('.').next() == Some(framework))
            })
        })
    }

    fn annotations(&mut self, parameters: &'a Parameters) {
        for parameter in parameters {
            if let Some(annotation) = parameter.as_parameter().annotation() {
                self.annotation(annotation);
            }
        }
    }

    /// Enters a function, or finds it again; `key` is the place of its code.
    pub(crate) fn function(
        &mut self,
        key: usize,
        code: Code<'a>,
        parameters: Option<&'a Parameters>,
        name: &str,
        is_static: bool,
    ) -> u32 {
        let mut defaults = Vec::new();
        for parameter in parameters
            .iter()
            .flat_map(|parameters| parameters.iter_non_variadic_params())
        {
            if let Some(default) = &parameter.default {
                let value = self.expr(default);
                self.assigned(&parameter.parameter.name.id, &value, parameter.range, true);
                defaults.push((parameter.parameter.name.id.as_str(), value));
            }
        }
        let scope = Scope::seen_from_inside(&self.scope);
        if let Some(id) = self.known.get(&key) {
            if let Some(function) = self.functions.get_mut(*id as usize) {
                function.scope = scope;
                function.defaults = defaults;
            }
            return *id;
        }
        let id = u32::try_from(self.functions.len()).unwrap_or(u32::MAX);
        let hidden = name.starts_with('_') && !name.starts_with("__")
            || self.scope.kind == ScopeKind::Function;
        self.functions.push(Function {
            code,
            parameters,
            defaults,
            scope,
            class: if self.scope.kind == ScopeKind::Class {
                self.class
            } else {
                None
            },
            is_static,
            foreign: self.foreign,
            public: if hidden {
                Origins::NONE
            } else {
                Origins::PARAM
            },
            renders: false,
            state: State::New,
        });
        self.known.insert(key, id);
        // A chain of scopes is walked by each look-up, so it must stay short.
        if self.scope.depth > MAX_SCOPES {
            self.too_deep = true;
        } else {
            self.pending.push_back(id);
        }
        id
    }

    pub(crate) fn define_class(&mut self, def: &'a StmtClassDef) {
        let decorators: Vec<Value<'a>> = def
            .decorator_list
            .iter()
            .map(|decorator| self.expr(&decorator.expression))
            .collect();
        let mut bases = Vec::new();
        let mut metaclass = None;
        if let Some(arguments) = &def.arguments {
            bases = arguments.args.iter().map(|base| self.expr(base)).collect();
            for keyword in &arguments.keywords {
                let value = self.expr(&keyword.value);
                if keyword
                    .arg
                    .as_ref()
                    .is_some_and(|arg| arg.id == "metaclass")
                {
                    metaclass = Some((value, keyword.range));
                }
            }
        }
        for base in &bases {
            self.derived_from(base, def.name.range);
        }
        let key = Self::key(def);
        let known = self.known.get(&key).copied();
        let id = known.unwrap_or_else(|| u32::try_from(self.classes.len()).unwrap_or(u32::MAX));
        let scope = Scope::new(ScopeKind::Class, Some(self.scope.clone()));
        match self.classes.get_mut(id as usize) {
            Some(class) => class.bases = bases,
            None => self.classes.push(Class {
                scope: scope.clone(),
                bases,
                fields: super::records::declared_fields(&def.body),
            }),
        }
        self.known.insert(key, id);
        let outer = std::mem::replace(&mut self.scope, scope);
        let outer_class = self.class.replace(id);
        self.suite(&def.body);
        self.class = outer_class;
        let body = std::mem::replace(&mut self.scope, outer);
        if let Some(class) = self.classes.get_mut(id as usize)
            && !Rc::ptr_eq(&class.scope, &body)
        {
            class.scope = body;
        }
        let value = match self.classes.get(id as usize).map(|class| &class.bases[..]) {
            // A class that adds nothing to one of a library is that one.
            Some([base]) if base.as_name().is_some() && super::walk::is_empty(&def.body) => {
                base.clone()
            }
            _ => Value::of(Shape::Class(id)),
        };
        for (decorator, at) in decorators.iter().zip(&def.decorator_list).rev() {
            self.call_value(decorator, vec![value.clone()], at.range);
        }
        if let Some((metaclass, range)) = metaclass {
            self.call_value(
                &metaclass,
                vec![Value::UNKNOWN, Value::UNKNOWN, Value::UNKNOWN],
                range,
            );
        }
        self.bind(&def.name.id, value);
    }

    /// An annotation is data, unless it is a text that something may evaluate.
    pub(crate) fn annotation(&mut self, annotation: &'a Expr) {
        match annotation {
            Expr::StringLiteral(text) => self.annotation_text(text.value.to_str(), text.range),
            Expr::Name(_) => {}
            _ => {
                self.expr_quietly(annotation);
                if !self.too_deep {
                    super::walk::calls(annotation, &mut |call| {
                        self.expr(call);
                    });
                }
            }
        }
    }
}

/// Decorators of web frameworks, behind which a parameter is a part of a request.
pub(super) const ROUTES: &[&str] = &[
    "route",
    "get",
    "post",
    "put",
    "delete",
    "patch",
    "websocket",
    "api_view",
    "view_config",
    "expose",
];

/// Decorators behind which an agent chooses the arguments.
const TOOLS: &[&str] = &[
    "tool",
    "function_tool",
    "kernel_function",
    "call_tool",
    "resource",
];

/// A decorator that this file defines gives what it gives; others are taken to wrap.
fn decorator_replaces(decorator: &Value<'_>) -> bool {
    matches!(decorator.shape, Shape::Function(_) | Shape::Class(_))
}
