//! What names, imports, texts and assignments mean to the rules.

use std::ops::ControlFlow;
use std::sync::Arc;

use ruff_text_size::TextRange;

use super::args::Args;
use super::checks::Check;
use super::interp::Interp;
use super::names::Name;
use super::origin::{Origins, Services};
use super::scope::ScopeKind;
use super::value::{GAP, Shape, Value};
use crate::Kind;
use crate::expression::AsciiExpression;

impl<'a, 's> Interp<'a, 's> {
    /// A known name that is used without being called.
    pub(crate) fn referred(&mut self, value: &Value<'a>, range: TextRange) {
        let Shape::Name(name) = value.shape else {
            return;
        };
        let index = self.index;
        let Some(entry) = index.entry(name) else {
            return;
        };
        for id in &entry.references {
            let shown = self.quoted(name);
            self.report_plain(*id, range, format!("{shown}, referred to without a call"));
        }
    }

    /// An attribute taken from anything.
    pub(crate) fn attribute_taken(&mut self, attr: &str, range: TextRange) {
        let index = self.index;
        if let Some(rules) = index.attributes.get(attr) {
            for id in rules {
                self.report_plain(*id, range, format!("`{attr}`"));
            }
        }
    }

    /// A value is bound to a name; some names are called by the interpreter.
    pub(crate) fn hooked(&mut self, name: &str, value: &Value<'a>, range: TextRange) {
        let special = name.starts_with("__") && name.ends_with("__") && name.len() > 4;
        if special && name == "__builtins__" {
            self.report_check(Check::Builtins, range, Some(format!("`{name}`")));
        }
        let class_body = self.scope.kind == ScopeKind::Class;
        let shadowed = self.scope.kind == ScopeKind::Module && HARMLESS.contains(&name);
        if (special || class_body || shadowed) && self.is_runner(value) {
            self.report_check(Check::Hook, range, Some(format!("bound to `{name}`")));
        }
    }

    /// A value is put where something else will find and call it.
    pub(crate) fn hooked_in_container(&mut self, value: &Value<'a>, range: TextRange) {
        if self.is_runner(value) {
            self.report_check(Check::Hook, range, None);
        }
    }

    /// Whether calling the value runs what it is given.
    pub(crate) fn is_runner(&self, value: &Value<'a>) -> bool {
        value.choices().iter().any(|choice| {
            choice
                .as_name()
                .is_some_and(|name| self.index.entry(name).is_some_and(|entry| entry.runs))
        })
    }

    /// A name, attribute, key or keyword is given a value.
    pub(crate) fn assigned(
        &mut self,
        name: &str,
        value: &Value<'a>,
        range: TextRange,
        keyword: bool,
    ) {
        let index = self.index;
        if !index.assigned_names.may_concern(value) {
            return;
        }
        let rules = match self.asked_for.get(name) {
            // Almost always.
            Some(rules) if rules.is_empty() => return,
            Some(rules) => Arc::clone(rules),
            None => {
                let rules = index.assigned_names.asking_for(name);
                self.asked_for.insert(name.into(), Arc::clone(&rules));
                rules
            }
        };
        for at in rules.iter() {
            let Some((id, test, keywords)) = index.assigns.get(*at) else {
                continue;
            };
            if keyword && !keywords {
                continue;
            }
            if test.holds(Some(value), false) {
                self.report_plain(*id, range, format!("`{name}`"));
            } else if test.tainted.is_none() && value.from.meets(Origins::INNER) {
                // A caller may hand over what the rule waits for.
                match test.reference {
                    Some(_) => self.awaits = true,
                    None => self.depends = true,
                }
            }
        }
    }

    /// A text, literal or folded, that is data.
    pub(crate) fn constant_text(&mut self, text: &str, range: TextRange) {
        let index = self.index;
        let Some(strings) = &index.strings else {
            return;
        };
        if self.muted || text.len() < 4 {
            return;
        }
        let mut told = smallvec::SmallVec::<[u16; 4]>::new();
        strings.atoms.each(text, |atom, place| {
            let Some(id) = strings.owners.get(atom) else {
                return ControlFlow::Continue(());
            };
            if told.contains(id) {
                return ControlFlow::Continue(());
            }
            told.push(*id);
            let found_in = |pattern: &AsciiExpression| match strings.quoted.contains(id) {
                true => self.quotes == 0 && pattern.finds(text).any(|part| !is_expression(part)),
                false => pattern.is_match(text),
            };
            if strings.patterns.get(id).is_none_or(found_in)
                && (strings.companions.get(id)).is_none_or(|pattern| pattern.is_match(text))
            {
                let atom = text.get(place).unwrap_or("");
                self.report_plain(*id, range, format!("`{atom}`"));
            }
            match told.len() == strings.rules {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
    }

    /// A text with a secret in the address of an image, which every program that shows it fetches.
    pub(crate) fn image_text(&mut self, text: &str, from: Origins, range: TextRange) {
        if !from.meets(Origins::PRIVATE) {
            return;
        }
        let address = text
            .split_once("![")
            .and_then(|(_, rest)| rest.split_once("](http"))
            .or_else(|| {
                text.split_once("<img")
                    .and_then(|(_, rest)| rest.split_once("http"))
            });
        let end = |c: char| c.is_whitespace() || matches!(c, ')' | '"' | '\'' | '>');
        let leaks = |(_, rest): (&str, &str)| rest.split(end).next()?.contains(GAP).then_some(());
        if address.and_then(leaks).is_some() {
            let shown = Some(format!("from {}", from.describe()));
            self.report_check(Check::ImageLeak, range, shown);
        }
    }

    /// A text annotation: something may evaluate it, so it is looked at as an expression.
    pub(crate) fn annotation_text(&mut self, text: &str, range: TextRange) {
        if text.contains('(') {
            self.uncover(
                range,
                vec!["annotation".to_owned()],
                text.as_bytes(),
                Some(Kind::Python),
            );
        }
    }

    /// A class is derived from a value.
    pub(crate) fn derived_from(&mut self, base: &Value<'a>, range: TextRange) {
        let index = self.index;
        if let Some(name) = base.as_name() {
            for id in index.entry(name).into_iter().flat_map(|entry| &entry.bases) {
                let shown = self.quoted(name);
                self.report_plain(*id, range, shown);
            }
        }
    }

    /// A text used as a name: whoever builds a dangerous one from pieces hides it.
    pub(crate) fn hidden_name(&mut self, key: &Value<'a>, name: &str, range: TextRange) {
        let hidden =
            key.from.meets(Origins::FOLDED.union(Origins::DECODED)) || !key.chain.is_empty();
        if hidden && (DANGEROUS.contains(&name) || name.starts_with("__")) {
            self.report_check(
                Check::HiddenName,
                range,
                Some(format!("the name is `{name}`")),
            );
        }
    }

    /// A module that runs programs or code, imported by a text instead of a statement.
    pub(crate) fn indirect_import(&mut self, module: &str, range: TextRange) {
        let first = module.split('.').next().unwrap_or(module);
        if RUNNING_MODULES.contains(&first) {
            self.report_check(Check::IndirectImport, range, Some(format!("`{first}`")));
        }
    }

    pub(crate) fn dynamic_access(&mut self, module: &str, range: TextRange) {
        self.report_check(Check::DynamicAccess, range, Some(format!("`{module}`")));
    }

    /// The value of an environment variable.
    pub(crate) fn environment_variable(&self, key: &Value<'a>) -> Value<'a> {
        let name = key.as_text().map(str::to_ascii_uppercase);
        let name = name.as_deref().unwrap_or("");
        let home = match name {
            "HOME" | "USERPROFILE" => Some("~"),
            "APPDATA" => Some("~/AppData/Roaming"),
            "LOCALAPPDATA" => Some("~/AppData/Local"),
            _ => None,
        };
        let mut from = Origins::ENVIRON;
        if name.is_empty() {
            from = from.union(Origins::CREDENTIAL);
        }
        if SECRET_WORDS.iter().any(|word| name.contains(word)) {
            from = from.union(Origins::CREDENTIAL);
        }
        if ["USER", "USERNAME", "LOGNAME", "COMPUTERNAME", "HOSTNAME"].contains(&name) {
            from = from.union(Origins::HOST);
        }
        let mut value = match home {
            Some(home) => Self::path_text(home).from(from),
            None => Value::tainted(from),
        };
        if from.meets(Origins::CREDENTIAL) {
            value.services = self.services_of(key);
        }
        value
    }

    /// One variable of an environment, where `key` names one.
    pub(crate) fn one_variable(&self, value: Value<'a>, key: &Value<'a>) -> Value<'a> {
        if !value.from.meets(Origins::ENVIRONMENT) || key.as_text().is_none() {
            return value;
        }
        let mut one = self.environment_variable(key);
        one.taint_with(&Value {
            from: value.from.without(Origins::ENVIRONMENT),
            ..value
        });
        one
    }

    /// Whose credentials go by this name; one of a few names is one of them, unless a loop takes each.
    pub(crate) fn services_of(&self, name: &Value<'a>) -> Services {
        let most = if self.loops > 0 { usize::MAX } else { 1 };
        let names = name.choices().iter().take(most).filter_map(Value::as_text);
        names
            .map(|name| Services::of(&name.to_ascii_uppercase()))
            .fold(Services::NONE, Services::union)
    }

    /// `os.environ["X"]` is `os.environ.get("X")` to the rules.
    pub(crate) fn environment_read(&mut self, name: Name, key: &Value<'a>, range: TextRange) {
        let index = self.index;
        let getter = index.names.child(name, "get");
        if let Some(entry) = getter.and_then(|getter| index.entry(getter)) {
            let args = Args::of([key.clone()]);
            self.matched(&entry.calls, &args, None, range, "`os.environ`");
        }
    }

    fn path_text(text: &str) -> Value<'a> {
        Value::text(text)
    }

    pub(crate) fn environment_set(
        &mut self,
        name: Name,
        key: &Value<'a>,
        value: &Value<'a>,
        range: TextRange,
    ) {
        let path = self.index.names.path(name);
        if path == "os.environ" {
            let index = self.index;
            let setter = index
                .names
                .find("os.putenv")
                .and_then(|name| index.entry(name));
            if let Some(entry) = setter {
                let args = Args::of([key.clone(), value.clone()]);
                self.matched(&entry.calls, &args, None, range, "`os.environ`");
            }
        }
    }

    /// The origins of the file at a path that is known as far as it is.
    pub(crate) fn file_origins(&self, path: &Value<'a>) -> Origins {
        let mut from = Origins::FILE;
        for choice in path.choices() {
            if let Some(text) = choice.as_gapped() {
                if self.is_secret_path(text) {
                    from = from.union(Origins::SECRET);
                } else if holds_credentials(text) {
                    from = from.union(Origins::ENVIRONMENT);
                }
            }
        }
        from
    }

    pub(crate) fn is_secret_path(&self, text: &str) -> bool {
        self.index.secret_paths.is_match(&text.replace('\\', "/"))
    }
}

/// Whether what was found is an expression that looks for such a text, and none itself.
fn is_expression(matched: &str) -> bool {
    const PARTS: [&str; 10] = [
        r"\s", r"\d", r"\b", r"\w", "(?:", "(?i", "[^", ".{", ")?", ".*",
    ];
    PARTS.iter().any(|part| matched.contains(part))
}

/// Whether programs keep their credentials in a file of this name.
fn holds_credentials(path: &str) -> bool {
    const NAMES: [&str; 7] = [
        ".env",
        "credentials.json",
        "secrets.json",
        "secrets.yaml",
        "secrets.yml",
        "secrets.toml",
        "credentials.yml",
    ];
    NAMES.contains(&path.rsplit('/').next().unwrap_or(path))
}

/// Words in the names of secrets.
pub(crate) const SECRET_WORDS: &[&str] = &[
    "KEY",
    "TOKEN",
    "SECRET",
    "PASSW",
    "CREDENTIAL",
    "AUTH",
    "PRIVATE",
];

/// Names that nobody writes in pieces without a reason.
pub(crate) const DANGEROUS: &[&str] = &[
    "system",
    "popen",
    "eval",
    "exec",
    "compile",
    "os",
    "subprocess",
    "builtins",
    "Popen",
    "run",
    "call",
    "check_output",
    "spawn",
    "import_module",
    "loads",
    "socket",
    "ctypes",
    "pty",
    "posix",
    "execfile",
    "open",
    "marshal",
    "requests",
    "urlopen",
    "b64decode",
    "decompress",
    "execv",
    "execve",
    "fork",
    "getoutput",
    "startfile",
    "base64",
    "zlib",
    "sys",
    "modules",
    "check_call",
    "unlink",
    "remove",
    "rmtree",
];

/// Modules that run programs, code or machine code.
const RUNNING_MODULES: &[&str] = &[
    "os",
    "subprocess",
    "builtins",
    "pty",
    "posix",
    "nt",
    "ctypes",
    "marshal",
    "_posixsubprocess",
    "code",
    "commands",
];

/// Builtins that code calls without a second look.
const HARMLESS: &[&str] = &[
    "print", "len", "str", "int", "list", "dict", "range", "sorted", "format", "repr", "input",
    "sum", "max", "min",
];
