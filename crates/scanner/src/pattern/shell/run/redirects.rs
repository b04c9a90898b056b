//! Redirections: what a command reads through them, what it writes, and the sockets behind them.

use std::ops::Range;

use super::Run;
use super::commands::first_word;
use crate::authority::without_port;
use crate::pattern::shell::syntax::{Command, Part, Redirect, RedirectKind};
use crate::pattern::shell::{What, judge, programs};
use crate::pattern::value::{Taint, UNKNOWN, Value};

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
        let redirects = command.redirects.iter();
        for redirect in redirects.filter(|redirect| redirect.kind != RedirectKind::Text) {
            let target = self.expand(&redirect.target);
            let span = &redirect.target.span;
            let program = first_word(command);
            self.socket(&target.text, program.as_deref(), output, span);
            if redirect.kind != RedirectKind::Output {
                continue;
            }
            if program.as_deref() == Some("yes") && !target.text.starts_with("/dev/") {
                self.check(&command.span, "shell-endless-requests", target.text.clone());
            }
            if is_own_descriptor(&target.text)
                && *output != Value::default()
                && let Some(address) = self.socket.clone()
            {
                self.says(output, &address, span);
                self.check(span, "shell-raw-socket", address.clone());
                programs::sent(self, output.taint, &address, span);
            }
            self.write(&target, output, span);
        }
    }

    /// `/dev/tcp/host/port` is bash's own network.
    fn socket(&mut self, path: &str, program: Option<&str>, output: &Value, span: &Range<usize>) {
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
            self.says(output, &address, span);
            if !is_probe(&address) {
                self.check(span, "shell-raw-socket", address.clone());
            }
            programs::sent(self, output.taint, &address, span);
        }
    }

    /// A socket on which the protocol of a pool is spoken.
    fn says(&mut self, output: &Value, address: &str, span: &Range<usize>) {
        if judge::mines(&output.text) {
            self.check(span, "shell-miner", address);
        }
    }
}

/// A descriptor that the script opened itself.
fn is_own_descriptor(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && !matches!(text, "0" | "1" | "2")
}

/// Scripts open a socket to their own machine, a neighbour or what the caller names only to see whether something listens.
fn is_probe(address: &str) -> bool {
    let host = without_port(address);
    host.contains(UNKNOWN) || !host.contains('.') || host.starts_with("127.")
}
