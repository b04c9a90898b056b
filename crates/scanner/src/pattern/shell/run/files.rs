//! Redirections, sockets, and the files that a script reads and writes.

use std::ops::Range;

use super::disguise::without_brackets;
use super::{Run, first_word};
use crate::Kind;
use crate::pattern::shell::syntax::{Command, Part, Redirect, RedirectKind};
use crate::pattern::shell::{What, judge, programs};
use crate::pattern::value::{Taint, UNKNOWN, Value};
use crate::pattern::{places, value};

/// Commands of one makefile that are followed.
const MAX_SHELLS: usize = 64;

impl Run {
    /// What redirections give a command to read, `None` when its input is the pipe's.
    pub(super) fn input_of(&mut self, redirects: &[Redirect]) -> Option<Value> {
        let mut input = None;
        for redirect in redirects {
            match redirect.kind {
                RedirectKind::Text => input = Some(self.expand(&redirect.target)),
                RedirectKind::Input => {
                    let from_process =
                        matches!(redirect.target.parts.as_slice(), [Part::Process(_)]);
                    let target = self.expand(&redirect.target);
                    input = Some(if target.text == "/dev/stdin" && input.is_none() {
                        Value::unknown(Taint::ARGUMENT)
                    } else if from_process {
                        target
                    } else {
                        self.read(&target.text, &redirect.target.span)
                    });
                }
                RedirectKind::Descriptor => input = self.descriptor(redirect).or(input),
                RedirectKind::Output => {}
            }
        }
        input
    }

    /// What comes out of an open socket or a coprocess; other descriptors change nothing here.
    fn descriptor(&mut self, redirect: &Redirect) -> Option<Value> {
        let target = self.expand(&redirect.target);
        if is_own_descriptor(&target.text)
            && let Some(address) = self.socket.clone()
        {
            self.check(&redirect.target.span, "shell-raw-socket", address);
            return Some(Value::unknown(Taint::NETWORK));
        }
        if is_own_descriptor(&target.text) {
            return Some(self.opened.clone());
        }
        (target.taint != Taint::default()).then(|| Value::unknown(target.taint))
    }

    pub(super) fn redirect_output(&mut self, command: &Command, output: &Value) {
        for redirect in &command.redirects {
            if redirect.kind != RedirectKind::Text {
                let target = self.expand(&redirect.target);
                let program = first_word(command);
                if redirect.kind == RedirectKind::Output
                    && program.as_deref() == Some("yes")
                    && !target.text.starts_with("/dev/")
                {
                    self.check(&command.span, "shell-endless-requests", target.text.clone());
                }
                self.socket(
                    &target.text,
                    program.as_deref(),
                    output,
                    &redirect.target.span,
                );
                if redirect.kind == RedirectKind::Output
                    && is_own_descriptor(&target.text)
                    && *output != Value::default()
                    && let Some(address) = self.socket.clone()
                {
                    if judge::mines(&output.text) {
                        self.check(&redirect.target.span, "shell-miner", address.clone());
                    }
                    self.check(&redirect.target.span, "shell-raw-socket", address.clone());
                    programs::sent(self, output.taint, &address, &redirect.target.span);
                }
                if redirect.kind == RedirectKind::Output {
                    self.write(&target, output, &redirect.target.span);
                }
            }
        }
    }

    /// `/dev/tcp/host/port` is bash's own network.
    pub(super) fn socket(
        &mut self,
        path: &str,
        program: Option<&str>,
        output: &Value,
        span: &Range<usize>,
    ) {
        let Some(rest) = path
            .strip_prefix("/dev/tcp/")
            .or_else(|| path.strip_prefix("/dev/udp/"))
        else {
            return;
        };
        let address = rest.replacen('/', ":", 1);
        self.socket = Some(address.clone());
        self.fact(span, What::Connect(address.clone()));
        if program.is_some_and(programs::is_shell) {
            self.check(
                span,
                "shell-reverse-shell",
                format!("a shell on a socket to {address}"),
            );
        } else {
            if judge::mines(&output.text) {
                self.check(span, "shell-miner", address.clone());
            }
            if !is_probe(&address) {
                self.check(span, "shell-raw-socket", address.clone());
            }
            programs::sent(self, output.taint, &address, span);
        }
    }

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
        if text.starts_with("/dev/") && text.contains(UNKNOWN) && path.taint.has(Taint::LISTED) {
            self.check(span, "shell-disk-overwritten", text.clone());
        }
        if path.taint.has(Taint::TREE)
            && text.trim_matches(UNKNOWN).is_empty()
            && !content.taint.has(Taint::FILE)
        {
            self.check(
                span,
                "shell-tree-deleted",
                "everything that was found is written over",
            );
        }
        let open = content.taint.has(Taint::NETWORK | Taint::DECODED);
        let agreed = judge::is_start_up(text) && !open && self.agreed(text)
            || judge::is_harmless_unit(text, &content.text);
        let (path, content) = (text.clone(), content.clone());
        self.fact(
            span,
            if agreed {
                What::Agreed {
                    path,
                    content: content.clone(),
                }
            } else {
                What::Write {
                    path,
                    content: content.clone(),
                }
            },
        );
        let content = &content;
        if text.ends_with("akefile") || text.ends_with(".mk") {
            for (at, _) in content.text.match_indices("$(shell ").take(MAX_SHELLS) {
                let command = content
                    .text
                    .get(at + "$(shell ".len()..)
                    .unwrap_or_default();
                let line = command.lines().next().unwrap_or_default();
                self.nested(line.trim_end_matches(')'), span, &Value::default());
            }
        }
        let completed = completed(text, &content.text);
        let kind = if judge::is_read_at_start(text) {
            Kind::Shell
        } else {
            Kind::identify(text, content.text.as_bytes())
        };
        if kind.is_program() && content.text.trim_matches(UNKNOWN).len() > 16 {
            self.uncover(span, kind, "written file", &completed.replace(UNKNOWN, "_"));
        }
        if text.trim_matches(UNKNOWN).is_empty() {
            // Two names that are not known are not one file.
            return;
        }
        let entry = self.files.entry(text.clone()).or_default();
        entry.push(content);
    }

    /// What the script wrote into a file; a name that is not wholly known is any downloaded file of its folder.
    pub(in crate::pattern::shell) fn written(&self, path: &str) -> Option<Value> {
        let plain = path.strip_prefix("./").unwrap_or(path);
        if let Some(file) = self.files.get(path).or_else(|| self.files.get(plain)) {
            return Some(file.clone());
        }
        let vague = |path: &str| path.contains([UNKNOWN, '*']);
        let folder = |path: &str| {
            path.rsplit_once('/')
                .map(|(folder, _)| folder.to_owned())
                .filter(|folder| folder.trim_matches(UNKNOWN).len() > 2)
        };
        let wanted = folder(path).filter(|_| vague(path))?;
        let mut names: Vec<&String> = self
            .files
            .keys()
            .filter(|name| folder(name).as_ref() == Some(&wanted))
            .collect();
        names.sort();
        let mut files = names.into_iter().filter_map(|name| self.files.get(name));
        files.find(|file| file.taint.has(Taint::NETWORK)).cloned()
    }

    /// What the script wrote into the program that a name without a folder finds.
    pub(in crate::pattern::shell) fn found_on_path(&self, name: &str) -> Option<Value> {
        let path = self.variables.get("PATH").filter(|_| !name.contains('/'))?;
        let mut folders = path.text.split(':');
        folders.find_map(|folder| self.files.get(&format!("{folder}/{name}")).cloned())
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

/// A descriptor that the script opened itself.
fn is_own_descriptor(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && !matches!(text, "0" | "1" | "2")
}

/// Scripts open a socket to their own machine, a neighbour or what the caller names only to see whether something listens.
fn is_probe(address: &str) -> bool {
    let host = address.split(':').next().unwrap_or(address);
    host.contains(UNKNOWN) || !host.contains('.') || host.starts_with("127.")
}
