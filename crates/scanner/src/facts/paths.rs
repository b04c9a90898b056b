//! Callables that make paths, and what is read and written through them.

use super::args::Args;
use super::fold::GAP_TEXT;
use super::interp::Interp;
use super::names::Name;
use super::origin::Origins;
use super::value::{Shape, Text, Value};

impl<'a> Interp<'a, '_> {
    /// `os.path.join`, and the same of `pathlib`.
    pub(crate) fn joined_path(
        &mut self,
        args: &Args<'a>,
        receiver: Option<&Value<'a>>,
    ) -> Option<Value<'a>> {
        let mut path = match receiver.and_then(Value::as_gapped) {
            Some(text) => text.to_owned(),
            None => String::new(),
        };
        let mut blend = args.blend();
        for part in &args.positional {
            match part.as_gapped().unwrap_or(GAP_TEXT) {
                absolute if absolute.starts_with('/') => path = absolute.to_owned(),
                part => {
                    if !path.is_empty() && !path.ends_with('/') {
                        path.push('/');
                    }
                    path.push_str(part);
                }
            }
        }
        if let Some(receiver) = receiver {
            blend.taint_with(receiver);
        }
        let path = without_dots(&path);
        blend.shape = if receiver.is_some() {
            Shape::Path(Text::Owned(path.into()))
        } else {
            Shape::Str(Text::Owned(path.into()))
        };
        Some(blend)
    }

    /// `os.path.expanduser`.
    pub(crate) fn expand_user(
        &mut self,
        args: &Args<'a>,
        receiver: Option<&Value<'a>>,
    ) -> Option<Value<'a>> {
        let first = args.at(0);
        let path = first.or(receiver)?;
        match path.as_gapped() {
            Some(text) if text.starts_with('~') => Some(path.clone().from(Origins::HOME)),
            _ => Some(path.clone()),
        }
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
        Some(Value::text(home).with(path).from(Origins::HOME))
    }

    /// `Path.open`, `Path.read_text` and their kin.
    pub(crate) fn open_path(
        &mut self,
        name: Name,
        args: &Args<'a>,
        receiver: Option<&Value<'a>>,
    ) -> Option<Value<'a>> {
        let path = receiver?.clone();
        let mode = args.at(0).or_else(|| args.keyword("mode")).cloned();
        let opens = self.index.names.path(name).ends_with("open");
        let mode = mode.filter(|_| opens).unwrap_or_else(|| Value::text("r"));
        self.open(&Args::of([path, mode]))
    }

    /// `pathlib.Path`.
    pub(crate) fn path_from(&mut self, args: &Args<'a>) -> Option<Value<'a>> {
        let blend = args.blend();
        let mut path = String::new();
        for part in &args.positional {
            let part = part.as_gapped().unwrap_or(GAP_TEXT);
            if !path.is_empty() && !path.ends_with('/') {
                path.push('/');
            }
            path.push_str(part);
        }
        Some(Self::path_of(
            if path.is_empty() { "." } else { &path },
            &blend,
        ))
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
