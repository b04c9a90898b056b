//! Redirections, sockets, and the files that a script reads and writes.

use std::ops::Range;

use super::disguise::without_brackets;
use super::{Run, first_word};
use crate::Kind;
use crate::pattern::shell::syntax::{Command, Part, Redirect, RedirectKind};
use crate::pattern::shell::{What, judge, programs};
use crate::pattern::value::{Taint, UNKNOWN, Value};
use crate::pattern::{places, value};

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
                    input = Some(if from_process {
                        target
                    } else {
                        self.read(&target.text, &redirect.target.span)
                    });
                }
                RedirectKind::Output => {}
            }
        }
        input
    }

    pub(super) fn redirect_output(&mut self, command: &Command, output: &Value) {
        for redirect in &command.redirects {
            if redirect.kind != RedirectKind::Text {
                let target = self.expand(&redirect.target);
                let program = first_word(command);
                self.socket(
                    &target.text,
                    program.as_deref(),
                    output,
                    &redirect.target.span,
                );
                let descriptor = !target.text.is_empty()
                    && target.text.bytes().all(|byte| byte.is_ascii_digit());
                if descriptor
                    && !matches!(target.text.as_str(), "0" | "1" | "2")
                    && let Some(address) = self.socket.clone()
                {
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
            self.check(span, "shell-raw-socket", address.clone());
            programs::sent(self, output.taint, &address, span);
        }
    }

    pub(in crate::pattern::shell) fn read(&mut self, path: &str, span: &Range<usize>) -> Value {
        if path.starts_with("/dev/tcp/") || path.starts_with("/dev/udp/") {
            return Value::unknown(Taint::NETWORK);
        }
        if path.is_empty() || path.starts_with("/dev/") || path == "-" {
            return Value::default();
        }
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
        let text = &path.text;
        if text.is_empty()
            || text == "/dev/null"
            || text.starts_with("/dev/std")
            || text.bytes().all(|byte| byte.is_ascii_digit())
        {
            return;
        }
        self.fact(
            span,
            What::Write {
                path: text.clone(),
                content: content.clone(),
            },
        );
        let kind = if judge::is_read_at_start(text) {
            Kind::Shell
        } else {
            Kind::identify(text, content.text.as_bytes())
        };
        if kind.is_program() && content.text.trim_matches(UNKNOWN).len() > 16 {
            self.uncover(
                span,
                kind,
                "written file",
                &content.text.replace(UNKNOWN, "_"),
            );
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

    /// A name of its own for each temporary file.
    pub(in crate::pattern::shell) fn temporary(&mut self) -> Value {
        self.steps += 1;
        Value::text(format!("/tmp/tmp.{}", self.steps))
    }
}
