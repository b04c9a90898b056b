//! Callables that make paths, and what is read and written through them.

use ruff_text_size::TextRange;

use super::args::Args;
use super::fold::GAP_TEXT;
use super::interp::Interp;
use super::join::join;
use super::names::{CALLED, Name};
use super::origin::Origins;
use super::value::{GAP, Shape, Text, Value};
use super::variants::Pieces;

impl<'a> Interp<'a, '_> {
    /// `os.path.join`, and the same of `pathlib`.
    pub(crate) fn joined_path(
        &mut self,
        args: &Args<'a>,
        receiver: Option<&Value<'a>>,
    ) -> Option<Value<'a>> {
        let start = receiver.and_then(Value::as_gapped).unwrap_or("");
        let mut pieces = Pieces::new(start.to_owned());
        let mut blend = args.blend();
        for part in &args.positional {
            pieces.push_value(part, |path, part| {
                let part = part.as_gapped().unwrap_or(GAP_TEXT);
                if part.starts_with('/') {
                    path.clear();
                } else if !path.is_empty() && !path.ends_with('/') {
                    path.push('/');
                }
                path.push_str(part);
            });
        }
        if let Some(receiver) = receiver {
            blend.taint_with(receiver);
        }
        let paths = pieces.into_texts().into_iter().map(|path| {
            if path.contains(GAP) && !path.starts_with(GAP) {
                blend.from = blend.from.union(Origins::BUILT);
            }
            let path = Text::Owned(without_dots(&path).into());
            let shape = match receiver {
                Some(_) => Shape::Path(path),
                None => Shape::Str(path),
            };
            Value {
                shape,
                ..blend.derived()
            }
        });
        paths.reduce(join)
    }

    /// `os.path.expanduser`.
    pub(crate) fn expand_user(
        &mut self,
        args: &Args<'a>,
        receiver: Option<&Value<'a>>,
    ) -> Option<Value<'a>> {
        let first = args.at(0);
        first.or(receiver).cloned()
    }

    /// `os.path.expandvars`.
    pub(crate) fn expand_variables(&mut self, args: &Args<'a>) -> Option<Value<'a>> {
        let first = args.at(0);
        let path = first?;
        let text = path.as_gapped()?;
        let home = text
            .replace("$HOME", "~")
            .replace("%USERPROFILE%", "~")
            .replace("%APPDATA%", "~/AppData/Roaming")
            .replace("%LOCALAPPDATA%", "~/AppData/Local");
        Some(Value::text(home).with(path))
    }

    /// `Path.open`, `Path.read_text` and their kin.
    pub(crate) fn open_path(
        &mut self,
        name: Name,
        args: &Args<'a>,
        receiver: Option<&Value<'a>>,
        range: TextRange,
    ) -> Option<Value<'a>> {
        let path = receiver?.clone();
        let mode = args.at(0).or_else(|| args.keyword("mode")).cloned();
        let opens = self.index.names.path(name).ends_with("open");
        let mode = mode.filter(|_| opens).unwrap_or_else(|| Value::text("r"));
        self.open(&Args::of([path, mode]), range)
    }

    /// `pathlib.Path`.
    pub(crate) fn path_from(&mut self, args: &Args<'a>) -> Option<Value<'a>> {
        let blend = args.blend();
        let mut pieces = Pieces::new(String::new());
        for part in &args.positional {
            pieces.push_value(part, |path, part| {
                if !path.is_empty() && !path.ends_with('/') {
                    path.push('/');
                }
                path.push_str(part.as_gapped().unwrap_or(GAP_TEXT));
            });
        }
        let paths = pieces.into_texts().into_iter();
        let paths = paths.map(|path| match &*path {
            "" => Self::path_of(".", &blend),
            path => Self::path_of(path, &blend),
        });
        paths.reduce(join)
    }

    /// What a folder holds; that it is a whole home or disk, or that credentials are looked for, is remembered.
    pub(crate) fn listing(
        &mut self,
        name: Name,
        args: &Args<'a>,
        receiver: Option<&Value<'a>>,
    ) -> Option<Value<'a>> {
        let folder = receiver.filter(|receiver| receiver.as_gapped().is_some());
        let folder = folder.or_else(|| args.at(0))?;
        let everything = |folder: &Value<'a>| {
            let text = folder.as_gapped().unwrap_or("").replace('\\', "/");
            let start = text.split('*').next().unwrap_or("");
            !start.is_empty() && EVERYTHING.contains(&start.trim_end_matches('/'))
        };
        let mut from = Origins::NONE;
        if folder.choices().iter().any(everything) {
            from = from.union(Origins::EVERYTHING);
        }
        let private = |folder: &Value<'a>| {
            let text = folder.as_gapped();
            text.is_some_and(|text| self.is_secret_path(&format!("{text}/")))
        };
        if folder.choices().iter().any(private) {
            from = from.union(Origins::SECRET);
        }
        let pattern = args.at(0).and_then(Value::as_gapped).unwrap_or("");
        if PRIVATE.iter().any(|part| pattern.contains(part)) {
            from = from.union(Origins::CREDENTIAL);
        }
        if from.is_empty() {
            return None;
        }
        let entries = self.index.names.child(name, CALLED);
        let entries = entries.map_or(Value::UNKNOWN, |entries| self.named(entries));
        let entries = entries.with(folder).from(from);
        match (folder.as_gapped(), receiver) {
            // What lies among secrets is one, whatever it is called.
            (Some(text), Some(_)) if from.meets(Origins::SECRET) => {
                let last = if pattern.is_empty() { "*" } else { pattern };
                let path = Self::path_of(&format!("{text}/{last}"), &entries);
                Some(Value::list(vec![path]).with(&entries))
            }
            _ => Some(entries),
        }
    }

    /// A function that writes what it fetches: its path is remembered.
    pub(crate) fn downloaded(&mut self, args: &Args<'a>) -> Option<Value<'a>> {
        let path = args
            .at(1)
            .or_else(|| args.keyword("filename"))
            .or_else(|| args.keyword("out"));
        if let Some(path) = path.and_then(Value::as_gapped) {
            self.dropped.insert(path.to_owned());
        }
        Some(
            path.cloned()
                .unwrap_or(Value::UNKNOWN)
                .from(Origins::DROPPED.union(Origins::NETWORK)),
        )
    }
}

/// Folders in which everything that somebody has lies, without what follows the last name.
const EVERYTHING: &[&str] = &[
    "",
    "~",
    "/home",
    "/Users",
    "/root",
    "C:",
    "C:/Users",
    "~/Documents",
    "~/Desktop",
    "~/Pictures",
];

/// Parts of patterns that find credentials.
const PRIVATE: &[&str] = &[
    ".env",
    ".pem",
    ".kdbx",
    ".ovpn",
    ".ppk",
    "id_rsa",
    "token",
    "credential",
    "secret",
    "wallet",
];

/// `a/../b` → `b`, as the system reads it.
fn without_dots(path: &str) -> String {
    if !path.contains("..") {
        return path.to_owned();
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            ".." if parts
                .last()
                .is_some_and(|last| !last.is_empty() && *last != ".." && *last != GAP_TEXT) =>
            {
                parts.pop();
            }
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}
