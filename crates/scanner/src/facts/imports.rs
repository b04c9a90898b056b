//! Imports: what they bind, and the rules that speak of modules.

use ruff_python_ast::{StmtImport, StmtImportFrom};
use ruff_text_size::TextRange;

use super::interp::Interp;
use super::names::Names;
use super::scope::{Scope, ScopeKind};
use super::value::{Shape, Value};

impl<'a> Interp<'a, '_> {
    pub(crate) fn import(&mut self, import: &'a StmtImport) {
        for alias in &import.names {
            let path: &'a str = &alias.name.id;
            self.imported(path, alias.range);
            let (target, value) = match &alias.asname {
                Some(asname) => (&*asname.id, self.module_named(path)),
                None => {
                    let first = path.split('.').next().unwrap_or(path);
                    (first, self.module_named(first))
                }
            };
            self.bind(target, value);
        }
    }

    pub(crate) fn import_from(&mut self, import: &'a StmtImportFrom) {
        let module = import
            .module
            .as_ref()
            .map_or("", |module| module.id.as_str());
        if import.level == 0 {
            self.imported(module, import.range);
        }
        let value = self.module_at_level(module, import.level);
        for alias in &import.names {
            let name: &'a str = &alias.name.id;
            if name == "*" {
                self.import_star(&value);
                continue;
            }
            let mut part = self.attribute(&value, name, alias.range);
            if matches!(part.shape, Shape::Unknown) {
                part.shape = Shape::Foreign;
            }
            if import.level == 0 && part.as_name().is_some() {
                self.imported_name(&part, alias.range);
            }
            let target = alias.asname.as_ref().map_or(name, |asname| &asname.id);
            self.hooked(target, &part, alias.range);
            self.bind(target, part);
        }
    }

    fn import_star(&mut self, module: &Value<'a>) {
        match &module.shape {
            Shape::Names(scope) => {
                let names: Vec<_> = scope
                    .names
                    .borrow()
                    .iter()
                    .map(|(name, value)| (*name, value.clone()))
                    .collect();
                for (name, value) in names {
                    self.bind(name, value);
                }
            }
            Shape::Name(name) => self.stars.push(*name),
            _ => {}
        }
    }

    /// The module of this dotted path, known or foreign, or a sibling of the skill.
    pub(crate) fn module_named(&mut self, path: &str) -> Value<'a> {
        if let Some(scope) = self.sibling(path) {
            return scope;
        }
        if !self.patches.is_empty()
            && let Some(modules) = self.index.names.find("sys.modules")
            && let Some(put) = self.patches.get(&(modules.0, path))
        {
            return put.clone();
        }
        self.module_of(path)
    }

    /// The module of this dotted path, known or foreign.
    pub(crate) fn module_of(&self, path: &str) -> Value<'a> {
        match self.index.names.find(path) {
            Some(name) => self.named(name),
            None => {
                let last = path.rsplit('.').next().unwrap_or(path);
                let wrapped = path.contains('.') && ["moves", "compat"].contains(&last);
                if wrapped {
                    Value::UNKNOWN
                } else {
                    Value::of(Shape::Foreign)
                }
            }
        }
    }

    pub(crate) fn module_at_level(&mut self, module: &str, level: u32) -> Value<'a> {
        if level == 0 {
            return self.module_named(module);
        }
        self.sibling(module).unwrap_or(Value::of(Shape::Foreign))
    }

    /// A module of the same skill, interpreted without reports of its own.
    fn sibling(&mut self, path: &str) -> Option<Value<'a>> {
        let siblings = self.siblings;
        let (key, sibling) = siblings.get_key_value(path)?;
        if let Some(scope) = self.loaded.get(key.as_str()) {
            return Some(Value::of(Shape::Names(scope.clone())));
        }
        let scope = Scope::new(ScopeKind::Module, None);
        self.loaded.insert(key, scope.clone());
        let module = std::mem::replace(&mut self.module, scope.clone());
        let outer = std::mem::replace(&mut self.scope, scope.clone());
        let (muted, following) = (self.muted, self.following);
        let foreign = std::mem::replace(&mut self.foreign, true);
        let pending = std::mem::take(&mut self.pending);
        let branches = std::mem::replace(&mut self.branches, 0);
        (self.muted, self.following) = (true, true);
        self.suite(sibling.body);
        (self.muted, self.following) = (muted, following);
        self.foreign = foreign;
        (self.module, self.scope, self.pending, self.branches) = (module, outer, pending, branches);
        Some(Value::of(Shape::Names(scope)))
    }

    /// An import of a module, and of everything above it.
    pub(crate) fn imported(&mut self, path: &str, range: TextRange) {
        let index = self.index;
        let mut at = Names::ROOT;
        for part in path.split('.') {
            let Some(child) = index.names.child(at, part) else {
                return;
            };
            at = child;
            for id in index.entry(at).into_iter().flat_map(|entry| &entry.imports) {
                self.report_plain(*id, range, format!("`{path}`"));
            }
        }
    }

    /// A name taken out of a module by `from … import`, or a module taken from where all of them are listed.
    pub(crate) fn imported_name(&mut self, value: &Value<'a>, range: TextRange) {
        let index = self.index;
        let Some(name) = value.as_name() else { return };
        for id in index
            .entry(name)
            .into_iter()
            .flat_map(|entry| &entry.imports)
        {
            let shown = self.quoted(name);
            self.report_plain(*id, range, shown);
        }
    }
}
