//! The files that a script reads, writes and runs.

use std::ops::Range;

use super::Run;
use super::disguise::without_brackets;
use crate::Kind;
use crate::pattern::shell::{What, judge};
use crate::pattern::value::{Taint, UNKNOWN, Value};
use crate::pattern::{places, value};

/// Folders of a search path in which each command is looked for.
const MAX_SEARCHED: usize = 64;

/// Commands of one makefile that are followed.
const MAX_SHELLS: usize = 64;

/// Shortest program that is examined by itself, in bytes.
const MIN_PROGRAM: usize = 16;

impl Run {
    pub(in crate::pattern::shell) fn read(&mut self, path: &str, span: &Range<usize>) -> Value {
        if path.starts_with("/dev/tcp/") || path.starts_with("/dev/udp/") {
            return Value::unknown(Taint::NETWORK);
        }
        if path.starts_with("/dev/input/") || path == "/dev/mem" {
            // The keys that are pressed, or everything that runs.
            return Value::unknown(Taint::SECRET);
        }
        if path.starts_with("/dev/fd/") {
            return self.opened.clone();
        }
        if path.is_empty() || path.starts_with("/dev/") || path == "-" {
            return Value::default();
        }
        let direct = places::without_detours(path);
        let path = direct.as_ref();
        if let Some(written) = self.files.get(path) {
            return written.clone();
        }
        let plain = without_brackets(path);
        if plain != path && (places::is_credential(&plain) || plain.starts_with("/etc/")) {
            self.check(span, "shell-obfuscated-word", path);
        }
        self.fact(span, What::Read(plain.clone()));
        Value::unknown(value::of_path(&plain))
    }

    pub(in crate::pattern::shell) fn write(
        &mut self,
        path: &Value,
        content: &Value,
        span: &Range<usize>,
    ) {
        let text = &places::without_detours(&path.text).into_owned();
        if text.is_empty()
            || text == "/dev/null"
            || text.starts_with("/dev/std")
            || text.bytes().all(|byte| byte.is_ascii_digit())
        {
            return;
        }
        self.check_target(text, path.taint, content, span);
        let open = content.taint.has(Taint::NETWORK | Taint::DECODED);
        if judge::is_start_up(text) && self.is_defining() {
            // What a function writes is judged where it is called, and a person was asked or not.
            return;
        }
        let agreed = judge::is_start_up(text) && !open && self.agreed(text)
            || judge::is_installed_file(text, open) && self.went_on()
            || judge::is_harmless_unit(text, &content.text);
        let (path, written) = (text.clone(), content.clone());
        let what = if agreed {
            What::Agreed {
                path,
                content: written,
            }
        } else {
            What::Write {
                path,
                content: written,
            }
        };
        self.fact(span, what);
        if text.ends_with("akefile") || text.ends_with(".mk") {
            self.make(&content.text, span);
        }
        self.uncover_program(text, &content.text, span);
        if text.trim_matches(UNKNOWN).is_empty() {
            // Two names that are not known are not one file.
            return;
        }
        let entry = self.files.entry(text.clone()).or_default();
        entry.push(content);
    }

    /// Whatever was listed or found is written over, one after the other.
    fn check_target(&mut self, path: &str, taint: Taint, content: &Value, span: &Range<usize>) {
        if path.starts_with("/dev/") && path.contains(UNKNOWN) && taint.has(Taint::LISTED) {
            self.check(span, "shell-disk-overwritten", path);
        }
        if taint.has(Taint::TREE)
            && path.trim_matches(UNKNOWN).is_empty()
            && !content.taint.has(Taint::FILE)
        {
            let detail = "everything that was found is written over";
            self.check(span, "shell-tree-deleted", detail);
        }
    }

    /// The commands that a makefile starts while it is read.
    fn make(&mut self, text: &str, span: &Range<usize>) {
        let calls = text.match_indices("$(shell ");
        self.exhausted |= calls.clone().nth(MAX_SHELLS).is_some();
        for (at, call) in calls.take(MAX_SHELLS) {
            let command = text.get(at + call.len()..).unwrap_or_default();
            let line = command.lines().next().unwrap_or_default();
            self.nested(line.trim_end_matches(')'), span, &Value::default());
        }
    }

    fn uncover_program(&mut self, path: &str, text: &str, span: &Range<usize>) {
        let kind = if judge::is_read_at_start(path) {
            Kind::Shell
        } else {
            Kind::identify(path, text.as_bytes())
        };
        if kind.is_program() && text.trim_matches(UNKNOWN).len() > MIN_PROGRAM {
            let whole = completed(path, text).replace(UNKNOWN, "_");
            self.uncover(span, kind, "written file", &whole);
        }
    }

    /// What the script wrote into a file; a name that is not wholly known is any downloaded file of its folder.
    pub(in crate::pattern::shell) fn written(&mut self, path: &str) -> Option<Value> {
        let plain = path.strip_prefix("./").unwrap_or(path);
        if let Some(file) = self.files.get(path).or_else(|| self.files.get(plain)) {
            return Some(file.clone());
        }
        let folder = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.len());
        let length = folder(path).filter(|_| path.contains([UNKNOWN, '*']))?;
        let wanted = path.get(..length)?;
        if wanted.trim_matches(UNKNOWN).len() <= 2 {
            return None;
        }
        self.work(self.files.len() >> 5);
        let beside = |name: &str| name.starts_with(wanted) && folder(name) == Some(length);
        let fetched = self
            .files
            .iter()
            .filter(|(name, file)| file.taint.has(Taint::NETWORK) && beside(name));
        let first = fetched.min_by_key(|(name, _)| *name);
        first.map(|(_, file)| file.clone())
    }

    /// What the script wrote into the program that a name without a folder finds.
    pub(super) fn found_on_path(&mut self, name: &str) -> Option<Value> {
        if self.files.is_empty() || name.contains('/') {
            return None;
        }
        let path = self.variables.get("PATH")?;
        let mut folders = path.text.split(':');
        let found = folders
            .by_ref()
            .take(MAX_SEARCHED)
            .find_map(|folder| self.files.get(&format!("{folder}/{name}")).cloned());
        self.exhausted |= found.is_none() && folders.next().is_some();
        found
    }

    /// A program that lies in a downloaded folder or in a hidden temporary one.
    pub(in crate::pattern::shell) fn check_place(&mut self, path: &str, span: &Range<usize>) {
        if judge::is_hidden_program(path)
            && !self
                .written(path)
                .is_some_and(|file| file.taint.has(Taint::NETWORK))
        {
            self.check(span, "shell-hidden-program", path);
        }
        let plain = path.strip_prefix("./").unwrap_or(path);
        let inside = |folder: &String| {
            let rest = plain.strip_prefix(folder.as_str());
            folder == "." && path.contains('/') && !path.starts_with(['/', '~'])
                || rest.is_some_and(|rest| rest.starts_with('/'))
        };
        if self.downloaded.iter().any(inside) {
            self.check(span, "shell-downloaded-tree", path);
        }
    }

    /// A name of its own for each temporary file.
    pub(in crate::pattern::shell) fn temporary(&mut self) -> Value {
        self.steps += 1;
        Value::text(format!("/tmp/tmp.{}", self.steps))
    }
}

/// A piece that is added to a module names what the module has imported.
fn completed(path: &str, text: &str) -> String {
    if !path.ends_with(".py") || text.contains("import ") {
        return text.to_owned();
    }
    let modules = ["subprocess", "os", "pickle", "socket"];
    let used = modules
        .into_iter()
        .filter(|module| text.contains(&format!("{module}.")));
    let mut whole: String = used.map(|module| format!("import {module}\n")).collect();
    if text.contains("request.") {
        whole.push_str("from flask import request\n");
    }
    whole.push_str(text);
    whole
}
